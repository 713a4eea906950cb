"""Errors outside a form, as a page: wrong address, too large, away, our own fault."""

from fastapi import Request
from starlette.responses import Response

from services.ingest.pages.render import Renderer, language
from services.ingest.pages.words import word
from shared.web.problem import ProblemError

_SHOWN = (404, 413, 429, 503)


def wants_page(request: Request) -> bool:
    """Whether a person with a browser asks, not a program."""
    path = request.url.path
    return not path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def trouble_page(renderer: Renderer, request: Request, problem: ProblemError) -> Response:
    """The page of a problem."""
    lang = language(request)
    key = problem.status_code if problem.status_code in _SHOWN else 500
    if problem.status_code in (405, 307):
        key = 404
    answer = renderer.page(
        request,
        "trouble",
        status=problem.status_code,
        title=word(f"error_{key}", lang),
        text=word(f"error_{key}_text", lang),
    )
    answer.headers.update(dict(problem.headers or {}))
    return answer
