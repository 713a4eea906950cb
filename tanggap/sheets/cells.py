"""What a cell means, as people in Indonesia write it; a message never repeats what stood there.

Knows no file: a cell is stripped text, as `reading` gives it.
"""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

from shared.errors import TanggapError

# [0-9] throughout: \d would take the digits of every script.
_GROUPS = r"[0-9]{1,3}(?:%s[0-9]{3}){1,4}"
_WHOLE_GROUPED = re.compile(rf"(?:{_GROUPS % '[.]'}|{_GROUPS % ','}|{_GROUPS % ' '})")
_WHOLE = re.compile(r"([0-9]{1,15})(?:[.,]0+)?")
_PLAIN = re.compile(r"-?[0-9]{1,15}(?:[.,][0-9]{1,15})?")
_DOT_THEN_COMMA = re.compile(rf"-?{_GROUPS % '[.]'},[0-9]{{1,15}}")
_COMMA_THEN_DOT = re.compile(rf"-?{_GROUPS % ','}[.][0-9]{{1,15}}")
_DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_MIDNIGHT = re.compile(r"[T ]0{1,2}:00(?::00(?:\.0+)?)?$")
# What Excel counts its days from; the serials taken for dates lie between 1954 and 2119.
_EPOCH, _FIRST_SERIAL, _LAST_SERIAL = date(1899, 12, 30), 20_000, 80_000
_TRUE, _FALSE = frozenset({"1", "ya", "yes", "true"}), frozenset({"0", "tidak", "no", "false"})


class CellError(TanggapError):
    """A cell that cannot be taken: `field` is its column; the message says what is wanted."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def needed(text: str, field: str) -> str:
    """The text, which must not be empty."""
    if not text:
        raise CellError(field, "is empty")
    return text


def within(text: str, field: str, longest: int) -> str:
    """The text, of at most `longest` characters."""
    if len(text) > longest:
        raise CellError(field, f"is longer than {longest} characters")
    return text


def decimal(text: str, field: str) -> Decimal:
    """A number with a decimal comma or point (`3,5`, `3.5`, `1.234,5`, `1,234.5`)."""
    if _PLAIN.fullmatch(text):
        return Decimal(text.replace(",", "."))
    if _DOT_THEN_COMMA.fullmatch(text):
        return Decimal(text.replace(".", "").replace(",", "."))
    if _COMMA_THEN_DOT.fullmatch(text):
        return Decimal(text.replace(",", ""))
    raise CellError(field, "is no number such as 3,5")


def whole(text: str, field: str) -> int:
    """A whole number from 0, with or without a mark between thousands (`12500`, `12.500`)."""
    if _WHOLE_GROUPED.fullmatch(text):
        return int(re.sub(r"[^0-9]", "", text))
    if found := _WHOLE.fullmatch(text):
        return int(found[1])
    raise CellError(field, "is no whole number such as 12500")


def day(text: str, field: str) -> date:
    """A date: `31/12/2025` (day first), `2025-12-31`, or the serial number Excel keeps."""
    text = _MIDNIGHT.sub("", text)
    try:
        if found := _DAY.fullmatch(text):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if found := _ISO.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError as error:
        raise CellError(field, "is no day of the calendar") from error
    if text.isascii() and text.isdigit() and _FIRST_SERIAL <= int(text[:9]) <= _LAST_SERIAL:
        return _EPOCH + timedelta(days=int(text))
    raise CellError(field, "is no date such as 31/12/2025")


def flag(text: str, field: str) -> bool:
    """`ya` or `tidak`; nothing is `tidak`."""
    if text.lower() in _TRUE:
        return True
    if not text or text.lower() in _FALSE:
        return False
    raise CellError(field, "write ya or tidak")


def text_of(value: object) -> str:
    """A spreadsheet's cell as text: a number without trailing zeros, a date in ISO form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # Excel itself keeps and shows fifteen digits.
        return str(int(value)) if value.is_integer() else f"{Decimal(f'{value:.15g}'):f}"
    if isinstance(value, datetime):
        value = value.replace(tzinfo=None)
        if value.time().isoformat() == "00:00:00":
            return value.date().isoformat()
        return value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()
