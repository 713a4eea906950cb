"""`/api/v1/stream`: server-sent hints about scores and, with a session, one's own queue."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from services.desk.context import DeskContext, context, session_of
from services.desk.live import Listener
from services.desk.permissions import Viewer, may_see_scores
from shared.web.problem import ProblemError, problem_responses

router = APIRouter(prefix="/api/v1", tags=["stream"])
HEARTBEAT_SECONDS = 15.0
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Hints, until either side ends them.",
        "content": {"text/event-stream": {}},
    }
}


@router.get("/stream", response_class=StreamingResponse, responses=_STREAM | problem_responses(503))
async def stream(request: Request, region: str | None = None) -> StreamingResponse:
    """`score` and `queue` events; `resync` means that some were lost: read everything again."""
    desk = context(request)
    loop = asyncio.get_running_loop()
    listener, private = await run_in_threadpool(_listener, request, region, loop)
    if not desk.hub.join(listener):
        raise ProblemError(
            503, "Layanan sedang penuh", "Terlalu banyak halaman langsung.",
            remedy="Muat ulang halaman sesekali.", headers={"Retry-After": "60"},
        )  # fmt: skip
    return StreamingResponse(
        _events(request, desk, listener, private),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _listener(
    request: Request, region: str | None, loop: asyncio.AbstractEventLoop
) -> tuple[Listener, bool]:
    desk = context(request)
    session = session_of(request)
    viewer: Viewer | None = session.viewer if session else None
    with desk.db.read() as conn:
        directory = desk.directory(conn)
    regions = frozenset(
        found.code
        for found in directory.regions
        if region in (None, found.code)
        and may_see_scores(viewer, found.code, public=found.public_scores)
    )
    return Listener(loop, viewer, regions, directory), viewer is not None


async def _events(
    request: Request, desk: DeskContext, listener: Listener, private: bool
) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    beat = loop.time() + HEARTBEAT_SECONDS
    try:
        yield b"retry: 5000\n: tanggap\n\n"
        while not desk.hub.closed:
            hint = await listener.next(max(beat - loop.time(), 0.01))
            if hint is not None:
                yield hint.encode()
            if loop.time() < beat:
                continue
            # A session that ended meanwhile ends its stream.
            if private and await run_in_threadpool(session_of, request) is None:
                return
            beat = loop.time() + HEARTBEAT_SECONDS
            yield b": masih tersambung\n\n"
    finally:
        desk.hub.leave(listener)
