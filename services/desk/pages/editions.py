"""Reports: the list of signed editions, the preview with its form, an edition, and its print."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import HTMLResponse, Response

from services.desk.api import editions as api
from services.desk.context import DeskContext, context, session_of
from services.desk.editions import PAGE, Draft, Signer
from services.desk.pages.printing import policy_of, signed_at
from services.desk.pages.rendering import form_session, redirect, render, staff_session
from services.desk.permissions import may_sign
from services.desk.sessions import Session
from shared.db.read.directory import Directory, Region
from shared.scores import report_words
from shared.scores.report import ReportKind
from shared.web.problem import ProblemError

router = APIRouter()
MONTHS_OFFERED = 13
_NAMES: dict[str, TypeAdapter[str]] = {
    "signer_name": TypeAdapter(api.Name),
    "signer_post": TypeAdapter(api.Post),
    "note": TypeAdapter(api.Note),
}
_TOLD = {
    "signer_name": "Isi nama penanda tangan, 3 sampai 120 huruf.",
    "signer_post": "Isi jabatan penanda tangan, 3 sampai 160 huruf.",
    "note": "Catatan paling banyak 1.000 huruf, tanpa karakter kendali.",
}


@router.get("/laporan/{region}")
def list_page(
    request: Request,
    region: str,
    unit: Annotated[str, Query(pattern=r"^[a-z0-9/-]{0,64}$")] = "",
    sebelum: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """The signed editions of a region; the coordinator also starts new ones here."""
    session = session_of(request)
    desk = context(request)
    viewer = session.viewer if session else None
    scope = unit or None
    items = api.list_editions(desk, viewer, region, scope=scope, before=sebelum)
    directory, found = _place(desk, region)
    today = desk.clock.now().astimezone(found.zone_info).date()
    return render(
        request,
        "editions.html",
        session=session,
        region=found,
        items=[
            item | {"at": signed_at(item, _zone(found)), "unit": _name(directory, item["scope"])}
            for item in items
        ],
        older=items[-1]["id"] if len(items) == PAGE else None,
        unit=unit,
        units=_units(directory, region),
        months=_months(today),
        years=[today.year - 1, today.year],
        may_sign=may_sign(viewer, region),
        r=report_words,
    )


@router.get("/laporan/{region}/pratinjau")
def preview_page(request: Request, region: str, jenis: str, masa: str, unit: str = "") -> Response:
    """The report as it would be signed now, and the form that signs it."""
    session = staff_session(request)
    found = _draft(context(request), session, region, jenis, unit, masa)
    return _preview(request, session, found, {})


@router.post("/laporan/{region}/tandatangani")
def sign_page(
    request: Request,
    region: str,
    jenis: Annotated[str, Form(max_length=16)],
    masa: Annotated[str, Form(max_length=16)],
    unit: Annotated[str, Form(max_length=64)] = "",
    signer_name: Annotated[str, Form(max_length=1000)] = "",
    signer_post: Annotated[str, Form(max_length=1000)] = "",
    note: Annotated[str, Form(max_length=10_000)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    report_sha256: Annotated[str, Form(max_length=64)] = "",
    csrf_token: Annotated[str, Form()] = "",
) -> Response:
    """Sign; what stands in the way is said above the form, with what was typed but the password."""
    session = form_session(request, csrf_token)
    desk = context(request)
    typed = {"signer_name": signer_name, "signer_post": signer_post, "note": note}
    try:
        signer = _signer(typed)
        signed = api.sign(
            desk,
            session.viewer,
            api.wanted_of(region, _kind(jenis), unit or None, masa),
            signer,
            password=password,
            address=api.address_of(request),
            seen=report_sha256 or None,
        )
    except ProblemError as problem:
        if problem.field not in {*typed, "password", "report_sha256"}:
            raise
        found = _draft(desk, session, region, jenis, unit, masa)
        return _preview(request, session, found, typed, problem)
    return redirect(f"/laporan/edisi/{signed.id}?baru=1")


@router.get("/laporan/edisi/{edition}")
def edition_page(
    request: Request, edition: Annotated[int, Path(ge=1, le=2**62)], baru: str = ""
) -> Response:
    """An edition as signed, with its fingerprint and what it corrects."""
    session = session_of(request)
    viewer = session.viewer if session else None
    found = api.open_edition(context(request), viewer, edition)
    region = found.report["scope"]["region"]
    return render(
        request,
        "edition.html",
        session=session,
        signed=found,
        edition=found.edition,
        report=found.report,
        signed_at=signed_at(found.edition, found.report),
        by=found.signed_by if may_sign(viewer, region) else "",
        new=baru == "1",
        r=report_words,
    )


@router.get("/editions/{edition}/print")
def print_page(request: Request, edition: Annotated[int, Path(ge=1, le=2**62)]) -> Response:
    """The print as signed, byte for byte, under a policy that lets its own style through."""
    session = session_of(request)
    viewer = session.viewer if session else None
    found = api.open_edition(context(request), viewer, edition)
    headers = {"Content-Security-Policy": policy_of(found.printed)}
    return HTMLResponse(found.printed, headers=headers)


def _preview(
    request: Request,
    session: Session,
    found: Draft,
    typed: dict[str, str],
    problem: ProblemError | None = None,
) -> Response:
    return render(
        request,
        "edition_preview.html",
        session=session,
        status=problem.status_code if problem else 200,
        draft=found,
        report=found.report,
        # What goes on changing by itself is signed as it is when the button is pressed.
        seen=found.sha256 if found.report["period"]["complete"] else "",
        typed={"signer_name": "", "signer_post": "", "note": ""} | typed,
        problem=problem.document() if problem else None,
        r=report_words,
    )


def _draft(
    desk: DeskContext, session: Session, region: str, kind: str, unit: str, period: str
) -> Draft:
    wanted = api.wanted_of(region, _kind(kind), unit or None, period)
    return api.preview(desk, session.viewer, wanted)


def _kind(name: str) -> ReportKind:
    try:
        return ReportKind(name)
    except ValueError as error:
        raise ProblemError(
            422, "Isian tidak sah", "Jenis laporan tidak dikenal.", "jenis",
            "Pilih laporan atau f01.",
        ) from error  # fmt: skip


def _signer(typed: dict[str, str]) -> Signer:
    values = {}
    for field, text in typed.items():
        try:
            values[field] = _NAMES[field].validate_python(text)
        except ValidationError as error:
            raise ProblemError(422, "Isian tidak sah", _TOLD[field], field) from error
    return Signer(values["signer_name"], values["signer_post"], values["note"])


def _place(desk: DeskContext, region: str) -> tuple[Directory, Region]:
    with desk.db.read() as conn:
        directory = desk.directory(conn)
    found = directory.region(region)
    if found is None:
        raise ProblemError(404, "Tidak ditemukan", "Daerah ini tidak ada.", "region")
    return directory, found


def _zone(region: Region) -> dict[str, Any]:
    return {"scope": {"zone": region.zone, "zone_label": region.zone_label}}


def _name(directory: Directory, scope: str) -> str:
    opd = directory.opd(scope)
    region = directory.region(scope)
    return opd.name if opd else region.name if region else scope


def _units(directory: Directory, region: str) -> list[dict[str, str]]:
    return [
        {"code": opd.code, "name": opd.name} for opd in directory.opds(region) if not opd.external
    ]


def _months(today: date) -> list[str]:
    """This month and those before, the newest first."""
    number = today.year * 12 + today.month - 1
    return [
        f"{(number - back) // 12:04}-{(number - back) % 12 + 1:02}"
        for back in range(MONTHS_OFFERED)
    ]
