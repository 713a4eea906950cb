"""Templates and what every page needs: the session, form tokens, safe redirects, error pages."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.desk.context import session_of
from services.desk.pages import words
from services.desk.sessions import Session
from shared.web.problem import ProblemError, problem_response, validation_problem

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals["w"] = words
_TEMPLATES.filters.update(number=words.number, percent=words.percent)


class NeedsLoginError(Exception):
    """The page is for staff: the browser is sent to the login page first."""


def render(
    request: Request,
    template: str,
    *,
    session: Session | None = None,
    status: int = 200,
    **values: Any,
) -> HTMLResponse:
    """A page, with the session's name and form token in it."""
    page = _TEMPLATES.get_template(template).render(
        request=request,
        path=request.url.path,
        viewer=session.viewer if session else None,
        csrf=session.csrf_token if session else "",
        **values,
    )
    return HTMLResponse(page, status)


def staff_session(request: Request) -> Session:
    """The session of a staff page."""
    session = session_of(request)
    if session is None:
        raise NeedsLoginError
    return session


def form_session(request: Request, csrf_token: str) -> Session:
    """The session of a submitted form, its token checked."""
    session = staff_session(request)
    if not session.accepts(csrf_token):
        raise ProblemError(
            403, "Tidak diizinkan", "Formulir ini sudah kedaluwarsa.", "csrf_token",
            "Muat ulang halaman dan kirim lagi.",
        )  # fmt: skip
    return session


def local_path(target: str | None, fallback: str) -> str:
    """The target if it is a path of this site, else the fallback: never somebody else's site."""
    if target and target.startswith("/") and not target.startswith(("//", "/\\")):
        return target
    return fallback


def redirect(target: str) -> RedirectResponse:
    """See the target next."""
    return RedirectResponse(target, 303)


def install_error_pages(app: FastAPI) -> None:
    """Errors of pages as pages; the API's stay problem documents."""

    def wants_page(request: Request) -> bool:
        is_api = request.url.path.startswith(("/api/", "/metrics", "/healthz", "/readyz"))
        return not is_api and "text/html" in request.headers.get("accept", "")

    def page(request: Request, error: ProblemError) -> Response:
        if not wants_page(request):
            return problem_response(error)
        found = render(request, "error.html", status=error.status_code, problem=error.document())
        found.headers.update(error.headers or {})
        return found

    def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)  # noqa: S101 - registered for it
        return page(request, error)

    def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
        title = "Tidak ditemukan" if error.status_code == 404 else "Tidak dapat dilayani"
        problem = ProblemError(
            error.status_code, title, "Halaman ini tidak ada atau tidak dapat dibuka begini.",
            remedy="Periksa alamatnya.", headers=error.headers,
        )  # fmt: skip
        return page(request, problem)

    def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
        return page(request, validation_problem(error.errors()))

    def on_login(request: Request, _: Exception) -> Response:
        target = request.url.path if request.method == "GET" else "/antrean"
        return redirect(f"/masuk?next={quote(target)}")

    app.add_exception_handler(ProblemError, on_problem)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(NeedsLoginError, on_login)
