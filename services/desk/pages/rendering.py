"""Templates and what every page needs: the session, form tokens, safe redirects, error pages."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.desk.context import session_of
from services.desk.pages import words
from services.desk.permissions import may_see_entries
from services.desk.sessions import Session
from shared.web.problem import ProblemError

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals["w"] = words
_TEMPLATES.globals["may_see_entries"] = may_see_entries
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


def filled(template: str, **values: Any) -> str:
    """A template filled in without a request: what is kept as a text of its own."""
    return _TEMPLATES.get_template(template).render(**values)


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


def error_page(request: Request, problem: ProblemError) -> Response | None:
    """The error as a page for browsers; none where a problem document is the right answer."""
    is_api = request.url.path.startswith(("/api/", "/metrics", "/healthz", "/readyz"))
    if is_api or "text/html" not in request.headers.get("accept", ""):
        return None
    found = render(request, "error.html", status=problem.status_code, problem=problem.document())
    found.headers.update(problem.headers or {})
    return found


def send_to_login(app: FastAPI) -> None:
    """Staff pages without a session lead to the login page and back."""

    def on_login(request: Request, _: Exception) -> Response:
        target = request.url.path if request.method == "GET" else "/antrean"
        return redirect(f"/masuk?next={quote(target)}")

    app.add_exception_handler(NeedsLoginError, on_login)
