"""What a table of sums should hold against what it holds, when neither fits into memory.

What should be there is appended to a temporary table, a bounded number of keys at a time, and the
database adds it up and compares: one sorted query, read row by row.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, MetaData, Table, func, literal, select
from sqlalchemy.sql.expression import union_all

from shared.db.statements import append
from shared.db.tables.scoring import (
    scoring_case_units,
    scoring_counters,
    scoring_skm_counters,
)

_temporary = MetaData()
_READ_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Compared:
    """The values that a key should have and those it has; zeros where it is not there."""

    key: tuple[Any, ...]
    wanted: tuple[int, ...]
    found: tuple[int, ...]

    @property
    def lacking(self) -> tuple[int, ...]:
        """What must be added to what is there."""
        return tuple(w - f for w, f in zip(self.wanted, self.found, strict=True))


class Sums:
    """A table whose rows are a primary key and sums; without sums, a set of keys."""

    def __init__(self, table: Table, *values: str) -> None:
        self.table = table
        self.values = values
        self.keys = tuple(column.name for column in table.primary_key.columns)
        columns = [Column(name, table.c[name].type) for name in (*self.keys, *values)]
        self.scratch = Table(f"wanted_{table.name}", _temporary, *columns, prefixes=["TEMPORARY"])

    def want(self, conn: Connection, rows: Iterable[Sequence[Any]]) -> None:
        """Append rows of a key and its values; those of equal keys add up.

        The connection must read with `scratch` of this table.
        """
        append(conn, self.scratch, rows)

    def compare(self, conn: Connection) -> Iterator[Compared]:
        """Every key that either side has, in key order."""
        rows = union_all(self._side(self.scratch, 0), self._side(self.table, 1)).subquery()
        keys = [rows.c[name] for name in self.keys]
        size = max(len(self.values), 1)
        sums = [func.sum(rows.c[f"v{number}"]) for number in range(2 * size)]
        query = select(*keys, *sums).group_by(*keys).order_by(*keys)
        result = conn.execute(query, execution_options={"yield_per": _READ_AT_ONCE})
        end = len(keys)
        for row in result:
            values = tuple(map(int, row[end:]))
            yield Compared(tuple(row[:end]), values[:size], values[size:])

    def _side(self, table: Table, place: int) -> Any:
        """The rows of one of the two tables, with zeros where the values of the other belong."""
        values: list[ColumnElement[int]] = [table.c[name] for name in self.values]
        sides: list[list[ColumnElement[int]]] = [[literal(0)] * max(len(values), 1) for _ in "ab"]
        sides[place] = values or [literal(1)]
        named = [value.label(f"v{number}") for number, value in enumerate([*sides[0], *sides[1]])]
        return select(*(table.c[name] for name in self.keys), *named)


COUNTERS = Sums(scoring_counters, "n")
ANSWERS = Sums(scoring_skm_counters, "total", "n")
UNITS = Sums(scoring_case_units)
