"""Gauges of desk's state, read from the database at scrape time (design §2.11)."""

from collections.abc import Iterator, Sequence
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection, func, select

from services.desk.reading import CLOCKS
from shared.clock import Clock
from shared.db.engine import Database
from shared.db.tables.desk import desk_cases


class CaseGauges(Collector):
    """`tanggap_cases_open{opd,state}` and `tanggap_cases_overdue{opd,clock}`."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Names only: registering must not ask the database."""
        yield _open()
        yield _overdue()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Count the open cases."""
        opened, overdue = _open(), _overdue()
        with self._db.read() as conn:
            for opd, state, n in _open_cases(conn):
                opened.add_metric([opd, state], n)
            for row in _overdue_cases(conn, self._clock):
                for clock in CLOCKS:
                    overdue.add_metric([row.opd, clock], getattr(row, clock))
        yield opened
        yield overdue


def _open() -> GaugeMetricFamily:
    return GaugeMetricFamily(
        "tanggap_cases_open", "Open cases by holding OPD and status.", labels=["opd", "state"]
    )


def _overdue() -> GaugeMetricFamily:
    return GaugeMetricFamily(
        "tanggap_cases_overdue",
        "Open cases whose deadline has passed undone, by holding OPD and clock.",
        labels=["opd", "clock"],
    )


def _open_cases(conn: Connection) -> Sequence[Any]:
    case = desk_cases.c
    return conn.execute(
        select(case.opd, case.status, func.count())
        .where(case.open.is_(True))
        .group_by(case.opd, case.status)
    ).all()


def _overdue_cases(conn: Connection, clock: Clock) -> Sequence[Any]:
    case, now = desk_cases.c, clock.now()
    counts = [
        func.count().filter(case[f"done_{name}"].is_(False), case[f"due_{name}"] <= now).label(name)
        for name in CLOCKS
    ]
    return conn.execute(
        select(case.opd, *counts).where(case.open.is_(True)).group_by(case.opd)
    ).all()
