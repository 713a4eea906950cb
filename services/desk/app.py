"""The shell of desk's HTTP side: middleware, routes and pages, wired to a `DeskContext`."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.staticfiles import StaticFiles

from services.desk.api import (
    cases,
    editions,
    evaluation,
    followups,
    regions,
    scores,
    session,
    skm,
    stream,
    triage,
    walkins,
)
from services.desk.api.schema import install_openapi
from services.desk.api.uploads import MAX_UPLOAD, UPLOAD_PATHS
from services.desk.context import DeskContext
from services.desk.pages import account, board, casepage, counter, public, surveys
from services.desk.pages import editions as edition_pages
from services.desk.pages import evaluation as evaluation_pages
from services.desk.pages import followups as followup_pages
from services.desk.pages.rendering import error_page, send_to_login
from shared.observe.checks import Check
from shared.web.health import health_routes
from shared.web.problem import install_problems
from shared.web.security import BodyLimit, SecurityHeaders

STATIC = Path(__file__).parent / "pages" / "static"
MAX_BODY = 256 * 1024
_API = (
    session, cases, triage, walkins, regions, scores, skm, stream, evaluation, followups, editions,
)  # fmt: skip
_PAGES = (
    public, account, board, casepage, counter, surveys, evaluation_pages, followup_pages,
    edition_pages,
)  # fmt: skip


class Part(Protocol):
    """Something that runs beside the web application: the relay, a consumer, the ticker."""

    def start(self) -> None:
        """Begin; returns at once."""
        ...

    def stop(self) -> None:
        """End; returns when it has ended."""
        ...


def create_app(
    desk: DeskContext,
    checks: Mapping[str, Check],
    registry: CollectorRegistry,
    parts: Sequence[Part] = (),
) -> FastAPI:
    """The app of one desk; nothing is opened or started before its lifespan."""
    app = FastAPI(
        title="Tanggap desk",
        description="Antrean, kasus dan skor. Kesalahan dijawab sebagai application/problem+json.",
        version="1",
        docs_url=None,
        redoc_url=None,
        # What runs is told by our own metrics and logs, which hold nothing of a citizen.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        lifespan=_lifespan(parts),
    )
    app.state.desk = desk
    install_problems(app, error_page)
    send_to_login(app)
    health_routes(app, checks, registry)
    for module in _API:
        app.include_router(module.router)
    for page in _PAGES:
        app.include_router(page.router, include_in_schema=False)
    install_openapi(app)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    https = desk.settings.public_url.startswith("https://")
    app.add_middleware(
        BodyLimit,
        max_bytes=MAX_BODY,
        multipart_bytes=MAX_UPLOAD,
        paths=UPLOAD_PATHS,
        page=error_page,
    )
    app.add_middleware(SecurityHeaders, https=https)
    return app


def _lifespan(parts: Sequence[Part]) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        for part in parts:
            part.start()
        try:
            yield
        finally:
            for part in reversed(parts):
                part.stop()

    return lifespan
