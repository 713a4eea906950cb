"""Reading request bodies within their limits: JSON as bytes, multipart as fields and files."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from services.ingest.bodies import from_fields, from_json
from services.ingest.commands import Command
from services.ingest.metrics import Counted, count_refusal
from services.ingest.refusals import Flaw, Refusal, RefusedError, refused
from services.ingest.uploads import UploadBudget

C = TypeVar("C", bound=Command)
_MOST_FIELDS = 80
_MOST_FILES = 50
_BUSY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Body:
    """What was sent: JSON bytes, or fields and files of a form."""

    json: bytes | None
    fields: Mapping[str, str]
    files: tuple[bytes, ...] = ()

    def command(self, model: type[C]) -> C:
        """The command in it, or a refusal."""
        if self.json is not None:
            return from_json(model, self.json)
        return from_fields(model, self.fields)


class BodyReader:
    """Reads bodies; `spool` is how much of one file may be held in memory (never on disk).

    A body that is not there after `seconds` is given up: whoever dribbles it holds memory that
    others need.
    """

    def __init__(
        self, budget: UploadBudget, spool: int, field_bytes: int, seconds: float = 300
    ) -> None:
        self._budget = budget
        self._spool = spool
        self._field_bytes = field_bytes
        self._seconds = seconds

    @asynccontextmanager
    async def read(self, request: Request, kind: Counted) -> AsyncIterator[Body]:
        """The body; what it takes of the upload budget is given back on leaving."""
        held = 0

        async def counted() -> AsyncGenerator[bytes, None]:
            nonlocal held
            async for chunk in request.stream():
                if not self._budget.take(len(chunk)):
                    raise RefusedError(
                        Refusal.BUSY,
                        [Flaw("files", "busy", {"seconds": _BUSY_SECONDS})],
                        _BUSY_SECONDS,
                    )
                held += len(chunk)
                yield chunk

        try:
            try:
                body = await self._in_time(self._body(request, counted))
            except RefusedError as error:
                count_refusal(kind, error)
                raise
            yield body
        finally:
            self._budget.give_back(held)

    async def _in_time(self, reading: Awaitable[Body]) -> Body:
        try:
            async with asyncio.timeout(self._seconds):
                return await reading
        except TimeoutError as error:
            raise refused(Refusal.TOO_SLOW, "too_slow", seconds=round(self._seconds)) from error

    async def _body(
        self, request: Request, stream: Callable[[], AsyncGenerator[bytes, None]]
    ) -> Body:
        media_type = request.headers.get("content-type", "application/json").split(";")[0].strip()
        if media_type == "multipart/form-data":
            return await self._multipart(request, stream)
        if media_type == "application/x-www-form-urlencoded":
            return await self._urlencoded(request, stream)
        if media_type == "application/json":
            return Body(await request.body(), {})
        raise refused(Refusal.UNSUPPORTED, "media_type", "Content-Type")

    async def _urlencoded(
        self, request: Request, stream: Callable[[], AsyncGenerator[bytes, None]]
    ) -> Body:
        parser = FormParser(
            request.headers, stream(), max_fields=_MOST_FIELDS, max_part_size=self._field_bytes
        )
        try:
            form = await parser.parse()
        except MultiPartException as error:
            raise refused(Refusal.INVALID, "multipart_invalid") from error
        return Body(None, {k: v for k, v in form.multi_items() if isinstance(v, str)})

    async def _multipart(
        self, request: Request, stream: Callable[[], AsyncGenerator[bytes, None]]
    ) -> Body:
        parser = MultiPartParser(
            request.headers,
            stream(),
            max_files=_MOST_FILES,
            max_fields=_MOST_FIELDS,
            max_part_size=self._field_bytes,
        )
        # Never on disk: an attachment is private before it is sealed.
        parser.spool_max_size = self._spool
        try:
            form = await parser.parse()
        except (MultiPartException, KeyError, ValueError) as error:
            raise refused(Refusal.INVALID, "multipart_invalid") from error
        fields: dict[str, str] = {}
        files: list[bytes] = []
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                content = await value.read()
                # A browser sends an empty part for a file field that was left empty.
                if content or value.filename:
                    files.append(content)
                await value.close()
            else:
                fields[name] = value
        return Body(None, fields, tuple(files))
