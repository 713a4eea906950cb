"""`/api/v1/session`: logging in, asking who one is, logging out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.desk.api.inputs import is_plain
from services.desk.context import COOKIE, DeskContext, context, require_session
from services.desk.sessions import Session, ThrottledError
from shared.contracts.enums import Role
from shared.web.problem import ProblemError, problem_responses

router = APIRouter(prefix="/api/v1/session", tags=["session"])


class Credentials(BaseModel):
    """User name and password."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"username": "siti", "password": "correct horse battery"}]},
    )

    username: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[str, Field(min_length=1, max_length=200)]


class SessionInfo(BaseModel):
    """Who is logged in, and the token unsafe calls must carry."""

    csrf_token: str
    username: str
    role: Role
    region: str | None
    opd: str | None


def info(session: Session) -> SessionInfo:
    """The session as the API tells it."""
    viewer = session.viewer
    return SessionInfo(
        csrf_token=session.csrf_token,
        username=viewer.username,
        role=viewer.role,
        region=viewer.region,
        opd=viewer.opd,
    )


def log_in(request: Request, username: str, password: str) -> Session:
    """A new session, or the problem that stands in its way."""
    address = request.client.host if request.client else ""
    # A name that no account can have is looked up as one that nobody has.
    name = username.strip().lower() if is_plain(username) else "-"
    try:
        session = context(request).sessions.login(
            name, password.encode(errors="replace").decode(), address, request.cookies.get(COOKIE)
        )
    except ThrottledError as error:
        raise ProblemError(
            429,
            "Terlalu banyak percobaan",
            "Terlalu banyak percobaan masuk yang gagal.",
            remedy=f"Coba lagi setelah {error.seconds} detik.",
            headers={"Retry-After": str(error.seconds)},
        ) from error
    if session is None:
        raise ProblemError(
            401,
            "Perlu masuk",
            "Nama pengguna atau kata sandi salah.",
            field="password",
            remedy="Periksa keduanya; mintalah kata sandi baru kepada admin bila lupa.",
        )
    return session


def set_cookie(response: Response, session: Session, desk: DeskContext) -> None:
    """Hand the session to the browser, out of reach of scripts and of other sites."""
    response.set_cookie(
        COOKIE,
        session.token,
        max_age=int(desk.sessions.limits.absolute.total_seconds()),
        path="/",
        httponly=True,
        samesite="strict",
        secure=desk.settings.public_url.startswith("https://"),
    )


@router.post("", responses=problem_responses(401, 422, 429))
def create(request: Request, response: Response, body: Credentials) -> SessionInfo:
    """Log in; the cookie is HttpOnly, the CSRF token goes into `X-CSRF-Token`."""
    session = log_in(request, body.username, body.password)
    set_cookie(response, session, context(request))
    return info(session)


@router.get("", responses=problem_responses(401))
def read(session: Annotated[Session, Depends(require_session)]) -> SessionInfo:
    """Who is logged in."""
    return info(session)


@router.delete("", status_code=204, responses=problem_responses(401, 403))
def delete(
    request: Request, response: Response, session: Annotated[Session, Depends(require_session)]
) -> None:
    """Log out."""
    context(request).sessions.logout(session.token)
    response.delete_cookie(COOKIE, path="/")
