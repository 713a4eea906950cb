"""Refusals as problem documents, in the language the client asks for."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from services.ingest.refusals import RefusedError
from services.ingest.words import TITLES, Lang, sentences
from shared.web.problem import Page, ProblemError, problem_response


def problem_of(error: RefusedError, lang: Lang = "id") -> ProblemError:
    """The problem document of a refusal."""
    flaws = []
    for flaw in error.flaws:
        detail, remedy = sentences(flaw, lang)
        flaws.append({"field": flaw.field, "detail": detail, "remedy": remedy, "code": flaw.code})
    first = flaws[0]
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    return ProblemError(
        error.refusal.value,
        TITLES[error.refusal][lang],
        first["detail"],
        first["field"],
        first["remedy"],
        headers,
        flaws,
    )


def language(request: Request) -> Lang:
    """English for clients that ask for it first, else Indonesian."""
    return "en" if request.headers.get("accept-language", "").lower().startswith("en") else "id"


def install_refusals(app: FastAPI, page: Page) -> None:
    """Answer every `RefusedError` as a problem document, or a page where one is shown."""

    @app.exception_handler(RefusedError)
    def on_refusal(request: Request, error: RefusedError) -> Response:
        problem = problem_of(error, language(request))
        return page(request, problem) or problem_response(problem)
