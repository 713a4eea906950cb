"""The demo's steady stream of submissions, in a thread of the supervisor."""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.contracts.topics import Service
from tanggap.installation import ACCOUNTS_FILE

if TYPE_CHECKING:
    from shared.settings import Settings


class DemoStream:
    """Simulated citizens and staff until stopped; at rate 0 it does nothing."""

    def __init__(
        self, settings: "Settings", urls: Mapping[Service, str], per_minute: float
    ) -> None:
        self._settings = settings
        self._urls = urls
        self._per_second = per_minute / 60
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, unless the rate is 0."""
        if self._per_second > 0:
            self._thread = threading.Thread(target=self._run, name="demo", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Let no further submission begin."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=2)

    def _run(self) -> None:
        import asyncio

        from shared.db.engine import Database
        from shared.db.read.directory import Directory
        from tanggap.simulation.accounts import read_accounts
        from tanggap.simulation.run import Plan, simulate

        database = Database(self._settings.database_url)
        with database.read() as conn:
            directory = Directory.load(conn)
        database.close()
        plan = Plan(
            ingest_url=self._urls[Service.INGEST],
            desk_url=self._urls[Service.DESK],
            directory=directory,
            accounts=read_accounts(self._settings.data_dir / ACCOUNTS_FILE),
            per_second=self._per_second,
            seconds=None,
            seed=None,
        )
        asyncio.run(simulate(plan, self._stopped.is_set))
