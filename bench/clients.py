"""The load: citizens, or a provider, who post over kept-alive connections, in a process of its own.

`python -m bench.clients` reads a plan (JSON) from standard input and writes what it saw to standard
output. It speaks plain HTTP/1.1 on loopback so that it takes little of the machine it measures.
"""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

import uvloop

_NO_ANSWER = 0
_MAX_OPEN = 128
# The server hangs up on a connection that was idle for 5 s; nobody may write to it just then.
_KEEP_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send: each client one after the other, or (`rate`) arrivals that wait for nobody."""

    url: str
    bodies: Sequence[dict[str, str]]
    clients: int = 16
    rate: float = 0.0
    seconds: float = 60.0
    seed: int = 5
    path: str = "/api/v1/complaints"
    accepted: int = 202


@dataclass(slots=True)
class Seen:
    """What came back; times in seconds. A refusal that names no time to wait is marked `bare`."""

    accepted: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    times: list[float] = field(default_factory=list)


def post(plan: Plan) -> Seen:
    """Run the plan in a child process and wait for it."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.clients"],
        input=json.dumps(asdict(plan)),
        capture_output=True,
        text=True,
        timeout=plan.seconds + 120,
    )
    if done.returncode:
        raise RuntimeError(f"the clients failed:\n{done.stderr}")
    return Seen(**json.loads(done.stdout))


class _Connection:
    """One kept-alive connection."""

    def __init__(self, host: str, port: int, path: str) -> None:
        self._host = host
        self._port = port
        self._path = path
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used_at = 0.0

    async def post(self, body: bytes) -> tuple[int, bool]:
        """Send one body; returns the status, and whether a time to wait was named."""
        if time.perf_counter() - self._used_at > _KEEP_SECONDS:
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(
            f"POST {self._path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}
        await reader.readexactly(int(fields.get("content-length", "0")))
        self._used_at = time.perf_counter()
        if fields.get("connection") == "close":
            self.close()
        return int(lines[0].split(" ")[1]), "retry-after" in fields

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class _Load:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        parts = urlsplit(plan.url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._bodies = [json.dumps(body).encode() for body in plan.bodies]
        self._free: list[_Connection] = []
        self.seen = Seen()

    async def run(self) -> None:
        begin = time.perf_counter()
        if self._plan.rate:
            await self._open_loop(begin)
        else:
            waiting = iter(self._bodies)
            end = begin + self._plan.seconds
            clients = [self._client(waiting, end) for _ in range(self._plan.clients)]
            await asyncio.gather(*clients)
        self.seen.seconds = time.perf_counter() - begin

    async def _client(self, waiting: Iterator[bytes], end: float) -> None:
        for body in waiting:  # all clients share the iterator
            if time.perf_counter() > end:
                return
            await self._one(body)

    async def _open_loop(self, begin: float) -> None:
        """Arrivals at random times (Poisson): a slow answer delays nobody who comes later."""
        rng = random.Random(self._plan.seed)
        at, running = begin, set[asyncio.Task[None]]()
        for body in self._bodies:
            at += rng.expovariate(self._plan.rate)
            # Whoever cannot keep up offers less, and does not go on for longer.
            if max(at, time.perf_counter()) > begin + self._plan.seconds:
                break
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            if len(running) >= _MAX_OPEN:
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            task = asyncio.create_task(self._one(body))
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.gather(*running)

    async def _one(self, body: bytes) -> None:
        connection = self._free.pop() if self._free else self._connection()
        begin = time.perf_counter()
        try:
            status, named = await connection.post(body)
        except (OSError, EOFError):
            connection.close()
            status, named = _NO_ANSWER, False
        self.seen.times.append(time.perf_counter() - begin)
        if status == self._plan.accepted:
            self.seen.accepted += 1
        else:
            name = str(status) if named else f"{status} bare"
            self.seen.refused[name] = self.seen.refused.get(name, 0) + 1
        self._free.append(connection)

    def _connection(self) -> _Connection:
        return _Connection(self._host, self._port, self._plan.path)


def main() -> None:
    load = _Load(Plan(**json.load(sys.stdin)))
    uvloop.run(load.run())
    json.dump(asdict(load.seen), sys.stdout)


if __name__ == "__main__":
    main()
