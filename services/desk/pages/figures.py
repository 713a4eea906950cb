"""Pages that open a score: every figure explained, its history, and the cases behind a count."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.desk import scoreboard
from services.desk.figure_cases import Asked, cases_behind
from services.desk.pages import figure_words
from services.desk.pages.charts import chart
from services.desk.pages.rendering import staff_session
from services.desk.pages.scoreviews import View, ViewOf, day_of
from services.desk.scoreboard import Days
from shared.db.read.case_marks import FIGURES

router = APIRouter()
From = Annotated[str, Query(alias="from", max_length=10)]
To = Annotated[str, Query(max_length=10)]


@router.get("/wilayah/{region}/penjelasan")
def region_explained(view: ViewOf, region: str) -> Response:
    """Every figure of the region opened."""
    return _explained(view, region, None)


@router.get("/wilayah/{region}/riwayat")
def region_history(view: ViewOf, region: str, first: From = "", to: To = "") -> Response:
    """The region's index day by day."""
    return _history(view, region, None, first, to)


@router.get("/wilayah/{region}/{opd}/penjelasan")
def opd_explained(view: ViewOf, region: str, opd: str) -> Response:
    """Every figure of the OPD opened."""
    return _explained(view, region, f"{region}/{opd}")


@router.get("/wilayah/{region}/{opd}/riwayat")
def opd_history(view: ViewOf, region: str, opd: str, first: From = "", to: To = "") -> Response:
    """The OPD's index day by day."""
    return _history(view, region, f"{region}/{opd}", first, to)


@router.get("/wilayah/{region}/{opd}/layanan")
def opd_services(view: ViewOf, region: str, opd: str) -> Response:
    """The index of each service of the OPD; for those who may see what a handful of people said."""
    staff_session(view.request)
    found = scoreboard.services(view.desk, view.reader, f"{region}/{opd}")
    return view.page("services.html", region, f"{region}/{opd}", score=found)


@router.get("/wilayah/{region}/{opd}/kasus")
def cases(
    request: Request,
    view: ViewOf,
    region: str,
    opd: str,
    figure: Annotated[str, Query(max_length=64)],
    what: Annotated[str, Query(max_length=32)],
    after: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """The cases behind a count; for staff."""
    staff_session(request)
    found = cases_behind(view.desk, view.reader, f"{region}/{opd}", Asked(figure, what, after))
    title = figure_words.count_title(figure, what)
    return view.page("figure_cases.html", region, f"{region}/{opd}", found=found, title=title)


def _explained(view: View, region: str, opd: str | None) -> Response:
    score = scoreboard.explanation(view.desk, view.reader, opd or region)
    return view.page(
        "explained.html", region, opd, score=score, fw=figure_words, listed=frozenset(FIGURES)
    )


def _history(view: View, region: str, opd: str | None, first: str, to: str) -> Response:
    days = Days(day_of(first, "from"), day_of(to, "to"))
    found = scoreboard.history(view.desk, view.reader, opd or region, days)
    return view.page("history.html", region, opd, **history_values(found["points"]))


def history_values(points: list[dict[str, Any]]) -> dict[str, Any]:
    """What a page shows of a history."""
    return {
        "points": points,
        "chart": chart(points),
        "corrected": [point for point in points if point.get("corrected")],
    }
