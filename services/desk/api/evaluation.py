"""`/api/v1/opds/{region}/{opd}/assessments` and `/api/v1/evidence`: what the evaluator enters."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from services.desk import assessing
from services.desk.api.inputs import LongText, RegionName, ShortText, UnitName
from services.desk.api.schema import evidence_body, file_answer
from services.desk.api.uploads import Body, read_body
from services.desk.context import context, require_session
from services.desk.evaluation import Entry, link
from services.desk.permissions import Viewer
from services.desk.sessions import Session
from shared.web.problem import problem_responses

router = APIRouter(prefix="/api/v1", tags=["evaluation"])
StaffSession = Annotated[Session, Depends(require_session)]
RowId = Annotated[int, Path(ge=1, le=2**53, examples=[1])]
Place = Annotated[int, Path(ge=0, le=99, examples=[0])]
Year = Annotated[int, Query(ge=1900, le=9999)]
Url = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]
# People here write 4,5; a point is taken as well.
Figure = Annotated[
    Decimal,
    BeforeValidator(lambda given: given.replace(",", ".") if isinstance(given, str) else given),
]
_FILE_POLICY = "default-src 'none'; sandbox"
_ODD = re.compile(r"[^A-Za-z0-9._ -]")


class AssessmentRequest(BaseModel):
    """One item of a year; `value` null takes the earlier entries back."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "year": 2026,
                    "item": "25",
                    "value": 3,
                    "reason": "Diverifikasi di lapangan.",
                    "links": ["https://bukti.example/25"],
                }
            ]
        },
    )

    year: int
    item: ShortText
    value: Figure | None = None
    n: int | None = None
    reason: LongText = ""
    links: Annotated[list[Url], Field(max_length=50)] = []

    def entry(self, opd: str) -> Entry:
        """As the rules take it."""
        links = tuple(link(url) for url in self.links)
        return Entry(opd, self.year, self.item, self.value, self.n, self.reason, links)


def evaluator(request: Request, session: StaffSession, region: RegionName, opd: UnitName) -> Viewer:
    """The region's evaluator, known before a byte of the body is read."""
    assessing.require_evaluator(context(request), session.viewer, f"{region}/{opd}")
    return session.viewer


@router.post(
    "/opds/{region}/{opd}/assessments",
    status_code=201,
    responses=problem_responses(401, 403, 404, 408, 413, 415, 422),
    openapi_extra=evidence_body(AssessmentRequest),
)
async def assess(
    request: Request,
    viewer: Annotated[Viewer, Depends(evaluator)],
    region: RegionName,
    opd: UnitName,
) -> Mapping[str, Any]:
    """Enter a level, an aspect or F-03 of a year, as JSON or as a form with `files[]`."""
    body = await read_body(request)
    return await run_in_threadpool(write, request, viewer, f"{region}/{opd}", body)


def write(request: Request, viewer: Viewer, code: str, body: Body) -> dict[str, Any]:
    """Check and write what was sent; the page's form comes this way, too."""
    entry = body.as_model(AssessmentRequest).entry(code)
    return assessing.enter(context(request), viewer, entry, body.files)


@router.get("/opds/{region}/{opd}/assessments", responses=problem_responses(401, 403, 404, 422))
def read(
    request: Request,
    session: StaffSession,
    region: RegionName,
    opd: UnitName,
    year: Year | None = None,
) -> Mapping[str, Any]:
    """The unit's entries, newest first, with reason, evidence, who and when."""
    return assessing.history(context(request), session.viewer, f"{region}/{opd}", year)


@router.get(
    "/evidence/{entry_id}/{number}",
    response_class=Response,
    responses=file_answer("The file.") | problem_responses(401, 404, 422),
)
def evidence(request: Request, session: StaffSession, entry_id: RowId, number: Place) -> Response:
    """A file of an assessment, always as a download."""
    desk = context(request)
    return download(*assessing.evidence_file(desk, session.viewer, entry_id, number))


def download(piece: Mapping[str, Any], content: bytes) -> Response:
    """The file as a download under its shown name; nothing of it runs here."""
    name = str(piece["name"])
    plain = _ODD.sub("_", name)
    headers = {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
        "Content-Security-Policy": _FILE_POLICY,
    }
    return Response(content, media_type=str(piece["type"]), headers=headers)
