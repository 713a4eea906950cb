"""Sums of survey answers from scoring's counters, by whatever columns are asked for."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, union_all

from shared.db.tables.scoring import scoring_skm_counters
from shared.scores.periods import Steps, steps_of
from shared.scores.skm import Answers, answers_of


def answer_sums(
    conn: Connection,
    region: str,
    steps: Sequence[Steps],
    keys: Sequence[str],
    *where: ColumnElement[bool],
) -> dict[tuple[Any, ...], Answers]:
    """The answers of the region's rows of these steps, by the columns named in `keys`.

    A part for each range of steps, added up by itself: with `or` between them SQLite would read
    the whole region, and one long list takes longer to sort than several short ones.
    """
    c = scoring_skm_counters.c
    columns = [*(c[name] for name in keys), c.element]
    parts = [
        select(*columns, func.sum(c.total).label("total"), func.sum(c.n).label("n"))
        .where(
            c.region == region,
            c.grain == found.grain,
            c.step.between(found.low, found.high),
            *where,
        )
        .group_by(*columns)
        for found in steps
    ]
    rows = union_all(*parts).subquery().c
    names = [rows[name] for name in keys]
    query = select(*names, rows.element, func.sum(rows.total), func.sum(rows.n))
    sums: dict[tuple[Any, ...], dict[str, tuple[int, int]]] = {}
    for *key, element, total, n in conn.execute(query.group_by(*names, rows.element)):
        sums.setdefault(tuple(key), {})[element] = (int(total), int(n))
    return {key: answers_of(elements) for key, elements in sums.items()}


def answers_by_opd(conn: Connection, region: str, first: date, last: date) -> dict[str, Answers]:
    """The answers of every OPD and unit for itself."""
    found = answer_sums(conn, region, steps_of(first, last), ("opd",))
    return {opd: answers for (opd,), answers in found.items()}


def population(
    users: Mapping[tuple[str, str], int],
    codes: Sequence[str] | None = None,
    service: str | None = None,
) -> int | None:
    """Users a year of the units' services (none: of all), as far as known; none if none is.

    `users`: by OPD and service (`shared.db.read.services.users_per_year`).
    """
    known = [
        n
        for (opd, named), n in users.items()
        if (codes is None or opd in codes) and service in (None, named)
    ]
    return sum(known) if known else None
