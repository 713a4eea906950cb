"""Login and logout pages."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from services.desk.api.session import log_in, set_cookie
from services.desk.context import COOKIE, context, session_of
from services.desk.pages.rendering import form_session, local_path, redirect, render
from services.desk.permissions import QUEUE_ROLES, Viewer
from shared.web.problem import ProblemError

router = APIRouter()


def home(viewer: Viewer) -> str:
    """Where the person's work begins."""
    if viewer.role in QUEUE_ROLES:
        return "/antrean"
    return f"/wilayah/{viewer.region}" if viewer.region else "/wilayah"


@router.get("/masuk")
def login_page(request: Request, next: str = "") -> Response:
    """The login form."""
    session = session_of(request)
    if session is not None:
        return redirect(local_path(next, home(session.viewer)))
    return render(request, "login.html", next=next, error=None, username="")


@router.post("/masuk")
def login(
    request: Request,
    username: Annotated[str, Form(max_length=64)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Log in by the form."""
    _same_site(request)
    try:
        session = log_in(request, username, password)
    except ProblemError as error:
        page = render(
            request,
            "login.html",
            status=error.status_code,
            next=next,
            error=error.document(),
            username=username,
        )
        page.headers.update(error.headers or {})
        return page
    answer = redirect(local_path(next, home(session.viewer)))
    set_cookie(answer, session, context(request))
    return answer


@router.post("/keluar")
def logout(request: Request, csrf_token: Annotated[str, Form()] = "") -> Response:
    """Log out by the form."""
    session = form_session(request, csrf_token)
    context(request).sessions.logout(session.token)
    answer = redirect("/masuk")
    answer.delete_cookie(COOKIE, path="/")
    return answer


def _same_site(request: Request) -> None:
    """No other site may log somebody in here: there is no session yet to hold a token."""
    # Our own form sends no origin either ("null": no-referrer); browsers tell it this way.
    elsewhere = request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
    origin = request.headers.get("origin")
    if not elsewhere and (not origin or origin == "null"):
        return
    ours = {request.headers.get("host"), urlsplit(context(request).settings.public_url).netloc}
    if elsewhere or urlsplit(origin or "").netloc not in ours:
        raise ProblemError(
            403, "Tidak diizinkan", "Formulir ini datang dari situs lain.",
            remedy="Masuk lewat halaman ini.",
        )  # fmt: skip
