"""Pages for everyone: the regions, a region's OPDs with live scores, and one OPD explained."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.desk import scoreboard
from services.desk.context import context, session_of
from services.desk.pages.rendering import render
from services.desk.permissions import may_see_scores
from services.desk.scoreboard import Reader
from shared.db.read.directory import Directory
from shared.scores.windows import Window

router = APIRouter()


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
    return render(request, "home.html", session=session, regions=seen, form=_form(request))


@router.get("/wilayah/{region}")
def region_page(request: Request, region: str, window: Window = Window.DAYS_90) -> Response:
    """The region's OPDs, the ranked ones first."""
    session = session_of(request)
    desk = context(request)
    reader = Reader(session.viewer if session else None, None, window)
    scores = scoreboard.region_scores(desk, reader, region)
    with desk.db.read() as conn:
        directory = desk.directory(conn)
    return render(
        request,
        "region.html",
        session=session,
        region=directory.region(region),
        form=_form(request),
        score=scores,
        groups=_groups(scores["opds"], directory),
        window=window.value,
        windows=[found.value for found in Window],
    )


@router.get("/wilayah/{region}/{opd}")
def opd_page(request: Request, region: str, opd: str, window: Window = Window.DAYS_90) -> Response:
    """One OPD's score and what it is made of."""
    session = session_of(request)
    desk = context(request)
    reader = Reader(session.viewer if session else None, None, window)
    code = f"{region}/{opd}"
    score = scoreboard.explanation(desk, reader, code)
    with desk.db.read() as conn:
        directory = desk.directory(conn)
    return render(
        request,
        "opd.html",
        session=session,
        region=directory.region(region),
        opd=directory.opd(code),
        directory=directory,
        score=score,
        window=window.value,
        windows=[found.value for found in Window],
        history=scoreboard.history(desk, reader, code)["points"],
    )


def _form(request: Request) -> str:
    """Where citizens file a complaint."""
    settings = context(request).settings
    return settings.neighbour(str(request.url), settings.ingest_port)


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
