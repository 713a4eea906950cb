"""Errors as `application/problem+json` (RFC 9457), registered in one place, the catch-all last.

Every answer names what is wrong, the field if there is one, and the remedy; none carries a stack,
a submitted value or anything else that could name a citizen.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.db.trouble import is_dependency_trouble
from shared.errors import TransientError
from shared.logs import get_logger

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5

_log = get_logger(__name__)

TITLES = {
    400: "Permintaan tidak dapat dibaca",
    401: "Perlu masuk",
    403: "Tidak diizinkan",
    404: "Tidak ditemukan",
    405: "Metode tidak didukung",
    408: "Terlalu lama",
    409: "Bertentangan dengan keadaan sekarang",
    413: "Terlalu besar",
    415: "Jenis isi tidak didukung",
    422: "Isian tidak sah",
    429: "Terlalu banyak permintaan",
    500: "Kesalahan di pihak kami",
    503: "Layanan sedang tidak tersedia",
}

# Pydantic's error types, in words a person can act on: (what is wrong, what to do).
_VALIDATION = {
    "missing": ("Bidang ini wajib diisi.", "Isi bidang ini."),
    "extra_forbidden": ("Bidang ini tidak dikenal.", "Hapus bidang ini."),
    "json_invalid": ("Isi permintaan bukan JSON yang sah.", "Kirim JSON yang sah (UTF-8)."),
    "string_too_short": ("Isian terlalu pendek.", "Isi paling sedikit {min_length} karakter."),
    "string_too_long": ("Isian terlalu panjang.", "Isi paling banyak {max_length} karakter."),
    "enum": ("Nilai tidak dikenal.", "Pilih salah satu dari {expected}."),
    "literal_error": ("Nilai tidak dikenal.", "Pilih salah satu dari {expected}."),
    "greater_than_equal": ("Nilai terlalu kecil.", "Isi paling kecil {ge}."),
    "less_than_equal": ("Nilai terlalu besar.", "Isi paling besar {le}."),
    "date_from_datetime_parsing": ("Tanggal tidak sah.", "Tulis tanggal sebagai TTTT-BB-HH."),
    "date_parsing": ("Tanggal tidak sah.", "Tulis tanggal sebagai TTTT-BB-HH."),
}
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_TYPES = ("Jenis isian salah.", "Isi {wanted}.")
_WANTED = {
    "int": "bilangan bulat",
    "float": "bilangan",
    "decimal": "bilangan",
    "string": "teks",
    "bool": "true atau false",
    "dict": "objek JSON",
    "model_attributes": "objek JSON",
    "model": "objek JSON",
    "list": "daftar",
}
_INVALID = ("Isian tidak sah.", "Periksa jenis dan bentuk isian bidang ini.")


class ProblemError(HTTPException):
    """An answer to the client that is not a success; everything in it may be shown to anyone."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        field: str | None = None,
        remedy: str | None = None,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(status_code=status, detail=detail, headers=dict(headers or {}))
        self.title = title
        self.field = field
        self.remedy = remedy
        self.errors = tuple(errors)

    def document(self) -> dict[str, Any]:
        """The body of the answer."""
        return document(
            self.status_code, self.title, self.detail, self.field, self.remedy, self.errors
        )


