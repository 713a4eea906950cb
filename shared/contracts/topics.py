"""Topics, consumer groups and event types: declared once, here (design §1, §3)."""

from dataclasses import dataclass
from enum import StrEnum

DAY_MS = 24 * 60 * 60 * 1000
# Of each topic, unless an installation is set up with another number (`TANGGAP_TOPIC_PARTITIONS`).
PARTITIONS = 4


class Service(StrEnum):
    """The services; each name is also its consumer group and the writer of its outbox rows."""

    INGEST = "ingest"
    CLASSIFIER = "classifier"
    SCORING = "scoring"
    DESK = "desk"


class Topic(StrEnum):
    """Every Kafka topic, without its dead-letter twin (see `dead_letter_topic`)."""

    FEEDBACK_RECEIVED = "feedback.received.v1"
    FEEDBACK_CLASSIFIED = "feedback.classified.v1"
    CASE_EVENTS = "case.events.v1"
    CITIZEN_ACTED = "citizen.acted.v1"
    NOTIFICATION_REQUESTED = "notification.requested.v1"
    NOTIFICATION_FINISHED = "notification.finished.v1"
    SCORE_UPDATED = "score.updated.v1"


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """How a topic is created and who reads it: every group must leave an inbox row per event."""

    topic: Topic
    producer: Service
    groups: tuple[Service, ...]
    retention_ms: int
    compacted: bool = False
    partitions: int = PARTITIONS


TOPICS: dict[Topic, TopicSpec] = {
    spec.topic: spec
    for spec in (
        TopicSpec(Topic.FEEDBACK_RECEIVED, Service.INGEST, (Service.CLASSIFIER,), 7 * DAY_MS),
        TopicSpec(
            Topic.FEEDBACK_CLASSIFIED,
            Service.CLASSIFIER,
            (Service.DESK, Service.SCORING),
            7 * DAY_MS,
        ),
        TopicSpec(
            Topic.CASE_EVENTS, Service.DESK, (Service.SCORING, Service.CLASSIFIER), 30 * DAY_MS
        ),
        TopicSpec(Topic.CITIZEN_ACTED, Service.INGEST, (Service.DESK,), 7 * DAY_MS),
        TopicSpec(Topic.NOTIFICATION_REQUESTED, Service.DESK, (Service.INGEST,), 7 * DAY_MS),
        TopicSpec(Topic.NOTIFICATION_FINISHED, Service.INGEST, (Service.DESK,), 7 * DAY_MS),
        TopicSpec(Topic.SCORE_UPDATED, Service.SCORING, (), 7 * DAY_MS, compacted=True),
    )
}

DEAD_LETTER_SUFFIX = ".dlq"
DEAD_LETTER_RETENTION_MS = 30 * DAY_MS


def dead_letter_topic(topic: str) -> str:
    """Name of the topic's dead-letter twin."""
    return f"{topic}{DEAD_LETTER_SUFFIX}"


def consumed_by(service: Service) -> tuple[Topic, ...]:
    """Topics of which the service must apply every event."""
    return tuple(spec.topic for spec in TOPICS.values() if service in spec.groups)
