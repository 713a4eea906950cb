"""The addresses of GeoReport v2 below `/open311/v2`, each in JSON and XML; thin."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from services.ingest.api.problems import language
from services.ingest.api.reading import BodyReader
from services.ingest.api.routes import sender_address
from services.ingest.handlers import Deps
from services.ingest.metrics import Counted
from services.ingest.open311 import formats
from services.ingest.open311.asking import Open311Error
from services.ingest.open311.filing import refusal_of
from services.ingest.open311.formats import Format, Names, Value, render
from services.ingest.open311.parameters import (
    FILING,
    IDENTIFIED,
    JURISDICTION,
    LISTING,
    answers,
)
from services.ingest.open311.serving import Open311
from services.ingest.refusals import Refusal, RefusedError, refused
from services.ingest.settings import IngestSettings

PREFIX = "/open311/v2"
Call = Callable[[Request], Awaitable[Value]]
Read = Callable[..., Value]


def open311_routes(deps: Deps, reader: BodyReader, settings: IngestSettings) -> APIRouter:
    """The router."""
    calls = Open311(deps, settings.open311_keys, settings.site, settings.demo)
    router = APIRouter(prefix=PREFIX, tags=["open311"])
    for fmt in Format:
        _reading(router, calls, fmt)
        _filing(router, calls, reader, fmt)
    return router


def _reading(router: APIRouter, calls: Open311, fmt: Format) -> None:
    def get(path: str, names: Names, extra: dict[str, Any], summary: str, call: Read) -> None:
        """Add a call that reads: `call` gets the parameters and, if the path has one, its id."""

        async def answer(request: Request) -> Response:
            async def read(asking: Request) -> Value:
                named = [*asking.path_params.values(), dict(asking.query_params)]
                return await run_in_threadpool(call, *named)

            return await _answer(request, fmt, names, read)

        router.add_api_route(
            f"{path}.{fmt}",
            answer,
            methods=["GET"],
            summary=f"{summary} ({fmt.upper()})",
            operation_id=f"open311_{summary.lower().replace(' ', '_')}_{fmt}",
            response_class=Response,
            openapi_extra=extra,
            responses=answers(fmt),
        )

    get("/discovery", formats.DISCOVERY, {}, "Discovery", lambda _: calls.discovery())
    get("/services", formats.SERVICES, JURISDICTION, "Service list", calls.services)
    path = "/services/{service_code}"
    get(
        path, formats.DEFINITION, IDENTIFIED["service_code"], "Service definition", calls.definition
    )
    get("/requests", formats.REQUESTS, LISTING, "Service requests", calls.requests)
    path = "/requests/{service_request_id}"
    extra = IDENTIFIED["service_request_id"]
    get(path, formats.REQUESTS, extra, "Service request", calls.request)
    path = "/tokens/{token}"
    get(path, formats.REQUESTS, IDENTIFIED["token"], "Request of a token", _token(calls))


def _token(calls: Open311) -> Callable[[str, Mapping[str, str]], Value]:
    return lambda token, _: calls.token(token)


def _filing(router: APIRouter, calls: Open311, reader: BodyReader, fmt: Format) -> None:
    async def file(request: Request) -> Response:
        async def accept(asking: Request) -> Value:
            async with reader.read(asking, Counted.COMPLAINT) as body:
                if body.json is not None:
                    raise refused(Refusal.UNSUPPORTED, "media_type", "Content-Type")
                key = asking.headers.get("idempotency-key")
                return await run_in_threadpool(
                    calls.file, body.fields, body.files, sender_address(asking), key
                )

        return await _answer(request, fmt, formats.REQUESTS, accept)

    router.add_api_route(
        f"/requests.{fmt}",
        file,
        methods=["POST"],
        summary=f"File a report ({fmt.upper()})",
        operation_id=f"open311_file_{fmt}",
        response_class=Response,
        openapi_extra=FILING,
        responses=answers(fmt),
    )


async def _answer(request: Request, fmt: Format, names: Names, call: Call) -> Response:
    """The call's answer, or its refusal, in the format of the address."""
    try:
        value = await call(request)
    except RefusedError as error:
        return _refusal(refusal_of(error, language(request)), fmt)
    except Open311Error as error:
        return _refusal(error, fmt)
    return Response(render(value, names, fmt), media_type=fmt.media_type)


def _refusal(error: Open311Error, fmt: Format) -> Response:
    body: Value = [{"code": error.code, "description": error.description}]
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    content = render(body, formats.ERRORS, fmt)
    return Response(content, error.status, headers, media_type=fmt.media_type)
