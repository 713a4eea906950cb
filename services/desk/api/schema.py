"""The OpenAPI document of desk: what FastAPI cannot know of bodies that are read by hand, of the
session, and of what every call may answer.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from services.desk.context import CSRF_HEADER
from shared.files.inspection import KEPT_TYPES
from shared.web.problem import problem_responses

Schema = dict[str, Any]

_ALWAYS = problem_responses(500, 503)
_WITH_BODY = problem_responses(413)
_INVALID = problem_responses(422)[422]
_CSRF: Schema = {
    "type": "apiKey",
    "in": "header",
    "name": CSRF_HEADER,
    "description": "The `csrf_token` of the answer to `POST /api/v1/session`.",
}


def file_answer(description: str) -> dict[int | str, Schema]:
    """`responses=` of a route that answers with a file, beside `response_class=Response`."""
    content: Schema = {media_type: {} for media_type in KEPT_TYPES}
    return {200: {"description": description, "content": content}}


def evidence_body(model: type[BaseModel], optional: type[BaseModel] | None = None) -> Schema:
    """`openapi_extra` of a route that takes the model as JSON, or as a form with files.

    `optional`: a model whose fields may come with those of the first.
    """
    json = _standalone(model)
    if optional is not None:
        json["properties"] = _standalone(optional)["properties"] | json["properties"]
    files: Schema = {"type": "array", "items": {"type": "string", "format": "binary"}}
    form = {
        "type": "object",
        "description": "Each field a part, `links` one a line; `files[]` up to five of 5 MB.",
        "properties": {name: {"type": "string"} for name in json["properties"]}
        | {"files[]": files},
    }
    content = {"application/json": {"schema": json}, "multipart/form-data": {"schema": form}}
    return {"requestBody": {"required": True, "content": content}}


def _standalone(model: type[BaseModel]) -> Schema:
    """The model's schema, with what it refers to in the places that do."""
    schema = model.model_json_schema(ref_template="{model}")
    named = schema.pop("$defs", {})

    def put_in(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return put_in(named[node["$ref"]])
            return {key: put_in(value) for key, value in node.items()}
        return [put_in(item) for item in node] if isinstance(node, list) else node

    found: Schema = put_in(schema)
    return found


def install_openapi(app: FastAPI) -> None:
    """Serve the document with what is the same for every call."""

    def openapi() -> Schema:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            components = document["components"]
            components["securitySchemes"]["csrf"] = _CSRF
            # FastAPI's own 422, which is never the answer.
            for name in ("HTTPValidationError", "ValidationError"):
                components["schemas"].pop(name, None)
            for path in document["paths"].values():
                for method, operation in path.items():
                    _complete(method, operation)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _complete(method: str, operation: Schema) -> None:
    if "security" not in operation and method == "get":
        operation["security"] = [{}, {"session": []}]  # who is logged in may see more
    elif "security" in operation and method != "get":
        operation["security"] = [{"session": [], "csrf": []}]
    common = _ALWAYS | (_WITH_BODY if "requestBody" in operation else {})
    responses = operation["responses"]
    if "422" in responses:
        responses["422"] = _INVALID
    for status, response in common.items():
        responses.setdefault(str(status), response)
