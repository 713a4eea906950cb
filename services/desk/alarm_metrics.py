"""What alarms show to Prometheus, read from the database at scrape time (design §2.11)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import Connection, func, select

from services.desk.alarms import Outcome
from services.desk.duty_senders import Contacts
from shared.clock import Clock
from shared.db.engine import Database
from shared.db.tables.desk import desk_alarms, desk_cases
from shared.db.tables.directory import desk_regions
from shared.observe.state import StateCollector

STATES = ("waiting", "seen")
MESSAGES = ("pending", "failing", "missing", "told")
ENDS = (*Outcome, "missed")


@dataclass(frozen=True, slots=True)
class AlarmCounts:
    """Running alarms by (region, state), their messages, the longest wait, and all that ended."""

    regions: tuple[str, ...]
    cases: Counter[tuple[str, str]] = field(default_factory=Counter)
    messages: Counter[tuple[str, str]] = field(default_factory=Counter)
    oldest: dict[str, float] = field(default_factory=dict)
    ended: Counter[tuple[str, str]] = field(default_factory=Counter)


def register_alarm_metrics(
    db: Database,
    clock: Clock,
    contacts: Contacts,
    minutes: int,
    registry: CollectorRegistry,
    keep_seconds: float = 2.0,
) -> None:
    """Show the alarms; `minutes` is how long one may wait. Call once a registry."""

    def read(conn: Connection) -> AlarmCounts:
        return count_alarms(conn, contacts, clock.now())

    def show(counts: AlarmCounts) -> Iterable[Metric]:
        return alarm_metrics(counts, minutes)

    registry.register(StateCollector("alarms", db, read, show, keep_seconds))


def count_alarms(conn: Connection, contacts: Contacts, now: datetime) -> AlarmCounts:
    """Count the running alarms one by one (they are few), and the ended ones by statement."""
    counts = AlarmCounts(tuple(conn.execute(select(desk_regions.c.code)).scalars()))
    alarm, case = desk_alarms.c, desk_cases.c
    running = conn.execute(
        select(
            alarm.region, alarm.seen_at, alarm.told_at, alarm.trouble,
            case.restricted, case.received_at,
        )
        .join(desk_cases, case.ticket == alarm.ticket)
        .where(alarm.ended_at.is_(None))
    )  # fmt: skip
    for row in running:
        counts.cases[row.region, "waiting" if row.seen_at is None else "seen"] += 1
        known = contacts.of(row.region, restricted=row.restricted) is not None
        counts.messages[row.region, _message(row.told_at, row.trouble, known)] += 1
        if row.seen_at is None:
            age = (now - row.received_at).total_seconds()
            counts.oldest[row.region] = max(age, counts.oldest.get(row.region, 0.0))
    by_classifier = (alarm.sequence == 1).label("by_classifier")
    ended = conn.execute(
        select(alarm.region, alarm.outcome, by_classifier, func.count().label("n"))
        .where(alarm.ended_at.is_not(None))
        .group_by(alarm.region, alarm.outcome, by_classifier)
    )
    for row in ended:
        if row.by_classifier:
            counts.ended[row.region, row.outcome] += row.n
        elif row.outcome == Outcome.CONFIRMED:
            counts.ended[row.region, "missed"] += row.n
    return counts


def _message(told_at: datetime | None, trouble: str | None, known: bool) -> str:
    if told_at is not None:
        return "told"
    if not known:
        return "missing"
    return "failing" if trouble else "pending"


def alarm_metrics(counts: AlarmCounts, minutes: int) -> list[Metric]:
    """The counts as Prometheus reads them, zeros included, so that an alert ends."""
    cases = GaugeMetricFamily(
        "tanggap_urgent_cases",
        "Running alarms of complaints that are darurat: waiting for a person, or seen by one.",
        labels=["region", "state"],
    )
    messages = GaugeMetricFamily(
        "tanggap_urgent_messages",
        "Messages to duty contacts about running alarms: pending, failing, missing (nobody), told.",
        labels=["region", "state"],
    )
    oldest = GaugeMetricFamily(
        "tanggap_urgent_oldest_seconds",
        "Age of the complaint that waits longest with an alarm on which nobody acted; 0: none.",
        labels=["region"],
    )
    limit = GaugeMetricFamily(
        "tanggap_urgent_limit_seconds", "How long an alarm may wait for a person (a setting)."
    )
    for region in counts.regions:
        oldest.add_metric([region], counts.oldest.get(region, 0.0))
        for state in STATES:
            cases.add_metric([region, state], counts.cases[region, state])
        for state in MESSAGES:
            messages.add_metric([region, state], counts.messages[region, state])
    limit.add_metric([], minutes * 60)
    return [cases, messages, oldest, limit, _ended(counts)]


def _ended(counts: AlarmCounts) -> Metric:
    ended = CounterMetricFamily(
        "tanggap_urgent_alarms",
        "Alarms that ended: confirmed, corrected (wrong), dropped (rejected, withdrawn), missed "
        "(raised by a person and confirmed).",
        labels=["region", "outcome"],
    )
    for region in counts.regions:
        for outcome in ENDS:
            ended.add_metric([region, outcome], counts.ended[region, outcome])
    return ended
