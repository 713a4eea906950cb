"""What evaluators and imports entered and the register of follow-ups, per OPD of a region.

A few queries a region, none per OPD; what a score makes of it is not known here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, func, select

from shared.db.tables.evaluation import desk_assessments, desk_followups
from shared.scores.evaluation import Assessed, FollowUpEntry, UnitInputs

_Held = dict[str, dict[tuple[int, str], Assessed]]


def load_inputs(
    conn: Connection, region: str, until: datetime, *, first_year: int = 0
) -> dict[str, UnitInputs]:
    """What holds for each OPD by its code; entries from `until` on are not known yet.

    Of an item the newest entry before `until` holds, and one without a value takes it back. The
    register's lines are all given: their own dates say what they were on a day. Years before
    `first_year` are left out.
    """
    assessed = _entries(conn, region, first_year).held_at(until)
    followups = _followups(conn, region, first_year)
    return {
        opd: UnitInputs(assessed.get(opd, {}), tuple(followups.get(opd, ())))
        for opd in assessed.keys() | followups.keys()
    }


@dataclass(frozen=True)
class _Entry:
    """A row of the table; without `assessed` it takes the item back."""

    opd: str
    year: int
    item: str
    at: datetime
    assessed: Assessed | None


@dataclass(frozen=True)
class _Entries:
    """A region's entries, oldest first, as long as `seen` is what the table says of itself."""

    seen: tuple[Any, ...]
    rows: tuple[_Entry, ...]
    newest: _Held

    def held_at(self, until: datetime) -> _Held:
        """What held just before `until`."""
        if not self.rows or self.rows[-1].at < until:
            return self.newest
        return _held(row for row in self.rows if row.at < until)


# Thousands of rows that change a few times a day, asked for with every score. They are only ever
# added to, so number, newest row and newest time tell whether these are still all.
_kept: WeakKeyDictionary[Engine, dict[tuple[str, int], _Entries]] = WeakKeyDictionary()


def _entries(conn: Connection, region: str, first_year: int) -> _Entries:
    kept = _kept.setdefault(conn.engine, {})
    c = desk_assessments.c
    wanted = (c.region == region, c.year >= first_year)
    seen = conn.execute(select(func.count(), func.max(c.id), func.max(c.at)).where(*wanted)).one()
    found = kept.get((region, first_year))
    if found is None or found.seen != tuple(seen):
        query = (
            select(
                c.opd, c.year, c.item, c.at,
                c.value, c.n, c.source, c.username, c.reason, c.evidence,
            )
            .where(*wanted)
            .order_by(c.at, c.id)
        )  # fmt: skip
        rows = tuple(_entry(*row) for row in conn.execute(query))
        found = kept[region, first_year] = _Entries(tuple(seen), rows, _held(rows))
    return found


def _entry(opd: str, year: int, item: str, at: datetime, value: str | None, *said: Any) -> _Entry:
    if value is None:
        return _Entry(opd, year, item, at, None)
    n, source, username, reason, evidence = said
    assessed = Assessed(_exact(value), n, source, at, username, reason, len(evidence))
    return _Entry(opd, year, item, at, assessed)


# Few different values exist, and reading one takes longer than everything else of a row.
_exact = lru_cache(maxsize=4096)(Fraction)


def _held(rows: Iterable[_Entry]) -> _Held:
    found: _Held = {}
    for row in rows:
        unit = found.setdefault(row.opd, {})
        if row.assessed is None:
            unit.pop((row.year, row.item), None)
        else:
            unit[row.year, row.item] = row.assessed
    return found


def _followups(conn: Connection, region: str, first_year: int) -> dict[str, list[FollowUpEntry]]:
    c = desk_followups.c
    query = (
        select(
            c.opd, c.year, c.result_on, c.created_on, c.started_on, c.done_on, c.withdrawn_on,
            c.due_on,
        )
        .where(c.region == region, c.year >= first_year)
        .order_by(c.id)
    )  # fmt: skip
    found: dict[str, list[FollowUpEntry]] = {}
    for opd, *line in conn.execute(query):
        found.setdefault(opd, []).append(FollowUpEntry(*line))
    return found
