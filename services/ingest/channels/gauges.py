"""What the channels show to Prometheus, read from the database at scrape time (design §2.11).

Every accepted message is counted once: what it became, or what it waits for. So the sum over the
states is what was accepted, for as long as rows are kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import Connection, func, select

from services.ingest.channels.forgetting import ERASED
from services.ingest.channels.receiving import DEAD, TRIAGE, WAITING
from services.ingest.channels.waiting import JOINED, due
from services.ingest.ports import Became
from shared.clock import Clock
from shared.db.engine import Database
from shared.db.tables.messages import ingest_messages
from shared.observe.state import StateCollector

STATES = (
    *(WAITING, TRIAGE, DEAD, JOINED, ERASED),
    *(Became.COMPLAINT.value, Became.ACT.value, Became.SURVEY.value, Became.TALK.value),
)
_KEEP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class MessageCounts:
    """Rows by (channel, state), and how long the oldest message that is due waits, in seconds."""

    rows: dict[tuple[str, str], int] = field(default_factory=dict)
    late: dict[str, float] = field(default_factory=dict)


def count_messages(conn: Connection, now: datetime) -> MessageCounts:
    """Count all rows there are."""
    row = ingest_messages.c
    shown = func.coalesce(row.outcome, row.state).label("shown")
    grouped = select(row.channel, shown, func.count().label("n")).group_by(row.channel, shown)
    rows = {(found.channel, found.shown): found.n for found in conn.execute(grouped)}
    oldest = (
        select(row.channel, func.min(row.due_at).label("since"))
        .where(due(now))
        .group_by(row.channel)
    )
    late = {found.channel: (now - found.since).total_seconds() for found in conn.execute(oldest)}
    return MessageCounts(rows, late)


def show(counts: MessageCounts, channels: Iterable[str]) -> list[Metric]:
    """The counts as gauges, zeros included, so that an alert ends."""
    messages = GaugeMetricFamily(
        "tanggap_channel_messages",
        "Accepted messages of a channel by what they became, or waiting, triage (no region known) "
        "or dead (a person must look).",
        labels=["channel", "state"],
    )
    late = GaugeMetricFamily(
        "tanggap_channel_late_seconds",
        "How long the oldest message that could be handled waits.",
        labels=["channel"],
    )
    known = {channel for channel, _ in counts.rows}
    for channel in sorted({*channels, *known}):
        for state in STATES:
            messages.add_metric([channel, state], counts.rows.get((channel, state), 0))
        late.add_metric([channel], counts.late.get(channel, 0.0))
    return [messages, late]


def register_message_gauges(
    db: Database,
    clock: Clock,
    channels: Iterable[str],
    registry: CollectorRegistry = REGISTRY,
    keep_seconds: float = _KEEP_SECONDS,
) -> None:
    """Show the gauges of these channels, and of others that have rows; call once a registry."""
    named = tuple(channels)

    def read(conn: Connection) -> MessageCounts:
        return count_messages(conn, clock.now())

    def shown(counts: MessageCounts) -> list[Metric]:
        return show(counts, named)

    registry.register(StateCollector("messages", db, read, shown, keep_seconds))
