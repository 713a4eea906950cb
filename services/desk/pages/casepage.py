"""The page of one case: text, clocks, timeline and the forms of every action."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from services.desk import reading
from services.desk.api.cases import (
    ActionRequest,
    RevealRequest,
    file_list,
    perform,
    reveal_text,
    ticket_of,
    view,
)
from services.desk.context import context
from services.desk.pages import words
from services.desk.pages.board import place_of
from services.desk.pages.rendering import form_session, redirect, render, staff_session
from services.desk.permissions import QUEUE_ROLES, may_open
from services.desk.sessions import Session
from shared.contracts.enums import Category, CloseReason, Kind, Role, Urgency
from shared.web.problem import ProblemError, validation_problem

router = APIRouter()
_FIELDS = (
    "action", "version", "text", "opd", "user", "kind", "category", "urgency", "reason",
    "external", "lapor_id",
)  # fmt: skip


@router.get("/kasus/{ticket}")
def case_page(request: Request, ticket: str, oke: str = "") -> Response:
    """The case."""
    session = staff_session(request)
    return _page(request, session, ticket_of(ticket), done=words.DONE.get(oke))


@router.post("/kasus/{ticket}/tindakan")
async def act(request: Request, ticket: str) -> Response:
    """Do something by a form of the page; what was typed survives a refusal."""
    form = await request.form()
    values = {name: str(form[name]) for name in _FIELDS if form.get(name)}
    return await run_in_threadpool(_act, request, ticket, values, str(form.get("csrf_token") or ""))


def _act(request: Request, ticket: str, values: dict[str, str], csrf_token: str) -> Response:
    session = form_session(request, csrf_token)
    ticket = ticket_of(ticket)
    try:
        try:
            body = ActionRequest.model_validate(values)
        except ValidationError as error:
            raise validation_problem(error.errors()) from error
        case = perform(context(request), session.viewer, ticket, body.version, body.command())
    except ProblemError as error:
        if error.status_code not in (409, 422):
            raise
        typed = values.get("text", "")
        return _page(request, session, ticket, error=error, typed=typed)
    desk = context(request)
    with desk.db.read() as conn:
        seen = may_open(session.viewer, case, desk.directory(conn))
    # What was forwarded is somebody else's now: back to the list.
    if not seen:
        return redirect("/antrean")
    return redirect(f"/kasus/{ticket}?oke={body.action.value}")


@router.post("/kasus/{ticket}/buka")
def reveal(
    request: Request,
    ticket: str,
    reason: Annotated[str, Form(max_length=500)] = "",
    csrf_token: Annotated[str, Form()] = "",
) -> Response:
    """Show the citizen's own words once, after the reason went into the audit trail."""
    session = form_session(request, csrf_token)
    ticket = ticket_of(ticket)
    try:
        try:
            body = RevealRequest(reason=reason)
        except ValidationError as error:
            raise validation_problem(error.errors()) from error
        text = reveal_text(context(request), session.viewer, ticket, body.reason)
    except ProblemError as error:
        if error.status_code not in (410, 422):
            raise
        return _page(request, session, ticket, error=error)
    return _page(request, session, ticket, revealed=text)


def _page(
    request: Request,
    session: Session,
    ticket: str,
    *,
    done: str | None = None,
    error: ProblemError | None = None,
    typed: str = "",
    revealed: str | None = None,
) -> Response:
    desk, viewer = context(request), session.viewer
    if viewer.role not in QUEUE_ROLES:
        raise ProblemError(404, "Tidak ditemukan", "Kasus ini tidak ada.", "ticket")
    case = view(desk, viewer, ticket)
    place = place_of(desk, viewer)
    with desk.db.read() as conn:
        directory = desk.directory(conn)
        staff = reading.colleagues(conn, [case["opd"], *directory.ancestors(case["opd"])])
    held = case["opd"] in directory.with_units(viewer.staff().unit)
    return render(
        request,
        "case.html",
        session=session,
        status=error.status_code if error else 200,
        case=case,
        held=held,
        coordinator=viewer.role is Role.COORDINATOR,
        staff=staff,
        attachments=file_list(desk, viewer, ticket) if case["files"] else [],
        done=done,
        problem=error.document() if error else None,
        typed=typed,
        revealed=revealed,
        choices=_choices(case),
        **place,
    )


def _choices(case: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": list(Kind),
        "category": list(Category),
        "urgency": list(Urgency),
        "reject": [
            CloseReason.BUKAN_WEWENANG,
            CloseReason.BUKAN_PELAYANAN_PUBLIK,
            CloseReason.TIDAK_LENGKAP,
            CloseReason.GANDA,
            CloseReason.SPAM,
            CloseReason.LAINNYA,
        ],
        "archive": [CloseReason.GANDA, CloseReason.TIDAK_LENGKAP, CloseReason.LAINNYA],
    }
