"""What the API answers."""

from datetime import datetime

from pydantic import BaseModel, Field

from services.ingest.tracking import View
from shared.contracts.enums import CitizenAct, Status


class ComplaintAccepted(BaseModel):
    """202 of a complaint; the tracking code is shown here only."""

    ticket: str = Field(examples=["7KQ4-2MX7"])
    tracking_code: str = Field(examples=["K7QM4X"])
    status_url: str
    due_at: datetime = Field(description="24:00 local of the last day for a first answer.")


class SurveyAccepted(BaseModel):
    """202 of a survey."""

    receipt: str


class ActAccepted(BaseModel):
    """202 of a citizen's act."""

    ticket: str
    act: CitizenAct
    act_id: str


class DueAnswer(BaseModel):
    """By when each step is due; null: no such clock, or it has not started."""

    verify: datetime | None
    first_response: datetime | None
    finish: datetime | None


class EntryAnswer(BaseModel):
    """Something that happened."""

    at: datetime
    type: str
    by: str
    text: str | None = None
    opd: str | None = None
    score: int | None = None
    reason: str | None = None
    external: str | None = None


class TrackingAnswer(BaseModel):
    """What the citizen may see of a complaint."""

    ticket: str
    status: Status
    opd: str | None
    due: DueAnswer
    timeline: list[EntryAnswer]
    received_at: datetime
    question: str | None = Field(description="The question that waits for the citizen's answer.")
    allowed: list[CitizenAct] = Field(description="What the citizen can do now.")
    checking: bool = Field(description="A person of ours looks at it before a case can open.")

    @classmethod
    def of(cls, view: View) -> "TrackingAnswer":
        """The answer of a view."""
        case = view.case
        return cls(
            ticket=view.ticket,
            status=case.status,
            opd=case.opd,
            due=DueAnswer(
                verify=case.due.verify,
                first_response=case.due.first_response,
                finish=case.due.finish,
            ),
            timeline=[
                EntryAnswer(
                    at=entry.at,
                    type=entry.type,
                    by=entry.by,
                    text=entry.text,
                    opd=entry.opd,
                    score=entry.score,
                    reason=entry.reason,
                    external=entry.external,
                )
                for entry in case.timeline
            ],
            received_at=view.received_at,
            question=case.question,
            allowed=sorted(case.allowed),
            checking=view.checking,
        )
