"""The OpenAPI document: request bodies by the commands' own schemas, problems everywhere."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

from services.ingest.commands import ActOnComplaint, AnswerSurvey, Command, FileComplaint

COMMANDS: tuple[type[Command], ...] = (FileComplaint, AnswerSurvey, ActOnComplaint)
_REF = "#/components/schemas/{model}"


def body_schema(model: type[Command], *, files: bool = False) -> dict[str, Any]:
    """`openapi_extra` of a route that takes this command."""
    reference = {"$ref": _REF.format(model=model.__name__)}
    content: dict[str, Any] = {"application/json": {"schema": reference}}
    if files:
        fields: dict[str, Any] = {name: {"type": "string"} for name in model.model_fields}
        upload = {"type": "array", "items": {"type": "string", "format": "binary"}}
        content["multipart/form-data"] = {
            "schema": {
                "type": "object",
                "required": [
                    name for name, field in model.model_fields.items() if field.is_required()
                ],
                "properties": fields | {"files[]": upload},
                "description": "Each field a part; `location` and `reporter` as JSON, or as "
                "`location.lat`, `reporter.name` ….",
            }
        }
    return {"requestBody": {"required": True, "content": content}}


def install_openapi(
    app: FastAPI,
    described: Sequence[BaseRoute] = (),
    commands: Sequence[type[Command]] = COMMANDS,
) -> None:
    """Serve a document that holds the commands' schemas as components.

    `described` are operations of routes that FastAPI does not serve itself.
    """

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                openapi_version="3.1.0",
                description=app.description,
                routes=[*app.routes, *described],
            )
            _, schemas = models_json_schema(
                [(model, "validation") for model in commands], ref_template=_REF
            )
            components = document.setdefault("components", {}).setdefault("schemas", {})
            components.update(schemas.get("$defs", {}))
            # The routes read their bodies themselves: FastAPI's own 422 never happens.
            components.pop("HTTPValidationError", None)
            components.pop("ValidationError", None)
            for path in document["paths"].values():
                for operation in path.values():
                    if _is_fastapis(operation["responses"].get("422", {})):
                        del operation["responses"]["422"]
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _is_fastapis(response: Mapping[str, Any]) -> bool:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).endswith("/HTTPValidationError")
