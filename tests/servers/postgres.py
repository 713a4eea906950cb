"""PostgreSQL: a cluster of our own, on loopback."""

import os
import re
import shutil
import signal
import subprocess
from types import TracebackType
from typing import LiteralString, Self

import psycopg
from psycopg import sql

from tests.servers.install import find_postgres, require
from tests.servers.process import Child, as_user, free_port, new_folder

_USER = "postgres"


class PostgresServer:
    """A PostgreSQL of our own; it keeps its port and its data over `stop`, `kill` and `start`."""

    def __init__(self, *, settings: dict[str, str] | None = None) -> None:
        require("postgres")
        self.port = free_port()
        self._folder = new_folder("pg")
        self._data = self._folder / "data"
        self._child: Child | None = None
        self._settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._folder),
            "max_connections": "200",
            "logging_collector": "off",
            "timezone": "UTC",
            # The machine itself is not switched off in a test, and what a killed process wrote
            # stays with the kernel: nothing needs to wait for the disk.
            "fsync": "off",
            "full_page_writes": "off",
            **(settings or {}),
        }

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._child is not None and self._child.running

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database as `TANGGAP_DATABASE_URL` wants it."""
        return f"postgresql+psycopg://{_USER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> Self:
        """Start it, the first time with a fresh cluster, and wait until it answers."""
        if self.running:
            return self
        if not self._data.exists():
            self._init()
        options = [f"-c{name}={value}" for name, value in self._settings.items()]
        self._child = Child(
            [self._program("postgres"), "-D", self._data, *options],
            log=self._folder / "postgres.log",
            user=self._user,
            # the fastest end after which no process of it is left (SIGKILL would leave some)
            death_signal=signal.SIGQUIT,
        )
        try:
            self._child.wait_until(self._answers, seconds=30, what="the start of PostgreSQL")
        except BaseException:
            self._child.kill()
            raise
        return self

    def stop(self) -> None:
        """End it in order; open connections are cut."""
        if self._child:
            self._child.stop(signal.SIGINT, seconds=20)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._child:
            self._child.kill()

    def restart(self) -> Self:
        """End it in order and start it again, on the same port with the same data."""
        self.stop()
        return self.start()

    def ensure_running(self) -> Self:
        """Start it if a test left it down."""
        return self.start()

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make a database, empty or as a copy of `template`, and return its URL."""
        base = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
        self._execute("CREATE DATABASE {}", name, base)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, and cut who is still connected to it."""
        self._execute("DROP DATABASE IF EXISTS {}", name, sql.SQL(" WITH (FORCE)"))

    def close(self) -> None:
        """End it and remove its data."""
        if self._child:
            self._child.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def _user(self) -> str | None:
        """The user it runs as when we are root, which it refuses."""
        return _USER if os.geteuid() == 0 else None

    def _program(self, name: str) -> str:
        folder = find_postgres()
        return str(folder / name) if folder else name

    def _init(self) -> None:
        if self._user:
            shutil.chown(self._folder, self._user)
        done = subprocess.run(
            [
                *as_user(self._user, signal.SIGKILL),
                *(self._program("initdb"), "--pgdata", str(self._data), "--username", _USER),
                *("--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
            ],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            cwd=self._folder,
            timeout=60,
        )
        if done.returncode:
            shutil.rmtree(self._data, ignore_errors=True)
            raise RuntimeError(f"initdb failed:\n{done.stderr}")

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=_USER,
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        )

    def _execute(self, statement: LiteralString, name: str, rest: sql.Composable) -> None:
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", name):
            raise ValueError(f"not a database name: {name!r}")
        with self._connect() as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)) + rest)

    def _answers(self) -> bool:
        try:
            with self._connect() as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False
