"""A cell as an instant: a day as people in Indonesia write it, with or without a time of day.

Knows no file; messages never repeat what stood in the cell.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from tanggap.sheets.cells import CellError, day

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januari january", "feb februari february pebruari", "mar maret march",
            "apr april", "mei may", "jun juni june", "jul juli july",
            "agu agt ags aug agustus august", "sep sept september", "okt oct oktober october",
            "nov nop november nopember", "des dec desember december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_NAMED = re.compile(r"(?:[A-Za-z']+,\s*)?([0-9]{1,2})[\s-]+([A-Za-z]{3,9})\.?[\s-]+([0-9]{4})")
_TIME = re.compile(
    r"(?P<rest>.*?)(?:^|[T\s,]+)(?:pukul\s+|jam\s+)?(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})"
    r"(?:[:.](?P<second>[0-9]{2})(?:\.[0-9]+)?)?\s*(?P<zone>WIB|WITA|WIT|Z)?",
    re.IGNORECASE | re.DOTALL,
)
_OFFSET = re.compile(r"[0-9]{2}[+-][0-9]{2}:?[0-9]{2}$")
_ZONES = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura", "Z": "UTC"}
NOON = time(12)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant in UTC; `exact` is false where the cell told the day only: then it is noon."""

    at: datetime
    exact: bool


def moment(text: str, field: str, zone: ZoneInfo, clock: str = "") -> Moment:
    """The instant of a cell, its time of day in the same cell or in another one (`clock`).

    Without a zone of its own it is local. Raises `CellError`.
    """
    try:
        return _moment(text, field, zone, clock)
    except OverflowError as error:
        raise CellError(field, "is no day of the calendar") from error


def _moment(text: str, field: str, zone: ZoneInfo, clock: str) -> Moment:
    if _OFFSET.search(text):
        try:
            return Moment(datetime.fromisoformat(text).astimezone(UTC), exact=True)
        except ValueError as error:
            raise CellError(field, "is no time such as 2025-12-31T14:05:00+08:00") from error
    found = _TIME.fullmatch(text)
    written = found["rest"].strip() if found else text
    if found is None or not written:
        found = _TIME.fullmatch(clock) if clock else None
        written = text
    if found is None:
        # Only the day is known; a clock that cannot be read is no reason to refuse the row.
        local = datetime.combine(_day(written, field), NOON, zone)
        return Moment(local.astimezone(UTC), exact=False)
    try:
        at = time(int(found["hour"]), int(found["minute"]), int(found["second"] or 0))
    except ValueError as error:
        raise CellError(field, "is no time of day such as 14:05") from error
    own = found["zone"]
    where = ZoneInfo(_ZONES[own.upper()]) if own else zone
    return Moment(datetime.combine(_day(written, field), at, where).astimezone(UTC), exact=True)


def _day(text: str, field: str) -> date:
    named = _NAMED.fullmatch(text.strip())
    if named is None:
        return day(text.strip(), field)
    month = _MONTHS.get(named[2].lower())
    if month is None:
        raise CellError(field, "is no date such as 31 Des 2025")
    return day(f"{named[1]}/{month}/{named[3]}", field)
