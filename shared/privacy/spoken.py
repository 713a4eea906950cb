"""Finds identity and phone numbers told in words ("nol delapan satu dua"), in linear time.

Indonesian, Javanese and Banjarese digits, also mixed with written ones; counting up to ten stays.
"""

import re
from collections.abc import Iterator

from shared.contracts.enums import PIIType
from shared.privacy.spans import Found

_DIGITS = {
    "nol": "0", "kosong": "0", "satu": "1", "siji": "1", "dua": "2", "loro": "2", "tiga": "3",
    "telu": "3", "talu": "3", "empat": "4", "ampat": "4", "papat": "4", "lima": "5", "limo": "5",
    "enam": "6", "anam": "6", "enem": "6", "tujuh": "7", "pitu": "7", "delapan": "8", "lapan": "8",
    "dalapan": "8", "wolu": "8", "walu": "8", "sembilan": "9", "sambilan": "9", "sanga": "9",
    "songo": "9",
}  # fmt: skip
_WORDS = "|".join(sorted(_DIGITS, key=len, reverse=True))
_GAP = r"[ \t\u00a0,.\-]{1,3}"
# Three words in a row begin it; figures may follow ("nol delapan satu 3456 7890").
_RUN = re.compile(
    rf"(?<![^\W_])(?:{_WORDS})(?:{_GAP}(?:{_WORDS})){{2}}(?:{_GAP}(?:{_WORDS}|\d{{1,6}})){{0,30}}"
    r"(?![^\W_])",
    re.IGNORECASE,
)
_PIECE = re.compile(r"[^\W\d_]+|\d+")
_COUNTING = "01234567890"
_SHORTEST = 9
_PHONE = re.compile(r"(?:0|62)\d{8,13}|8\d{8,11}")


def spoken(text: str) -> Iterator[Found]:
    """Every number of nine digits or more that is told digit by digit."""
    lower = text.lower()
    if "nol" not in lower and "kosong" not in lower:
        return  # no identity or phone number is without a zero
    for run in _RUN.finditer(text):
        pieces = _PIECE.findall(run.group())
        digits = "".join(_DIGITS.get(piece.lower(), piece) for piece in pieces)
        if len(digits) >= _SHORTEST and digits not in _COUNTING:
            yield Found(run.start(), run.end(), _kind(digits))


def _kind(digits: str) -> PIIType:
    if len(digits) == 18 and digits[:2] in ("19", "20"):
        return PIIType.NIP
    if _PHONE.fullmatch(digits):
        return PIIType.PHONE
    return PIIType.NIK if len(digits) in (15, 16, 17) else PIIType.ACCOUNT
