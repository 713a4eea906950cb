"""`/api/v1/queue` and `/api/v1/cases`: what handlers and coordinators see and do."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.desk import reading, store
from services.desk.actions import StaleVersionError, UnknownCaseError, audit
from services.desk.alarm_reading import alarm_of
from services.desk.api.inputs import LongText, Reason, ShortText, TicketName
from services.desk.api.schema import file_answer
from services.desk.casework import Case, Command, RefusedError
from services.desk.context import DeskContext, context, require_session
from services.desk.likes import chosen, openable
from services.desk.permissions import ACTIONS, Viewer, may_open, may_reveal, queue_scope
from services.desk.sessions import Session
from shared.contracts.base import OPDCode
from shared.contracts.enums import Action, Category, CloseReason, Kind, Status, Urgency
from shared.db.read import intake
from shared.files.inspection import disposition
from shared.files.store import MissingFileError
from shared.ids import normalise_ticket
from shared.privacy.mask import mask
from shared.web.problem import ProblemError, problem_responses

router = APIRouter(prefix="/api/v1", tags=["cases"])
StaffSession = Annotated[Session, Depends(require_session)]
_FILE_POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox"
FileId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,80}$")]


class ActionRequest(BaseModel):
    """What to do with the case, and the version it was decided on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"action": "note", "version": 1, "text": "Sudah ditinjau."}]
        },
    )

    action: Action
    version: Annotated[int, Field(ge=1)]
    text: LongText | None = None
    opd: OPDCode | None = None
    user: ShortText | None = None
    kind: Kind | None = None
    category: Category | None = None
    urgency: Urgency | None = None
    berkadar_pengawasan: bool | None = None
    reason: CloseReason | None = None
    external: ShortText | None = None
    lapor_id: Annotated[str, StringConstraints(pattern=r"^#?[A-Za-z0-9-]{3,40}$")] | None = None

    def command(self) -> Command:
        """As the rules take it; what travels on a topic is masked, words of staff included."""
        values = self.model_dump(exclude={"version"})
        external = mask(self.external).text if self.external else None
        return Command(**{**values, "text": self.text or None, "external": external})


class RevealRequest(BaseModel):
    """Why the person needs to see behind the mask."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"reason": "menghubungi pelapor"}]},
    )

    reason: Reason


class ActionResult(BaseModel):
    """The case after the action."""

    ticket: str
    version: int
    status: Status


class StaleProblem(ProblemError):
    """409 with the case as it is now."""

    def __init__(self, case: Case) -> None:
        super().__init__(
            409,
            "Kasus sudah berubah",
            "Orang lain mengubah kasus ini lebih dahulu.",
            field="version",
            remedy=f"Baca ulang kasus ini; versinya sekarang {case.version}.",
        )
        self._case = case

    def document(self) -> dict[str, Any]:
        """The problem with the present version."""
        case = self._case
        current = {"ticket": case.ticket, "version": case.version, "status": case.status.value}
        return super().document() | {"version": case.version, "current": current}


def not_found() -> ProblemError:
    """The case does not exist for this person."""
    return ProblemError(
        404, "Tidak ditemukan", "Kasus ini tidak ada.", "ticket", "Periksa nomor tiketnya."
    )


def refused(error: RefusedError) -> ProblemError:
    """The rules do not allow it now."""
    return ProblemError(422, "Tidak dapat dilakukan", error.detail, error.field, error.remedy)


def ticket_of(text: str) -> str:
    """The ticket of a path; a mistyped one is nobody's case."""
    try:
        return normalise_ticket(text)
    except ValueError as error:
        raise not_found() from error


def perform(
    desk: DeskContext, viewer: Viewer, ticket: str, version: int | None, command: Command
) -> Case:
    """Carry out an action; what stands in its way becomes a problem document."""
    try:
        return desk.desk.act(viewer, ticket, version, command)
    except UnknownCaseError as error:
        raise not_found() from error
    except StaleVersionError as error:
        raise StaleProblem(error.case) from error
    except RefusedError as error:
        raise refused(error) from error


def view(desk: DeskContext, viewer: Viewer, ticket: str) -> dict[str, Any]:
    """The case with its timeline, or 404; looking at an accusation is audited."""
    now = desk.clock.now()
    with desk.db.read() as conn:
        directory = desk.directory(conn)
        case = store.find(conn, ticket)
        if case is None or not may_open(viewer, case, directory):
            raise not_found()
        found = reading.detail(conn, ticket, now)
        alarm = alarm_of(conn, ticket)
        if found is None:
            raise not_found()
        reveal = may_reveal(viewer, case, directory)
        named = found["classification"].get("duplicates", [])
        known = openable(conn, named, viewer, directory, restricted=case.restricted)
    if case.restricted:
        with desk.db.write() as conn:
            audit(conn, now, viewer, "look", ticket, None)
    actions = sorted(action.value for action in ACTIONS[viewer.role])
    likes = chosen(named, known)
    shown = {"duplicates": [like["ticket"] for like in likes]}
    return found | {
        "classification": found["classification"] | shown,
        "duplicates": likes,
        "alarm": alarm,
        "may": {"reveal": reveal, "actions": actions},
    }


