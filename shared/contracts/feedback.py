"""`feedback.received.v1`, `feedback.classified.v1` and `citizen.acted.v1` (design §3)."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, model_validator

from shared.contracts.base import Instant, OPDCode, RegionCode, WireModel
from shared.contracts.classification import Classification
from shared.contracts.enums import (
    Category,
    Channel,
    CitizenAct,
    Form,
    LocationSource,
    SKMElement,
)

SKMAnswer = Annotated[int, Field(ge=1, le=4)]


class Location(WireModel):
    """Place of the problem (never the reporter's home).

    `precision`: how far the place may be from the point, in metres, where it is known. `source`:
    a point of the citizen's device, words only, or the middle of a place that the words name.
    """

    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    address: Annotated[str, Field(max_length=500)] | None = None
    precision: Annotated[float, Field(ge=0, le=100_000)] | None = None
    source: LocationSource | None = None


class Respondent(WireModel):
    """Statistics of a survey respondent; no identity (domain.md §2.4)."""

    sex: Annotated[str, Field(max_length=20)] | None = None
    age: Annotated[int, Field(ge=5, le=120)] | None = None
    education: Annotated[str, Field(max_length=40)] | None = None
    occupation: Annotated[str, Field(max_length=60)] | None = None


class FeedbackReceived(WireModel):
    """A complaint (`ticket`) or a survey (`receipt`) as it was accepted; `text` is masked.

    `has_contact`: the citizen can be reached outside the tracking page. `history`: simulated or
    imported past, left out of latency figures. `sent_at`: the provider's time, told only where
    clocks start at it (design §2.10).
    """

    ticket: str | None = None
    receipt: str | None = None
    form: Form
    channel: Channel
    region: RegionCode
    opd_asked: OPDCode | None = None
    service: str | None = None
    category_asked: Category | None = None
    text: str = ""
    location: Location | None = None
    answers: dict[SKMElement, SKMAnswer] | None = None
    respondent: Respondent | None = None
    token_used: bool = False
    anonymous: bool = False
    confidential: bool = False
    received_at: Instant
    occurred_on: date | None = None
    has_contact: bool = False
    files: Annotated[int, Field(ge=0)] = 0
    history: bool = False
    sent_at: Instant | None = None

    @model_validator(mode="after")
    def _one_identifier(self) -> "FeedbackReceived":
        expected = self.ticket if self.form is Form.COMPLAINT else self.receipt
        if expected is None or (self.ticket and self.receipt):
            raise ValueError("a complaint has a ticket, a survey a receipt, never both")
        return self

    @property
    def starts_at(self) -> datetime:
        """When the clocks start: when the citizen sent it, else when it was accepted."""
        return self.sent_at or self.received_at

    @property
    def reference(self) -> str:
        """The ticket or receipt: the event's key."""
        return self.ticket or self.receipt or ""


class FeedbackClassified(FeedbackReceived):
    """The received feedback unchanged, plus what the classifier says of its text."""

    classification: Classification


class CitizenActed(WireModel):
    """A citizen answered, added, said "belum selesai", rated or withdrew.

    `text` is masked; the event's id names the act for the citizen's own page. `sent_at`: the
    provider's time, where it counts (design §2.10).
    """

    ticket: str
    region: RegionCode
    act: CitizenAct
    text: str | None = None
    score: Annotated[int, Field(ge=1, le=5)] | None = None
    channel: Channel
    received_at: Instant
    files: Annotated[int, Field(ge=0)] = 0
    sent_at: Instant | None = None
