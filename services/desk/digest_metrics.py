"""What the morning's digests show to Prometheus, read from the database at scrape time."""

from collections.abc import Iterable, Mapping
from datetime import date
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import Connection, case, func, select

from services.desk.digest_sending import NOTHING
from shared.clock import Clock
from shared.db.engine import Database
from shared.db.tables.desk import desk_digests
from shared.observe.state import StateCollector

STATES = ("waiting", "sent", "failing", "refused")
_KEEP_SECONDS = 15.0
# Where the next day begins first; no digest is sent anywhere between then and the morning.
_FIRST_ZONE = ZoneInfo("Asia/Jayapura")


def register_digest_gauges(
    db: Database, clock: Clock, registry: CollectorRegistry, keep_seconds: float = _KEEP_SECONDS
) -> None:
    """Show the gauge; call once a registry."""

    def read(conn: Connection) -> Mapping[str, int]:
        return count_digests(conn, clock.now().astimezone(_FIRST_ZONE).date())

    registry.register(StateCollector("digests", db, read, show, keep_seconds))


def count_digests(conn: Connection, day: date) -> Mapping[str, int]:
    """The digests of that day and later by state; those with nothing to say do not count."""
    row = desk_digests.c
    state = case(
        (row.sent_at.is_not(None), "sent"),
        (row.trouble.is_(None), "waiting"),
        (row.next_at.is_not(None), "failing"),
        else_="refused",
    ).label("state")
    said = row.trouble.is_(None) | (row.trouble != NOTHING)
    grouped = select(state, func.count().label("n")).where(row.day >= day, said).group_by(state)
    return {found.state: found.n for found in conn.execute(grouped)}


def show(counts: Mapping[str, int]) -> Iterable[Metric]:
    """The counts as gauges, zeros included, so that an alert ends."""
    digests = GaugeMetricFamily(
        "tanggap_digests",
        "Digests to staff of the present day: waiting (a try is under way), sent, failing (tried "
        "again) or refused (the address takes none).",
        labels=["state"],
    )
    for state in STATES:
        digests.add_metric([state], counts.get(state, 0))
    return (digests,)
