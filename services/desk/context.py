"""What every route of desk shares: the wired parts, and the session of a request."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import APIKeyCookie

from services.desk.actions import Desk
from services.desk.directories import DirectoryCache
from services.desk.duty import DutyMessenger
from services.desk.duty_senders import Contacts
from services.desk.handlers import DeskHandlers
from services.desk.live import Hub
from services.desk.ports import DueClocks
from services.desk.score_cache import ScoreCache
from services.desk.sessions import Session, Sessions
from services.desk.settings import DeskSettings
from shared.clock import Clock
from shared.db.engine import Database
from shared.db.read.history import Point
from shared.db.read.scores import RegionScores
from shared.files.store import FileStore
from shared.privacy.vault import Vault
from shared.web.problem import ProblemError

COOKIE = "tanggap_session"
CSRF_HEADER = "x-csrf-token"
# For the OpenAPI document: the session itself is looked up below.
_COOKIE_SCHEME = APIKeyCookie(
    name=COOKIE,
    scheme_name="session",
    description="Set by `POST /api/v1/session`.",
    auto_error=False,
)


@dataclass(frozen=True)
class DeskContext:
    """The parts of a running desk; `vault` and `files` are none where no key is configured."""

    settings: DeskSettings
    db: Database
    clock: Clock
    directory: DirectoryCache
    clocks: DueClocks
    sessions: Sessions
    desk: Desk
    handlers: DeskHandlers
    duty: DutyMessenger
    contacts: Contacts
    hub: Hub
    scores: ScoreCache[RegionScores]
    histories: ScoreCache[list[Point]]
    vault: Vault | None
    files: FileStore | None


def context(request: Request) -> DeskContext:
    """The desk this request is served by."""
    found = request.app.state.desk
    assert isinstance(found, DeskContext)  # noqa: S101 - set when the app is made
    return found


def session_of(request: Request) -> Session | None:
    """The request's open session, or none."""
    return context(request).sessions.find(request.cookies.get(COOKIE))


def require_session(
    request: Request, _cookie: Annotated[str | None, Security(_COOKIE_SCHEME)] = None
) -> Session:
    """The request's session; else 401, or 403 for an unsafe call without its CSRF token."""
    session = session_of(request)
    if session is None:
        raise ProblemError(
            401,
            "Perlu masuk",
            "Sesi tidak ada atau sudah berakhir.",
            remedy="Masuk lewat POST /api/v1/session.",
        )
    unsafe = request.method not in ("GET", "HEAD", "OPTIONS")
    if unsafe and not session.accepts(request.headers.get(CSRF_HEADER)):
        raise ProblemError(
            403,
            "Tidak diizinkan",
            "Token CSRF tidak ada atau salah.",
            field="X-CSRF-Token",
            remedy="Kirim csrf_token dari jawaban masuk di tajuk X-CSRF-Token.",
        )
    return session
