"""From bytes or form fields to a command, or a refusal that names each field at fault. Pure."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from services.ingest.commands import Command
from services.ingest.refusals import Flaw, RefusedError, invalid

C = TypeVar("C", bound=Command)

_NESTED = re.compile(r"([a-z_]+)(?:\.([a-z_]+)|\[([a-z_]+)\])")
_TYPE_ERROR = re.compile(r"(int|float|string|bool|dict|model)_(type|parsing|attributes_type)")
_KNOWN = frozenset(
    {
        "missing",
        "extra_forbidden",
        "enum",
        "string_too_long",
        "greater_than_equal",
        "less_than_equal",
        "json_invalid",
    }
)


def from_json(model: type[C], raw: bytes) -> C:
    """A command from a JSON body; types are taken strictly (`"4"` is no number)."""
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise _refusal(error) from error


def from_fields(model: type[C], fields: Mapping[str, str]) -> C:
    """A command from form fields, in which everything is text and empty means left out.

    `location` and `reporter` come as one JSON field or as `location.lat`, `location[lat]`.
    """
    try:
        return model.model_validate(_nested(model, fields))
    except ValidationError as error:
        raise _refusal(error) from error


def from_parts(model: type[C], fields: Mapping[str, str], **objects: Mapping[str, str]) -> C:
    """A command from form fields and objects made of other fields (the answers of a survey)."""
    try:
        return model.model_validate(_nested(model, fields) | objects)
    except ValidationError as error:
        raise _refusal(error) from error


def _nested(model: type[Command], fields: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in fields.items():
        # The text itself is kept when empty: the rules say so in better words than "missing".
        if not text.strip() and name != "text":
            continue
        match = _NESTED.fullmatch(name)
        if match:
            parent = values.setdefault(match[1], {})
            if isinstance(parent, dict):
                parent[match[2] or match[3]] = text
        elif _is_object(model, name):
            values[name] = _object(name, text)
        else:
            values[name] = text
    return values


def _is_object(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    kinds = getattr(field.annotation, "__args__", (field.annotation,)) if field else ()
    return any(
        kind is dict or (isinstance(kind, type) and issubclass(kind, BaseModel)) for kind in kinds
    )


def _object(name: str, text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise invalid(Flaw(name, "json_invalid")) from error


def _refusal(error: ValidationError) -> RefusedError:
    flaws = [
        _flaw(found["type"], found["loc"], found.get("ctx") or {})
        for found in error.errors(include_url=False, include_input=False)
    ]
    return invalid(*flaws)


def _flaw(kind: str, place: tuple[int | str, ...], context: Mapping[str, Any]) -> Flaw:
    # A field that is not ours has a name that anybody chose: it is cut short.
    field = ".".join(str(part)[:60] for part in place if part != "[key]")[:120] or "body"
    if kind in _KNOWN:
        return Flaw(field, kind, {key: str(value) for key, value in context.items()})
    if kind.startswith("date"):
        return Flaw(field, "date")
    match = _TYPE_ERROR.fullmatch(kind)
    if match:
        return Flaw(field, "wrong_type", {"wanted": match[1]})
    return Flaw(field, "wrong_value")
