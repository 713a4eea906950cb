"""Reading and writing scoring's tables, a handful of statements a batch whatever its size."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from shared.clocks.facts import CaseFact, from_json, to_json
from shared.db.statements import insert_ignore, upsert_add
from shared.db.tables.scoring import (
    scoring_case_units,
    scoring_cases,
    scoring_counters,
    scoring_events,
)
from shared.scores.measures import CounterKey, Key

_COUNTER_COLUMNS = ("region", "grain", "step", "tick", "opd", "measure")
UnitKey = tuple[str, int, str]
"""OPD, local day of receipt, ticket: a case found from a figure of the OPD."""


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """A fact with the case it belongs to."""

    ticket: str
    event_id: str
    fact: CaseFact


def lock_cases(conn: Connection, regions: Mapping[str, str]) -> dict[str, dict[Key, int]]:
    """Lock the rows of these cases (ticket → region), made where missing, in ticket order.

    Returns what each has added to the counters so far. The order keeps workers that share cases
    from waiting for each other in a circle.
    """
    tickets = sorted(regions)
    rows = [{"ticket": t, "region": regions[t], "deltas": []} for t in tickets]
    insert_ignore(conn, scoring_cases, rows)
    query = (
        select(scoring_cases.c.ticket, scoring_cases.c.deltas)
        .where(scoring_cases.c.ticket.in_(tickets))
        .order_by(scoring_cases.c.ticket)
        .with_for_update()
    )
    return {row.ticket: deltas_from_json(row.deltas) for row in conn.execute(query)}


def add_events(conn: Connection, events: Iterable[KnownEvent]) -> None:
    """Keep the facts; one that is there already is left as it is."""
    rows = [
        {
            "ticket": event.ticket,
            "sequence": event.fact.sequence,
            "event_id": event.event_id,
            "type": event.fact.type.value,
            "at": event.fact.at,
            "fact": to_json(event.fact),
        }
        for event in events
    ]
    insert_ignore(conn, scoring_events, rows)


def facts_of(conn: Connection, tickets: Sequence[str]) -> dict[str, list[CaseFact]]:
    """All known facts of these cases."""
    query = _events().where(scoring_events.c.ticket.in_(tickets))
    return dict(_by_ticket(conn.execute(query)))


def every_case(conn: Connection) -> Iterator[tuple[str, list[CaseFact]]]:
    """All cases with their facts, by ticket, without holding them all in memory."""
    result = conn.execute(_events(), execution_options={"yield_per": 5000})
    yield from _by_ticket(result)


def _events() -> Any:
    c = scoring_events.c
    return select(c.ticket, c.sequence, c.type, c.fact).order_by(c.ticket, c.sequence)


def _by_ticket(rows: Iterable[Row[Any]]) -> Iterator[tuple[str, list[CaseFact]]]:
    for ticket, group in groupby(rows, key=attrgetter("ticket")):
        yield ticket, [from_json(row.type, row.sequence, row.fact) for row in group]


def store_deltas(conn: Connection, changed: Mapping[str, Mapping[Key, int]]) -> None:
    """Remember what these cases have added to the counters."""
    if not changed:
        return
    statement = (
        update(scoring_cases)
        .where(scoring_cases.c.ticket == bindparam("_ticket"))
        .values(deltas=bindparam("_deltas"))
    )
    rows = [{"_ticket": t, "_deltas": deltas_to_json(changed[t])} for t in sorted(changed)]
    conn.execute(statement, rows)


def add_counters(conn: Connection, changes: Mapping[CounterKey, int]) -> None:
    """Add to the counters, in key order."""
    rows: list[dict[str, Any]] = [
        {**dict(zip(_COUNTER_COLUMNS, key, strict=True)), "n": n} for key, n in changes.items() if n
    ]
    upsert_add(conn, scoring_counters, rows, ["n"])


def add_units(conn: Connection, units: Iterable[UnitKey]) -> None:
    """Remember for which OPDs a case has counted; in key order, one that is there stays."""
    rows = [{"opd": opd, "day": day, "ticket": ticket} for opd, day, ticket in sorted(units)]
    insert_ignore(conn, scoring_case_units, rows)


def tickets_after(conn: Connection, last: str, limit: int) -> list[tuple[str, str]]:
    """The next cases with their region, by ticket."""
    c = scoring_cases.c
    query = select(c.ticket, c.region).where(c.ticket > last).order_by(c.ticket).limit(limit)
    return [(ticket, region) for ticket, region in conn.execute(query)]


def stored_deltas(conn: Connection) -> Iterator[dict[Key, int]]:
    """What each case has added to the counters."""
    query = select(scoring_cases.c.deltas)
    for (found,) in conn.execute(query, execution_options={"yield_per": 1000}):
        yield deltas_from_json(found)


def opening_region(facts: Sequence[CaseFact]) -> str:
    """The region of a case: the first part of any of its OPD codes."""
    return facts[0].opd.partition("/")[0]


def deltas_to_json(deltas: Mapping[Key, int]) -> list[list[Any]]:
    """Deltas as rows, in a fixed order."""
    return [[*key, n] for key, n in sorted(deltas.items())]


def deltas_from_json(rows: Iterable[Sequence[Any]]) -> dict[Key, int]:
    """Deltas from rows."""
    return {(opd, measure, step, tick): n for opd, measure, step, tick, n in rows}


def received_of(facts: Sequence[CaseFact]) -> datetime | None:
    """When the complaint was received, if its opening is known."""
    opening = facts[0].opening
    return opening.received_at if opening else None
