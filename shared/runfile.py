"""`<data>/run.json`: where a running installation answers; written by `tanggap up` alone."""

import fcntl
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

FILE_NAME = "run.json"
LOCK_NAME = "up.lock"


@dataclass(slots=True)
class RunningService:
    """A service's address and process; no process while it is being started again."""

    url: str
    pid: int | None = None


@dataclass(slots=True)
class RunningBroker:
    """The embedded broker's process and port."""

    port: int
    pid: int | None = None


@dataclass(slots=True)
class RunFile:
    """What every other command reads."""

    pid: int
    broker_url: str
    database_url: str
    services: dict[str, RunningService] = field(default_factory=dict)
    broker: RunningBroker | None = None

    def write(self, data: Path) -> None:
        """Put it in place whole: a reader never sees half of it. The URLs may hold passwords."""
        new = data / f".{FILE_NAME}.new"
        with suppress(FileNotFoundError):
            new.unlink()
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2))
        new.replace(data / FILE_NAME)


def remove(data: Path) -> None:
    """Nothing runs any more."""
    with suppress(FileNotFoundError):
        (data / FILE_NAME).unlink()


def read(data: Path) -> RunFile | None:
    """The file of a running installation; none if none runs, whatever an old one says."""
    try:
        stored = orjson.loads((data / FILE_NAME).read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return None
    if not locked(data):
        return None
    return _parsed(stored)


def _parsed(stored: dict[str, Any]) -> RunFile:
    broker = stored.get("broker")
    return RunFile(
        pid=stored["pid"],
        broker_url=stored["broker_url"],
        database_url=stored["database_url"],
        services={
            name: RunningService(entry["url"], entry.get("pid"))
            for name, entry in stored["services"].items()
        },
        broker=RunningBroker(broker["port"], broker.get("pid")) if broker else None,
    )


class Lock:
    """One `tanggap up` a data folder; the kernel frees it when its holder ends."""

    def __init__(self, data: Path) -> None:
        self._path = data / LOCK_NAME
        self._handle: int | None = None

    def acquire(self) -> bool:
        """Whether nobody else holds it; it is held from now on if so."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def release(self) -> None:
        """Let somebody else have it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def locked(data: Path) -> bool:
    """Whether somebody holds the folder's lock now."""
    try:
        handle = os.open(data / LOCK_NAME, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        # A shared lock, so that two readers do not take each other for the holder.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
