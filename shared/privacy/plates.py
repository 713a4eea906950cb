"""Finds number plates ("KT 1234 AB"); leaves RT 02, KM 12 and house numbers alone."""

import re
from collections.abc import Iterator

from shared.contracts.enums import PIIType
from shared.privacy.spans import Found
from shared.privacy.words import words

_ONE = "ABDEFGHKLMNPRSTWZ"
_TWO = words("plate_areas")
_PLATE = re.compile(
    r"(?<![^\W_])([A-Za-z]{1,2})([ .\-]?)(\d{1,4})([ .\-]?)([A-Za-z]{1,3})(?![^\W_])"
)
_BARE = re.compile(r"(?<![^\W_])([A-Za-z]{1,2})[ .\-]?(\d{2,4})(?![^\W_]|[.\-]?\d)")
_DIGIT = re.compile(r"\d")
_CUE = re.compile(r"(?:plat|nopol|nomor polisi|no\.? ?pol(?:isi)?)\W{0,3}(?:no\w*\W{0,2})?$", re.I)
_HOUSE = re.compile(
    r"(?:blok|gang|gg|jl|jln|jalan|lorong|lr|lantai|lt|ruang|kelas|kls|tipe|type|gedung|nomor|no|"
    r"rumah|unit|zona|pasal|ayat)\.? ?$",
    re.IGNORECASE,
)
_NOT_A_SUFFIX = words("not_a_suffix")


def plates(text: str) -> Iterator[Found]:
    """Every plate of the text."""
    if _DIGIT.search(text) is None:
        return
    for match in _PLATE.finditer(text):
        area, gap, digits, gap_after, tail = match.groups()
        before = text[max(0, match.start() - 20) : match.start()]
        if _is_plate(area, digits, tail, bool(gap or gap_after), before):
            yield Found(match.start(), match.end(), PIIType.PLATE)
    for match in _BARE.finditer(text):
        before = text[max(0, match.start() - 20) : match.start()]
        if _known(match.group(1)) and _CUE.search(before):
            yield Found(match.start(), match.end(), PIIType.PLATE)


def _known(area: str) -> bool:
    return area.lower() in _TWO if len(area) == 2 else area.upper() in _ONE


def _is_plate(area: str, digits: str, tail: str, parted: bool, before: str) -> bool:
    if not _known(area):
        return False
    if _CUE.search(before):
        return True
    if tail.lower() in _NOT_A_SUFFIX or len(digits) < 2 or _HOUSE.search(before):
        return False
    year = len(digits) == 4 and digits[:2] in ("19", "20")
    if year and (area.upper() == "DD" or not (area + tail).isupper()):
        return False
    if (area + tail).isupper():
        return True
    # In lower case a single letter between spaces is too often a word or a list mark.
    return len(digits) >= 3 and (len(area) == 2 or not parted or len(digits) == 4)
