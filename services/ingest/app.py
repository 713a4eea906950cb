"""The intake as a web application: middleware, routes, pages. It decides nothing itself."""

import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request
from prometheus_client import REGISTRY, CollectorRegistry
from starlette.responses import Response

from services.ingest import metrics
from services.ingest.api.hooks import PREFIX, Hooks, hook_operations, hook_routes
from services.ingest.api.problems import install_refusals
from services.ingest.api.reading import BodyReader
from services.ingest.api.routes import api_routes
from services.ingest.api.schema import install_openapi
from services.ingest.channels.receiving import Receiving
from services.ingest.handlers import Deps
from services.ingest.open311.routes import open311_routes
from services.ingest.pages.fixed import fixed_pages
from services.ingest.pages.render import Renderer
from services.ingest.pages.report import report_pages
from services.ingest.pages.survey import survey_pages
from services.ingest.pages.track import tracking_pages
from services.ingest.pages.trouble import trouble_page, wants_page
from services.ingest.settings import IngestSettings
from services.ingest.uploads import UploadBudget
from shared.files.store import FileStore
from shared.observe.checks import Check
from shared.web.health import health_routes
from shared.web.problem import ProblemError, install_problems
from shared.web.security import BodyLimit, SecurityHeaders

STOP_SECONDS = 8.0
_FILES = ("/api/v1/complaints", "/lapor", "/lacak", "/open311")


class Part(Protocol):
    """Something that runs beside the web application: the relay, a consumer."""

    def start(self) -> None:
        """Begin; returns at once."""
        ...

    def stop(self) -> None:
        """End; returns when it has ended."""
        ...


@dataclass(frozen=True)
class AppDeps:
    """What the application is made of."""

    settings: IngestSettings
    handlers: Deps
    receiving: Receiving
    store: FileStore
    checks: Mapping[str, Check]
    parts: tuple[Part, ...] = ()
    closing: Callable[[], None] = lambda: None
    registry: CollectorRegistry = field(default=REGISTRY)


def create_app(deps: AppDeps) -> FastAPI:
    """The application; nothing runs before its lifespan begins."""
    settings = deps.settings
    https = settings.site.startswith("https://")
    app = FastAPI(
        title="Tanggap: intake",
        version="1",
        description="Complaints, surveys and what citizens do with them.",
        docs_url=None,
        redoc_url=None,
        # What runs is told by our own metrics and logs, which hold nothing of a citizen.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        lifespan=_lifespan(deps),
    )
    renderer = Renderer(settings.emergency_number, https=https)

    def page(request: Request, problem: ProblemError) -> Response | None:
        return trouble_page(renderer, request, problem) if wants_page(request) else None

    install_problems(app, page)
    install_refusals(app, page)
    budget = UploadBudget(settings.uploads_max_bytes)
    most, files = settings.body_max_bytes, settings.files_total_bytes
    reader = BodyReader(budget, files, most, settings.body_seconds)
    hooks = Hooks(deps.receiving, budget, deps.handlers.clock, settings.site)
    app.router.routes.extend(hook_routes(hooks))  # first: most calls, when there are many
    app.include_router(api_routes(deps.handlers, reader, settings.site))
    app.include_router(open311_routes(deps.handlers, reader, settings))
    app.include_router(report_pages(deps.handlers, reader, renderer))
    app.include_router(survey_pages(deps.handlers, reader, renderer))
    app.include_router(tracking_pages(deps.handlers, reader, renderer, deps.store))
    app.include_router(fixed_pages(renderer, settings))
    health_routes(app, deps.checks, deps.registry)
    install_openapi(app, hook_operations())
    limits: dict[str, Any] = {"max_bytes": most, "multipart_bytes": files, "elsewhere": PREFIX}
    app.add_middleware(BodyLimit, **limits, prefixes=_FILES, page=page)
    app.add_middleware(SecurityHeaders, https=https)
    metrics.declare(deps.receiving.adapters)
    return app


def _lifespan(deps: AppDeps) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = deps.settings.ingest_threads
        for part in deps.parts:
            part.start()
        try:
            yield
        finally:
            with suppress(KeyboardInterrupt):
                _stop(deps.parts)
                deps.closing()

    return lifespan


def _stop(parts: Sequence[Part]) -> None:
    """Stop all parts at once, and wait for them for a while only: the next process goes on."""
    # A client whose broker is away may take half a minute to notice.
    ends = [threading.Thread(target=part.stop, daemon=True) for part in parts]
    deadline = time.monotonic() + STOP_SECONDS
    for end in ends:
        end.start()
    for end in ends:
        end.join(timeout=max(0.0, deadline - time.monotonic()))
