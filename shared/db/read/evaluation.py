"""What evaluators and imports entered and the register of follow-ups, per OPD of a region.

A few queries a region, none per OPD; what a score makes of it is not known here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Connection, Engine, Table, func, select

from shared.db.tables.evaluation import desk_assessments, desk_followups
from shared.scores.evaluation import Assessed, FollowUpEntry, UnitInputs

_Register = Mapping[str, tuple[FollowUpEntry, ...]]


def load_inputs(
    conn: Connection, region: str, until: datetime, *, first_year: int = 0
) -> dict[str, UnitInputs]:
    """What holds for each OPD by its code; entries from `until` on are not known yet.

    Of an item the newest entry before `until` holds, and one without a value takes it back. The
    register's lines are all given: their own dates say what they were on a day. Years before
    `first_year` are left out. As long as the tables do not change, the same objects are given.
    """
    found = _kept_inputs(conn, region, first_year)
    if not found.entries or found.entries[-1].at < until:
        return dict(found.newest)
    return _inputs([entry for entry in found.entries if entry.at < until], found.register)


@dataclass(frozen=True)
class _Entry:
    """A row of the table; without `assessed` it takes the item back."""

    opd: str
    year: int
    item: str
    at: datetime
    assessed: Assessed | None


@dataclass(frozen=True)
class _Kept:
    """A region's rows, entries oldest first, as long as `seen` is what the tables say of them."""

    seen: tuple[Any, ...]
    entries: tuple[_Entry, ...]
    register: _Register
    newest: Mapping[str, UnitInputs]


# Thousands of rows that change a few times a day, asked for with every score. Entries are only
# ever added to, lines of the register get a new version with each change.
_kept: WeakKeyDictionary[Engine, dict[tuple[str, int], _Kept]] = WeakKeyDictionary()


def _kept_inputs(conn: Connection, region: str, first_year: int) -> _Kept:
    kept = _kept.setdefault(conn.engine, {})
    entered, register = desk_assessments.c, desk_followups.c
    changes = (func.max(register.changed_at), func.sum(register.version))
    seen = (
        *_seen(conn, desk_assessments, region, first_year, func.max(entered.at)),
        *_seen(conn, desk_followups, region, first_year, *changes),
    )
    found = kept.get((region, first_year))
    if found is None or found.seen != seen:
        entries = _entries(conn, region, first_year)
        lines = _followups(conn, region, first_year)
        found = _Kept(seen, entries, lines, _inputs(entries, lines))
        kept[region, first_year] = found
    return found


def _seen(
    conn: Connection, table: Table, region: str, first_year: int, *changes: ColumnElement[Any]
) -> tuple[Any, ...]:
    query = select(func.count(), func.max(table.c.id), *changes).where(
        table.c.region == region, table.c.year >= first_year
    )
    return tuple(conn.execute(query).one())


def _entries(conn: Connection, region: str, first_year: int) -> tuple[_Entry, ...]:
    c = desk_assessments.c
    query = (
        select(
            c.opd, c.year, c.item, c.at, c.value, c.n, c.source, c.username, c.reason, c.evidence
        )
        .where(c.region == region, c.year >= first_year)
        .order_by(c.at, c.id)
    )
    return tuple(_entry(*row) for row in conn.execute(query))


def _entry(opd: str, year: int, item: str, at: datetime, value: str | None, *said: Any) -> _Entry:
    if value is None:
        return _Entry(opd, year, item, at, None)
    n, source, username, reason, evidence = said
    assessed = Assessed(_exact(value), n, source, at, username, reason, len(evidence))
    return _Entry(opd, year, item, at, assessed)


# Few different values exist, and reading one takes longer than everything else of a row.
_exact = lru_cache(maxsize=4096)(Fraction)


def _followups(conn: Connection, region: str, first_year: int) -> _Register:
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
    return {opd: tuple(lines) for opd, lines in found.items()}


def _inputs(entries: Iterable[_Entry], register: _Register) -> dict[str, UnitInputs]:
    held: dict[str, dict[tuple[int, str], Assessed]] = {}
    for entry in entries:
        unit = held.setdefault(entry.opd, {})
        if entry.assessed is None:
            unit.pop((entry.year, entry.item), None)
        else:
            unit[entry.year, entry.item] = entry.assessed
    return {
        opd: UnitInputs(held.get(opd, {}), register.get(opd, ()))
        for opd in held.keys() | register.keys()
    }
