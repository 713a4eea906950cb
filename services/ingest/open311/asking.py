"""What a caller of the list asks for, from the parameters of the address; and refusals. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.contracts.enums import Category
from shared.db.read.directory import Directory, Region
from shared.ids import normalise_ticket

MOST = 1000
"""Requests an answer holds at most."""
SPAN = timedelta(days=90)
_OPEN, _CLOSED = "open", "closed"
_MOST_PAGE = 1_000_000
_LONGEST = 40


class Open311Error(Exception):
    """An answer that is no success: `status` is the HTTP status, `description` for the caller."""

    def __init__(
        self, status: int, description: str, *, code: int | None = None, retry: int | None = None
    ) -> None:
        super().__init__(str(status))
        self.status = status
        self.code = code or status
        self.description = description
        self.retry_after = retry


@dataclass(frozen=True, slots=True)
class Asked:
    """Which requests are wanted; `tickets` overrides every other filter (GeoReport v2)."""

    region: Region
    tickets: tuple[str, ...] | None
    categories: tuple[Category, ...] | None
    first: datetime
    last: datetime
    open: bool | None
    page: int
    size: int

    @property
    def offset(self) -> int:
        """How many requests stand on the pages before."""
        return (self.page - 1) * self.size


def asked(params: Mapping[str, str], directory: Directory, now: datetime) -> Asked:
    """The filters of `GET /requests`, or a refusal that names the parameter."""
    region = jurisdiction(params.get("jurisdiction_id"), directory)
    first, last = _span(params, region.zone_info, now)
    wanted = _parts(params.get("service_request_id"))
    return Asked(
        region=region,
        # What cannot be a ticket is nobody's request: it finds nothing.
        tickets=None if wanted is None else tuple(t for t in map(ticket_of, wanted) if t),
        categories=_categories(params.get("service_code")),
        first=first,
        last=last,
        open=_status(params.get("status")),
        page=_number(params, "page", 1, _MOST_PAGE),
        size=_number(params, "page_size", MOST, MOST),
    )


def jurisdiction(given: str | None, directory: Directory) -> Region:
    """The region that is meant; only where there is a single one may it be left out."""
    if given:
        found = directory.region(given)
        if found is None:
            raise Open311Error(404, "jurisdiction_id tidak dikenal.")
        return found
    if len(directory.regions) == 1:
        return directory.regions[0]
    codes = ", ".join(region.code for region in directory.regions)
    raise Open311Error(400, f"jurisdiction_id wajib diisi: {codes}.")


def category_of(given: str | None) -> Category:
    """The service that is meant."""
    if not given:
        raise Open311Error(400, "service_code wajib diisi.")
    try:
        return Category(given)
    except ValueError as error:
        raise Open311Error(404, "service_code tidak dikenal.") from error


def ticket_of(text: str) -> str | None:
    """The ticket as stored; none when it cannot be one."""
    try:
        return normalise_ticket(text) if len(text) <= _LONGEST else None
    except ValueError:
        return None


def moment(text: str, zone: ZoneInfo, *, end: bool = False) -> datetime:
    """An instant; without an offset it is local, and a bare date its beginning (or its end).

    Raises `ValueError`. A plus sign that an address left unescaped has become a space.
    """
    head, space, offset = text.strip().rpartition(" ")
    written = f"{head}+{offset}" if space and "T" in head else text.strip()
    if len(written) == len("2026-01-01"):
        day = date.fromisoformat(written) + timedelta(days=1 if end else 0)
        return datetime.combine(day, time(), zone)
    found = datetime.fromisoformat(written)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _span(params: Mapping[str, str], zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    first = _instant(params, "start_date", zone, end=False)
    last = _instant(params, "end_date", zone, end=True)
    try:
        if first is None:
            last = last or now
            first = last - SPAN
        if last is None:
            last = min(first + SPAN, max(now, first))
    except OverflowError as error:
        raise Open311Error(400, "start_date atau end_date di luar kalender.") from error
    if last < first:
        raise Open311Error(400, "start_date terletak sesudah end_date.")
    if last - first > SPAN:
        raise Open311Error(400, f"start_date dan end_date paling jauh {SPAN.days} hari terpisah.")
    return first, last


def _instant(params: Mapping[str, str], name: str, zone: ZoneInfo, *, end: bool) -> datetime | None:
    text = params.get(name)
    if not text:
        return None
    try:
        found = moment(text, zone, end=end)
        # The edges of the calendar have no instant in every zone.
        found.astimezone(ZoneInfo("UTC"))
    except (ValueError, OverflowError) as error:
        raise Open311Error(400, f"{name} bukan waktu seperti 2026-01-01T08:00:00+08:00.") from error
    return found


def _categories(text: str | None) -> tuple[Category, ...] | None:
    parts = _parts(text)
    return None if parts is None else tuple(category_of(part) for part in parts)


def _status(text: str | None) -> bool | None:
    parts = _parts(text)
    if parts is None:
        return None
    wanted = {part.lower() for part in parts}
    if not wanted <= {_OPEN, _CLOSED}:
        raise Open311Error(400, f"status adalah {_OPEN} atau {_CLOSED}.")
    return None if len(wanted) > 1 else wanted == {_OPEN}


def _parts(text: str | None) -> list[str] | None:
    """The parts of a list with commas; none when nothing was sent."""
    if text is None or not text.strip():
        return None
    return [part.strip() for part in text.split(",") if part.strip()][:MOST]


def _number(params: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = params.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most):
        raise Open311Error(400, f"{name} adalah bilangan dari 1 sampai {most}.")
    return int(text)
