"""`/api/v1/opds/{region}/{opd}/followups`: the register of SKM follow-ups."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from services.desk import following
from services.desk.api.evaluation import Place, RowId, StaffSession, Url, Year, download
from services.desk.api.inputs import LongText, RegionName, ShortText, UnitName
from services.desk.api.schema import evidence_body, file_answer
from services.desk.api.uploads import Body, read_body
from services.desk.context import context
from services.desk.evaluation import link
from services.desk.followups import FollowUpAct, Plan, Step
from services.desk.permissions import Viewer
from shared.contracts.enums import SKMElement
from shared.web.problem import ProblemError, problem_responses

router = APIRouter(prefix="/api/v1/opds", tags=["followups"])
_PLAN_FIELDS = frozenset(
    ("year", "service", "element", "finding", "plan", "owner", "due_on", "result_on")
)


class PlanRequest(BaseModel):
    """What an office undertakes; `owner` is a post, `service` left out means all of them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "year": 2026,
                    "service": "KTP",
                    "element": "waktu",
                    "finding": "Antrean panjang.",
                    "plan": "Menambah loket.",
                    "owner": "Kepala Dinas",
                    "due_on": "2026-12-31",
                    "result_on": "2026-10-01",
                }
            ]
        },
    )

    year: int
    service: ShortText = ""
    element: SKMElement
    finding: LongText
    plan: LongText
    owner: ShortText
    due_on: date
    result_on: date

    def content(self) -> Plan:
        """As the rules take it."""
        return Plan(**self.model_dump())


class StepRequest(BaseModel):
    """A step of an entry and the version it was decided on; `edit` carries the whole plan."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"act": "start", "version": 1}]},
    )

    act: FollowUpAct
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    on: date | None = None
    reason: LongText = ""
    links: Annotated[list[Url], Field(max_length=50)] = []


def keeper(request: Request, session: StaffSession, region: RegionName, opd: UnitName) -> Viewer:
    """Who keeps the register, known before a byte of the body is read."""
    following.require_keeper(context(request), session.viewer, f"{region}/{opd}")
    return session.viewer


Keeper = Annotated[Viewer, Depends(keeper)]


@router.get("/{region}/{opd}/followups", responses=problem_responses(401, 403, 404, 422))
def read(
    request: Request,
    session: StaffSession,
    region: RegionName,
    opd: UnitName,
    year: Year | None = None,
) -> Mapping[str, Any]:
    """The unit's register, with weak elements of its SKM that wait for an entry."""
    return following.register(context(request), session.viewer, f"{region}/{opd}", year)


@router.post(
    "/{region}/{opd}/followups",
    status_code=201,
    responses=problem_responses(401, 403, 404, 408, 413, 415, 422),
    openapi_extra=evidence_body(PlanRequest),
)
async def add(
    request: Request, viewer: Keeper, region: RegionName, opd: UnitName
) -> Mapping[str, Any]:
    """A new entry: year, element, finding, plan, owner, due_on, result_on, service."""
    body = await read_body(request)
    return await run_in_threadpool(write_plan, request, viewer, f"{region}/{opd}", body)


@router.post(
    "/{region}/{opd}/followups/{entry_id}",
    responses=problem_responses(401, 403, 404, 408, 409, 413, 415, 422),
    openapi_extra=evidence_body(StepRequest, PlanRequest),
)
async def change(
    request: Request, viewer: Keeper, region: RegionName, opd: UnitName, entry_id: RowId
) -> Mapping[str, Any]:
    """Start, edit, finish (with evidence) or withdraw; a stale `version` answers 409."""
    body = await read_body(request)
    return await run_in_threadpool(write_step, request, viewer, f"{region}/{opd}", entry_id, body)


@router.get(
    "/{region}/{opd}/followups/{entry_id}/evidence/{number}",
    response_class=Response,
    responses=file_answer("The file.") | problem_responses(401, 403, 404, 422),
)
def evidence(
    request: Request,
    session: StaffSession,
    region: RegionName,
    opd: UnitName,
    entry_id: RowId,
    number: Place,
) -> Response:
    """A file of an entry, always as a download."""
    desk, code = context(request), f"{region}/{opd}"
    return download(*following.evidence_file(desk, session.viewer, code, entry_id, number))


def write_plan(request: Request, viewer: Viewer, code: str, body: Body) -> dict[str, Any]:
    """Check and write a new entry; the page's form comes this way, too."""
    if body.files:
        raise ProblemError(
            422, "Isian tidak sah", "Berkas bukti diunggah ketika tindak lanjut selesai.", "files",
            "Kirim tanpa berkas.",
        )  # fmt: skip
    return following.add(context(request), viewer, code, body.as_model(PlanRequest).content())


def write_step(
    request: Request, viewer: Viewer, code: str, entry_id: int, body: Body
) -> dict[str, Any]:
    """Check and write a step; the page's forms come this way, too."""
    values, whole = dict(body.values), {}
    if values.get("act") == FollowUpAct.EDIT:
        whole = {name: values.pop(name) for name in _PLAN_FIELDS & set(values)}
    sent = Body(values, body.files, body.form).as_model(StepRequest)
    plan = None
    if sent.act is FollowUpAct.EDIT:
        plan = Body(whole, (), body.form).as_model(PlanRequest).content()
    links = tuple(link(url) for url in sent.links)
    step = Step(sent.act, plan, sent.on, sent.reason, links)
    desk = context(request)
    return following.change(desk, viewer, code, entry_id, sent.version, step, body.files)