@router.get("/queue", responses=problem_responses(401, 403, 422))
def queue(
    request: Request,
    session: StaffSession,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=reading.MAX_PAGE)] = reading.PAGE,
    restricted: bool = False,
    overdue: bool = False,
    closed: bool = False,
    status: Status | None = None,
    opd: OPDCode | None = None,
) -> Mapping[str, Any]:
    """The open cases, the most pressing first; `next` goes into `after`, null at the end."""
    desk = context(request)
    wanted = reading.QueueFilter(opd=opd, status=status, overdue=overdue, closed=closed)
    now: datetime = desk.clock.now()
    with desk.db.read() as conn:
        scope = queue_scope(session.viewer, desk.directory(conn), restricted=restricted)
        if scope is None:
            raise ProblemError(
                403, "Tidak diizinkan", "Akun ini tidak memiliki antrean.",
                remedy="Masuk sebagai petugas atau koordinator.",
            )  # fmt: skip
        try:
            items, following = reading.queue(
                conn, scope, now, after=after, wanted=wanted, limit=limit
            )
        except reading.BadCursorError as error:
            raise ProblemError(
                422, "Isian tidak sah", "Penanda halaman tidak dikenal.", "after",
                "Pakai next dari jawaban sebelumnya.",
            ) from error  # fmt: skip
    return {"items": items, "next": following}


@router.get("/cases/{ticket}", responses=problem_responses(401, 404))
def read(request: Request, session: StaffSession, ticket: TicketName) -> Mapping[str, Any]:
    """A case of the person's own scope, with its timeline."""
    return view(context(request), session.viewer, ticket_of(ticket))


@router.post("/cases/{ticket}/actions", responses=problem_responses(401, 403, 404, 409, 422))
def act(
    request: Request, session: StaffSession, ticket: TicketName, body: ActionRequest
) -> ActionResult:
    """Do something with the case; a stale `version` answers 409 with the present one."""
    desk = context(request)
    case = perform(desk, session.viewer, ticket_of(ticket), body.version, body.command())
    return ActionResult(ticket=case.ticket, version=case.version, status=case.status)


@router.post("/cases/{ticket}/reveal", responses=problem_responses(401, 403, 404, 410, 422))
def reveal(
    request: Request, session: StaffSession, ticket: TicketName, body: RevealRequest
) -> Mapping[str, str]:
    """The citizen's own words; written to the audit trail with the reason before it is shown."""
    desk = context(request)
    ticket = ticket_of(ticket)
    return {"ticket": ticket, "text": reveal_text(desk, session.viewer, ticket, body.reason)}


def reveal_text(desk: DeskContext, viewer: Viewer, ticket: str, reason: str) -> str:
    """Audit, then open the original text."""
    try:
        desk.desk.reveal(viewer, ticket, reason)
    except UnknownCaseError as error:
        raise not_found() from error
    except RefusedError as error:
        raise refused(error) from error
    text = None
    if desk.vault is not None:
        with desk.db.read() as conn:
            text = intake.open_text(conn, desk.vault, ticket)
    if text is None:
        raise ProblemError(
            410, "Sudah dihapus", "Teks asli laporan ini tidak tersimpan lagi.", "ticket",
            "Gunakan teks tersamar.",
        )  # fmt: skip
    return text


@router.get("/cases/{ticket}/files", responses=problem_responses(401, 404))
def files(request: Request, session: StaffSession, ticket: TicketName) -> Mapping[str, Any]:
    """The attachments of a case."""
    desk = context(request)
    ticket = ticket_of(ticket)
    return {"items": file_list(desk, session.viewer, ticket)}


def file_list(desk: DeskContext, viewer: Viewer, ticket: str) -> list[dict[str, Any]]:
    """The attachments, for who may open the case."""
    with desk.db.read() as conn:
        case = store.find(conn, ticket)
        if case is None or not may_open(viewer, case, desk.directory(conn)):
            raise not_found()
        return [
            {
                "file_id": row.file_id,
                "media_type": row.media_type,
                "size": row.size,
                "url": f"/api/v1/cases/{ticket}/files/{row.file_id}",
            }
            for row in intake.files_of(conn, ticket)
        ]


@router.get(
    "/cases/{ticket}/files/{file_id}",
    response_class=Response,
    responses=file_answer("The attachment.") | problem_responses(401, 404, 422),
)
def file(request: Request, session: StaffSession, ticket: TicketName, file_id: FileId) -> Response:
    """One attachment, decrypted for who may open the case."""
    desk = context(request)
    ticket = ticket_of(ticket)
    file_list(desk, session.viewer, ticket)
    found = None
    if desk.vault is not None and desk.files is not None:
        with desk.db.read() as conn:
            try:
                found = intake.open_file(conn, desk.vault, desk.files, ticket, file_id)
            except MissingFileError:
                found = None
    if found is None:
        raise ProblemError(
            404, "Tidak ditemukan", "Lampiran ini tidak ada lagi.", "file_id",
            "Lihat daftar lampiran kasus ini.",
        )  # fmt: skip
    media_type, content = found
    return Response(content, media_type=media_type, headers=_file_headers(media_type))


def _file_headers(media_type: str) -> dict[str, str]:
    # What a citizen sent runs nothing here, whatever a browser makes of it.
    return {
        "Content-Disposition": disposition(media_type),
        "Content-Security-Policy": _FILE_POLICY,
    }