def document(
    status: int,
    title: str,
    detail: str,
    field: str | None = None,
    remedy: str | None = None,
    errors: Sequence[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """A problem document; members that do not apply are left out."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    body["detail"] = detail
    if field is not None:
        body["field"] = field
    if remedy is not None:
        body["remedy"] = remedy
    if errors:
        body["errors"] = [dict(error) for error in errors]
    return body


Page = Callable[[Request, ProblemError], Response | None]
"""How a service shows a problem to a person with a browser; none: as a document."""


def problem_response(error: ProblemError) -> JSONResponse:
    """The HTTP answer of a problem."""
    return JSONResponse(
        error.document(),
        error.status_code,
        headers=dict(error.headers or {}),
        media_type=MEDIA_TYPE,
    )


def unavailable() -> ProblemError:
    """The answer while the database is away: nothing was written, the client may repeat."""
    return ProblemError(
        503,
        TITLES[503],
        "Penyimpanan sedang tidak dapat dihubungi; tidak ada yang tersimpan.",
        remedy=f"Ulangi permintaan yang sama setelah {RETRY_AFTER_SECONDS} detik.",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


def validation_problem(errors: Sequence[Any]) -> ProblemError:
    """A 422 that names each field at fault and its remedy; submitted values are not repeated."""
    flaws = [_flaw(error) for error in errors] or [
        {"field": "body", "detail": _INVALID[0], "remedy": _INVALID[1]}
    ]
    first = flaws[0]
    return ProblemError(
        422, TITLES[422], first["detail"], first["field"], first["remedy"], errors=flaws
    )


def _flaw(error: Mapping[str, Any]) -> dict[str, str]:
    kind = str(error.get("type", ""))
    detail, remedy = _words(kind)
    place = [str(part) for part in error.get("loc", ())]
    if kind == "json_invalid":
        place = ["body"]
    elif len(place) > 1 and place[0] in {"body", "query", "path", "header", "cookie"}:
        place = place[1:]
    context = error.get("ctx") or {}
    try:
        remedy = remedy.format_map(context)
    except KeyError:
        remedy = _INVALID[1]
    return {"field": ".".join(place) or "body", "detail": detail, "remedy": remedy}


class _LastResort:
    """Answers a bug in place of the server, which would log the exception with its text."""

    def __init__(self, app: ASGIApp, answer: Callable[[Request, Exception], Response]) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if scope["type"] != "http":
                raise
            response = self._answer(Request(scope), error)
            # An answer under way cannot be taken back: the server cuts the connection.
            if not started:
                await response(scope, receive, send)


def _words(kind: str) -> tuple[str, str]:
    """What is wrong and what to do, for a type of pydantic's errors."""
    if kind in _VALIDATION:
        return _VALIDATION[kind]
    wanted = _WANTED.get(kind.rsplit("_", 1)[0])
    if wanted is None:
        return _INVALID
    return _TYPES[0], _TYPES[1].format(wanted=wanted)


def install_problems(app: FastAPI, page: Page | None = None) -> None:
    """Register every error answer of a service; call once, when the app is made.

    `page`, if given, may answer with a page instead of a document.
    """
    answers = _Answers(page)
    app.add_exception_handler(ProblemError, answers.on_problem)
    app.add_exception_handler(RequestValidationError, answers.on_validation)
    app.add_exception_handler(HTTPException, answers.on_http)
    for kind in (SQLAlchemyError, TransientError):
        app.add_exception_handler(kind, answers.on_trouble)
    app.add_middleware(_LastResort, answer=answers.on_bug)


class _Answers:
    """What each kind of error is answered with.

    Coroutines, since an ordinary function would have each refusal wait for a thread.
    """

    def __init__(self, page: Page | None) -> None:
        self._page = page

    def _answer(self, request: Request, error: ProblemError) -> Response:
        shown = self._page(request, error) if self._page else None
        return problem_response(error) if shown is None else shown

    async def on_problem(self, request: Request, error: Exception) -> Response:
        """Said by the service itself."""
        return self._answer(request, cast(ProblemError, error))

    async def on_validation(self, request: Request, error: Exception) -> Response:
        """Found by FastAPI in the request."""
        errors = cast(RequestValidationError, error).errors()
        return self._answer(request, validation_problem(errors))

    async def on_http(self, request: Request, error: Exception) -> Response:
        """Found by the router: no such address or method, or a body that no JSON can be."""
        found = cast(HTTPException, error)
        # FastAPI answers JSON it cannot parse with 422, but what is no UTF-8, or nested too
        # deeply, with 400: for who sent it both are the same.
        if isinstance(found.__cause__, UnicodeDecodeError | RecursionError):
            return self._answer(request, validation_problem([{"type": "json_invalid"}]))
        problem = _from_http(found)
        if found.status_code == 405:
            problem.headers = {"Allow": ", ".join(_methods(request))}
        return self._answer(request, problem)

    async def on_trouble(self, request: Request, error: Exception) -> Response:
        """A dependency is away, unless the statement itself is wrong."""
        if not is_dependency_trouble(error):
            return self.on_bug(request, error)
        _log.warning("dependency_away", error=type(error).__name__)
        return self._answer(request, unavailable())

    def on_bug(self, request: Request, error: Exception) -> Response:
        """Our own fault."""
        # The text of an exception may quote what a citizen wrote: its type is enough here.
        _log.error("request_failed", error=type(error).__name__, place=_place(error))
        detail = "Permintaan ini gagal dan telah kami catat."
        remedy = "Ulangi sebentar lagi; bila tetap gagal, hubungi Diskominfo."
        return self._answer(request, ProblemError(500, TITLES[500], detail, remedy=remedy))


def _place(error: Exception) -> str:
    """Where in our code it happened: file and line, never values."""
    trace, last = error.__traceback__, None
    while trace is not None:
        last, trace = trace, trace.tb_next
    if last is None:
        return "?"
    return f"{last.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{last.tb_lineno}"


def _methods(request: Request) -> Sequence[str]:
    """Every method of an address: the router's own `Allow` names those of one of its routes.

    What is mounted, such as the static files, is only read. There the path of the scope counts from
    the mount on, and could be taken for one of the app's own.
    """
    outside = request.scope.get("root_path", "")
    if request.scope.get("app_root_path", outside) != outside:
        return ("GET", "HEAD")
    return [
        method
        for method in _METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]


def _from_http(error: HTTPException) -> ProblemError:
    title = TITLES.get(error.status_code, "Permintaan tidak dapat dilayani")
    known = {
        404: ("Alamat ini tidak ada.", "Periksa alamatnya."),
        405: ("Metode ini tidak didukung di alamat ini.", "Lihat /openapi.json."),
    }
    detail, remedy = known.get(error.status_code, (title + ".", "Lihat /openapi.json."))
    return ProblemError(
        error.status_code, title, detail, remedy=remedy, headers=error.headers or {}
    )


def problem_schema() -> dict[str, Any]:
    """The OpenAPI schema of a problem document."""
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "field": text,
            "remedy": text,
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"field": text, "detail": text, "remedy": text},
                },
            },
        },
    }


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a FastAPI route: each status as a problem document."""
    content = {MEDIA_TYPE: {"schema": problem_schema()}}
    return {
        status: {"description": TITLES.get(status, "Galat"), "content": content}
        for status in statuses
    }
