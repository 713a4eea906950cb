"""Finds the reporter's own address in free text; the place of the problem stays."""

import re
from collections.abc import Iterator

from shared.contracts.enums import PIIType
from shared.privacy.spans import Found, lowered

_TOKEN = re.compile(r"[^\W_]+")
_SAME = {
    "jl": "jalan", "jln": "jalan", "gg": "gang", "no": "nomor", "nmr": "nomor", "kel": "kelurahan",
    "ds": "desa", "kec": "kecamatan", "kab": "kabupaten", "dsn": "dusun", "komp": "komplek",
    "kompleks": "komplek", "perum": "perumahan",
}  # fmt: skip
_HOUSE = frozenset({"nomor", "blok"})
_AREA = frozenset({"rt", "rw"})
_MOST_TOKENS = 60
_MOST_PLACES = 6
# "alamat saya", "rumah ulun di", "saya tinggal di", and what follows the reporter's name.
_MINE = r"(?:saya|sy|aku|ulun|unda|beta|sa|kula|kulo|kami)"
_CUE = re.compile(
    rf"(?:alamat(?: (?:rumah|lengkap|tinggal|domisili))?(?: {_MINE})?|"
    rf"(?:umah|omah|kediaman|kos|kontrakan)(?:ku| {_MINE})|"
    rf"(?:domisili|tinggal)(?: {_MINE})?)"
    r"(?: (?:ada|berada|ini))?[ \t]{0,2}(?:[:=,]|\b(?:di|nang|neng|ning|wonten|ka|pada)\b)?"
    r"[ \t]{1,2}|"
    r"\[NAMA\],[ ]{1,2}",
    re.IGNORECASE,
)
# Found first, since that is faster than the pattern; "rumah" ends in "umah".
_HEADS = (
    "alamat", "umah", "omah", "kediaman", "kos", "kontrakan", "domisili", "tinggal", "[nama],",
)  # fmt: skip
_MINE_BEFORE = re.compile(rf"(?:\[NAMA\]|\b{_MINE}\b)[^.\n]{{0,30}}$", re.IGNORECASE)
_BARE = re.compile(r"(?:alamat(?: di)?|tinggal|domisili) {1,2}", re.IGNORECASE)
_MINE_WINDOW = 40
_DIGIT = re.compile(r"\d")
_AREA_NUMBER = r"r[tw][ .]{0,2}\d{1,3}(?: ?/ ?(?:rw ?)?\d{1,3})?"
_HOUSE_NUMBER = (
    r"(?:(?:no|nomor|nomer|nmr)[ .:]{0,3}\d{1,4}[a-z]?\b|"
    r"blok [a-z]{1,2}[ .\-/]{0,2}\d{1,3}[a-z]?\b|"
    r"\d{1,3}[a-z]?\b(?![ ]?(?:m|km|meter|hari|bulan|tahun|kali|orang|rumah)\b))"
)
_MORE = rf"(?:[ ,]{{1,2}}(?:{_HOUSE_NUMBER}|{_AREA_NUMBER})){{0,4}}"
_TOLD = re.compile(
    r"(?:jalan|jln|jl|gang|gg|lorong|lr|perum(?:ahan)?|komp(?:lek|leks)?|griya|asrama|rusun|blok)\b"
    rf"\.?(?: {{0,2}}[^\W\d_][\w'.\-]{{0,20}}){{1,5}}?[ ,]{{1,2}}{_HOUSE_NUMBER}{_MORE}|"
    rf"{_AREA_NUMBER}(?:[ ,]{{1,2}}{_AREA_NUMBER})?"
    r"[ ,]{1,2}(?:no|nomor)[ .]{0,2}\d{1,4}[a-z]?\b",
    re.IGNORECASE,
)


def told_address(text: str) -> Iterator[Found]:
    """Street, house number and RT after "alamat saya" and the like; village and district stay.

    Without a house number it is a place like any other, and stays.
    """
    if _DIGIT.search(text) is None:
        return
    lower = lowered(text)
    for head in _HEADS:
        place = lower.find(head)
        while place >= 0:
            cue = _CUE.match(text, place)
            match = _TOLD.match(text, cue.end()) if cue else None
            if cue and match and _is_mine(text, cue):
                yield Found(match.start(), match.end(), PIIType.ADDRESS)
            place = lower.find(head, place + len(head))


def _is_mine(text: str, cue: re.Match[str]) -> bool:
    """Whether a bare "alamat", as of a firm, follows a word for the writer."""
    if not _BARE.fullmatch(cue.group()):
        return True
    before = text[max(0, cue.start() - _MINE_WINDOW) : cue.start()]
    return _MINE_BEFORE.search(before) is not None


def own_address(text: str, address: str) -> Iterator[Found]:
    """Every stretch that repeats the address as a whole, or its street with the house number.

    The street alone stays: the problem may lie in it.
    """
    wanted = [_norm(match.group()) for match in _TOKEN.finditer(address[:1000])][:_MOST_TOKENS]
    if not wanted:
        return
    places: dict[str, list[int]] = {}
    for place, word in enumerate(wanted):
        places.setdefault(word, []).append(place)
    running: dict[int, tuple[int, int]] = {}  # last place in the address -> (length, start)
    end = 0
    for match in _TOKEN.finditer(text):
        follows = {
            place: (running[place - 1][0] + 1, running[place - 1][1])
            if place - 1 in running
            else (1, match.start())
            for place in places.get(_norm(match.group()), ())[:_MOST_PLACES]
        }
        yield from _ended(running, follows, end, wanted)
        running, end = follows, match.end()
    yield from _ended(running, {}, end, wanted)


def _ended(
    running: dict[int, tuple[int, int]],
    follows: dict[int, tuple[int, int]],
    end: int,
    wanted: list[str],
) -> Iterator[Found]:
    """The stretches that the next word does not lengthen, if they tell the home."""
    for place, (length, start) in running.items():
        if place + 1 not in follows and _tells(wanted[place + 1 - length : place + 1], len(wanted)):
            yield Found(start, end, PIIType.ADDRESS)


def _norm(token: str) -> str:
    folded = token.casefold()
    return _SAME.get(folded, folded.lstrip("0") if folded.isdecimal() else folded)


def _tells(run: list[str], whole: int) -> bool:
    """Whether the stretch gives the home away: all of it, or a street with a house number."""
    if len(run) == whole:
        return whole > 1 or not run[0].isdecimal()
    if len(run) < 3:
        return False
    return any(
        token[:1].isdecimal() and place > 0 and run[place - 1] not in _AREA
        for place, token in enumerate(run)
    ) or any(token in _HOUSE and place + 1 < len(run) for place, token in enumerate(run))
