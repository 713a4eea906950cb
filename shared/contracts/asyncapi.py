"""The AsyncAPI 3.0 document: topics, keys, headers, who sends, who receives in which group."""

from typing import Any

from shared.contracts.codec import (
    CONTENT_TYPE,
    EVENT_TYPES,
    SPEC_VERSION,
    topic_type,
    types_of_topic,
)
from shared.contracts.topics import (
    DEAD_LETTER_RETENTION_MS,
    TOPICS,
    Service,
    Topic,
    TopicSpec,
    dead_letter_topic,
)

VERSION = "1"
_BINDING = "0.5.0"
_JSON_SCHEMA = "application/schema+json;version=draft-2020-12"
_ABOUT = (
    "Events of Tanggap as CloudEvents 1.0 in Kafka's binary mode: the envelope is in the ce_* "
    "headers, the value is plain JSON. Delivery is at least once; `ce_id` names the event, so "
    "apply each one once. Producers send no field beyond the schema; consumers ignore those they "
    "do not know. A changed meaning is a new type and topic (.v2, …). No event carries a name, "
    "a telephone number or an unmasked text."
)
_REASONS = (
    "Reason of the dead letter: a constant such as invalid-value, unknown-type, missing-header, bug"
)


def document() -> dict[str, Any]:
    """The whole document, as plain JSON."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:tanggap:events",
        "info": {"title": "Tanggap events", "version": VERSION, "description": _ABOUT},
        "defaultContentType": CONTENT_TYPE,
        "servers": {
            "kafka": {
                "host": "{host}",
                "protocol": "kafka",
                "description": "The cluster that TANGGAP_BROKER_URL names.",
                "variables": {"host": {"default": "127.0.0.1:19092"}},
            }
        },
        "channels": _channels(),
        "operations": _operations(),
        "components": {
            "messages": {kind: _message(kind) for kind in EVENT_TYPES},
            "messageTraits": {"cloudevent": {"headers": _envelope()}},
            "schemas": {"deadLetterHeaders": _dead_letter_headers()},
        },
    }


def _channels() -> dict[str, Any]:
    channels: dict[str, Any] = {}
    for spec in TOPICS.values():
        twin = dead_letter_topic(spec.topic)
        channels[spec.topic.value] = {
            "address": spec.topic.value,
            "messages": {
                kind: {"$ref": f"#/components/messages/{kind}"}
                for kind in sorted(types_of_topic(spec.topic))
            },
            "bindings": _topic_binding(spec.topic, spec.partitions, _configuration(spec)),
        }
        channels[twin] = {
            "address": twin,
            "description": "The bytes, key and headers as they came, and why they were given up.",
            "messages": {"deadLetter": _dead_letter()},
            "bindings": _topic_binding(twin, 1, _kept(DEAD_LETTER_RETENTION_MS)),
        }
    return channels


def _topic_binding(name: str, partitions: int, configuration: dict[str, Any]) -> dict[str, Any]:
    return {
        "kafka": {
            "topic": name,
            "partitions": partitions,
            "topicConfiguration": configuration,
            "bindingVersion": _BINDING,
        }
    }


def _kept(retention_ms: int) -> dict[str, Any]:
    return {"cleanup.policy": ["delete"], "retention.ms": retention_ms}


def _configuration(spec: TopicSpec) -> dict[str, Any]:
    policy = "compact" if spec.compacted else "delete"
    return _kept(spec.retention_ms) | {"cleanup.policy": [policy]}


def _operations() -> dict[str, Any]:
    operations: dict[str, Any] = {}
    for spec in TOPICS.values():
        channel = {"$ref": f"#/channels/{spec.topic.value}"}
        operations[f"{spec.producer.value}.sends.{spec.topic.value}"] = {
            "action": "send",
            "channel": channel,
            "summary": f"{spec.producer.value} sends what happened",
        }
        for group in spec.groups:
            operations[f"{group.value}.receives.{spec.topic.value}"] = {
                "action": "receive",
                "channel": channel,
                "summary": f"{group.value} applies every event once",
                "bindings": {"kafka": _group_binding(group)},
            }
            operations[f"{group.value}.sends.{dead_letter_topic(spec.topic)}"] = {
                "action": "send",
                "channel": {"$ref": f"#/channels/{dead_letter_topic(spec.topic)}"},
                "summary": f"{group.value} gives up a bad event",
            }
    return operations


def _group_binding(group: Service) -> dict[str, Any]:
    return {"groupId": {"type": "string", "enum": [group.value]}, "bindingVersion": _BINDING}


def _message(kind: str) -> dict[str, Any]:
    model = EVENT_TYPES[kind]
    return {
        "name": kind,
        "title": model.__name__,
        "summary": (model.__doc__ or "").strip().splitlines()[0],
        "contentType": CONTENT_TYPE,
        "traits": [{"$ref": "#/components/messageTraits/cloudevent"}],
        "headers": {"type": "object", "properties": {"ce_type": {"const": kind}}},
        "payload": {"schemaFormat": _JSON_SCHEMA, "schema": {"$ref": f"./{kind}.json"}},
        "bindings": {"kafka": {"key": _key(kind), "bindingVersion": _BINDING}},
    }


def _key(kind: str) -> dict[str, Any]:
    if kind == topic_type(Topic.SCORE_UPDATED):
        return {"type": "string", "description": "The OPD's code."}
    return {"type": "string", "description": "The ticket, of a survey the receipt."}


def _dead_letter() -> dict[str, Any]:
    return {
        "name": "deadLetter",
        "title": "A bad event",
        "headers": {"$ref": "#/components/schemas/deadLetterHeaders"},
    }


def _envelope() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1}
    properties = {
        "ce_specversion": {"const": SPEC_VERSION},
        "ce_id": {**text, "maxLength": 64, "description": "The event: apply each one once."},
        "ce_type": text,
        "ce_source": {**text, "description": "/tanggap/<service>"},
        "ce_time": {**text, "format": "date-time", "description": "When it happened, with offset."},
        "ce_subject": {**text, "description": "The key: a ticket, a receipt or an OPD's code."},
        "ce_partitionkey": text,
        "ce_datacontenttype": {"const": CONTENT_TYPE},
        "content-type": {"const": CONTENT_TYPE},
    }
    optional = {"ce_partitionkey", "ce_datacontenttype", "content-type"}
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }


def _dead_letter_headers() -> dict[str, Any]:
    meanings = {
        "dlq-reason": _REASONS,
        "dlq-error": "Where in the event or in the code; never a word of the event itself.",
        "src-topic": "Topic it came from.",
        "src-partition": "Its partition there.",
        "src-offset": "Its offset there.",
        "src-service": "The service that gave it up.",
        "failed-at": "When, in UTC.",
        "attempts": "How often it was tried.",
    }
    return {
        "type": "object",
        "description": "Beside the headers the event came with.",
        "properties": {
            name: {"type": "string", "description": meaning} for name, meaning in meanings.items()
        },
        "required": list(meanings),
    }
