"""Addresses beside the pages: static files, and the way to the public scores, which desk has."""

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from services.ingest.pages.render import STATIC_PATH, Renderer
from services.ingest.settings import IngestSettings

SCORES_PATH = "/lapor/skor"


def fixed_pages(renderer: Renderer, settings: IngestSettings) -> APIRouter:
    """The router."""
    router = APIRouter(include_in_schema=False)

    @router.get(SCORES_PATH)
    def scores(request: Request) -> Response:
        """Pages link to an address of ours, which works everywhere."""
        desk = settings.neighbour(str(request.url), settings.desk_port)
        return RedirectResponse(f"{desk}/wilayah", 303)

    @router.get(STATIC_PATH + "/{name}")
    def static(name: str) -> Response:
        answer = renderer.static_answer(name)
        if answer is None:
            raise HTTPException(404)
        return answer

    return router
