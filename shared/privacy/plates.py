"""Finds number plates ("KT 1234 AB"); leaves RT 02, KM 12 and house numbers alone."""

import re
from collections.abc import Iterator

from shared.contracts.enums import PIIType
from shared.privacy.spans import Found
from shared.privacy.words import words

_ONE = "ABDEFGHKLMNPRSTWZ"
_TWO = words("plate_areas")
_DIGITS = re.compile(r"\d+")
_MOST_DIGITS = 4
_AREA = re.compile(r"(?:^|[\W_])([A-Za-z]{1,2})([ .\-]?)$")
_AREA_APART = re.compile(r"(?:^|[\W_])([A-Z] ?[A-Z]?)[ .\-]{1,2}$")
_TAIL = re.compile(r"([ .\-]?)([A-Za-z]{1,3})(?![^\W_])")
# "KT 1785 Y M": letters apart, in capitals only.
_TAIL_APART = re.compile(r"[ .\-]{1,2}[A-Z](?:[ .\-][A-Z]){1,2}(?![^\W_])")
_NO_TAIL = re.compile(r"(?![^\W_]|[.\-]?\d)")
_CUE = re.compile(r"(?:plat|nopol|nomor polisi|no\.? ?pol(?:isi)?)\W{0,3}(?:no\w*\W{0,2})?$", re.I)
_VEHICLE = re.compile(
    r"\b(?:sepeda ?motor|motor|mutur|montor|mobil|truk|truck|travel|angkot|oto|pik-?ap|pick ?up|"
    r"bis|bus|taksi|kendaraan|ambulans?|dump ?truck|avanza|innova|xenia|hilux|fuso|randis|ranmor)"
    r"(?:nya)?(?: [^\W\d_]{1,12}){0,2} ?$",
    re.IGNORECASE,
)
_HOUSE = re.compile(
    r"(?:blok|gang|gg|jl|jln|jalan|lorong|lr|lantai|lt|ruang|kelas|kls|tipe|type|gedung|nomor|no|"
    r"rumah|unit|zona|pasal|ayat)\.? ?$",
    re.IGNORECASE,
)
_NOT_A_SUFFIX = words("not_a_suffix")
_UNITS = frozenset({"mb", "gb", "mm", "cm", "mg", "kg", "km"})  # plates too, after a vehicle
_WINDOW = 40
_AREA_WINDOW = 8  # an area, its marks and the letter that must not stand before it


def plates(text: str) -> Iterator[Found]:
    """Every plate of the text."""
    floor = 0
    for run in _DIGITS.finditer(text):
        start, end = run.span()
        if end - start > _MOST_DIGITS or start < floor:
            continue
        if not text[max(0, start - 2) : start].rstrip(" .-")[-1:].isalpha():
            continue
        span = _apart(text, start, end) or _plate(text, start, end)
        if span and span[0] >= floor:
            floor = span[1]
            yield Found(*span, PIIType.PLATE)


def _plate(text: str, start: int, end: int) -> tuple[int, int] | None:
    window = text[max(0, start - _AREA_WINDOW) : start]
    found = _AREA.search(window)
    if found is None or not _known(found.group(1)):
        return None
    area, digits = found.group(1), text[start:end]
    first = start - len(window) + found.start(1)
    before = text[max(0, first - _WINDOW) : first]
    tail = _TAIL.match(text, end)
    if tail and _is_plate(
        area, digits, tail.group(2), bool(found.group(2) or tail.group(1)), before
    ):
        return first, tail.end()
    if len(digits) < 2 or (tail and not tail.group(1)) or not _NO_TAIL.match(text, end):
        return None
    driven = len(area) == 2 and len(digits) > 2 and not _is_year(digits)
    bare = _CUE.search(before) or (driven and _VEHICLE.search(before))
    return (first, end) if bare else None


def _apart(text: str, start: int, end: int) -> tuple[int, int] | None:
    tail = _TAIL_APART.match(text, end) if end - start > 1 else None
    if tail is None:
        return None
    window = text[max(0, start - _AREA_WINDOW) : start]
    found = _AREA_APART.search(window) or _AREA.search(window)
    if found is None or not _known(found.group(1).replace(" ", "")):
        return None
    first = start - len(window) + found.start(1)
    house = _HOUSE.search(text[max(0, first - _WINDOW) : first])
    return None if house or not found.group(1).isupper() else (first, tail.end())


def _known(area: str) -> bool:
    return area.lower() in _TWO if len(area) == 2 else area.upper() in _ONE


def _is_year(digits: str) -> bool:
    return len(digits) == 4 and digits[:2] in ("19", "20")


def _is_plate(area: str, digits: str, tail: str, parted: bool, before: str) -> bool:
    if _CUE.search(before):
        return True
    if len(area) == 2 and tail.lower() in _UNITS and _VEHICLE.search(before):
        return True
    if tail.lower() in _NOT_A_SUFFIX or len(digits) < 2 or _HOUSE.search(before):
        return False
    if _is_year(digits) and (area.upper() == "DD" or not (area + tail).isupper()):
        return False
    if (area + tail).isupper():
        return True
    # In lower case a single letter between spaces is too often a word or a list mark.
    return len(digits) >= 3 and (len(area) == 2 or not parted or len(digits) == 4)
