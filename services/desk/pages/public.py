"""Pages for everyone: the regions, a region's OPDs with live scores, and one OPD explained."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.desk import scoreboard
from services.desk.context import context, session_of
from services.desk.pages import figures
from services.desk.pages.rendering import render
from services.desk.pages.scoreviews import ViewOf
from services.desk.permissions import may_see_scores
from services.desk.scoreboard import Days
from shared.db.read.directory import Directory

router = APIRouter()
# Before the page of an OPD, whose address would take theirs.
router.include_router(figures.router)


@router.get("/")
@router.get("/wilayah")
def home(request: Request) -> Response:
    """The regions whose scores the reader may see."""
    session = session_of(request)
    viewer = session.viewer if session else None
    desk = context(request)
    with desk.db.read() as conn:
        directory = desk.directory(conn)
    seen = [
        region
        for region in directory.regions
        if may_see_scores(viewer, region.code, public=region.public_scores)
    ]
    form = desk.settings.neighbour(str(request.url), desk.settings.ingest_port)
    return render(request, "home.html", session=session, regions=seen, form=form)


@router.get("/wilayah/{region}")
def region_page(view: ViewOf, region: str) -> Response:
    """The region's OPDs, the ranked ones first."""
    scores = scoreboard.region_scores(view.desk, view.reader, region)
    groups = _groups(scores["opds"], view.directory())
    return view.page("region.html", region, score=scores, groups=groups)


@router.get("/wilayah/{region}/{opd}")
def opd_page(view: ViewOf, region: str, opd: str) -> Response:
    """One OPD's score and what it is made of."""
    code = f"{region}/{opd}"
    score = scoreboard.explanation(view.desk, view.reader, code)
    points = scoreboard.history(view.desk, view.reader, code, Days())["points"]
    opened = {found["id"]: found for found in score["explain"]["figures"][0]["parts"]}
    return view.page(
        "opd.html", region, code, score=score, parts=opened, **figures.history_values(points)
    )


def _groups(opds: list[dict[str, Any]], directory: Directory) -> dict[str, list[dict[str, Any]]]:
    """Ranked entries by rank, those with less data, units with data, and OPDs with none."""
    groups = ("ranked", "unranked", "units", "silent")
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in groups}
    for score in opds:
        opd = directory.opd(score["opd"])
        if opd is None or opd.external:
            continue
        entry = score | {"short": opd.short, "path": opd.path}
        has_data = score["responsiveness"]["n"] > 0
        if score["responsiveness"]["rank"] is not None:
            found["ranked"].append(entry)
        elif opd.parent and has_data:
            found["units"].append(entry)
        elif not opd.parent and has_data:
            found["unranked"].append(entry)
        elif opd.ranked:
            found["silent"].append(entry)
    found["ranked"].sort(key=lambda entry: (entry["responsiveness"]["rank"], entry["short"]))
    found["unranked"].sort(key=lambda e: (-e["responsiveness"]["n"], e["short"]))
    return found
