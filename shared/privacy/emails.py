"""Finds e-mail addresses around each "@", also with a space on both sides of it."""

import re
from collections.abc import Iterator

from shared.contracts.enums import PIIType
from shared.privacy.spans import Found

_MARKS = frozenset("!#$%&'*+-/=?^_`{|}~.")
_DOMAIN = re.compile(r"[^\W_](?:[\w\-]*[^\W_])?(?:\.[^\W_](?:[\w\-]*[^\W_])?)*")
_SIGNS = ("@", "\uff20", "\ufe6b")
_FIND_AT = re.compile(f"[{''.join(_SIGNS)}]")


def emails(text: str) -> Iterator[Found]:
    """Every e-mail address of the text; an account name such as @lapor1708 is none."""
    floor = 0
    for match in _FIND_AT.finditer(text):
        at = match.start()
        if at < floor:
            continue
        spaced = at > 1 and text[at - 1] == " " and text[at + 1 : at + 2] == " "
        domain = _DOMAIN.match(text, at + 2 if spaced else at + 1)
        if domain is None:
            continue
        start = _local_start(text, at - 1 if spaced else at, floor)
        dotted = "." in domain.group()
        empty = start == (at - 1 if spaced else at)
        if empty or (spaced and not dotted) or domain.group().replace(".", "").isdecimal():
            continue
        floor = domain.end()
        while text[floor : floor + 1] in _SIGNS and (more := _DOMAIN.match(text, floor + 1)):
            floor = more.end()  # "a@b@c.id": a slip of the finger
        yield Found(start, floor, PIIType.EMAIL)


def _local_start(text: str, end: int, floor: int) -> int:
    start = end
    while start > floor and (text[start - 1].isalnum() or text[start - 1] in _MARKS):
        start -= 1
    return start
