"""Webhooks on PostgreSQL: how long a provider waits, and a burst on one channel beside others.

Ingest runs as in production, with its worker and relay, on loopback only; what was accepted is
counted in the database afterwards.
"""

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from rich.console import Console
from sqlalchemy import func, select

from bench import latency
from bench.clients import Plan, Seen, post
from bench.figures import Result
from shared.clock import SystemClock
from shared.db import migrate
from shared.db.engine import Database
from shared.db.tables.messages import ingest_messages
from shared.directory.seed import seed
from shared.kafka import topics
from shared.privacy.vault import new_master_key
from shared.settings import Settings
from tests.brokers import EmbeddedServer
from tests.servers.postgres import PostgresServer
from tests.servers.process import Child, free_port, new_folder, wait_until

SECRET = "rahasia-tolok-ukur"
STEADY_RATE, BURST_RATE, BESIDE_RATE = 200.0, 1000.0, 10.0
BURST, BESIDE = "generic", "gammu"


@dataclass(frozen=True, slots=True)
class Site:
    """A running ingest and its database."""

    url: str
    database: Database

    def stored(self, channel: str) -> int:
        """Messages of the channel in the database."""
        row = ingest_messages.c
        query = select(func.count()).where(row.channel == channel)
        with self.database.read() as conn:
            return int(conn.execute(query).scalar_one())

    def waiting(self) -> int:
        """Messages nobody has handled yet."""
        query = select(func.count()).where(ingest_messages.c.state == "waiting")
        with self.database.read() as conn:
            return int(conn.execute(query).scalar_one())


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Ingest as its own process, with PostgreSQL and a broker."""
    broker, port = EmbeddedServer(), free_port()
    with PostgresServer() as server:
        url = server.create_database("channels")
        migrate.upgrade(url)
        env = {
            "TANGGAP_DATA_DIR": str(folder),
            "TANGGAP_DATABASE_URL": url,
            "TANGGAP_BROKER_URL": broker.start().url,
            "TANGGAP_MASTER_KEY": new_master_key(),
            "TANGGAP_INGEST_PORT": str(port),
            "TANGGAP_DEFAULT_REGION": "paser",
            f"TANGGAP_HOOK_{BURST.upper()}_SECRETS": SECRET,
            f"TANGGAP_HOOK_{BESIDE.upper()}_SECRETS": SECRET,
        }
        topics.apply(Settings(database_url=url, broker_url=broker.url))
        database = Database(url)
        with database.write() as conn:
            seed(conn, now=SystemClock().now())
        child = Child([sys.executable, "-m", "services.ingest"], log=folder / "log", env=env)
        address = f"http://127.0.0.1:{port}"
        try:
            wait_until(lambda: _ready(address), seconds=180, what="ingest's start")
            yield Site(address, database)
        finally:
            child.stop()
            database.close()
            broker.close()


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def run(console: Console, *, quick: bool) -> list[Result]:
    """Both measurements on one installation."""
    result = Result("PostgreSQL")
    seconds = 5.0 if quick else 30.0
    with site(new_folder("channels")) as there:
        console.print(f"{STEADY_RATE:g} calls a second for {seconds:g} s …")
        _steady(there, result, seconds)
        seconds = 10.0 if quick else 60.0
        console.print(f"{BURST_RATE:g} calls a second on one channel for {seconds:g} s …")
        _burst(there, result, seconds)
    return [result]


def _steady(there: Site, result: Result, seconds: float) -> None:
    seen = post(_plan(there, BURST, STEADY_RATE, seconds, "steady"))
    name = f"a call's answer at {STEADY_RATE:g}/s"
    result.add(f"{name}, p50", latency.exact(seen.times, 0.5) * 1000, "ms")
    result.add(f"{name}, p99", latency.exact(seen.times, 0.99) * 1000, "ms", goal="< 100 ms")
    result.add("  accepted then", seen.accepted / seen.seconds, "/s")
    result.add("  not accepted then", len(seen.times) - seen.accepted, "")


def _burst(there: Site, result: Result, seconds: float) -> None:
    before = {channel: there.stored(channel) for channel in (BURST, BESIDE)}
    plans = [
        _plan(there, BURST, BURST_RATE, seconds, "burst"),
        _plan(there, BESIDE, BESIDE_RATE, seconds, "beside"),
    ]
    with ThreadPoolExecutor(2) as pool:
        loud, calm = pool.map(post, plans)
    result.add(f"burst of {BURST_RATE:g}/s: offered", len(loud.times) / loud.seconds, "/s")
    result.add("  accepted", loud.accepted / loud.seconds, "/s")
    result.add("  answered 503 with Retry-After", loud.refused.get("503", 0), "")
    result.add("  answered otherwise", _otherwise(loud), "", goal="0")
    lost = loud.accepted - (there.stored(BURST) - before[BURST])
    lost += calm.accepted - (there.stored(BESIDE) - before[BESIDE])
    result.add("  accepted and not in the database", lost, "", goal="0")
    worst = latency.exact(calm.times, 0.99) * 1000
    result.add("  another channel's answer, p99", worst, "ms", goal="< 500 ms")
    result.add("  another channel: not accepted", len(calm.times) - calm.accepted, "", goal="0")
    left, begun = there.waiting(), time.monotonic()
    result.add("  messages left to handle afterwards", left, "")
    while there.waiting() and time.monotonic() - begun < seconds / 2:
        time.sleep(0.2)
    handled = (left - there.waiting()) / (time.monotonic() - begun)
    result.add("  of these handled while no call comes", handled, "/s")


def _otherwise(seen: Seen) -> int:
    return sum(times for name, times in seen.refused.items() if name != "503")


def _plan(there: Site, channel: str, rate: float, seconds: float, name: str) -> Plan:
    bodies = list(_messages(channel, int(rate * seconds * 1.2), name))
    path = f"/hooks/{channel}/{SECRET}"
    return Plan(there.url, bodies, rate=rate, seconds=seconds, path=path, accepted=200)


def _messages(channel: str, number: int, name: str) -> Iterator[dict[str, str]]:
    """Messages of many senders, each with an id of its own."""
    for n in range(number):
        sender, text = f"+62812{n % 5000:08d}", f"LAPOR lampu jalan mati di RT {n % 40}, {name} {n}"
        if channel == "gammu":
            yield {"ID": f"{name}-{n}", "SenderNumber": sender, "TextDecoded": text}
        else:
            yield {"id": f"{name}-{n}", "from": sender, "to": "1708", "text": text}
