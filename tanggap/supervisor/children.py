"""A service as a child process: started, watched, started again, ended with us. Knows no broker."""

import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import httpx

from shared.contracts.topics import Service
from shared.lifeline import bound

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_STEADY_SECONDS = 30.0
_LOG_MAX_BYTES = 20_000_000


class Child:
    """One service; `watch` is called again and again and never waits."""

    def __init__(self, service: Service, url: str, log: Path) -> None:
        self.service = service
        self.url = url
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._pause = _FIRST_PAUSE
        self._next_start = 0.0
        self.ready = False
        self.starts = 0

    @property
    def pid(self) -> int | None:
        """Its process; none while it does not run."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def running(self) -> bool:
        """Whether the process has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self, environment: Mapping[str, str]) -> None:
        """Start the process; its output goes to its log."""
        rotate(self._log)
        # -P: a folder named `services` where `tanggap` was typed must not be taken for ours.
        argv = [sys.executable, "-P", "-m", f"services.{self.service.value}"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                bound(argv),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                # Ctrl-C at the terminal reaches us alone: we end the services in order.
                start_new_session=True,
            )
        self._started_at = time.monotonic()
        self.ready = False
        self.starts += 1

    def watch(self, environment: Mapping[str, str]) -> str | None:
        """Start the process again when it has ended and its pause is over; says what happened."""
        if self._process is None or self._process.poll() is None:
            return None
        now = time.monotonic()
        if self._next_start == 0.0:
            if now - self._started_at > _STEADY_SECONDS:
                self._pause = _FIRST_PAUSE
            self._next_start = now + self._pause
            self.ready = False
            said = f"{self.service} ended ({self._how()}), starting it again in {self._pause:g} s"
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            return said
        if now >= self._next_start:
            self._next_start = 0.0
            self.start(environment)
        return None

    def restart_now(self) -> None:
        """Kill the process, so that the next `watch` starts it without a pause."""
        self.kill()
        self.ready = False
        self._next_start = time.monotonic()

    def check_ready(self, client: httpx.Client) -> bool:
        """Whether `/readyz` answers 200; asked once, then remembered until the next start."""
        if self.running and not self.ready:
            with suppress(httpx.HTTPError):
                self.ready = client.get(f"{self.url}/readyz").status_code == httpx.codes.OK
        return self.ready

    def not_ready(self, client: httpx.Client) -> str:
        """Why the service is not ready, by the names of its own checks."""
        with suppress(httpx.HTTPError, ValueError, AttributeError):
            checks = client.get(f"{self.url}/readyz").json().get("checks", {})
            bad = [f"{name}: {said}" for name, said in checks.items() if said != "ok"]
            if bad:
                return ", ".join(bad)
        return f"does not answer yet, see {self._log}"

    def terminate(self) -> None:
        """Ask it to end."""
        if self._process is not None and self.running:
            self._process.terminate()

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None and self.running:
            self._process.kill()
            self._process.wait()

    def _how(self) -> str:
        code = self._process.returncode if self._process else 0
        return f"signal {-code}" if code < 0 else f"exit code {code}"


def rotate(log: Path) -> None:
    """Keep one older log of at most 20 MB; the writers append, so the file may be cut short."""
    with suppress(FileNotFoundError):
        if log.stat().st_size > _LOG_MAX_BYTES:
            older = log.with_name(f"{log.name}.1")
            older.write_bytes(log.read_bytes()[-_LOG_MAX_BYTES:])
            with log.open("rb+") as file:
                file.truncate(0)
