"""Sums of survey answers from scoring's counters, by whatever columns are asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, union_all

from shared.db.tables.scoring import scoring_skm_counters
from shared.scores.periods import OF_ALL_SERVICES, Steps, steps_of
from shared.scores.skm import Answers, answers_of


def answer_sums(
    conn: Connection,
    region: str,
    steps: Sequence[Steps],
    keys: tuple[str, ...],
    codes: Sequence[str] | None = None,
    service: str | None = None,
) -> dict[tuple[Any, ...], Answers]:
    """The answers of the region's rows of these steps, by the columns named in `keys`.

    `codes`, `service`: of these units and of this service alone.
    """
    values: dict[str, Any] = {"region": region, "codes": codes, "service": service}
    for place, found in enumerate(steps):
        values[f"grain{place}"], values[f"sign{place}"] = found.grain, found.sign
        values[f"low{place}"], values[f"high{place}"] = found.low, found.high
    query = _statement(len(steps), keys, codes is not None, service is not None)
    sums: dict[tuple[Any, ...], dict[str, tuple[int, int]]] = {}
    for *key, element, total, n in conn.execute(query, values):
        if total or n:
            sums.setdefault(tuple(key), {})[element] = (int(total), int(n))
    return {key: answers_of(elements) for key, elements in sums.items()}


# Putting a statement together takes as long as reading a thousand rows, and few shapes exist.
@lru_cache(maxsize=64)
def _statement(parts: int, keys: tuple[str, ...], of_codes: bool, of_service: bool) -> Select[Any]:
    """A part for each range of steps, added up by itself: with `or` between them SQLite would read
    the whole region, and one long list takes longer to sort than several short ones.
    """
    c = scoring_skm_counters.c
    columns = [*(c[name] for name in keys), c.element]
    where = [c.region == bindparam("region")]
    if of_codes:
        where.append(c.opd.in_(bindparam("codes", expanding=True)))
    if of_service:
        where.append(c.service == bindparam("service"))
    added = [
        select(
            *columns,
            (func.sum(c.total) * bindparam(f"sign{place}")).label("total"),
            (func.sum(c.n) * bindparam(f"sign{place}")).label("n"),
        )
        .where(
            *where,
            c.grain == bindparam(f"grain{place}"),
            c.step.between(bindparam(f"low{place}"), bindparam(f"high{place}")),
        )
        .group_by(*columns)
        for place in range(parts)
    ]
    rows = union_all(*added).subquery().c
    names = [*(rows[name] for name in keys), rows.element]
    return select(*names, func.sum(rows.total), func.sum(rows.n)).group_by(*names)


def answers_by_opd(
    conn: Connection, region: str, first: date, last: date, *, newest: bool = False
) -> dict[str, Answers]:
    """The answers of every OPD and unit for itself; `newest`: the last day is today."""
    steps = [
        replace(found, grain=found.grain + OF_ALL_SERVICES)
        for found in steps_of(first, last, newest=newest)
    ]
    found = answer_sums(conn, region, steps, ("opd",))
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
