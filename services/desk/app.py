"""The shell of desk's HTTP side: middleware, routes and pages, wired to a `DeskContext`."""

from pathlib import Path

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.staticfiles import StaticFiles

from services.desk.api import cases, regions, scores, session, stream, triage
from services.desk.context import DeskContext
from services.desk.pages import account, board, casepage, public
from services.desk.pages.rendering import install_error_pages
from shared.web.health import Check, health_routes
from shared.web.problem import install_problems
from shared.web.security import BodyLimit, SecurityHeaders

STATIC = Path(__file__).parent / "pages" / "static"
MAX_BODY = 256 * 1024


def create_app(desk: DeskContext, checks: dict[str, Check], registry: CollectorRegistry) -> FastAPI:
    """The app of one desk; nothing is opened or started here."""
    app = FastAPI(
        title="Tanggap desk",
        description="Antrean, kasus dan skor. Kesalahan dijawab sebagai application/problem+json.",
        version="1",
        docs_url=None,
        redoc_url=None,
    )
    app.state.desk = desk
    install_problems(app)
    install_error_pages(app)
    health_routes(app, checks, registry)
    for module in (session, cases, triage, regions, scores, stream):
        app.include_router(module.router)
    for page in (public, account, board, casepage):
        app.include_router(page.router, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    https = desk.settings.public_url.startswith("https://")
    app.add_middleware(BodyLimit, max_bytes=MAX_BODY)
    app.add_middleware(SecurityHeaders, https=https)
    return app
