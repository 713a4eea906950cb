"""`/api/v1/…/editions`: reports previewed, signed, listed and shown exactly as signed."""

import base64
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from services.desk import editions
from services.desk.api.inputs import RegionName, is_plain
from services.desk.context import DeskContext, context, require_session, session_of
from services.desk.editions import (
    BrokenEditionError,
    Draft,
    NothingChangedError,
    OvertakenError,
    Signed,
    Signer,
    Wanted,
)
from services.desk.pages.printing import printed
from services.desk.permissions import Viewer, may_read_edition, may_sign
from services.desk.sessions import Session, ThrottledError
from shared.db.read.directory import Region
from shared.db.read.scores import UnknownUnitError
from shared.scores.report import PeriodError, ReportKind
from shared.web.problem import ProblemError, problem_responses

router = APIRouter(prefix="/api/v1", tags=["editions"])
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=120, pattern=r"^[^\r\n\t]+$"),
    AfterValidator(lambda text: _plain(text)),
]
Post = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=160, pattern=r"^[^\r\n\t]+$"),
    AfterValidator(lambda text: _plain(text)),
]
Note = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=1000),
    AfterValidator(lambda text: _plain(text)),
]
Scope = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,16}(/[a-z0-9-]{1,47})?$")]
EditionId = Annotated[int, Path(ge=1, le=2**62, examples=[1])]
PeriodName = Annotated[
    str, StringConstraints(pattern=r"^\d{4}(-\d{2})?$"), Field(examples=["2026-10"])
]


# What turns the direction of writing would let a print name somebody else than the text does.
_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def _plain(text: str) -> str:
    if not is_plain(text) or any(unicodedata.bidirectional(char) in _TURNING for char in text):
        raise ValueError("control characters are not allowed")
    return text


class SignRequest(BaseModel):
    """What to sign, who answers for it, and the password of the session's account once more.

    `scope`: the region (default) or an OPD's full code. `period`: a month `YYYY-MM` for `laporan`,
    a year for `f01`. `report_sha256` of the preview: what was looked at is signed, or nothing.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kind": "laporan",
                    "period": "2026-10",
                    "signer_name": "Budi Santoso",
                    "signer_post": "Kepala Bagian Organisasi",
                    "password": "correct horse battery",
                }
            ]
        },
    )

    kind: ReportKind
    scope: Scope | None = None
    period: PeriodName
    signer_name: Name
    signer_post: Post
    note: Note = ""
    password: Annotated[str, Field(min_length=1, max_length=200)]
    report_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None


def wanted_of(region: str, kind: ReportKind, scope: str | None, period: str) -> Wanted:
    """Of what an edition is asked; a scope of another region does not exist here."""
    found = Wanted(kind, scope or region, period)
    if found.region != region:
        raise _unknown("scope")
    if kind is ReportKind.F01 and "/" not in found.scope:
        raise ProblemError(
            422, "Isian tidak sah", "Berkas F-01 dibuat per unit.", "scope",
            "Pilih satu unit, misalnya paser/dinkes.",
        )  # fmt: skip
    return found


def preview(desk: DeskContext, viewer: Viewer, wanted: Wanted) -> Draft:
    """The report as it would be signed now; the coordinator's."""
    _check_signer(viewer, wanted.region)
    try:
        with desk.db.read() as conn:
            return editions.draft(conn, wanted, desk.clock.now())
    except UnknownUnitError as error:
        raise _unknown("scope") from error
    except PeriodError as error:
        raise ProblemError(422, "Isian tidak sah", str(error), "period") from error


def sign(
    desk: DeskContext,
    viewer: Viewer,
    wanted: Wanted,
    signer: Signer,
    *,
    password: str,
    address: str,
    seen: str | None,
) -> Signed:
    """Freeze the report; `seen` is the fingerprint of what the person looked at."""
    _check_signer(viewer, wanted.region)
    _check_password(desk, viewer, password, address)
    found = preview(desk, viewer, wanted)
    try:
        if seen is not None and seen != found.sha256:
            raise OvertakenError
        now = desk.clock.now()
        row = editions.freeze(found, signer, now, printed)
        with desk.db.write() as conn:
            number = editions.store(conn, viewer, row, now)
    except NothingChangedError as error:
        raise ProblemError(
            409, "Tidak ada perubahan", "Tidak ada angka yang berbeda dari edisi terakhir.",
            remedy="Edisi baru hanya dibuat bila ada koreksi.",
        ) from error  # fmt: skip
    except OvertakenError as error:
        raise ProblemError(
            409, "Angka sudah berubah", "Angka berubah sejak pratinjau, atau ada edisi baru.",
            "report_sha256", "Periksa pratinjau yang baru, lalu tandatangani.",
        ) from error  # fmt: skip
    return open_edition(desk, viewer, number)


def open_edition(desk: DeskContext, viewer: Viewer | None, edition: int) -> Signed:
    """An edition as signed, for who may read it; else it does not exist for them."""
    with desk.db.read() as conn:
        place = editions.place_of(conn, edition)
        region = desk.directory(conn).region(place[0]) if place else None
        if place is None or region is None or place[1] not in readable(viewer, region):
            raise _unknown("id")
        try:
            found = editions.read(conn, edition)
        except BrokenEditionError as error:
            raise ProblemError(
                500, "Edisi tidak utuh",
                "Edisi ini tidak sama lagi dengan yang ditandatangani, jadi tidak ditampilkan.",
                remedy="Hubungi pengelola; cocokkan dengan cetakan atau salinan cadangan.",
            ) from error  # fmt: skip
    if found is None:
        raise _unknown("id")
    return found


