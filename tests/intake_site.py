"""An ingest of its own for a test: real HTTP on loopback, a fake relay, a clock that is told."""

import base64
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection, select

from services.ingest.app import AppDeps, create_app
from services.ingest.attachments import FileRules
from services.ingest.channels.message import Adapter
from services.ingest.channels.receiving import Receiving
from services.ingest.channels.settings import ChannelSettings
from services.ingest.channels.wiring import receiving_of
from services.ingest.directories import CurrentDirectory
from services.ingest.handlers import Deps
from services.ingest.limits import Throttle
from services.ingest.promise import PolicyPromise
from services.ingest.settings import IngestSettings
from services.ingest.tracking import CaseReader, CaseView, Guesses, Tracking
from services.ingest.writer import writer_for
from shared.clock import FixedClock
from shared.contracts.codec import Event, RawMessage, decode
from shared.db.engine import Database
from shared.db.tables.common import outbox
from shared.directory.seed import seed
from shared.files.store import FileStore
from shared.privacy.vault import Vault

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
MASTER_KEY = base64.b64encode(bytes(range(32))).decode()


class FakeRelay:
    """Counts pokes."""

    def __init__(self) -> None:
        self.pokes = 0

    def poke(self) -> None:
        """Count."""
        self.pokes += 1


class FakeCases:
    """Cases as desk would have written them, set by the test."""

    def __init__(self) -> None:
        self.views: dict[str, CaseView] = {}

    def __call__(self, conn: Connection, ticket: str, now: datetime) -> CaseView | None:
        """The view set for the ticket."""
        return self.views.get(ticket)


@dataclass
class Site:
    """What a test talks to and looks into."""

    url: str
    client: httpx.Client
    database: Database
    vault: Vault
    store: FileStore
    clock: FixedClock
    relay: FakeRelay
    cases: FakeCases
    deps: Deps
    settings: IngestSettings
    receiving: Receiving

    def complain(self, **changes: Any) -> httpx.Response:
        """File a complaint over HTTP; a change to `None` leaves the field out."""
        body = {"text": "Jalan di depan pasar rusak parah", "region": "paser"} | changes
        return self.client.post(
            "/api/v1/complaints", json={k: v for k, v in body.items() if v is not None}
        )

    def events(self) -> list[Event]:
        """The events in the outbox, oldest first, decoded as a consumer does."""
        with self.database.read() as conn:
            rows = conn.execute(select(outbox).order_by(outbox.c.id)).all()
        return [
            decode(
                RawMessage(
                    topic=row.topic,
                    partition=0,
                    offset=row.id,
                    timestamp_ms=0,
                    key=row.key.encode(),
                    value=row.value,
                    headers={name: value.encode() for name, value in row.headers.items()},
                )
            )
            for row in rows
        ]


def make_site_deps(
    database_url: str,
    data: Path,
    cases: CaseReader,
    adapters: Sequence[Adapter] = (),
    hooks: Mapping[str, Any] | None = None,
    **options: Any,
) -> tuple[AppDeps, FixedClock, FakeRelay]:
    """An application on a migrated database (`tests.databases`), its directory seeded.

    `adapters` are the channels it has, `hooks` their settings.
    """
    values: dict[str, Any] = {
        "data_dir": data,
        "master_key": MASTER_KEY,
        "intake_per_minute": 0,
    } | options
    settings = IngestSettings(database_url=database_url, **values)
    database = Database(settings.database_url, pool_size=40)
    clock, relay = FixedClock(NOW), FakeRelay()
    with database.write() as conn:
        seed(conn, now=NOW)
    vault, store = Vault(settings.master_key_bytes()), FileStore(settings.files_url)
    directory, promise = CurrentDirectory(database, clock), PolicyPromise()
    guesses = Guesses(settings.tracking_guesses)
    deps = Deps(
        database=database,
        writer=writer_for(database),
        vault=vault,
        files=store,
        relay=relay,
        clock=clock,
        promise=promise,
        directory=directory,
        tracking=Tracking(database, vault, guesses, cases, promise, directory),
        file_rules=FileRules.of(settings),
        senders=Throttle(settings.per_minute, timedelta(minutes=1)),
        addresses=Throttle(settings.per_minute_address, timedelta(minutes=1)),
    )
    checks = {"database": database.ping, "files": store.ready}
    by_channel = {adapter.channel: adapter for adapter in adapters}
    channels = ChannelSettings(database_url=database_url, **dict(hooks or {}))
    receiving = receiving_of(channels, deps, by_channel, worker=FakeRelay())
    app_deps = AppDeps(settings, deps, receiving, store, checks, registry=CollectorRegistry())
    return app_deps, clock, relay


@contextmanager
def open_site(
    database_url: str, data: Path, *, reader: CaseReader | None = None, **options: Any
) -> Iterator[Site]:
    """A running ingest; ended with the block. `reader`: cases other than the test's own."""
    cases = FakeCases()
    app_deps, clock, relay = make_site_deps(database_url, data, reader or cases, **options)
    config = uvicorn.Config(
        create_app(app_deps), host="127.0.0.1", port=0, log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise RuntimeError("the site did not start")
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    deps = app_deps.handlers
    try:
        with httpx.Client(base_url=url, timeout=20, trust_env=False) as client:
            yield Site(
                url,
                client,
                deps.database,
                deps.vault,
                app_deps.store,
                clock,
                relay,
                cases,
                deps,
                app_deps.settings,
                app_deps.receiving,
            )
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        deps.writer.close()
        deps.database.close()
