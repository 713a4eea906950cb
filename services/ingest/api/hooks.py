"""`/hooks/{channel}`: the bytes of a provider's call, within limits, to the channel's adapter.

A channel has its own thread and its own number of calls at once, so that a burst on one of them
leaves the others alone; calls that wait together are stored together. Nothing of a call is ever
logged, its address neither.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from itertools import zip_longest
from typing import Annotated
from urllib.parse import parse_qsl

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.ingest.channels.message import Adapter, HookAnswer, HookRequest, MalformedError
from services.ingest.channels.receiving import ForbiddenCallError, Receiving, take_all
from services.ingest.metrics import Counted, Outcome, count
from services.ingest.uploads import UploadBudget
from shared.clock import Clock
from shared.contracts.enums import Channel
from shared.errors import TransientError
from shared.logs import get_logger
from shared.web.problem import TITLES, ProblemError, problem_response, problem_responses

PREFIX = "/hooks/"
_BUSY_SECONDS = 1
# No provider waits longer for its answer; a caller who dribbles holds a place of the channel.
_BODY_SECONDS = 15
# One large batch of a provider delays those behind it by its own transaction only.
_MOST_TOGETHER = 64
_MOST_BYTES_TOGETHER = 262_144
_Channel = Annotated[str, Path(description="A channel of docs/channels.md.", examples=["gammu"])]
_Secret = Annotated[str, Path(description="One of the channel's secrets.", examples=["rahasia"])]
_STATUSES = (400, 403, 404, 408, 413, 500, 503)
_log = get_logger(__name__)
_ADDRESSES = (f"{PREFIX}{{channel}}", f"{PREFIX}{{channel}}/{{secret}}")


class _Queue:
    """The calls of one channel on their way into the database, as many at once as wait."""

    def __init__(self, receiving: Receiving, adapter: Adapter) -> None:
        self._receiving = receiving
        self._adapter = adapter
        self._waiting: deque[tuple[HookRequest, asyncio.Future[HookAnswer]]] = deque()
        self._thread = CapacityLimiter(1)
        self._task: asyncio.Task[None] | None = None

    async def take(self, call: HookRequest) -> HookAnswer:
        """The answer, once everything in the call is committed; raises why there is none."""
        done: asyncio.Future[HookAnswer] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, done))
        if self._task is None:
            self._task = asyncio.create_task(self._work_off())
        return await done

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                await self._group()
        except Exception as error:  # noqa: BLE001 - each caller was told; nobody awaits this task
            _log.error("calls_not_taken", error=type(error).__name__)
        finally:
            self._task = None
            # Whatever broke off the work: nobody waits for ever, the provider calls again.
            _settle([done for _, done in self._waiting], [])
            self._waiting.clear()

    async def _group(self) -> None:
        calls, waiting = zip(*self._next(), strict=True)
        ends: Sequence[HookAnswer | Exception] = ()
        try:
            ends = await run_sync(
                take_all, self._receiving, self._adapter, calls, limiter=self._thread
            )
        finally:
            _settle(waiting, ends)

    def _next(self) -> list[tuple[HookRequest, asyncio.Future[HookAnswer]]]:
        group = [self._waiting.popleft()]
        size = len(group[0][0].body)
        while self._waiting and len(group) < _MOST_TOGETHER:
            size += len(self._waiting[0][0].body)
            if size > _MOST_BYTES_TOGETHER:
                break
            group.append(self._waiting.popleft())
        return group


def _settle(
    waiting: Sequence[asyncio.Future[HookAnswer]], ends: Sequence[HookAnswer | Exception]
) -> None:
    """Give each its end; those that have none are told to come again."""
    for done, end in zip_longest(waiting, ends, fillvalue=None):
        if done is None or done.done():  # whoever called has hung up
            continue
        if isinstance(end, HookAnswer):
            done.set_result(end)
        elif isinstance(end, StopIteration):  # which no future can hold
            done.set_exception(RuntimeError("StopIteration"))
        else:
            done.set_exception(end or TransientError("not taken"))


class Hooks:
    """Reads calls and has them taken."""

    def __init__(self, receiving: Receiving, budget: UploadBudget, clock: Clock, site: str) -> None:
        self._receiving = receiving
        self._budget = budget
        self._clock = clock
        self._site = site
        self._under_way: Counter[Channel] = Counter()
        adapters = receiving.adapters.items()
        self._queues = {channel: _Queue(receiving, adapter) for channel, adapter in adapters}

    async def answer(self, request: Request) -> Response:
        """The answer to a call; every refusal is a problem document."""
        try:
            return await self._answer(request)
        except ProblemError as error:
            return problem_response(error)

    async def _answer(self, request: Request) -> Response:
        name, secret = request.path_params["channel"], request.path_params.get("secret")
        adapter = self._receiving.adapter(name)
        if adapter is None:
            raise _problem(404, "Tidak ada kanal dengan nama ini.", "Periksa alamat webhook.")
        channel = adapter.channel
        if self._under_way[channel] >= self._receiving.settings.hook_calls:
            raise _busy(channel)
        self._under_way[channel] += 1
        held = 0
        try:
            body = await self._body(request, adapter)
            held = len(body)
            return await self._taken(request, adapter, body, secret)
        finally:
            self._under_way[channel] -= 1
            self._budget.give_back(held)

    async def _taken(
        self, request: Request, adapter: Adapter, body: bytes, secret: str | None
    ) -> Response:
        call = self._call(request, body, secret)
        callers = self._receiving.callers
        callers.came()  # not while it dribbles: the worker would wait for it
        try:
            answer = await self._queues[adapter.channel].take(call)
        except ForbiddenCallError as error:
            raise _problem(
                403, "Panggilan ini tidak ditandatangani dengan rahasia kanal.", "Periksa rahasia."
            ) from error
        except MalformedError as error:
            raise _problem(
                400, "Isi panggilan tidak seperti yang didokumentasikan.", "Periksa jenis webhook."
            ) from error
        finally:
            callers.left()
        return Response(answer.body, answer.status, media_type=answer.media_type)

    def _call(self, request: Request, body: bytes, secret: str | None) -> HookRequest:
        raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
        query: bytes = request.scope.get("query_string", b"")
        path = raw.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
        return HookRequest(
            method=request.method,
            # Never from `Host`: the provider signs the address it was given.
            url=self._site + path,
            headers={name.lower(): value for name, value in request.headers.items()},
            query=tuple(parse_qsl(query.decode("latin-1"), keep_blank_values=True)),
            body=body,
            received_at=self._clock.now(),
            path_secret=secret,
        )

    async def _body(self, request: Request, adapter: Adapter) -> bytes:
        """The whole body, or a refusal before anything of it is looked at."""
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > adapter.max_bytes:
            raise _too_large(adapter)
        taken = 0
        chunks: list[bytes] = []
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                async for chunk in request.stream():
                    if taken + len(chunk) > adapter.max_bytes:
                        raise _too_large(adapter)
                    if not self._budget.take(len(chunk)):
                        raise _busy(adapter.channel)
                    taken += len(chunk)
                    chunks.append(chunk)
        except (TimeoutError, ClientDisconnect) as error:
            self._budget.give_back(taken)
            raise _problem(408, "Isi panggilan tidak kunjung tiba.", "Kirim ulang.") from error
        except BaseException:
            self._budget.give_back(taken)
            raise
        return b"".join(chunks)


def hook_routes(hooks: Hooks) -> list[Route]:
    """The addresses of all channels; which of them there are is the registry's business.

    Plain routes: what FastAPI checks of a call costs more than all the rest of a refusal, and a
    burst is mostly refusals.
    """
    routes = [Route(path, hooks.answer, methods=["GET", "POST"]) for path in _ADDRESSES]
    for route in routes:
        route.methods = {"GET", "POST"}  # without HEAD, which would store what GET brings
    return routes


def hook_operations() -> list[BaseRoute]:
    """The same addresses for the OpenAPI document; these never answer."""
    router = APIRouter(prefix="/hooks")
    responses = problem_responses(*_STATUSES)

    @router.get("/{channel}", summary="A handshake or a message, signed", responses=responses)
    @router.post("/{channel}", summary="A provider's call, signed", responses=responses)
    async def hook(channel: _Channel) -> Response:
        """Answered once everything in it is stored."""
        raise NotImplementedError

    @router.get("/{channel}/{secret}", summary="The same, secret in the path", responses=responses)
    @router.post("/{channel}/{secret}", summary="The same, secret in the path", responses=responses)
    async def secret_hook(channel: _Channel, secret: _Secret) -> Response:
        """For providers that sign nothing: the last part of the address is the secret."""
        raise NotImplementedError

    return router.routes


def _problem(
    status: int, detail: str, remedy: str, headers: dict[str, str] | None = None
) -> ProblemError:
    return ProblemError(status, TITLES[status], detail, remedy=remedy, headers=headers)


def _too_large(adapter: Adapter) -> ProblemError:
    count(Counted.EVENT, Outcome.INVALID, adapter.channel)
    return _problem(413, "Isi panggilan terlalu besar.", "Kirim dalam beberapa panggilan.")


def _busy(channel: Channel) -> ProblemError:
    count(Counted.EVENT, Outcome.LIMITED, channel)
    return _problem(
        503,
        "Terlalu banyak panggilan sekaligus di kanal ini; tidak ada yang tersimpan.",
        "Kirim ulang.",
        {"Retry-After": str(_BUSY_SECONDS)},
    )
