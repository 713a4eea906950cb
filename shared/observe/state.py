"""Gauges read from the database at scrape time; a scrape never fails because of them.

When the database is away a collector shows nothing and counts; it must not know who scrapes.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from shared.clock import Clock, SystemClock
from shared.contracts.topics import TOPICS, Service
from shared.db.engine import Database
from shared.db.read.accounting import (
    Accounting,
    DeadLetterCount,
    OutboxBacklog,
    accounting,
    dead_letter_counts,
    outbox_backlog,
)
from shared.metrics import STATE_READ_FAILURES

CACHE_SECONDS = 2.0
# Counting whole tables takes longer, and a minute more or less changes nothing there.
ACCOUNTING_CACHE_SECONDS = 15.0
_PRODUCERS = tuple(sorted({spec.producer.value for spec in TOPICS.values()}))

V = TypeVar("V")


class StateCollector(Collector, Generic[V]):
    """Reads a value of the database, keeps it for a moment, and shows it as gauges."""

    def __init__(
        self,
        name: str,
        db: Database,
        read: Callable[[Connection], V],
        show: Callable[[V], Iterable[Metric]],
        keep_seconds: float = CACHE_SECONDS,
    ) -> None:
        self._name = name
        self._db = db
        self._read = read
        self._show = show
        self._keep = keep_seconds
        self._lock = Lock()
        self._value: V | None = None
        self._read_at = float("-inf")

    def describe(self) -> Iterable[Metric]:
        """Nothing: to register a collector must not need the database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The gauges of the newest value; none while the database is away."""
        with self._lock:
            value = self._current()
        if value is not None:
            yield from self._show(value)

    def _current(self) -> V | None:
        if monotonic() - self._read_at < self._keep:
            return self._value
        self._read_at = monotonic()
        try:
            with self._db.read() as conn:
                self._value = self._read(conn)
        except (SQLAlchemyError, OSError):
            self._value = None
            STATE_READ_FAILURES.labels(collector=self._name).inc()
        return self._value


def register_state_collectors(
    db: Database,
    service: Service,
    registry: CollectorRegistry = REGISTRY,
    clock: Clock | None = None,
) -> None:
    """Show the state that all services share; call once, in a service's `__main__`.

    Every service shows the outbox and the dead letters of all, so that the figures outlive the
    service they are about; queries take `max by (…)` over them. The accounting counts whole
    tables and is left to the two HTTP services.
    """
    now = (clock or SystemClock()).now

    def show_outbox(rows: list[OutboxBacklog]) -> Iterable[Metric]:
        return outbox_metrics(rows, now())

    def read_accounting(conn: Connection) -> Accounting:
        return accounting(conn, now())

    registry.register(StateCollector("outbox", db, outbox_backlog, show_outbox))
    registry.register(StateCollector("dead_letters", db, dead_letter_counts, dead_letter_metrics))
    if service in (Service.INGEST, Service.DESK):
        registry.register(
            StateCollector(
                "accounting", db, read_accounting, accounting_metrics, ACCOUNTING_CACHE_SECONDS
            )
        )


def outbox_metrics(rows: list[OutboxBacklog], now: datetime) -> list[Metric]:
    """The backlog of every producing service; 0 where nothing waits."""
    pending = GaugeMetricFamily(
        "tanggap_outbox_pending", "Outbox rows not sent to the broker yet.", labels=["service"]
    )
    oldest = GaugeMetricFamily(
        "tanggap_outbox_oldest_seconds",
        "Age of the oldest outbox row not sent yet; 0: none waits.",
        labels=["service"],
    )
    found = {row.service: row for row in rows}
    for service in sorted({*_PRODUCERS, *found}):
        row = found.get(service)
        pending.add_metric([service], row.pending if row else 0)
        age = (now - row.oldest).total_seconds() if row else 0.0
        oldest.add_metric([service], max(age, 0.0))
    return [pending, oldest]


def dead_letter_metrics(rows: list[DeadLetterCount]) -> list[Metric]:
    """Dead letters that wait, by consumer group and reason, and their sum (also when 0)."""
    total = GaugeMetricFamily(
        "tanggap_dead_letters_waiting", "Dead letters nobody has replayed yet, of all groups."
    )
    total.add_metric([], sum(row.n for row in rows))
    by_reason = GaugeMetricFamily(
        "tanggap_dead_letters",
        "Dead letters nobody has replayed yet, by consumer group and reason.",
        labels=["group", "reason"],
    )
    for row in rows:
        by_reason.add_metric([row.group, row.reason], row.n)
    return [total, by_reason]


def accounting_metrics(value: Accounting) -> list[Metric]:
    """What was accepted, what it became, and what is missing."""
    accepted = GaugeMetricFamily(
        "tanggap_complaints_accepted", "Complaints accepted since the beginning."
    )
    accepted.add_metric([], value.complaints)
    surveys = GaugeMetricFamily(
        "tanggap_surveys_accepted", "Survey answers accepted since the beginning."
    )
    surveys.add_metric([], value.surveys)
    cases = GaugeMetricFamily("tanggap_cases_total", "Cases opened since the beginning.")
    cases.add_metric([], value.cases)
    scored = GaugeMetricFamily(
        "tanggap_scored",
        "Cases and surveys that scoring has counted since the beginning.",
        labels=["kind"],
    )
    scored.add_metric(["case"], value.cases_scored)
    scored.add_metric(["survey"], value.surveys_scored)
    missing = GaugeMetricFamily(
        "tanggap_unaccounted",
        "Accepted more than five minutes ago, neither further down nor a dead letter: "
        "complaints without a case, cases and surveys without a score.",
        labels=["kind"],
    )
    missing.add_metric(["complaint"], value.missing_cases)
    missing.add_metric(["case"], value.missing_case_scores)
    missing.add_metric(["survey"], value.missing_survey_scores)
    return [accepted, surveys, cases, scored, missing]
