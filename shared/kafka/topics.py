"""Creating the topics that `shared/contracts/topics.py` declares; nothing else creates any."""

from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import NoError, TopicAlreadyExistsError, for_code

from shared.contracts.topics import DEAD_LETTER_RETENTION_MS, TOPICS, TopicSpec, dead_letter_topic
from shared.kafka.connection import client_options
from shared.settings import Settings

# A bad message may be as large as a topic takes (1 MB by default), and its twin carries more
# headers: one that the broker refuses would stop the relay.
_DEAD_LETTER_BYTES = 4 * 1024 * 1024


def topic_configs(spec: TopicSpec) -> dict[str, str]:
    """Broker settings of a topic."""
    configs = {"retention.ms": str(spec.retention_ms)}
    if spec.compacted:
        configs["cleanup.policy"] = "compact"
    return configs


def wanted_topics(settings: Settings) -> dict[str, dict[str, Any]]:
    """Every topic and its dead-letter twin, by its name on this installation's broker."""
    wanted: dict[str, dict[str, Any]] = {}
    for spec in TOPICS.values():
        wanted[settings.topic(spec.topic)] = {
            "num_partitions": settings.topic_partitions,
            "replication_factor": settings.topic_replicas,
            "configs": topic_configs(spec),
        }
        wanted[settings.topic(dead_letter_topic(spec.topic))] = {
            "num_partitions": 1,
            "replication_factor": settings.topic_replicas,
            "configs": {
                "retention.ms": str(DEAD_LETTER_RETENTION_MS),
                "max.message.bytes": str(_DEAD_LETTER_BYTES),
            },
        }
    return wanted


def apply(settings: Settings) -> list[str]:
    """Create the topics that are missing; returns their names. Existing ones stay as they are.

    So do those that come into being meanwhile: the embedded broker makes a topic, with
    `PARTITIONS`, as soon as a client that knows it from before its restart asks for it.
    """
    admin = KafkaAdminClient(**client_options(settings))
    try:
        existing = set(admin.list_topics())
        missing = {
            name: options
            for name, options in wanted_topics(settings).items()
            if name not in existing
        }
        return _created(admin, missing) if missing else []
    finally:
        admin.close()


def _created(admin: KafkaAdminClient, missing: dict[str, dict[str, Any]]) -> list[str]:
    answer = admin.create_topics(missing, timeout_ms=20_000, raise_errors=False)
    created = []
    for topic in answer["topics"]:
        error = for_code(topic["error_code"])
        if error is NoError:
            created.append(topic["name"])
        elif error is not TopicAlreadyExistsError:
            raise error(f"{topic['name']}: {topic['error_message'] or 'not created'}")
    return sorted(created)
