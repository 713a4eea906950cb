"""`tanggap score verify` and `rebuild`: the counters against the facts, to the last digit.

Neither holds more than a bounded number of cases or counters in memory, however many there are.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, select, update

from services.scoring import store, surveys
from services.scoring.comparing import ANSWERS, COUNTERS, UNITS, Compared, Sums
from services.scoring.handlers import opds_of, refold, units_of
from services.scoring.ports import RulesSource
from services.scoring.rules import deltas
from shared.db.engine import Database
from shared.db.statements import insert_ignore, upsert_add
from shared.db.tables.common import meta
from shared.errors import TanggapError
from shared.scores.measures import Key, expand

_SHOWN = 20
# What is summed before it goes to the temporary table: some tens of megabytes.
_MOST_KEYS, _MOST_SURVEYS = 50_000, 2_000
# SQLite's write lock is not fair: short transactions and a pause let the services through.
_SQLITE_CHUNK, _SQLITE_PAUSE = 100, 0.01
_POSTGRES_CHUNK = 1000
_REPAIRS = "scoring:repairs"

Progress = Callable[[int], None]
_T = TypeVar("_T")


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

    def note(self, compared: Compared) -> None:
        """Count a counter and, where it differs, the difference; keep the first ones."""
        self.counters += any(compared.wanted)
        if compared.wanted != compared.found:
            name = "·".join(str(part) for part in compared.key)
            self._differs(f"{name}: {_said(compared.found)}, should be {_said(compared.wanted)}")

    def note_unit(self, compared: Compared) -> None:
        """Count a case that a figure of the OPD does not lead to; its ticket is not told."""
        if any(compared.wanted) and not any(compared.found):
            opd, day, _ = compared.key
            self._differs(f"{opd}·{day}: a case is not listed")

    def _differs(self, example: str) -> None:
        self.differences += 1
        if len(self.examples) < _SHOWN:
            self.examples.append(example)

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


def _said(values: tuple[int, ...]) -> str:
    return " of ".join(str(value) for value in values)


def verify(db: Database, rules: RulesSource, progress: Progress | None = None) -> VerifyReport:
    """Recompute every counter from the facts, in one snapshot, and compare.

    Also whether every case is listed for the OPDs it counts for.
    """
    report = VerifyReport()
    with db.read([sums.scratch for sums in (COUNTERS, ANSWERS, UNITS)]) as conn:
        _want_cases(conn, _refolded(conn, rules, report, progress))
        _want_surveys(conn, report)
        for sums in (COUNTERS, ANSWERS):
            for compared in sums.compare(conn):
                report.note(compared)
        for compared in UNITS.compare(conn):
            report.note_unit(compared)
    return report


def _refolded(
    conn: Connection, rules: RulesSource, report: VerifyReport, progress: Progress | None
) -> Iterator[dict[Key, int]]:
    """What each case should have added to the counters; tells for which OPDs it is listed."""
    regions = rules(conn)
    listed: list[store.UnitKey] = []
    for ticket, facts in store.every_case(conn):
        report.cases += 1
        report.events += len(facts)
        region = regions[store.opening_region(facts)]
        found = deltas(facts, region)
        listed += units_of(ticket, facts, opds_of(found), region)
        if len(listed) >= _MOST_KEYS:
            UNITS.want(conn, listed)
            listed.clear()
        yield found
        if progress and report.cases % 1000 == 0:
            progress(report.cases)
    UNITS.want(conn, listed)


def _want_cases(conn: Connection, found: Iterable[Mapping[Key, int]]) -> None:
    """Tell the scratch table what cases add to the counters."""
    moved: dict[Key, int] = {}
    for changes in found:
        for key, n in changes.items():
            moved[key] = moved.get(key, 0) + n
        if len(moved) >= _MOST_KEYS:
            COUNTERS.want(conn, ((*key, n) for key, n in expand(moved).items()))
            moved.clear()
    COUNTERS.want(conn, ((*key, n) for key, n in expand(moved).items()))


def _want_surveys(conn: Connection, report: VerifyReport | None = None) -> None:
    """Tell the scratch table what surveys add to the counters."""
    for part in _parts(surveys.every_survey(conn), _MOST_SURVEYS):
        if report:
            report.surveys += len(part)
        ANSWERS.want(conn, ((*key, *values) for key, values in surveys.sums(part).items()))


def _parts(found: Iterable[_T], size: int) -> Iterator[list[_T]]:
    source = iter(found)
    while part := list(islice(source, size)):
        yield part


def rebuild(db: Database, rules: RulesSource, progress: Progress | None = None) -> int:
    """Fold every case anew, in chunks that leave the services room; returns how many.

    Afterwards, and only where they still differ, the counters are set to what the cases have
    added to them.
    """
    done, last = 0, ""
    while True:
        with db.write() as conn:
            chunk = store.tickets_after(conn, last, _chunk(db))
            if chunk:
                refold(conn, store.lock_cases(conn, dict(chunk)), rules(conn))
        if not chunk:
            break
        done, last = done + len(chunk), chunk[-1][0]
        if progress:
            progress(done)
        _pause(db)
    _repair(db)
    return done


def _chunk(db: Database) -> int:
    return _SQLITE_CHUNK if db.dialect == "sqlite" else _POSTGRES_CHUNK


def _pause(db: Database) -> None:
    if db.dialect == "sqlite":
        time.sleep(_SQLITE_PAUSE)


def _repair(db: Database) -> None:
    """Add to the counters what they lack of what the cases and surveys say they have added.

    Every transaction changes a case and the counters by the same, so what a counter lacks stays
    the same while the services go on: it may be added later, in any number of transactions.
    """
    with db.read([COUNTERS.scratch, ANSWERS.scratch]) as conn:
        turn = _turn(conn)
        _want_cases(conn, store.stored_deltas(conn))
        _want_surveys(conn)
        for sums in (COUNTERS, ANSWERS):
            wrong = (found for found in sums.compare(conn) if any(found.lacking))
            for part in _parts(wrong, _chunk(db)):
                with db.write() as writer:
                    turn = _claim(writer, turn)
                    upsert_add(writer, sums.table, _lacking(sums, part), sums.values)
                _pause(db)


def _lacking(sums: Sums, part: Sequence[Compared]) -> list[dict[str, Any]]:
    names = (*sums.keys, *sums.values)
    return [dict(zip(names, (*found.key, *found.lacking), strict=True)) for found in part]


def _turn(conn: Connection) -> int:
    """How often counters have been repaired: who has seen the same may repair them next."""
    found = conn.execute(select(meta.c.value).where(meta.c.key == _REPAIRS)).scalar()
    return int(found or 0)


def _claim(conn: Connection, turn: int) -> int:
    """Take the next turn; what two rebuilds at once found lacking must not be added twice."""
    insert_ignore(conn, meta, [{"key": _REPAIRS, "value": "0"}])
    mine = (meta.c.key == _REPAIRS) & (meta.c.value == str(turn))
    if conn.execute(update(meta).where(mine).values(value=str(turn + 1))).rowcount != 1:
        raise TanggapError("another rebuild repairs the counters: run this one again afterwards")
    return turn + 1
