"""Writes classifier's tables: answers, corrections and signatures, without a citizen's words."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select

from services.classifier.duplicates import Signature
from shared.contracts.case import CaseCorrected
from shared.contracts.feedback import FeedbackClassified
from shared.db.statements import insert_ignore
from shared.db.tables.classifier import (
    classifier_bands,
    classifier_corrections,
    classifier_results,
    classifier_signatures,
)

Entry = tuple[int, str]
"""A report's place in a list: its moment of receipt in microseconds, and its reference."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MOST_BANDS = 10_000
_SWEPT_AT_ONCE = timedelta(hours=1)


def keep_results(conn: Connection, classified: Sequence[FeedbackClassified], now: datetime) -> None:
    """One row an answer; a reference that has one keeps it."""
    insert_ignore(conn, classifier_results, [_result(one, now) for one in classified])


def _result(one: FeedbackClassified, now: datetime) -> dict[str, object]:
    found = one.classification
    first = found.opd[0] if found.opd else None
    return {
        "reference": one.reference,
        "form": one.form.value,
        "region": one.region,
        "model_version": found.model_version,
        "degraded": found.degraded,
        "language": found.language.code.value,
        "kind": found.kind.value,
        "berkadar_pengawasan": found.berkadar_pengawasan,
        "category": found.category.value,
        "urgency": found.urgency.level.value,
        "opd": first.opd if first else None,
        "confidence": first.confidence if first else None,
        "external": found.external,
        "created_at": now,
    }


def keep_corrections(
    conn: Connection, corrections: Sequence[tuple[str, datetime, CaseCorrected]]
) -> None:
    """One row a correction, with the labels before and after it."""
    insert_ignore(
        conn,
        classifier_corrections,
        [
            {
                "event_id": event_id,
                "ticket": data.ticket,
                "region": data.region,
                "before_kind": data.before_kind.value,
                "before_category": data.before_category.value,
                "before_urgency": data.before_urgency.value,
                "before_berkadar_pengawasan": data.before_berkadar_pengawasan,
                "kind": data.kind.value,
                "category": data.category.value,
                "urgency": data.urgency.value,
                "berkadar_pengawasan": data.berkadar_pengawasan,
                "confirmed": data.confirmed,
                "corrected_at": corrected_at,
            }
            for event_id, corrected_at, data in corrections
        ],
    )


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def listed(
    conn: Connection, bands: Collection[int], *, since: datetime, before: datetime
) -> dict[int, list[Entry]]:
    """Who joined these lists in that time, in order."""
    table = classifier_bands.c
    found: dict[int, list[Entry]] = {}
    for part in _parts(sorted(bands)):
        rows = conn.execute(
            select(table.band, table.at, table.reference).where(
                table.band.in_(part), table.at >= micros(since), table.at <= micros(before)
            )
        )
        for band, at, reference in rows.all():
            found.setdefault(band, []).append((at, reference))
    for entries in found.values():
        entries.sort()
    return found


def signatures(conn: Connection, references: Collection[str]) -> dict[str, Signature]:
    """The signatures that are still kept."""
    table = classifier_signatures.c
    found = {}
    for part in _parts(sorted(references)):
        query = select(table.reference, table.at, table.marks).where(table.reference.in_(part))
        for reference, at, marks in conn.execute(query):
            received_at = _EPOCH + timedelta(microseconds=at)
            found[reference] = Signature.of(reference, received_at, marks)
    return found


def _parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + _MOST_BANDS] for start in range(0, len(values), _MOST_BANDS))


def keep_signatures(conn: Connection, joined: Sequence[tuple[Signature, Sequence[int]]]) -> None:
    """Keep each signature and its places in lists; one that joins none is not looked for."""
    kept = [(one, micros(one.received_at), bands) for one, bands in joined if bands]
    insert_ignore(
        conn,
        classifier_signatures,
        [{"reference": one.reference, "at": at, "marks": one.marks()} for one, at, _ in kept],
    )
    insert_ignore(
        conn,
        classifier_bands,
        [
            {"band": band, "at": at, "reference": one.reference}
            for one, at, bands in kept
            for band in bands
        ],
    )


def sweep_signatures(conn: Connection, before: datetime) -> None:
    """Remove signatures received before that moment: at most an hour of them at once."""
    oldest = conn.execute(select(func.min(classifier_signatures.c.at))).scalar()
    if oldest is None or oldest >= micros(before):
        return
    until = min(micros(before), oldest + _SWEPT_AT_ONCE // _MICROSECOND)
    for table in (classifier_bands, classifier_signatures):
        conn.execute(delete(table).where(table.c.at < until))
