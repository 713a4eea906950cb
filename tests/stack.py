"""A whole installation under test: `tanggap up --demo` as a child, and what its database holds."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
from sqlalchemy import Connection, text

from shared.db.engine import Database
from tests.servers.process import Child, free_port, wait_until

START_SECONDS = 90.0
_PORTS = ("DESK", "INGEST", "CLASSIFIER", "SCORING", "EMBEDDED_BROKER")
SERVICES = ("ingest", "classifier", "desk", "scoring")


class Stack:
    """One `tanggap up`; its addresses and process ids come from `run.json`, as for any command."""

    def __init__(self, data: Path, env: Mapping[str, str] | None = None) -> None:
        self.data = data
        data.mkdir(parents=True, exist_ok=True)
        self.env = {
            "TANGGAP_DATA_DIR": str(data),
            "TANGGAP_DEMO_RATE": "0",
            "PYTHONUNBUFFERED": "1",
            **{f"TANGGAP_{name}_PORT": str(free_port()) for name in _PORTS},
            **(env or {}),
        }
        self.log = data.parent / f"{data.name}.log"
        self._child: Child | None = None
        self._database: Database | None = None

    def start(self) -> "Stack":
        """Start and wait until every service says it is ready."""
        argv = self.argv("up", "--demo", "--data", str(self.data))
        self._child = Child(argv, log=self.log, env=self.env)
        self.wait_ready()
        return self

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until every `/readyz` answers 200."""
        try:
            wait_until(self._ready, seconds=seconds, what="readiness of all services", every=0.2)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.tail()}") from None

    def _ready(self) -> bool:
        if self._child is None or not self._child.running:
            raise AssertionError(f"tanggap up ended\n{self.tail()}")
        try:
            run = self.run()
            return len(run["services"]) == len(SERVICES) and all(
                httpx.get(f"{entry['url']}/readyz", timeout=2).status_code == 200
                for entry in run["services"].values()
            )
        except (OSError, ValueError, KeyError, httpx.HTTPError):
            return False

    def run(self) -> dict[str, Any]:
        """What `run.json` says."""
        found = json.loads((self.data / "run.json").read_text())
        assert isinstance(found, dict)
        return found

    def url(self, service: str) -> str:
        """Address of a service."""
        return str(self.run()["services"][service]["url"])

    def kill(self, service: str) -> None:
        """SIGKILL one service (or `broker`); the supervisor starts it again."""
        run = self.run()
        entry = run["broker"] if service == "broker" else run["services"][service]
        os.kill(int(entry["pid"]), signal.SIGKILL)

    def stop(self) -> int | None:
        """Stop in order."""
        if self._child is None:
            return None
        self._child.stop()
        if self._database is not None:
            self._database.close()
        return self._child.returncode

    def tail(self, lines: int = 40) -> str:
        """The last lines of the log."""
        return self._child.tail(lines) if self._child else ""

    @property
    def pid(self) -> int:
        """Process id of the supervisor."""
        assert self._child is not None
        return self._child.pid

    @property
    def database(self) -> Database:
        """The installation's database."""
        if self._database is None:
            self._database = Database(str(self.run()["database_url"]))
        return self._database

    def command(self, *words: str) -> Child:
        """Start another `tanggap` command on this installation."""
        argv = self.argv(*words, "--data", str(self.data))
        return Child(argv, log=self.data.parent / f"{words[0]}-{words[-1]}.log", env=self.env)

    @staticmethod
    def argv(*words: str) -> list[str]:
        """The command line of a `tanggap` command."""
        return [sys.executable, "-m", "tanggap", *words]

    def read(self, query: Callable[[Connection], Any]) -> Any:
        """Run a query in one snapshot."""
        with self.database.read() as conn:
            return query(conn)

    def count(self, sql: str) -> int:
        """A number from the database."""
        return int(self.read(lambda conn: conn.execute(text(sql)).scalar()) or 0)

    def settle(self, tickets: int, seconds: float) -> None:
        """Wait until every complaint is scored or a dead letter, and nothing is pending."""
        wait_until(
            lambda: self.settled() >= tickets and self.pending() == 0,
            seconds=seconds,
            what=f"scoring of {tickets} complaints",
            every=0.25,
        )

    def settled(self) -> int:
        """Complaints that reached the score, or are dead letters."""
        return self.count(
            "SELECT (SELECT count(*) FROM scoring_cases) + (SELECT count(DISTINCT ticket)"
            " FROM dead_letters WHERE replayed_at IS NULL)"
        )

    def pending(self) -> int:
        """Outbox rows not sent yet."""
        return self.count("SELECT count(*) FROM outbox WHERE published_at IS NULL")

    def children(self) -> list[psutil.Process]:
        """Every process below the supervisor."""
        return psutil.Process(self.pid).children(recursive=True)


@contextmanager
def running(data: Path, env: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """A stack for the length of a block."""
    stack = Stack(data, env)
    try:
        yield stack.start()
    finally:
        stack.stop()


def post_all(
    url: str, bodies: Sequence[Mapping[str, Any]], threads: int = 16, first: int = 0
) -> list[str]:
    """Post complaints as 16 citizens at once, each until it is accepted; returns the tickets.

    The idempotency key makes a repeat after a lost answer safe, as it does for a citizen's phone.
    """
    limits = httpx.Limits(max_connections=threads)
    with httpx.Client(base_url=url, timeout=40, limits=limits) as client:

        def post(numbered: tuple[int, Mapping[str, Any]]) -> str:
            number, body = numbered
            return _post_until_accepted(client, f"post-{number}", body)

        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(post, enumerate(bodies, start=first)))


def _post_until_accepted(client: httpx.Client, key: str, body: Mapping[str, Any]) -> str:
    accepted: list[str] = []

    def attempt() -> bool:
        try:
            answer = client.post("/api/v1/complaints", json=body, headers={"Idempotency-Key": key})
        except httpx.HTTPError:
            return False
        if answer.status_code == 202:
            accepted.append(answer.json()["ticket"])
            return True
        if answer.status_code in (429, 503):
            return False
        raise AssertionError(f"refused: {answer.status_code} {answer.text}")

    wait_until(attempt, seconds=180, what="acceptance of a complaint", every=0.5)
    return accepted[0]
