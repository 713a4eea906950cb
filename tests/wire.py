"""Strategies for every event, from the models' own constraints, and messages as a broker has them.

Not for conftest: tests import it.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import AwareDatetime
from pydantic.fields import FieldInfo

from shared.contracts.base import WireModel
from shared.contracts.codec import (
    EVENT_TYPES,
    Envelope,
    RawMessage,
    headers_of,
    types_of_topic,
)
from shared.contracts.enums import Form
from shared.contracts.feedback import FeedbackReceived
from shared.contracts.topics import Topic

NOW = datetime(2026, 11, 16, 1, 12, 9, 431872, tzinfo=UTC)
ZONES = [UTC, *(timezone(timedelta(hours=hours)) for hours in (-5, 7, 8, 9))]


def topic_of(event_type: str) -> Topic:
    """The topic that carries a type."""
    return next(topic for topic in Topic if event_type in types_of_topic(topic.value))


def envelope(event_type: str, **changes: Any) -> Envelope:
    """An envelope of the type."""
    values = {
        "id": "0f6a1c5e9b0d4d0f8f9f3b1c2d3e4f50",
        "type": event_type,
        "source": "/tanggap/ingest",
        "time": NOW,
        "subject": "H6KW-34RF",
    }
    return Envelope(**{**values, **changes})


def message(
    event_type: str,
    data: WireModel | bytes | None,
    *,
    headers: Mapping[str, bytes | None] | None = None,
    offset: int = 0,
    **changes: Any,
) -> RawMessage:
    """A message as it comes from the broker; a header of None is left out."""
    wanted: dict[str, bytes | None] = {
        name: value.encode() for name, value in headers_of(envelope(event_type, **changes)).items()
    }
    wanted.update(headers or {})
    return RawMessage(
        topic=topic_of(event_type).value if event_type in EVENT_TYPES else event_type,
        partition=0,
        offset=offset,
        timestamp_ms=1_795_000_000_000 + offset,
        key=str(changes.get("subject", "H6KW-34RF")).encode(),
        value=data.encode() if isinstance(data, WireModel) else data,
        headers={name: value for name, value in wanted.items() if value is not None},
    )


def instances(model: type[WireModel]) -> st.SearchStrategy[WireModel]:
    """Every value of a model that a producer could build."""
    fields = {name: _field(field) for name, field in model.model_fields.items()}
    if issubclass(model, FeedbackReceived):
        return st.fixed_dictionaries(fields).map(_one_identifier).map(model.model_validate)
    return st.fixed_dictionaries(fields).map(model.model_validate)


def _one_identifier(values: dict[str, Any]) -> dict[str, Any]:
    ticket, receipt = ("H6KW-34RF", None) if values["form"] is Form.COMPLAINT else (None, "S-1")
    return {**values, "ticket": ticket, "receipt": receipt}


def _field(field: FieldInfo) -> st.SearchStrategy[Any]:
    limits = {
        name: getattr(rule, name)
        for rule in field.metadata
        for name in ("ge", "le", "max_length", "pattern")
        if getattr(rule, name, None) is not None
    }
    return _value(field.annotation, limits)


def _value(kind: Any, limits: dict[str, Any]) -> st.SearchStrategy[Any]:
    if get_origin(kind) in (Union, UnionType):
        return st.one_of(*(_value(part, limits) for part in get_args(kind)))
    if hasattr(kind, "__metadata__"):
        return _field(FieldInfo.from_annotation(kind))
    if get_origin(kind) is list:
        return st.lists(_value(get_args(kind)[0], {}), max_size=limits.get("max_length", 4))
    if get_origin(kind) is dict:
        key, value = get_args(kind)
        return st.dictionaries(_value(key, {}), _value(value, {}), max_size=9)
    if kind is NoneType:
        return st.none()
    return _plain(kind, limits)


def _plain(kind: Any, limits: dict[str, Any]) -> st.SearchStrategy[Any]:
    low, high = limits.get("ge"), limits.get("le")
    if kind is str:
        if pattern := limits.get("pattern"):
            return st.from_regex(pattern.removesuffix("$") + r"\Z")
        return st.text(max_size=limits.get("max_length", 40))
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(low, 2**53 if high is None else high)
    if kind is float:
        return st.floats(low, high, allow_nan=False)
    if kind is date:
        return st.dates()
    if kind is AwareDatetime or kind is datetime:
        return st.datetimes(datetime(1900, 1, 1), datetime(2900, 1, 1)).map(  # noqa: DTZ001
            lambda found: found.replace(tzinfo=ZONES[found.microsecond % len(ZONES)])
        )
    if issubclass(kind, StrEnum):
        return st.sampled_from(kind)
    return instances(kind)
