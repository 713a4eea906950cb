"""Gauges of desk's state, read from the database at scrape time (design §2.11).

`tanggap_cases_open{opd,state}` and `tanggap_cases_overdue{opd,clock}`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import Connection, func, select

from services.desk.reading import CLOCKS
from shared.clock import Clock
from shared.db.engine import Database
from shared.db.tables.desk import desk_cases
from shared.observe.state import StateCollector


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """Open cases by (OPD, status), and those past a deadline by (OPD, clock)."""

    open: dict[tuple[str, str], int]
    overdue: dict[tuple[str, str], int]


def register_case_gauges(
    db: Database, clock: Clock, registry: CollectorRegistry, keep_seconds: float = 2.0
) -> None:
    """Show desk's gauges; call once a registry."""

    def read(conn: Connection) -> CaseCounts:
        return count_cases(conn, clock.now())

    registry.register(StateCollector("cases", db, read, show, keep_seconds))


def count_cases(conn: Connection, now: datetime) -> CaseCounts:
    """Count the open cases in two statements."""
    case = desk_cases.c
    states = conn.execute(
        select(case.opd, case.status, func.count())
        .where(case.open.is_(True))
        .group_by(case.opd, case.status)
    )
    opened = {(opd, status): n for opd, status, n in states}
    late = [
        func.count().filter(case[f"done_{name}"].is_(False), case[f"due_{name}"] <= now).label(name)
        for name in CLOCKS
    ]
    rows = conn.execute(select(case.opd, *late).where(case.open.is_(True)).group_by(case.opd))
    overdue = {(row.opd, name): getattr(row, name) for row in rows for name in CLOCKS}
    return CaseCounts(opened, overdue)


def show(counts: CaseCounts) -> Iterable[Metric]:
    """The counts as gauges."""
    opened = GaugeMetricFamily(
        "tanggap_cases_open", "Open cases by holding OPD and status.", labels=["opd", "state"]
    )
    overdue = GaugeMetricFamily(
        "tanggap_cases_overdue",
        "Open cases whose deadline has passed undone, by holding OPD and clock.",
        labels=["opd", "clock"],
    )
    for (opd, state), n in sorted(counts.open.items()):
        opened.add_metric([opd, state], n)
    for (opd, clock), n in sorted(counts.overdue.items()):
        overdue.add_metric([opd, clock], n)
    return (opened, overdue)
