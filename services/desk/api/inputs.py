"""What people send: text trimmed, bounded and free of what no database or page should hold.

The names in an address are looked up as they are: what names nothing is answered with 404.
"""

import unicodedata
from typing import Annotated

from fastapi import Path
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
RegionName = Annotated[str, Path(description="Code of a region.", examples=["paser"])]
UnitName = Annotated[
    str, Path(description="Code of an OPD or unit, without its region.", examples=["dinkes"])
]
TicketName = Annotated[
    str, Path(description="A ticket; case and dashes do not matter.", examples=["7KQ4-2MX7"])
]
