"""The survey's figures: `/api/v1/regions/{region}/skm` and `/api/v1/opds/{region}/{opd}/skm`."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from services.desk import skmboard
from services.desk.api.inputs import RegionName, ShortText, UnitName
from services.desk.context import context, session_of
from services.desk.permissions import Viewer
from services.desk.skmboard import Wanted
from shared.scores.skm import EXACT
from shared.web.problem import problem_responses

router = APIRouter(prefix="/api/v1", tags=["scores"], responses=problem_responses(401, 404, 422))


def wanted_of(
    period: Annotated[
        str | None,
        Query(max_length=20, description="2026, 2026-S1, 2026-Q3 or 2026-11", examples=["2026-11"]),
    ] = None,
    first: Annotated[
        date | None, Query(alias="from", description="first local day, instead of period")
    ] = None,
    last: Annotated[date | None, Query(alias="to", description="last local day")] = None,
    rule: Annotated[str, Query(max_length=10, description="weight: 1/9, 0.11 or 0.111")] = EXACT,
    service: Annotated[
        ShortText | None, Query(description="only this service; empty: none named")
    ] = None,
) -> Wanted:
    """What is asked for."""
    return Wanted(period or None, first, last, rule, service)


WantedOf = Annotated[Wanted, Depends(wanted_of)]


@router.get("/regions/{region}/skm")
def region_skm(request: Request, wanted: WantedOf, region: RegionName) -> Mapping[str, Any]:
    """The SKM of the region and of each of its OPDs with their units."""
    return skmboard.skm_report(context(request), _viewer(request), region, None, wanted)


@router.get("/opds/{region}/{opd}/skm")
def opd_skm(
    request: Request, wanted: WantedOf, region: RegionName, opd: UnitName
) -> Mapping[str, Any]:
    """The SKM of an OPD: elements, services, units, quarters, comments and bursts."""
    code = f"{region}/{opd}"
    return skmboard.skm_report(context(request), _viewer(request), region, code, wanted)


def _viewer(request: Request) -> Viewer | None:
    session = session_of(request)
    return session.viewer if session else None
