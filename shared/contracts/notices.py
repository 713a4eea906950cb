"""`notification.requested.v1`, `notification.finished.v1` and `score.updated.v1` (design §3)."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.contracts.base import Instant, OPDCode, RegionCode, WireModel
from shared.contracts.enums import Channel


class NotificationPurpose(StrEnum):
    """Why the citizen is written to; the text itself stays in the database."""

    RECEIVED = "received"
    ASKED = "asked"
    REPLIED = "replied"
    RESOLVED = "resolved"
    REJECTED = "rejected"
    FORWARDED = "forwarded"
    EMERGENCY = "emergency"


class NotificationOutcome(StrEnum):
    """How a notification ended."""

    DELIVERED = "delivered"
    SENT = "sent"
    PERMANENT_FAILURE = "permanent-failure"
    TECHNICAL_FAILURE = "technical-failure"


class NotificationRequested(WireModel):
    """Write to the citizen of `ticket` about the case's event `sequence`, by `channel`."""

    ticket: str
    region: RegionCode
    sequence: Annotated[int, Field(ge=1)]
    purpose: NotificationPurpose
    channel: Channel


class NotificationFinished(WireModel):
    """How the notification about event `sequence` ended."""

    ticket: str
    region: RegionCode
    sequence: Annotated[int, Field(ge=1)]
    purpose: NotificationPurpose
    channel: Channel
    outcome: NotificationOutcome


class ScoreUpdated(WireModel):
    """A hint that the OPD's score changed; the figures themselves are read from the database."""

    opd: OPDCode
    region: RegionCode
    at: Instant
