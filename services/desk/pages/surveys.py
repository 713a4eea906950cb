"""Pages of the survey: a region's OPDs, and one OPD with its elements, services and quarters."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.desk import skmboard
from services.desk.api.inputs import ShortText
from services.desk.context import context, session_of
from services.desk.pages.rendering import render
from services.desk.skmboard import Wanted
from shared.scores.periods import EARLIEST_YEAR, quarters
from shared.scores.skm import EXACT
from shared.scores.skm_figures import ELEMENT_NAMES, ELEMENT_NUMBERS

router = APIRouter()


def _asked(
    period: Annotated[str, Query(max_length=20)] = "",
    rule: Annotated[str, Query(max_length=10)] = EXACT,
    service: Annotated[ShortText | None, Query()] = None,
) -> Wanted:
    # A form cannot leave a field out: "*" stands for every service.
    return Wanted(period or None, rule=rule, service=None if service == "*" else service)


Asked = Annotated[Wanted, Depends(_asked)]


@router.get("/skm/{region}")
def region_page(request: Request, wanted: Asked, region: str) -> Response:
    """The region's OPDs by IKM."""
    return _page(request, "skm_region.html", region, None, wanted)


@router.get("/skm/{region}/{opd}")
def opd_page(request: Request, wanted: Asked, region: str, opd: str) -> Response:
    """One OPD's survey."""
    return _page(request, "skm.html", region, f"{region}/{opd}", wanted)


def _page(
    request: Request, template: str, region: str, opd: str | None, wanted: Wanted
) -> Response:
    desk = context(request)
    session = session_of(request)
    report = skmboard.skm_report(desk, session.viewer if session else None, region, opd, wanted)
    with desk.db.read() as conn:
        place = desk.directory(conn).region(region)
    now = desk.clock.now()
    today = now.astimezone(place.zone_info if place else None).date()
    return render(
        request,
        template,
        session=session,
        region=place,
        report=report,
        form=desk.settings.neighbour(str(request.url), desk.settings.ingest_port),
        periods=_periods(wanted, report, today),
        names={element.value: name for element, name in ELEMENT_NAMES.items()},
        numbers={element.value: number for element, number in ELEMENT_NUMBERS.items()},
        lowest=_lowest(report["skm"]["nrr"]),
    )


def _periods(wanted: Wanted, report: dict[str, Any], today: date) -> dict[str, Any]:
    """The links to the year's parts and to the years beside it."""
    year = int(report["to"][:4])
    codes = [(str(year), str(year)), (f"{year}-S1", "Smt I"), (f"{year}-S2", "Smt II")]
    codes += [(q.code, f"Tw {roman}") for q, roman in zip(quarters(year), _ROMAN, strict=True)]
    return {
        "parts": [(code, text, _query(wanted, code)) for code, text in codes],
        "before": (year - 1, _query(wanted, str(year - 1))) if year > EARLIEST_YEAR else None,
        "after": (year + 1, _query(wanted, str(year + 1))) if year < today.year else None,
    }


_ROMAN = ("I", "II", "III", "IV")


def _query(wanted: Wanted, code: str) -> str:
    values = {"period": code}
    if wanted.rule != EXACT:
        values["rule"] = wanted.rule
    if wanted.service is not None:
        values["service"] = wanted.service
    return urlencode(values)


def _lowest(nrr: dict[str, float | None]) -> set[str]:
    """The elements that people are least content with; none while all are alike or unknown."""
    known = {element: value for element, value in nrr.items() if value is not None}
    if len(set(known.values())) < 2:
        return set()
    least = min(known.values())
    return {element for element, value in known.items() if value == least}
