"""Pages of the evaluation: what each unit still lacks, and the forms of one unit's items."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from services.desk import assessing
from services.desk.api.evaluation import write
from services.desk.api.uploads import Body, read_body
from services.desk.context import DeskContext, context
from services.desk.evaluation import FIRST_YEAR
from services.desk.pages import evaluation_words
from services.desk.pages.evaluation_rows import Rows, summary
from services.desk.pages.rendering import form_session, redirect, render, staff_session
from services.desk.permissions import Viewer, may_assess, may_see_evaluation
from services.desk.scoreboard import Reader, opd_score, region_scores
from services.desk.sessions import Session
from shared.db.read.directory import OPD, Directory
from shared.db.read.evaluation import load_inputs
from shared.policy.instrument import Instrument
from shared.scores.evaluation import UnitInputs, register_on
from shared.scores.pekppp import NOTICE
from shared.scores.windows import Window
from shared.web.problem import ProblemError

router = APIRouter()
PageSession = Annotated[Session, Depends(staff_session)]
Year = Annotated[int | None, Query(alias="tahun", ge=FIRST_YEAR, le=9999)]
_FORM_ONLY = ("csrf_token", "tarik")


def evaluator(request: Request, session: PageSession, region: str, opd: str) -> Session:
    """The session of the region's evaluator, known before a byte of a form is read."""
    assessing.require_evaluator(context(request), session.viewer, f"{region}/{opd}")
    return session


@router.get("/penilaian/{region}")
def overview(request: Request, session: PageSession, region: str, year: Year = None) -> Response:
    """Which inputs of a year each unit has, and which it lacks."""
    desk, viewer = context(request), session.viewer
    with desk.db.read() as conn:
        directory = desk.directory(conn)
        found = directory.region(region)
        if found is None:
            raise ProblemError(404, "Tidak ditemukan", "Daerah ini tidak ada.", "region")
        if not may_see_evaluation(viewer, region):
            raise assessing.forbidden(
                "Ikhtisar penilaian hanya bagi koordinator dan pemantau.", "Buka unit Anda sendiri."
            )
        today = assessing.local_day(directory, region, desk.clock.now())
        year = min(year or today.year, today.year)
        standing = assessing.standing(conn, region, year)
        inputs = load_inputs(conn, region, desk.clock.now())
    instrument = assessing.instrument_at(today)
    scores = region_scores(desk, Reader(viewer, None, Window.YEAR), region)
    documents = {score["opd"]: _of_year(score["pekppp"], year) for score in scores["opds"]}
    units = []
    for unit in _evaluated(directory, region, year):
        computed = _computed(
            documents.get(unit.code, {}), inputs.get(unit.code), year, today, instrument
        )
        units.append(summary(unit, standing.get(unit.code, {}), computed, instrument))
    return render(
        request,
        "evaluation_region.html",
        session=session,
        region=found,
        units=units,
        **_frame(year, today),
    )


@router.get("/penilaian/{region}/{opd}")
def unit_page(
    request: Request,
    session: PageSession,
    region: str,
    opd: str,
    year: Year = None,
    oke: Annotated[str, Query(max_length=8)] = "",
) -> Response:
    """One unit's items of a year: level, computed level, form and history."""
    return _page(request, session, f"{region}/{opd}", year, done=oke)


@router.post("/penilaian/{region}/{opd}")
async def assess(
    request: Request, session: Annotated[Session, Depends(evaluator)], region: str, opd: str
) -> Response:
    """Enter an item by its form; what was typed survives a refusal, files do not."""
    body = await read_body(request)
    return await run_in_threadpool(_assess, request, session, f"{region}/{opd}", body)


