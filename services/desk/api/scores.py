"""Public aggregates: `/api/v1/regions/{region}/scores` and `/api/v1/opds/{region}/{opd}/…`."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from services.desk import scoreboard
from services.desk.context import context, session_of
from services.desk.scoreboard import Reader
from shared.scores.windows import Window
from shared.web.problem import problem_responses

router = APIRouter(prefix="/api/v1", tags=["scores"], responses=problem_responses(401, 404, 422))


def reader_of(
    request: Request, as_of: date | None = None, window: Window = Window.DAYS_90
) -> Reader:
    """Who asks for what."""
    session = session_of(request)
    return Reader(session.viewer if session else None, as_of, window)


ReaderOf = Annotated[Reader, Depends(reader_of)]


@router.get("/regions/{region}/scores")
def region_scores(request: Request, reader: ReaderOf, region: str) -> Mapping[str, Any]:
    """The region's score with those of its OPDs."""
    return scoreboard.region_scores(context(request), reader, region)


@router.get("/opds/{region}/{opd}/score")
def opd_score(request: Request, reader: ReaderOf, region: str, opd: str) -> Mapping[str, Any]:
    """The OPD's score."""
    return scoreboard.opd_score(context(request), reader, f"{region}/{opd}")


@router.get("/opds/{region}/{opd}/explain")
def explain(request: Request, reader: ReaderOf, region: str, opd: str) -> Mapping[str, Any]:
    """What the score is made of; tickets only to those who may open them."""
    return scoreboard.explanation(context(request), reader, f"{region}/{opd}")


@router.get("/opds/{region}/{opd}/history")
def history(request: Request, reader: ReaderOf, region: str, opd: str) -> Mapping[str, Any]:
    """The index at the end of each of the last 13 weeks."""
    return scoreboard.history(context(request), reader, f"{region}/{opd}")
