"""Finds e-mail addresses around each "@" or a spelt one ("budi at gmail titik com")."""

import re
from collections.abc import Callable, Iterator

from shared.contracts.enums import PIIType
from shared.privacy.spans import Found

_MARKS = frozenset("!#$%&'*+-/=?^_`{|}~.")
_LABEL = r"[^\W_]++(?:[_\-]++[^\W_]++)*+"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*+")
_SIGNS = ("@", "\uff20", "\ufe6b")
_AT = re.compile(f"[{''.join(_SIGNS)}]")
_AT_WORD = re.compile(
    r"[ \t]{0,2}[\[({<][ \t]?(?:at|et|a)[ \t]?[\])}>][ \t]{0,2}|[ \t]{1,2}(?:at|et)[ \t]{1,2}",
    re.IGNORECASE,
)
_AT_HINT = re.compile(r"[\[({<][ \t]?(?:at|et|a)")
_DOT = r"(?:[ \t]{0,2}[\[(][ \t]?|[ \t]{1,2})(?:titik|dot|ttk)(?:[ \t]?[\])][ \t]{0,2}|[ \t]{1,2})"
_TOP = r"(?:com|co|net|org|id|my|go|sch|ac|web|or|io|info|biz|mil|desa|example)"
_SPELT = re.compile(
    rf"[^\W_][\w\-]{{0,40}}(?:(?:{_DOT}[a-z]{{2,10}})(?:{_DOT}[a-z]{{2,10}}|\.[a-z]{{2,10}}){{0,2}}|"
    rf"(?:\.[a-z0-9\-]{{2,20}}){{0,2}}\.{_TOP}\b)",
    re.IGNORECASE,
)
_PROVIDER = re.compile(
    r"(?:g|google|y|hot|rocket)mail|yahoo|outlook|icloud|proton(?:mail)?|live", re.IGNORECASE
)
# "gmail com", "gmail,com" and "gmail. com" are slips; "gmail titik com" is spelt.
_LOOSE_TOP = re.compile(rf"(?:{_DOT}|[ ,.][ ]?)(?:com|co\.?id|co)\b(?:\.id\b)?", re.IGNORECASE)
_PIECES = re.compile(
    r"(?:[\w.+\-]{1,40}[ ](?:titik|dot|ttk|underscore|garis bawah|strip)[ ]){1,3}$", re.IGNORECASE
)
_SPELT_DOT = re.compile(_DOT, re.IGNORECASE)
_SPELT_TOP = re.compile(rf"{_DOT}{_TOP}\b(?:(?:{_DOT}|\.){_TOP}\b)?", re.IGNORECASE)
_BRACKETS = ("[", "(", "{", "<")
_BEFORE = 100
_Finder = Callable[[str, int, int, int], Found | None]


def emails(text: str) -> Iterator[Found]:
    """Every e-mail address of the text; an account name such as @lapor1708 is none."""
    yield from _around(text, _AT, _at_sign)
    lower = text.lower()
    bracket = "(" in lower or "[" in lower or "{" in lower or "<" in lower
    if " at " in lower or " et " in lower or (bracket and _AT_HINT.search(lower)):
        yield from _around(text, _AT_WORD, _at_word)


def _around(text: str, sign: re.Pattern[str], finder: _Finder) -> Iterator[Found]:
    floor = 0
    for match in sign.finditer(text):
        span = finder(text, match.start(), match.end(), floor) if match.start() >= floor else None
        if span:
            floor = span.end
            yield span


def _at_sign(text: str, at: int, after: int, floor: int) -> Found | None:
    left = at > 0 and text[at - 1] == " "
    right = text[after : after + 1] == " "
    domain = _DOMAIN.match(text, after + right)
    if domain is None:
        return None
    known = _PROVIDER.fullmatch(domain.group().partition(".")[0]) is not None
    end, dotted = domain.end(), "." in domain.group()
    top = _LOOSE_TOP if known else _SPELT_TOP
    loose = None if dotted else top.match(text, end)
    if loose:
        end, dotted = loose.end(), True
    # One space is a slip before a known provider; two spaces are a way to write it.
    if (left or right) and not (dotted and (known or (left and right))):
        return None
    start = _local_start(text, at - left, floor)
    if start == at - left or domain.group().replace(".", "").isdecimal():
        return None
    while text[end : end + 1] in _SIGNS and (more := _DOMAIN.match(text, end + 1)):
        end = more.end()  # "a@b@c.id": a slip of the finger
    return Found(start, end, PIIType.EMAIL)


def _at_word(text: str, at: int, after: int, floor: int) -> Found | None:
    domain = _SPELT.match(text, after)
    if domain is None:
        return None
    # "server at bps.go.id" is a place; "budi at gmail.com" and "budi (at) bps.go.id" are not.
    bracket = text[at:after].strip()[:1] in _BRACKETS
    spelt = _SPELT_DOT.search(domain.group()) is not None
    if not (bracket or spelt or _PROVIDER.match(domain.group())):
        return None
    start = _local_start(text, at, floor)
    return Found(start, domain.end(), PIIType.EMAIL) if start < at else None


def _local_start(text: str, end: int, floor: int) -> int:
    start = end
    while start > floor and (text[start - 1].isalnum() or text[start - 1] in _MARKS):
        start -= 1
    pieces = _PIECES.search(text, max(floor, start - _BEFORE), start) if start < end else None
    return pieces.start() if pieces else start
