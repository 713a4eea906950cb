"""What the way back shows to Prometheus, read from the database at scrape time (design §2.11)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import Connection, case, func, select

from services.ingest.sending.outgoing import DELIVERED, FAILED, SENT, WAITING
from shared.clock import Clock
from shared.contracts.enums import Channel
from shared.db.engine import Database
from shared.db.tables.messages import ingest_deliveries
from shared.observe.state import StateCollector

RETRYING = "retrying"
STATES = (WAITING, RETRYING, SENT, DELIVERED, FAILED)
_KEEP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """Rows by (channel, state), and how late the latest of each channel is, in seconds."""

    rows: dict[tuple[str, str], int] = field(default_factory=dict)
    late: dict[str, float] = field(default_factory=dict)


def register_delivery_gauges(
    db: Database, clock: Clock, registry: CollectorRegistry, keep_seconds: float = _KEEP_SECONDS
) -> None:
    """Show the gauges; call once a registry."""

    def read(conn: Connection) -> DeliveryCounts:
        return count_deliveries(conn, clock.now())

    registry.register(StateCollector("deliveries", db, read, show, keep_seconds))


def count_deliveries(conn: Connection, now: datetime) -> DeliveryCounts:
    """Count all rows there are: those that ended go after thirty days."""
    row = ingest_deliveries.c
    tried = (row.state == WAITING) & ((row.attempts > 0) | row.reason.is_not(None))
    state = case((tried, RETRYING), else_=row.state).label("shown")
    grouped = select(row.channel, state, func.count().label("n")).group_by(row.channel, state)
    rows = {(found.channel, found.shown): found.n for found in conn.execute(grouped)}
    oldest = (
        select(row.channel, func.min(row.due_at).label("due"))
        .where(row.state == WAITING, row.due_at <= now)
        .group_by(row.channel)
    )
    late = {found.channel: (now - found.due).total_seconds() for found in conn.execute(oldest)}
    return DeliveryCounts(rows, late)


def show(counts: DeliveryCounts) -> Iterable[Metric]:
    """The counts as gauges, zeros included, so that an alert ends."""
    rows = GaugeMetricFamily(
        "tanggap_deliveries",
        "Messages to citizens of the last 30 days: waiting (not tried yet), retrying, sent (or on "
        "its way), delivered, failed.",
        labels=["channel", "state"],
    )
    late = GaugeMetricFamily(
        "tanggap_delivery_late_seconds",
        "How long the message has been due that should have been sent first; 0: none is late.",
        labels=["channel"],
    )
    for channel in sorted({name for name, _ in counts.rows}):
        for state in STATES:
            rows.add_metric([channel, state], counts.rows.get((channel, state), 0))
    for name in Channel:
        late.add_metric([name.value], counts.late.get(name.value, 0.0))
    return (rows, late)
