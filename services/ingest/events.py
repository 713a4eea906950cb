"""From what a citizen sent to the event that travels: masked, and without any identity. Pure."""

from dataclasses import asdict, dataclass
from datetime import datetime

import orjson

from services.ingest.commands import (
    ActOnComplaint,
    AnswerSurvey,
    FileComplaint,
    Place,
    Reporter,
)
from services.ingest.rules import digits, e164, tidy
from shared.contracts.enums import Channel, Form, LocationSource
from shared.contracts.feedback import CitizenActed, FeedbackReceived, Location, Respondent
from shared.contracts.topics import Topic
from shared.ids import new_event_id
from shared.outbox.store import Outgoing
from shared.privacy.mask import mask


@dataclass(frozen=True, slots=True)
class Reported:
    """The identity as it is sealed: the phone in international form.

    `address` is who wrote, on the complaint's own channel, and `account` whom they wrote to there;
    `thread` is the comment of a public message, for a private reply to it.
    """

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    nik: str | None = None
    address: str | None = None
    account: str | None = None
    thread: str | None = None

    def as_json(self) -> str:
        """The form under which it is sealed (`shared.db.read.intake.Identity`)."""
        return orjson.dumps(asdict(self)).decode()

    @property
    def reachable(self) -> bool:
        """Whether the citizen can be reached outside the tracking page."""
        return bool(self.phone or self.email or self.address)

    @property
    def names(self) -> tuple[str, ...]:
        """The reporter's own name, for the masker."""
        return (self.name,) if self.name else ()


def reported(reporter: Reporter | None) -> Reported:
    """The identity of a checked reporter."""
    if reporter is None:
        return Reported()
    return Reported(
        name=tidy(reporter.name or "") or None,
        phone=e164(reporter.phone) if reporter.phone else None,
        email=reporter.email or None,
        nik=digits(reporter.nik) if reporter.nik else None,
    )


@dataclass(frozen=True, slots=True)
class Arrival:
    """When and by which way a submission came; `sent_at`: the provider's time, where it counts."""

    at: datetime
    channel: Channel
    files: int = 0
    history: bool = False
    sent_at: datetime | None = None


def complaint_event(
    ticket: str, command: FileComplaint, identity: Reported, arrival: Arrival
) -> Outgoing:
    """`feedback.received` of a complaint."""
    data = FeedbackReceived(
        ticket=ticket,
        form=Form.COMPLAINT,
        channel=arrival.channel,
        region=command.region,
        opd_asked=command.opd or None,
        service=_masked(command.service, identity.names),
        category_asked=command.category,
        text=_masked(command.text, identity.names) or "",
        location=_location(command.location, identity.names),
        anonymous=command.anonymous,
        confidential=command.confidential,
        received_at=arrival.at,
        occurred_on=command.occurred_on,
        has_contact=identity.reachable,
        files=arrival.files,
        history=arrival.history,
        sent_at=arrival.sent_at,
    )
    return _outgoing(Topic.FEEDBACK_RECEIVED, ticket, data, arrival)


def survey_event(
    receipt: str, command: AnswerSurvey, token_used: bool, arrival: Arrival
) -> Outgoing:
    """`feedback.received` of a survey."""
    who = command.respondent
    data = FeedbackReceived(
        receipt=receipt,
        form=Form.SURVEY,
        channel=arrival.channel,
        region=command.region,
        opd_asked=command.opd,
        service=_masked(command.service),
        text=_masked(command.comment) or "",
        answers=dict(command.answers),
        respondent=Respondent(
            sex=_masked(who.sex),
            age=who.age,
            education=_masked(who.education),
            occupation=_masked(who.occupation),
        )
        if who
        else None,
        token_used=token_used,
        received_at=arrival.at,
        history=arrival.history,
    )
    return _outgoing(Topic.FEEDBACK_RECEIVED, receipt, data, arrival)


def acted_event(
    ticket: str, region: str, command: ActOnComplaint, names: tuple[str, ...], arrival: Arrival
) -> Outgoing:
    """`citizen.acted`; its event id is the act's id."""
    data = CitizenActed(
        ticket=ticket,
        region=region,
        act=command.act,
        text=_masked(command.text, names),
        score=command.score,
        channel=arrival.channel,
        received_at=arrival.at,
        files=arrival.files,
        sent_at=arrival.sent_at,
    )
    return _outgoing(Topic.CITIZEN_ACTED, ticket, data, arrival)


def _outgoing(
    topic: Topic, key: str, data: FeedbackReceived | CitizenActed, arrival: Arrival
) -> Outgoing:
    return Outgoing(topic, f"tanggap.{topic}", key, data, arrival.at, new_event_id())


def _masked(text: str | None, names: tuple[str, ...] = ()) -> str | None:
    return (mask(tidy(text), names=names).text or None) if text else None


def _location(place: Place | None, names: tuple[str, ...]) -> Location | None:
    if place is None or (place.lat is None and place.lon is None and not place.address):
        return None
    told = LocationSource.ADDRESS if place.lat is None else LocationSource.DEVICE
    return Location(
        lat=place.lat,
        lon=place.lon,
        address=_masked(place.address, names),
        precision=place.precision,
        source=place.source or told,
    )
