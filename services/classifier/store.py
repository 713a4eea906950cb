"""Writes classifier's tables: answers and corrections, without a word of the citizen."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from shared.contracts.case import CaseCorrected
from shared.contracts.feedback import FeedbackClassified
from shared.db.statements import insert_ignore
from shared.db.tables.classifier import classifier_corrections, classifier_results


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
