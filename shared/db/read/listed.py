"""Cases as a list for other programs shows them (Open311), from desk's tables.

Accusations and confidential cases are in none of these answers, whoever asks (ADR 0071). Words and
places are read only of cases that came by the channel asked for, and not once they are erased.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, select

from shared.contracts.enums import CLOSED_STATUSES, Category, Channel, Status
from shared.db.tables.desk import desk_cases
from shared.db.tables.ingest import ingest_complaints

_case, _sent = desk_cases.c, ingest_complaints.c


@dataclass(frozen=True, slots=True)
class ListedCase:
    """One entry; `text` (masked) and `location` only where they may be shown to who asks."""

    ticket: str
    region: str
    status: Status
    category: Category | None
    opd: str | None
    received_at: datetime
    changed_at: datetime
    due_finish: datetime | None
    text: str | None = None
    location: dict[str, Any] | None = None

    @property
    def closed(self) -> bool:
        """Whether nobody works on it any more."""
        return self.status in CLOSED_STATUSES


@dataclass(frozen=True, slots=True)
class Filter:
    """Which cases: of these categories (none: all), received in this span, open or closed."""

    first: datetime
    last: datetime
    categories: tuple[Category, ...] | None = None
    open: bool | None = None


def listed_cases(
    conn: Connection,
    region: str,
    wanted: Filter,
    *,
    words_of: Channel | None,
    offset: int,
    most: int,
) -> list[ListedCase]:
    """The region's cases, the latest received first."""
    query = _listed(words_of).where(
        _case.region == region,
        _case.received_at >= wanted.first,
        _case.received_at <= wanted.last,
    )
    if wanted.categories is not None:
        query = query.where(_case.category.in_([found.value for found in wanted.categories]))
    if wanted.open is not None:
        query = query.where(_case.open.is_(wanted.open))
    ordered = query.order_by(_case.received_at.desc(), _case.ticket).offset(offset).limit(most)
    return [_of(row) for row in conn.execute(ordered)]


def cases_named(
    conn: Connection, tickets: Sequence[str], *, words_of: Channel | None
) -> list[ListedCase]:
    """Those of the tickets that may be listed, the latest received first."""
    query = _listed(words_of).where(_case.ticket.in_(tickets))
    return [_of(row) for row in conn.execute(query.order_by(_case.received_at.desc()))]


def waiting_named(conn: Connection, tickets: Sequence[str], channel: Channel) -> list[ListedCase]:
    """Submissions of the channel for which no case is open yet: received, and nothing more."""
    query = (
        select(_sent.ticket, _sent.region, _sent.received_at)
        .join(desk_cases, _case.ticket == _sent.ticket, isouter=True)
        .where(
            _sent.ticket.in_(tickets),
            _sent.channel == channel.value,
            _sent.confidential.is_(False),
            _sent.category_asked.is_distinct_from(Category.PERILAKU_PETUGAS_PUNGLI.value),
            _case.ticket.is_(None),
        )
    )
    return [
        ListedCase(
            ticket=row.ticket,
            region=row.region,
            status=Status.DITERIMA,
            category=None,
            opd=None,
            received_at=row.received_at,
            changed_at=row.received_at,
            due_finish=None,
        )
        for row in conn.execute(query)
    ]


def _listed(words_of: Channel | None) -> Select[Any]:
    """Everything that may be listed at all; `own` is null where words and place stay closed."""
    told = and_(
        _sent.ticket == _case.ticket,
        _sent.erased_at.is_(None),
        _case.channel == (words_of.value if words_of else ""),
    )
    return (
        select(desk_cases, _sent.ticket.label("own"))
        .join(ingest_complaints, told, isouter=True)
        .where(_case.restricted.is_(False), _case.confidential.is_(False))
    )


def _of(row: Any) -> ListedCase:
    told = row.own is not None
    return ListedCase(
        ticket=row.ticket,
        region=row.region,
        status=Status(row.status),
        category=Category(row.category),
        opd=row.opd,
        received_at=row.received_at,
        changed_at=row.closed_at or row.changed_at,
        due_finish=row.due_finish,
        text=row.text if told else None,
        location=row.location if told else None,
    )
