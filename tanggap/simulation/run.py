"""Carries the simulation out over HTTP: arrivals at random moments, whatever the answers take."""

import asyncio
import uuid
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from shared.contracts.enums import Role
from shared.db.read.directory import Directory
from tanggap.simulation import citizens, staff
from tanggap.simulation.accounts import DemoAccount, StaffSession, sessions
from tanggap.simulation.citizens import Filed
from tanggap.simulation.compose import QUIET_REGION, Submission, submission

# How often staff and citizens act, for each submission that comes in.
_STAFF_SHARE, _CITIZEN_SHARE = 1.5, 0.5
_REMEMBERED = 2000
_AT_ONCE = 64
_TRIES, _FIRST_PAUSE = 5, 0.5
_LAST_SECONDS = 30.0
_TICK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Plan:
    """Who acts where, how often and for how long (`seconds` none: until stopped)."""

    ingest_url: str
    desk_url: str
    directory: Directory
    accounts: Sequence[DemoAccount]
    per_second: float
    seconds: float | None
    seed: int | None


@dataclass(slots=True)
class Outcome:
    """What came of it, by kind (complaint, survey, staff, act)."""

    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    def kinds(self) -> list[str]:
        """Every kind that occurred."""
        return sorted({*self.accepted, *self.refused, *self.failed})

    def as_json(self) -> dict[str, dict[str, int]]:
        """For `--json`."""
        return {
            kind: {
                "accepted": self.accepted[kind],
                "refused": self.refused[kind],
                "failed": self.failed[kind],
            }
            for kind in self.kinds()
        }


async def simulate(
    plan: Plan, stopped: Callable[[], bool], progress: Callable[[int], None] = lambda done: None
) -> Outcome:
    """Run the plan; what is under way at its end is finished."""
    transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=_AT_ONCE))
    async with httpx.AsyncClient(
        base_url=plan.ingest_url, transport=transport, timeout=30.0, trust_env=False
    ) as client:
        return await _Simulation(plan, client, transport, stopped, progress).run()


class _Simulation:
    def __init__(
        self,
        plan: Plan,
        client: httpx.AsyncClient,
        transport: httpx.AsyncBaseTransport,
        stopped: Callable[[], bool],
        progress: Callable[[int], None],
    ) -> None:
        self._plan = plan
        self._client = client
        self._staff = sessions(
            [a for a in plan.accounts if a.region != QUIET_REGION], transport, plan.desk_url
        )
        self._stopped = stopped
        self._progress = progress
        self._filed: deque[Filed] = deque(maxlen=_REMEMBERED)
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._outcome = Outcome()

    async def run(self) -> Outcome:
        rate = self._plan.per_second
        await asyncio.gather(
            self._arrivals("submissions", rate, self._submit),
            self._arrivals("staff", rate * _STAFF_SHARE, self._work),
            self._arrivals("citizens", rate * _CITIZEN_SHARE, self._follow),
        )
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_LAST_SECONDS)
            for task in late:
                task.cancel()
        return self._outcome

    async def _arrivals(
        self, name: str, per_second: float, start: Callable[[Random], Awaitable[None]]
    ) -> None:
        """Begin one thing after another, at the moments of a Poisson process."""
        seed = self._plan.seed
        rng = Random(None if seed is None else f"{seed}/{name}")  # noqa: S311 — no secret
        loop = asyncio.get_running_loop()
        begin = at = loop.time()
        while True:
            at += rng.expovariate(per_second)
            if self._plan.seconds is not None and at - begin > self._plan.seconds:
                return
            while (wait := at - loop.time()) > 0:
                if self._stopped():
                    return
                await asyncio.sleep(min(wait, _TICK_SECONDS))
            # Its own numbers, drawn now: how long answers take must not change what is said.
            own = Random(rng.random())  # noqa: S311 — no secret
            task = asyncio.ensure_future(self._guarded(start, own))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _guarded(self, start: Callable[[Random], Awaitable[None]], rng: Random) -> None:
        async with self._slots:
            await start(rng)

    async def _submit(self, rng: Random) -> None:
        wanted = submission(rng, self._plan.directory)
        answer = await self._accepted(wanted)
        if answer is not None and "tracking_code" in answer:
            self._filed.append(Filed(answer["ticket"], answer["tracking_code"]))
        self._progress(sum(self._outcome.accepted.values()))

    async def _accepted(self, wanted: Submission) -> dict[str, Any] | None:
        """Send it as a careful client does: again, with the same key, until it is answered."""
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        for attempt in range(_TRIES):
            try:
                answer = await self._client.post(wanted.path, json=wanted.body, headers=headers)
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code == httpx.codes.ACCEPTED:
                self._outcome.accepted[wanted.kind] += 1
                found: dict[str, Any] = answer.json()
                return found
            if answer is not None and answer.is_client_error and answer.status_code != 429:
                self._outcome.refused[wanted.kind] += 1
                return None
            if self._stopped():
                break
            await asyncio.sleep(_FIRST_PAUSE * 2**attempt)
        self._outcome.failed[wanted.kind] += 1
        return None

    async def _work(self, rng: Random) -> None:
        if not self._staff:
            return
        # The coordinator of a region has as much to do as its OPDs together.
        coordinators = [s for s in self._staff if s.account.role is Role.COORDINATOR]
        handlers = [s for s in self._staff if s.account.role is not Role.COORDINATOR]
        session = rng.choice(coordinators if rng.random() < 0.35 and coordinators else handlers)
        try:
            await self._act_as(session, rng)
        except httpx.HTTPError:
            self._outcome.failed["staff"] += 1

    async def _act_as(self, session: StaffSession, rng: Random) -> None:
        answer = await session.get("/api/v1/queue")
        if not answer.is_success:
            self._count("staff", answer)
            return
        decision = staff.decide(rng, session.account, answer.json()["items"], self._plan.directory)
        if decision is not None:
            ticket, body = decision
            self._count("staff", await session.post(f"/api/v1/cases/{ticket}/actions", body))

    async def _follow(self, rng: Random) -> None:
        if not self._filed:
            return
        filed = rng.choice(self._filed)
        path = f"/api/v1/complaints/{filed.ticket}"
        try:
            answer = await self._client.get(path, params={"code": filed.code})
            if not answer.is_success:
                self._count("act", answer)
                return
            body = citizens.decide(rng, filed, answer.json())
            if body is not None:
                self._count("act", await self._client.post(f"{path}/acts", json=body))
        except httpx.HTTPError:
            self._outcome.failed["act"] += 1

    def _count(self, kind: str, answer: httpx.Response) -> None:
        if answer.is_success:
            self._outcome.accepted[kind] += 1
        elif answer.is_client_error:
            self._outcome.refused[kind] += 1
        else:
            self._outcome.failed[kind] += 1
