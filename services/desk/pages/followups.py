"""The page of a unit's register of SKM follow-ups, with the forms of every step."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from services.desk import assessing, following
from services.desk.api.followups import write_plan, write_step
from services.desk.api.uploads import Body, read_body
from services.desk.context import DeskContext, context
from services.desk.evaluation import FIRST_YEAR
from services.desk.pages import evaluation_words
from services.desk.pages.evaluation import PageSession, Year
from services.desk.pages.rendering import form_session, redirect, render
from services.desk.permissions import may_see_evaluation
from services.desk.sessions import Session
from shared.contracts.enums import SKMElement
from shared.db.read.evaluation import load_inputs
from shared.db.read.services import services_of
from shared.scores.evaluation import FollowUpEntry, register_on
from shared.scores.pekppp import NOTICE
from shared.web.problem import ProblemError

router = APIRouter(prefix="/tindak-lanjut")
EntryId = Annotated[int, Path(ge=1, le=2**53)]
_USUAL_TIME = timedelta(days=90)


def keeper(request: Request, session: PageSession, region: str, opd: str) -> Session:
    """The session of who keeps the register, known before a byte of a form is read."""
    following.require_keeper(context(request), session.viewer, f"{region}/{opd}")
    return session


Keeper = Annotated[Session, Depends(keeper)]


@router.get("/{region}/{opd}")
def page(
    request: Request,
    session: PageSession,
    region: str,
    opd: str,
    year: Year = None,
    unsur: Annotated[str, Query(max_length=20)] = "",
    oke: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """The register; `unsur` opens the form of a new entry for that element."""
    typed = {"element": unsur} if unsur in set(SKMElement) else {}
    done = evaluation_words.DONE.get(oke)
    return _page(request, session, f"{region}/{opd}", year, done=done, typed=typed)


@router.post("/{region}/{opd}")
async def add(request: Request, session: Keeper, region: str, opd: str) -> Response:
    """A new entry by the form."""
    body = await read_body(request)
    return await run_in_threadpool(_add, request, session, f"{region}/{opd}", body)


@router.post("/{region}/{opd}/{entry_id}")
async def change(
    request: Request, session: Keeper, region: str, opd: str, entry_id: EntryId
) -> Response:
    """A step of an entry by one of its forms."""
    body = await read_body(request)
    return await run_in_threadpool(_change, request, session, f"{region}/{opd}", entry_id, body)


def _add(request: Request, session: Session, code: str, body: Body) -> Response:
    form_session(request, str(body.values.get("csrf_token", "")))
    values = _without_token(body)
    try:
        written = write_plan(request, session.viewer, code, Body(values, body.files, body.form))
    except ProblemError as error:
        if error.status_code != 422:
            raise
        return _page(request, session, code, None, error=error, typed=values)
    return redirect(f"/tindak-lanjut/{code}?oke=add#catatan-{written['id']}")


def _change(request: Request, session: Session, code: str, entry_id: int, body: Body) -> Response:
    form_session(request, str(body.values.get("csrf_token", "")))
    values = _without_token(body)
    try:
        sent = Body(values, body.files, body.form)
        write_step(request, session.viewer, code, entry_id, sent)
    except ProblemError as error:
        if error.status_code not in (409, 422):
            raise
        return _page(request, session, code, None, error=error, typed=values, at=entry_id)
    return redirect(f"/tindak-lanjut/{code}?oke={values['act']}#catatan-{entry_id}")


def _without_token(body: Body) -> dict[str, str]:
    return {name: str(text) for name, text in body.values.items() if name != "csrf_token"}


def _page(
    request: Request,
    session: Session,
    code: str,
    year: int | None,
    *,
    done: str | None = None,
    error: ProblemError | None = None,
    typed: Mapping[str, str] | None = None,
    at: int | None = None,
) -> Response:
    desk, viewer = context(request), session.viewer
    found = following.register(desk, viewer, code, year)
    region = code.partition("/")[0]
    return render(
        request,
        "followups.html",
        session=session,
        status=error.status_code if error else 200,
        register=found,
        elements=list(SKMElement),
        year=year,
        oversees=may_see_evaluation(viewer, region),
        done=done,
        problem=error.document() if error else None,
        typed=typed or {},
        at=at,
        words=evaluation_words,
        notice=NOTICE,
        parse=date.fromisoformat,
        **_of_unit(desk, code),
    )


def _of_unit(desk: DeskContext, code: str) -> dict[str, Any]:
    """What the page shows beside the register: names, services, the levels of no. 8 and 9."""
    with desk.db.read() as conn:
        directory = desk.directory(conn)
        unit = assessing.known_unit(directory, code)
        now = desk.clock.now()
        today = assessing.local_day(directory, unit.region, now)
        inputs = load_inputs(conn, unit.region, now).get(code)
        services = [s.name for s in services_of(conn, unit.region, today) if s.opd == code]
    instrument = assessing.instrument_at(today)
    lines = inputs.followups if inputs else ()
    levels = {then: register_on(lines, then, today, instrument) for then in _years_of(lines, today)}
    return {
        "region": directory.region(unit.region),
        "unit": unit,
        "units": directory.units_of(code),
        "zone": directory.zone(unit.region),
        "levels": {then: level for then, level in levels.items() if level.plans},
        "services": services,
        "years": list(range(today.year, FIRST_YEAR - 1, -1)),
        "usual": _usual(today),
    }


def _years_of(lines: Iterable[FollowUpEntry], today: date) -> list[int]:
    return sorted({line.year for line in lines if line.year <= today.year}, reverse=True)


def _usual(today: date) -> dict[str, str]:
    """What the form of a new entry starts with."""
    return {"year": str(today.year), "due_on": (today + _USUAL_TIME).isoformat()}
