"""What people made of the classifier's answers: corrected labels with their text, and counts.

The text is the masked one of the case. A reporter who was erased takes no part: their text is not
read any more, here or for training.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, func, select

from shared.contracts.enums import Category
from shared.db.read.directory import triage_unit
from shared.db.tables.classifier import classifier_corrections, classifier_results
from shared.db.tables.desk import desk_cases
from shared.db.tables.ingest import ingest_complaints

LABELS = ("kind", "category", "urgency", "berkadar_pengawasan")
_ACCUSING = Category.PERILAKU_PETUGAS_PUNGLI.value
"""What seems to accuse goes to Inspektorat, whichever unit it is about."""
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Corrected:
    """An answer with the labels people left it with; `opd` is none where they say nothing of it."""

    text: str
    predicted: dict[str, str]
    corrected: dict[str, str]
    opd: tuple[str, str] | None
    at: datetime
    model_version: str


def corrected_answers(conn: Connection) -> Iterator[Corrected]:
    """Every complaint with a correction, or that people of another OPD took on, by ticket.

    Labels are the model's and those of the last correction. Reads a bounded number at a time.
    """
    result, found, erased = classifier_results.c, desk_cases.c, ingest_complaints.c
    query = (
        select(
            found.ticket, found.region, found.text, found.opd, found.changed_at,
            found.restricted, found.verified,
            result.opd.label("guess"), result.model_version,
            *(result[name].label(f"was_{name}") for name in LABELS),
        )
        .join(desk_cases, found.ticket == result.reference)
        .outerjoin(ingest_complaints, erased.ticket == result.reference)
        .where(
            erased.erased_at.is_(None),
            _was_corrected() | and_(found.verified, found.restricted.is_(False), _moved()),
        )
        .order_by(found.ticket)
    )  # fmt: skip
    after = ""
    while rows := conn.execute(query.where(found.ticket > after).limit(_CHUNK)).all():
        last = _last_corrections(conn, [row.ticket for row in rows])
        yield from (_corrected(row, last.get(row.ticket)) for row in rows)
        after = rows[-1].ticket


def _was_corrected() -> Any:
    table = classifier_corrections.c
    return select(table.ticket).where(table.ticket == desk_cases.c.ticket).exists()


def _moved() -> Any:
    guess = classifier_results.c.opd
    return guess.is_(None) | (guess != desk_cases.c.opd)


def _last_corrections(conn: Connection, tickets: list[str]) -> dict[str, Any]:
    table = classifier_corrections.c
    rows = conn.execute(
        select(classifier_corrections)
        .where(table.ticket.in_(tickets))
        .order_by(table.corrected_at, table.event_id)
    )
    return {row.ticket: row for row in rows}


def _corrected(row: Any, last: Any) -> Corrected:
    holds = row.verified and not row.restricted and row.opd != triage_unit(row.region)
    moved = holds and row.guess != row.opd
    return Corrected(
        text=row.text,
        predicted={name: _label(getattr(row, f"was_{name}")) for name in LABELS},
        corrected={name: _label(getattr(last, name)) for name in LABELS} if last else {},
        opd=(row.guess or "", row.opd) if moved else None,
        at=last.corrected_at if last else row.changed_at,
        model_version=row.model_version,
    )


def _label(value: str | bool) -> str:
    return str(int(value)) if isinstance(value, bool) else value


@dataclass(frozen=True, slots=True)
class Decisions:
    """Answers of complaints that a person verified or corrected.

    `opd`: how many by (lower edge of the confidence, OPD named, OPD that holds the case), without
    those still in triage;
    `labels`: by label, how many kept the model's and how many did not.
    """

    opd: dict[tuple[float, str, str], int]
    labels: dict[str, tuple[int, int]]


def decisions(conn: Connection, since: datetime, edges: tuple[float, ...]) -> Decisions:
    """Count the answers given from then on; `edges` begin at 0 and rise."""
    result, found = classifier_results.c, desk_cases.c
    acted = and_(result.created_at >= since, found.verified | _was_corrected())
    cases = classifier_results.join(desk_cases, found.ticket == result.reference)
    band = case(*((result.confidence >= edge, edge) for edge in edges[:0:-1]), else_=edges[0])
    named = conn.execute(
        select(band.label("band"), result.opd, found.opd.label("holder"), func.count().label("n"))
        .select_from(cases)
        .where(acted, result.opd.is_not(None), result.category != _ACCUSING, ~found.restricted)
        .group_by("band", result.opd, found.opd)
    )
    kept = (func.count().filter(result[name] == found[name]).label(name) for name in LABELS)
    row = conn.execute(select(func.count().label("all"), *kept).select_from(cases).where(acted))
    totals = row.one()._mapping
    return Decisions(
        {
            (float(one.band), one.opd, one.holder): one.n
            for one in named
            if one.holder != triage_unit(one.holder.partition("/")[0])
        },
        {name: (totals[name], totals["all"] - totals[name]) for name in LABELS},
    )
