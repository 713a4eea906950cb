"""Bodies that may carry evidence: JSON, or a form with files; never on disk before it is sealed."""

import asyncio
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from services.desk.evidence import Upload
from shared.web.problem import ProblemError, validation_problem

MAX_UPLOAD = 20_000_000
"""Bytes of a body with files; the reverse proxy's own limit."""
UPLOAD_PATHS = re.compile(
    r"/api/v1/opds/[^/]+/[^/]+/(?:assessments|followups(?:/[^/]+)?)"
    r"|/(?:penilaian|tindak-lanjut)/[^/]+/[^/]+(?:/[^/]+)?"
)
_MOST_FIELDS = 40
_MOST_FILES = 20
_FIELD_BYTES = 64 * 1024
_SECONDS = 180
_MOST_AT_ONCE = 4
_RETRY_SECONDS = 5
_FILES = ("files[]", "files")
_LINKS = "links"
_places = threading.BoundedSemaphore(_MOST_AT_ONCE)
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Body:
    """What was sent: values by name (of a form all text), and files."""

    values: Mapping[str, Any]
    files: Sequence[Upload] = ()
    form: bool = False

    def as_model(self, model: type[M]) -> M:
        """The values as a model, or a 422 that names each field at fault.

        In a form everything is text and an empty field is one left out; `links` has one a line.
        """
        values = dict(self.values)
        if self.form:
            values = {name: text for name, text in values.items() if text.strip()}
            if _LINKS in values:
                values[_LINKS] = values[_LINKS].split()
        try:
            return model.model_validate(values)
        except ValidationError as error:
            raise validation_problem(error.errors()) from error


async def read_body(request: Request) -> Body:
    """The body of a call that may carry evidence; the session was checked before."""
    media_type = request.headers.get("content-type", "application/json").split(";")[0].strip()
    with _place():
        try:
            async with asyncio.timeout(_SECONDS):
                return await _read(request, media_type.lower())
        except TimeoutError as error:
            raise ProblemError(
                408, "Terlalu lambat", "Kiriman ini tidak selesai pada waktunya.", "body",
                "Kirim lagi dengan berkas yang lebih kecil.",
            ) from error  # fmt: skip


async def _read(request: Request, media_type: str) -> Body:
    if media_type == "application/json":
        return Body(_object(await request.body()))
    if media_type == "application/x-www-form-urlencoded":
        form: FormParser | MultiPartParser = FormParser(
            request.headers,
            request.stream(),
            max_fields=_MOST_FIELDS,
            max_part_size=_FIELD_BYTES,
        )
    elif media_type == "multipart/form-data":
        form = _parts(request)
    else:
        raise ProblemError(
            415, "Jenis isi tidak didukung", "Isi ini bukan JSON atau formulir.", "Content-Type",
            "Kirim application/json atau multipart/form-data.",
        )  # fmt: skip
    try:
        found = await form.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise ProblemError(
            422, "Isian tidak sah", "Formulir ini tidak dapat dibaca.", "body",
            "Kirim multipart/form-data yang sah.",
        ) from error  # fmt: skip
    values: dict[str, str] = {}
    files: list[Upload] = []
    for name, value in found.multi_items():
        if isinstance(value, UploadFile):
            content = await value.read()
            await value.close()
            # A browser sends an empty part for a file field that was left empty.
            if name in _FILES and (content or value.filename):
                files.append(Upload(value.filename or "", content))
        elif name == _LINKS:
            values[_LINKS] = f"{values.get(_LINKS, '')}\n{value}"
        else:
            values[name] = value
    return Body(values, files, form=True)


def _parts(request: Request) -> MultiPartParser:
    parser = MultiPartParser(
        request.headers,
        request.stream(),
        max_files=_MOST_FILES,
        max_fields=_MOST_FIELDS,
        max_part_size=_FIELD_BYTES,
    )
    # Never on disk: evidence may show people and is not sealed yet.
    parser.spool_max_size = MAX_UPLOAD
    return parser


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise validation_problem([{"type": "json_invalid", "loc": ()}]) from error
    if not isinstance(found, dict):
        raise validation_problem([{"type": "dict_type", "loc": ()}])
    return found


@contextmanager
def _place() -> Iterator[None]:
    """One of the few places for bodies in memory; 503 when all are taken."""
    if not _places.acquire(blocking=False):
        raise ProblemError(
            503, "Layanan sedang sibuk", "Terlalu banyak unggahan sekaligus.", "files",
            f"Ulangi setelah {_RETRY_SECONDS} detik.",
            headers={"Retry-After": str(_RETRY_SECONDS)},
        )  # fmt: skip
    try:
        yield
    finally:
        _places.release()