def readable(viewer: Viewer | None, region: Region) -> list[ReportKind]:
    """The kinds of editions of the region that the person may read."""
    return [
        kind
        for kind in ReportKind
        if may_read_edition(
            viewer,
            region.code,
            public=region.public_scores,
            names_cases=kind is ReportKind.F01,
        )
    ]


def list_editions(
    desk: DeskContext,
    viewer: Viewer | None,
    region: str,
    *,
    kind: ReportKind | None = None,
    scope: str | None = None,
    before: int | None = None,
) -> list[dict[str, Any]]:
    """The editions of a region that the person may read, the newest first."""
    with desk.db.read() as conn:
        found = desk.directory(conn).region(region)
        if found is None:
            raise _unknown("region")
        kinds = readable(viewer, found)
        if not kinds:
            status, title = (403, "Tidak diizinkan") if viewer else (401, "Perlu masuk")
            raise ProblemError(
                status, title, "Laporan daerah ini belum dibuka untuk umum.", "region",
                "Masuk sebagai petugas daerah ini.",
            )  # fmt: skip
        chosen = [one for one in kinds if kind in (None, one)]
        return editions.listed(conn, region, chosen, scope=scope, before=before)


def _check_signer(viewer: Viewer, region: str) -> None:
    if not may_sign(viewer, region):
        raise ProblemError(
            403, "Tidak diizinkan", "Hanya koordinator daerah ini yang menandatangani.",
            remedy="Masuk sebagai koordinatornya.",
        )  # fmt: skip


def _check_password(desk: DeskContext, viewer: Viewer, password: str, address: str) -> None:
    try:
        fits = desk.sessions.confirm(viewer, password, address)
    except ThrottledError as error:
        raise ProblemError(
            429, "Terlalu banyak percobaan", "Terlalu banyak kata sandi salah.", "password",
            f"Coba lagi setelah {error.seconds} detik.",
            headers={"Retry-After": str(error.seconds)},
        ) from error  # fmt: skip
    if not fits:
        raise ProblemError(
            403, "Tidak diizinkan", "Kata sandi salah.", "password",
            "Tanda tangan perlu kata sandi akun ini sekali lagi.",
        )  # fmt: skip


def _unknown(field: str) -> ProblemError:
    return ProblemError(
        404, "Tidak ditemukan", "Daerah, unit atau edisi ini tidak ada.", field,
        "Lihat daftar di /api/v1/regions.",
    )  # fmt: skip


# -- Routes ---------------------------------------------------------------------------------------


def address_of(request: Request) -> str:
    """Where the request comes from, for the limit of wrong passwords."""
    return request.client.host if request.client else ""


def viewer_of(request: Request) -> Viewer | None:
    """Who asks; none: the public."""
    session = session_of(request)
    return session.viewer if session else None


@router.get("/regions/{region}/editions", responses=problem_responses(401, 403, 404, 422))
def list_route(
    request: Request,
    region: RegionName,
    kind: ReportKind | None = None,
    scope: Scope | None = None,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Mapping[str, Any]:
    """Signed editions, the newest first; `before` an id for the page after."""
    items = list_editions(
        context(request), viewer_of(request), region, kind=kind, scope=scope, before=before
    )
    following = items[-1]["id"] if len(items) == editions.PAGE else None
    return {"items": items, "before": following}


@router.get("/regions/{region}/editions/preview", responses=problem_responses(401, 403, 404, 422))
def preview_route(
    request: Request,
    session: Annotated[Session, Depends(require_session)],
    region: RegionName,
    kind: ReportKind,
    period: PeriodName,
    scope: Scope | None = None,
) -> Mapping[str, Any]:
    """The report as it would be signed now, and what differs from the newest edition."""
    found = preview(context(request), session.viewer, wanted_of(region, kind, scope, period))
    return {
        "number": found.number,
        "report_sha256": found.sha256,
        "may_be_signed": found.may_be_signed,
        "differences": found.differences,
        "report": found.report,
    }


@router.post(
    "/regions/{region}/editions",
    status_code=201,
    responses=problem_responses(401, 403, 404, 409, 422, 429),
)
def sign_route(
    request: Request,
    response: Response,
    session: Annotated[Session, Depends(require_session)],
    region: RegionName,
    body: SignRequest,
) -> Mapping[str, Any]:
    """Sign; the answer is the new edition's place, its text is at `GET …/editions/{id}`."""
    found = sign(
        context(request),
        session.viewer,
        wanted_of(region, body.kind, body.scope, body.period),
        Signer(body.signer_name, body.signer_post, body.note),
        password=body.password,
        address=address_of(request),
        seen=body.report_sha256,
    )
    response.headers["Location"] = f"/api/v1/editions/{found.id}"
    return {
        "id": found.id,
        "number": found.edition["number"],
        "sha256": found.sha256,
        "differences": found.edition["differences"],
        "print": f"/editions/{found.id}/print",
    }


@router.get("/editions/{edition}", responses=problem_responses(404, 422, 500))
def read_route(request: Request, edition: EditionId) -> Response:
    """The signed JSON, byte for byte; its SHA-256 is in the headers."""
    found = open_edition(context(request), viewer_of(request), edition)
    return Response(
        found.content, media_type="application/json", headers=hash_headers(found.sha256)
    )


def hash_headers(sha256: str) -> dict[str, str]:
    """The fingerprint of the body, as people compare it and as RFC 9530 writes it."""
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    return {"X-Content-SHA256": sha256, "Repr-Digest": f"sha-256=:{digest}:"}
