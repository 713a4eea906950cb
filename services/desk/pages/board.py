"""Staff lists: the queue, the restricted list, and the coordinator's triage page."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from services.desk import reading
from services.desk.alarm_reading import waiting
from services.desk.api.cases import perform, ticket_of
from services.desk.api.inputs import is_plain
from services.desk.api.triage import triage_of
from services.desk.casework import Command
from services.desk.context import DeskContext, context
from services.desk.pages import words
from services.desk.pages.rendering import form_session, redirect, render, staff_session
from services.desk.permissions import Viewer, alarm_scopes, may_see_triage, queue_scope
from services.desk.sessions import Session
from shared.contracts.enums import Action, Status
from shared.db.read.directory import Directory
from shared.web.problem import ProblemError

router = APIRouter()


def place_of(desk: DeskContext, viewer: Viewer) -> dict[str, Any]:
    """What a staff page needs of the person's region: names, zone and the moment."""
    with desk.db.read() as conn:
        directory = desk.directory(conn)
        urgent = waiting(conn, alarm_scopes(viewer, directory))
    return {"now": desk.clock.now(), "urgent": urgent, **names_of(directory, viewer)}


def names_of(directory: Directory, viewer: Viewer) -> dict[str, Any]:
    """The region's zone and the names of its units."""
    code = viewer.region or ""
    region = directory.region(code)
    return {
        "region": region,
        "zone": directory.zone(code),
        "zone_label": region.zone_label if region else "UTC",
        "opds": [opd for opd in directory.opds(code) if not opd.external],
        "externals": [opd for opd in directory.opds(code) if opd.external],
        "short": {opd.code: opd.short for opd in directory.opds(code)},
        "triage_open": may_see_triage(viewer),
        "restricted_open": queue_scope(viewer, directory, restricted=True) is not None,
    }


@router.get("/antrean")
def queue_page(
    request: Request,
    after: str | None = None,
    terlambat: bool = False,
    status: str = "",
    opd: str = "",
    ditutup: bool = False,
) -> Response:
    """The person's queue."""
    wanted = reading.QueueFilter(
        opd=opd if is_plain(opd) and opd else None,
        status=Status(status) if status in set(Status) else None,
        overdue=terlambat,
        closed=ditutup,
    )
    return _list(request, staff_session(request), wanted, after, restricted=False)


@router.get("/antrean/darurat")
def urgent_part(request: Request) -> Response:
    """The alarms that wait for a person: what open pages look at again and again."""
    session = staff_session(request)
    return render(
        request,
        "urgent.html",
        session=session,
        **place_of(context(request), session.viewer),
    )


@router.get("/antrean/terbatas")
def restricted_page(request: Request, after: str | None = None) -> Response:
    """The restricted list: reports about officers."""
    session = staff_session(request)
    return _list(request, session, reading.QueueFilter(), after, restricted=True)


def _list(
    request: Request,
    session: Session,
    wanted: reading.QueueFilter,
    after: str | None,
    *,
    restricted: bool,
) -> Response:
    desk, viewer = context(request), session.viewer
    with desk.db.read() as conn:
        scope = queue_scope(viewer, desk.directory(conn), restricted=restricted)
        if scope is None:
            raise ProblemError(
                403, "Tidak diizinkan", "Akun ini tidak memiliki antrean.",
                remedy="Buka halaman skor.",
            )  # fmt: skip
        now = desk.clock.now()
        try:
            items, following = reading.queue(conn, scope, now, after=after, wanted=wanted)
        except reading.BadCursorError:
            return redirect(request.url.path)
        totals = reading.counts(conn, scope, now)
    return render(
        request,
        "queue.html",
        session=session,
        items=items,
        next=following,
        totals=totals,
        wanted=wanted,
        restricted=restricted,
        statuses=[status for status in Status if status.value in words.STATUS],
        **place_of(desk, viewer),
    )


@router.get("/triase")
def triage_page(request: Request, oke: str = "") -> Response:
    """What waits for the coordinator."""
    session = staff_session(request)
    desk = context(request)
    return render(
        request,
        "triage.html",
        session=session,
        lists=triage_of(desk, session.viewer),
        done=oke == "1",
        **place_of(desk, session.viewer),
    )


@router.post("/triase/{ticket}")
def assign(
    request: Request,
    ticket: str,
    version: Annotated[int, Form(ge=1)],
    opd: Annotated[str, Form(max_length=64)] = "",
    csrf_token: Annotated[str, Form()] = "",
) -> Response:
    """Give a waiting case to a unit with one click."""
    session = form_session(request, csrf_token)
    command = Command(Action.ASSIGN, opd=opd)
    perform(context(request), session.viewer, ticket_of(ticket), version, command)
    return redirect("/triase?oke=1")
