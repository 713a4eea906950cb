"""`tanggap score verify` and `rebuild`: the counters against the facts, to the last digit."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, text

from services.scoring import store, surveys
from services.scoring.handlers import refold
from services.scoring.ports import RulesSource
from services.scoring.rules import deltas
from shared.db.engine import Database
from shared.db.tables.scoring import scoring_skm_counters
from shared.scores.measures import CounterKey, Key, expand

_SHOWN = 20
# SQLite's write lock is not fair: short transactions and a pause let the services through.
_SQLITE_CHUNK, _SQLITE_PAUSE = 100, 0.01
_POSTGRES_CHUNK = 1000

Progress = Callable[[int], None]


@dataclass(slots=True)
class VerifyReport:
    """What the comparison found; `examples` holds the first differences."""

    cases: int = 0
    events: int = 0
    surveys: int = 0
    counters: int = 0
    differences: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether everything is equal to the last digit."""
        return self.differences == 0

    def note(self, what: str) -> None:
        """Count a difference, and keep the first ones."""
        self.differences += 1
        if len(self.examples) < _SHOWN:
            self.examples.append(what)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "agrees": self.agrees,
            "cases": self.cases,
            "events": self.events,
            "surveys": self.surveys,
            "counters": self.counters,
            "differences": self.differences,
            "examples": self.examples,
        }


def verify(conn: Connection, rules: RulesSource, progress: Progress | None = None) -> VerifyReport:
    """Recompute every counter from the facts in the connection's snapshot and compare."""
    report = VerifyReport()
    regions = rules(conn)
    expected: dict[Key, int] = {}
    for _, facts in store.every_case(conn):
        report.cases += 1
        report.events += len(facts)
        for key, n in deltas(facts, regions[store.opening_region(facts)]).items():
            expected[key] = expected.get(key, 0) + n
        if progress and report.cases % 1000 == 0:
            progress(report.cases)
    _compare(report, _nonzero(expand(expected)), store.counters(conn), 0)
    counted = _counted(surveys.every_survey(conn), report)
    _compare(report, surveys.sums(counted), surveys.counters(conn), (0, 0))
    return report


def _counted(found: Iterable[surveys.Survey], report: VerifyReport) -> Iterable[surveys.Survey]:
    for survey in found:
        report.surveys += 1
        yield survey


_K = TypeVar("_K", bound=tuple[Any, ...])
_V = TypeVar("_V")


def _compare(
    report: VerifyReport, expected: Mapping[_K, _V], found: Mapping[_K, _V], nothing: _V
) -> None:
    report.counters += len(expected)
    for key in sorted(expected.keys() | found.keys()):
        wanted, there = expected.get(key, nothing), found.get(key, nothing)
        if wanted != there:
            report.note(f"{'·'.join(str(part) for part in key)}: {there}, should be {wanted}")


def _nonzero(rows: Mapping[CounterKey, int]) -> dict[CounterKey, int]:
    return {key: n for key, n in rows.items() if n}


def rebuild(db: Database, rules: RulesSource, progress: Progress | None = None) -> int:
    """Fold every case anew, in chunks that leave the services room; returns how many.

    Afterwards, and only where they still differ, the counters are set to what the cases have
    added to them.
    """
    done, last = 0, ""
    limit = _SQLITE_CHUNK if db.dialect == "sqlite" else _POSTGRES_CHUNK
    while True:
        with db.write() as conn:
            chunk = store.tickets_after(conn, last, limit)
            if chunk:
                refold(conn, store.lock_cases(conn, dict(chunk)), rules(conn))
        if not chunk:
            break
        done, last = done + len(chunk), chunk[-1][0]
        if progress:
            progress(done)
        if db.dialect == "sqlite":
            time.sleep(_SQLITE_PAUSE)
    with db.read() as conn:
        broken = bool(_case_errors(conn)) or _survey_errors(conn)
    if broken:
        with db.write() as conn:
            _repair(conn)
    return done


def _case_errors(conn: Connection) -> dict[CounterKey, int]:
    """What must be added to the counters so that they hold what the cases added."""
    moved: dict[Key, int] = {}
    for found in store.stored_deltas(conn):
        for key, n in found.items():
            moved[key] = moved.get(key, 0) + n
    wanted = expand(moved)
    for counter, n in store.counters(conn).items():
        wanted[counter] = wanted.get(counter, 0) - n
    return _nonzero(wanted)


def _survey_errors(conn: Connection) -> bool:
    return surveys.sums(surveys.every_survey(conn)) != surveys.counters(conn)


def _repair(conn: Connection) -> None:
    if conn.dialect.name == "postgresql":
        # Nobody may add while the sums are taken; SQLite's write lock is held already.
        tables = "scoring_cases, scoring_counters, scoring_surveys, scoring_skm_counters"
        conn.execute(text(f"LOCK TABLE {tables} IN EXCLUSIVE MODE"))
    store.add_counters(conn, _case_errors(conn))
    if _survey_errors(conn):
        conn.execute(delete(scoring_skm_counters))
        surveys.add(conn, surveys.sums(surveys.every_survey(conn)))