def _assess(request: Request, session: Session, code: str, body: Body) -> Response:
    form_session(request, str(body.values.get("csrf_token", "")))
    values = {name: text for name, text in body.values.items() if name not in _FORM_ONLY}
    if "tarik" in body.values:
        values |= {"value": "", "n": ""}
    item, year = str(values.get("item", "")), str(values.get("year", ""))
    try:
        if "tarik" not in body.values and not str(values.get("value", "")).strip():
            raise ProblemError(
                422, "Isian tidak sah", "Nilai belum dipilih.", "value", "Pilih atau isi nilainya."
            )
        written = write(request, session.viewer, code, Body(values, body.files, body.form))
    except ProblemError as error:
        if error.status_code != 422:
            raise
        shown = int(year) if year.isdecimal() and len(year) == len("2026") else None
        return _page(request, session, code, shown, error=error, typed=values | {"item": item})
    target = f"/penilaian/{code}?tahun={written['year']}&oke={written['item']}"
    return redirect(f"{target}#butir-{written['item']}")


def _page(
    request: Request,
    session: Session,
    code: str,
    year: int | None,
    *,
    done: str = "",
    error: ProblemError | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    desk, viewer = context(request), session.viewer
    unit = assessing.require_reader(desk, viewer, code)
    with desk.db.read() as conn:
        directory = desk.directory(conn)
        today = assessing.local_day(directory, unit.region, desk.clock.now())
        inputs = load_inputs(conn, unit.region, desk.clock.now()).get(code)
    year = min(max(year or today.year, FIRST_YEAR), today.year)
    instrument = assessing.instrument_at(today)
    document = _document(desk, viewer, code, year)
    computed = _computed(document, inputs, year, today, instrument)
    entries = assessing.history(desk, viewer, code, year)["items"]
    return render(
        request,
        "evaluation_unit.html",
        session=session,
        status=error.status_code if error else 200,
        region=directory.region(unit.region),
        unit=unit,
        units=[found for found in directory.units_of(code) if found.kode],
        zone=directory.zone(unit.region),
        groups=Rows(unit, entries, computed, instrument).groups(),
        document=document,
        enters=may_assess(viewer, unit.region) and unit.kode is not None,
        oversees=may_see_evaluation(viewer, unit.region),
        done=done,
        problem=error.document() if error else None,
        typed=typed or {},
        **_frame(year, today),
    )


def _frame(year: int, today: date) -> dict[str, Any]:
    years = list(range(today.year, FIRST_YEAR - 1, -1))
    return {"year": year, "years": years, "words": evaluation_words, "notice": NOTICE}


def _evaluated(directory: Directory, region: str, year: int) -> list[OPD]:
    """Units with a kode: the year's national loci first, then the others, then those of none."""
    found = [unit for unit in directory.opds(region) if unit.kode and not unit.external]
    order = {"nasional": 0, "mandiri": 1}
    return sorted(
        found, key=lambda unit: (order.get(unit.locus.get(str(year), ""), 2), unit.short.lower())
    )


def _document(desk: DeskContext, viewer: Viewer, code: str, year: int) -> dict[str, Any]:
    try:
        score = opd_score(desk, Reader(viewer, None, Window.YEAR), code)
    except ProblemError as error:
        if error.status_code != 404:
            raise
        return {}
    return _of_year(score["pekppp"], year)


def _of_year(pekppp: Mapping[str, Any], year: int) -> dict[str, Any]:
    """The part of a score that is of that year: the running one or the one before; else none."""
    for part in (pekppp, pekppp.get("assessed") or {}):
        if part.get("year") == year:
            return dict(part)
    return {}


def _computed(
    document: Mapping[str, Any],
    inputs: UnitInputs | None,
    year: int,
    today: date,
    instrument: Instrument,
) -> dict[str, int]:
    """The levels that the system computes, by item; those it has no data for are left out."""
    indicators = document.get("aspect_e", {}).get("indicators", {})
    found = {item: part["computed"] for item, part in indicators.items()}
    register = register_on(inputs.followups if inputs else (), year, today, instrument)
    found[str(instrument.survey_share.indicator)] = register.share
    found[str(instrument.survey_speed.indicator)] = register.speed
    return {item: level for item, level in found.items() if level is not None}
