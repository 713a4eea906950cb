"""Public aggregates: `/api/v1/regions/{region}/…` and `/api/v1/opds/{region}/{opd}/…`."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from services.desk import figure_cases, scoreboard
from services.desk.api.inputs import RegionName, UnitName
from services.desk.context import context, session_of
from services.desk.figure_cases import Asked
from services.desk.scoreboard import Days, Reader
from shared.scores.windows import Window
from shared.web.problem import problem_responses

router = APIRouter(prefix="/api/v1", tags=["scores"], responses=problem_responses(401, 404, 422))


def reader_of(
    request: Request, as_of: date | None = None, window: Window = Window.DAYS_90
) -> Reader:
    """Who asks for what."""
    session = session_of(request)
    return Reader(session.viewer if session else None, as_of, window)


def days_of(
    first: Annotated[date | None, Query(alias="from", description="first local day")] = None,
    last: Annotated[date | None, Query(alias="to", description="last local day")] = None,
) -> Days:
    """Which days of a history: at most 366; nothing said: the last 90."""
    return Days(first, last)


ReaderOf = Annotated[Reader, Depends(reader_of)]
DaysOf = Annotated[Days, Depends(days_of)]


@router.get("/regions/{region}/scores")
def region_scores(request: Request, reader: ReaderOf, region: RegionName) -> Mapping[str, Any]:
    """The region's score with those of its OPDs."""
    return scoreboard.region_scores(context(request), reader, region)


@router.get("/regions/{region}/explain")
def explain_region(request: Request, reader: ReaderOf, region: RegionName) -> Mapping[str, Any]:
    """What the region's own score is made of, every figure opened."""
    return scoreboard.explanation(context(request), reader, region)


@router.get("/regions/{region}/history")
def region_history(
    request: Request, reader: ReaderOf, days: DaysOf, region: RegionName
) -> Mapping[str, Any]:
    """The region's index at the end of each day; a corrected day names what was published."""
    return scoreboard.history(context(request), reader, region, days)


@router.get("/opds/{region}/{opd}/score")
def opd_score(
    request: Request, reader: ReaderOf, region: RegionName, opd: UnitName
) -> Mapping[str, Any]:
    """The OPD's score."""
    return scoreboard.opd_score(context(request), reader, f"{region}/{opd}")


@router.get("/opds/{region}/{opd}/explain")
def explain(
    request: Request, reader: ReaderOf, region: RegionName, opd: UnitName
) -> Mapping[str, Any]:
    """What the score is made of, every figure opened; overdue tickets to who may open them."""
    return scoreboard.explanation(context(request), reader, f"{region}/{opd}")


@router.get("/opds/{region}/{opd}/services", responses=problem_responses(403))
def services(
    request: Request, reader: ReaderOf, region: RegionName, opd: UnitName
) -> Mapping[str, Any]:
    """The index of each service; for those who may see what a handful of people said."""
    return scoreboard.services(context(request), reader, f"{region}/{opd}")


@router.get("/opds/{region}/{opd}/explain/cases")
def cases(
    request: Request,
    reader: ReaderOf,
    region: RegionName,
    opd: UnitName,
    figure: Annotated[
        str, Query(max_length=64, description="id of a figure", examples=["shares.received"])
    ],
    what: Annotated[
        str, Query(max_length=32, description="name of one of its inputs", examples=["value"])
    ],
    after: Annotated[
        str | None, Query(max_length=64, description="`next` of the page before")
    ] = None,
) -> Mapping[str, Any]:
    """The cases behind a count, those the reader may open; the count alone to everybody else."""
    asked = Asked(figure, what, after)
    return figure_cases.cases_behind(context(request), reader, f"{region}/{opd}", asked)


@router.get("/opds/{region}/{opd}/history")
def history(
    request: Request, reader: ReaderOf, days: DaysOf, region: RegionName, opd: UnitName
) -> Mapping[str, Any]:
    """The index at the end of each day; a corrected day names what was published."""
    return scoreboard.history(context(request), reader, f"{region}/{opd}", days)
