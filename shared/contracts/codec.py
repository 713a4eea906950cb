"""CloudEvents 1.0, Kafka binary mode: the envelope in `ce_*` headers, the value plain JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import ValidationError

from shared.contracts.base import WireModel
from shared.contracts.case import CASE_EVENTS, CaseEventType
from shared.contracts.feedback import CitizenActed, FeedbackClassified, FeedbackReceived
from shared.contracts.notices import NotificationFinished, NotificationRequested, ScoreUpdated
from shared.contracts.topics import Topic
from shared.errors import InvalidMessageError

CONTENT_TYPE = "application/json"
SPEC_VERSION = "1.0"
_MAX_ID = 64


def topic_type(topic: Topic) -> str:
    """CloudEvents type of a topic that carries one type only."""
    return f"tanggap.{topic.value}"


EVENT_TYPES: dict[str, type[WireModel]] = {
    topic_type(Topic.FEEDBACK_RECEIVED): FeedbackReceived,
    topic_type(Topic.FEEDBACK_CLASSIFIED): FeedbackClassified,
    topic_type(Topic.CITIZEN_ACTED): CitizenActed,
    topic_type(Topic.NOTIFICATION_REQUESTED): NotificationRequested,
    topic_type(Topic.NOTIFICATION_FINISHED): NotificationFinished,
    topic_type(Topic.SCORE_UPDATED): ScoreUpdated,
    **{kind.value: model for kind, model in CASE_EVENTS.items()},
}
_TYPES_OF_TOPIC: dict[str, frozenset[str]] = {
    topic.value: frozenset({topic_type(topic)}) for topic in Topic
} | {Topic.CASE_EVENTS.value: frozenset(kind.value for kind in CaseEventType)}


def _fields_of(model: type[WireModel]) -> set[str]:
    return set(model.model_fields).union(*map(_fields_of, model.__subclasses__()))


_FIELDS = _fields_of(WireModel)


def types_of_topic(topic: str) -> frozenset[str]:
    """The CloudEvents types that may lie on a topic; none on one we do not know."""
    return _TYPES_OF_TOPIC.get(topic, frozenset())


@dataclass(frozen=True, slots=True)
class Envelope:
    """The CloudEvents attributes; `time` is the event's own time."""

    id: str
    type: str
    source: str
    time: datetime
    subject: str


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A message as it came from the broker; `topic` without the installation's prefix."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Event:
    """A decoded message."""

    envelope: Envelope
    data: WireModel
    raw: RawMessage


def headers_of(envelope: Envelope) -> dict[str, str]:
    """The Kafka headers of an event."""
    return {
        "ce_specversion": SPEC_VERSION,
        "ce_id": envelope.id,
        "ce_type": envelope.type,
        "ce_source": envelope.source,
        "ce_time": envelope.time.astimezone(UTC).isoformat(),
        "ce_subject": envelope.subject,
        "ce_partitionkey": envelope.subject,
        "ce_datacontenttype": CONTENT_TYPE,
        "content-type": CONTENT_TYPE,
    }


def header_map(headers: Iterable[tuple[str, bytes | None]] | None) -> dict[str, bytes]:
    """Kafka headers as a mapping; the last of equal names counts."""
    return {name: value or b"" for name, value in headers or ()}


def _header(raw: RawMessage, name: str) -> str:
    value = raw.headers.get(name)
    if not value:
        raise InvalidMessageError("missing-header", name)
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise InvalidMessageError("bad-header", name) from None


def event_id_of(raw: RawMessage) -> str | None:
    """The event's id if it carries a usable one."""
    try:
        found = _header(raw, "ce_id")
    except InvalidMessageError:
        return None
    return found if len(found) <= _MAX_ID and found.isprintable() else None


def _time(raw: RawMessage) -> datetime:
    text = _header(raw, "ce_time").replace("Z", "+00:00")
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise InvalidMessageError("bad-header", "ce_time has no offset")
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        # An hour before the year 1 or after 9999 overflows only when it is moved to UTC.
        raise InvalidMessageError("bad-header", "ce_time") from None


def decode(raw: RawMessage) -> Event:
    """Read a message; raises `InvalidMessageError` with a constant reason when it is bad."""
    event_id = event_id_of(raw)
    if event_id is None:
        raise InvalidMessageError("missing-header", "ce_id")
    if _header(raw, "ce_specversion") != SPEC_VERSION:
        raise InvalidMessageError("unknown-version", "ce_specversion")
    kind = _header(raw, "ce_type")
    if kind not in types_of_topic(raw.topic):
        raise InvalidMessageError("unknown-type", "ce_type does not belong to the topic")
    envelope = Envelope(
        id=event_id,
        type=kind,
        source=_header(raw, "ce_source"),
        time=_time(raw),
        subject=_header(raw, "ce_subject"),
    )
    if raw.value is None:
        raise InvalidMessageError("empty-value")
    try:
        data = EVENT_TYPES[kind].decode(raw.value)
    except ValidationError as error:
        # Only where and what kind; the exception itself quotes what a citizen wrote.
        raise InvalidMessageError("invalid-value", _place_and_kind(error)) from None
    return Event(envelope, data, raw)


def _place_and_kind(error: ValidationError) -> str:
    """Where the first mistake is, in names of our own: a key of the input may be anything."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(
        str(part) if isinstance(part, int) or part in _FIELDS else "*" for part in first["loc"]
    )
    return f"{place}: {first['type']}"
