"""Where and how a case opens (design §3): pure, from a classified complaint to a case's state."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.desk.casework import Case, Step
from services.desk.rules import is_restricted
from shared.contracts.case import CaseEventType, CaseOpened
from shared.contracts.enums import Actor, Category, Channel, Maladministration, Status, Urgency
from shared.contracts.feedback import FeedbackClassified
from shared.contracts.notices import NotificationPurpose
from shared.db.read.directory import Directory, inspectorate, triage_unit

# Either says that an officer did wrong, whatever else the classifier made of the text.
_ACCUSING = frozenset(
    {Maladministration.PERMINTAAN_IMBALAN, Maladministration.PENYALAHGUNAAN_WEWENANG}
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A case as it opens: its state, its first event, and what only the pages need."""

    case: Case
    step: Step
    details: dict[str, Any]


def open_case(
    complaint: FeedbackClassified, ticket: str, policy: str, directory: Directory, threshold: float
) -> Opened:
    """Open the case at the OPD asked, else at the one the classifier is sure of, else at triage.

    An accusation opens at Inspektorat, whoever was asked.
    """
    found = complaint.classification
    category = _category(found.category, complaint.category_asked)
    # When unsure, it is an accusation; who finds that it is none corrects it.
    supervised = found.berkadar_pengawasan or not _ACCUSING.isdisjoint(found.maladministration)
    restricted = is_restricted(supervised, category)
    region = complaint.region
    opd = inspectorate(region) if restricted else _opd(complaint, directory, threshold)
    case = Case(
        ticket=ticket,
        region=region,
        version=1,
        opd=opd,
        status=Status.DITERIMA,
        channel=complaint.channel,
        kind=found.kind,
        berkadar_pengawasan=supervised,
        category=category,
        urgency=found.urgency.level,
        restricted=restricted,
        accused=_accused(complaint) if restricted else None,
        anonymous=complaint.anonymous,
        confidential=complaint.confidential,
        has_contact=complaint.has_contact,
        received_at=complaint.starts_at,
        policy=policy,
        lapor=complaint.channel is Channel.LAPOR,
    )
    event = _opened(case, complaint)
    # The opening counts from the receipt: how long the pipeline took changes no figure.
    step = Step(CaseEventType.OPENED, event, case.received_at, notice=_notice(case, complaint))
    return Opened(case, step, _details(complaint))


def _category(found: Category, asked: Category | None) -> Category:
    """The classifier's, unless it has none, or the citizen says that it is about an officer."""
    if asked is not None and (found is Category.LAINNYA or is_restricted(False, asked)):
        return asked
    return found


def _opd(complaint: FeedbackClassified, directory: Directory, threshold: float) -> str:
    asked = complaint.opd_asked
    if asked and directory.accepts(asked, complaint.region):
        return asked
    for guess in complaint.classification.opd[:1]:
        if guess.confidence >= threshold and directory.accepts(guess.opd, complaint.region):
            return guess.opd
    return triage_unit(complaint.region)


def _notice(case: Case, complaint: FeedbackClassified) -> NotificationPurpose | None:
    urgent = case.urgency is Urgency.DARURAT and not complaint.history
    return NotificationPurpose.EMERGENCY if urgent else None


def _accused(complaint: FeedbackClassified) -> str | None:
    # Who writes to Inspektorat about somebody else names the addressee, not the accused.
    asked = complaint.opd_asked
    return None if asked == inspectorate(complaint.region) else asked


def _opened(case: Case, complaint: FeedbackClassified) -> CaseOpened:
    return CaseOpened(
        ticket=case.ticket,
        region=case.region,
        sequence=1,
        opd=case.opd,
        actor=Actor.SYSTEM,
        channel=case.channel,
        kind=case.kind,
        berkadar_pengawasan=case.berkadar_pengawasan,
        category=case.category,
        urgency=case.urgency,
        service=complaint.service,
        received_at=case.received_at,
        occurred_on=complaint.occurred_on,
        restricted=case.restricted,
        anonymous=case.anonymous,
        confidential=case.confidential,
        lapor=case.lapor,
        policy=case.policy,
        history=complaint.history,
        accepted_at=complaint.received_at if complaint.sent_at else None,
    )


def _details(complaint: FeedbackClassified) -> dict[str, Any]:
    found = complaint.classification
    return {
        "service": complaint.service,
        "text": found.masked_text,
        "pii": [span.as_json() for span in found.pii],
        "hints": {
            "opd": [guess.as_json() for guess in found.opd],
            "external": found.external,
            "language": found.language.code,
            "sentiment": found.sentiment.label,
            "maladministration": list(found.maladministration),
            "spam": found.spam,
            "duplicates": found.duplicates,
            "reasons": found.reasons,
            "model_version": found.model_version,
            "degraded": found.degraded,
        },
        "location": complaint.location.as_json() if complaint.location else None,
        "files": complaint.files,
        "occurred_on": complaint.occurred_on,
        "history": complaint.history,
    }


def opened_at(complaint: FeedbackClassified, now: datetime) -> datetime:
    """When desk opened it; imported and simulated history counts as opened on receipt."""
    return complaint.starts_at if complaint.history else now
