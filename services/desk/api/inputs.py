"""Strings that people send: trimmed, bounded, and free of what no database or page should hold."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

_ALLOWED = frozenset("\n\r\t")
_BAD_KINDS = frozenset({"Cc", "Cs"})


def is_plain(text: str) -> bool:
    """Whether the text holds no control character (but line breaks, tabs) and no half character."""
    return not any(
        unicodedata.category(char) in _BAD_KINDS and char not in _ALLOWED for char in text
    )


def _plain(text: str) -> str:
    if not is_plain(text):
        raise ValueError("control characters are not allowed")
    return text


LongText = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=10_000), AfterValidator(_plain)
]
ShortText = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(_plain)
]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=5, max_length=500),
    AfterValidator(_plain),
]
