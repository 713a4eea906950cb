"""What the OpenAPI document says of these calls; the calls read their parameters themselves."""

from typing import Any

from services.ingest.open311.asking import MOST
from services.ingest.open311.formats import Format
from shared.web.problem import MEDIA_TYPE, problem_schema

_TEXT: dict[str, Any] = {"type": "string"}
_ERRORS: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["code", "description"],
        "properties": {"code": {"type": "integer"}, "description": _TEXT},
    },
}


def _query(
    name: str, said: str, schema: dict[str, Any] | None = None, example: str | None = None
) -> dict[str, Any]:
    found = {"name": name, "in": "query", "description": said, "schema": schema or _TEXT}
    return found if example is None else found | {"example": example}


_WHICH = _query("jurisdiction_id", "Region; needed where there are several.", example="paser")
_KEY = _query(
    "api_key",
    "Opens the words and places of reports that came by this interface.",
    example="kunci-contoh",
)
_PAGE = {"type": "integer", "minimum": 1}

JURISDICTION: dict[str, Any] = {"parameters": [_WHICH]}
LISTING: dict[str, Any] = {
    "parameters": [
        _WHICH,
        _KEY,
        _query("service_request_id", "Tickets with commas; overrides every other filter."),
        _query("service_code", "Categories with commas."),
        _query("start_date", "Earliest receipt, ISO 8601 with offset."),
        _query("end_date", "Latest receipt; at most 90 days after the first."),
        _query("status", "`open`, `closed`, or both with a comma."),
        _query("page", "From 1.", _PAGE),
        _query("page_size", "Requests on a page.", _PAGE | {"maximum": MOST}),
    ]
}


def _identified(name: str, said: str, example: str) -> dict[str, Any]:
    own = _query(name, said, example=example) | {"in": "path", "required": True}
    return {"parameters": [own, _WHICH, _KEY]}


IDENTIFIED: dict[str, dict[str, Any]] = {
    "service_code": _identified("service_code", "A category.", "jalan_jembatan"),
    "service_request_id": _identified("service_request_id", "A ticket.", "7KQ4-2MX7"),
    "token": _identified("token", "The token of a report; here its ticket.", "7KQ4-2MX7"),
}
_FIELDS = (
    "api_key", "jurisdiction_id", "service_code", "lat", "long", "address_string", "email",
    "device_id", "account_id", "first_name", "last_name", "phone", "description", "media_url",
    "attribute[opd]", "attribute[occurred_on]", "attribute[anonymous]", "attribute[confidential]",
)  # fmt: skip
_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["api_key", "service_code"],
    "properties": dict.fromkeys(_FIELDS, _TEXT),
}
_FILED = {
    "api_key": "kunci-contoh",
    "jurisdiction_id": "paser",
    "service_code": "jalan_jembatan",
    "lat": "-1.9",
    "long": "116.2",
    "description": "Jalan di depan pasar rusak parah.",
}
_UPLOAD = _FORM | {"properties": _FORM["properties"] | {"media": _TEXT | {"format": "binary"}}}
FILING: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {"schema": _FORM, "example": _FILED},
            "multipart/form-data": {"schema": _UPLOAD, "example": _FILED},
        },
    }
}


def answers(fmt: Format) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a call: success and refusals in its format, trouble as a problem document."""
    own = fmt.media_type.partition(";")[0]
    # A body that is too large is refused before the call is reached.
    refused = {own: {"schema": _ERRORS if fmt is Format.JSON else _TEXT}} | _problem()
    good = {own: {"schema": {} if fmt is Format.JSON else _TEXT}}
    return {
        200: {"description": "GeoReport v2", "content": good},
        "4XX": {"description": "Errors of GeoReport v2", "content": refused},
        "5XX": {"description": "Trouble on our side", "content": _problem()},
    }


def _problem() -> dict[str, Any]:
    return {MEDIA_TYPE: {"schema": problem_schema()}}
