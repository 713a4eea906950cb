"""Child processes that never outlive us, and the folders they write to."""

import contextlib
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

import psutil

_PREFIX = "tanggap-test-"
# the variables with which a developer's shell would steer the servers, on purpose or not
_STRAY_VARIABLES = ("CLASSPATH", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "KAFKA_OPTS")


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(
    check: Callable[[], bool], *, seconds: float, what: str, every: float = 0.05
) -> None:
    """Return once `check` is true; raise `TimeoutError` that names `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds:g} s")
        time.sleep(every)


def new_folder(name: str) -> Path:
    """Make a temporary folder; folders whose process is gone (killed) are swept on the way."""
    root = Path(tempfile.gettempdir())
    for old in root.glob(f"{_PREFIX}*"):
        pid = old.name.removeprefix(_PREFIX).split("-", 1)[0]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-{name}-"))


class _Spawner:
    """Starts processes from one thread that lives as long as we do.

    The kernel's "kill the child when its parent dies" means the parent *thread*: a server started
    by a worker thread would be killed when that thread ends.
    """

    def __init__(self) -> None:
        self._jobs: queue.Queue[
            tuple[Callable[[], subprocess.Popen[bytes]], Future[subprocess.Popen[bytes]]]
        ] = queue.Queue()
        self._lock = threading.Lock()
        self._pid = 0  # the process that the thread belongs to: a fork needs its own

    def __call__(self, job: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                self._jobs = queue.Queue()
                threading.Thread(target=self._work, name="spawner", daemon=True).start()
        done: Future[subprocess.Popen[bytes]] = Future()
        self._jobs.put((job, done))
        return done.result()

    def _work(self) -> None:
        while True:
            job, done = self._jobs.get()
            try:
                done.set_result(job())
            except OSError as error:
                done.set_exception(error)


_spawn = _Spawner()


def as_user(user: str | None, death_signal: int) -> list[str]:
    """Return the command prefix that changes to `user` and binds a child's life to ours.

    Linux only; elsewhere a child ends with us only when we end in order.
    """
    if sys.platform != "linux" or not (setpriv := shutil.which("setpriv")):
        return []
    who = [f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
    return [setpriv, *who, f"--pdeathsig={signal.Signals(death_signal).name[3:]}", "--"]


class Child:
    """A program that runs beside us, with its output in a file, and ends when we end."""

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        death_signal: int = signal.SIGKILL,
    ) -> None:
        self.argv = [str(word) for word in argv]
        self.log = log
        environment = {k: v for k, v in os.environ.items() if k not in _STRAY_VARIABLES}
        environment.update(env or {})
        command = [*as_user(user, death_signal), *self.argv]
        with log.open("ab") as output:
            self._process = _spawn(
                lambda: subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    cwd=cwd,
                    start_new_session=True,
                )
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended (negative: by this signal), None while it runs."""
        return self._process.poll()

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def tail(self, lines: int = 30) -> str:
        """Return the last lines of its output, for messages."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""

    def wait_until(self, check: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Wait for `check`; fail at once, with its last output, when the program ends before."""

        def alive_and_checked() -> bool:
            if not self.running:
                raise RuntimeError(
                    f"{what}: {self.argv[0]} ended with {self.returncode}:\n{self.tail()}"
                )
            return check()

        try:
            wait_until(alive_and_checked, seconds=seconds, what=what)
        except TimeoutError as error:
            raise TimeoutError(f"{error}:\n{self.tail()}") from None

    def wait(self, seconds: float) -> int:
        """Wait for its end and return how it ended."""
        return self._process.wait(seconds)

    def send(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self.running:
            self._process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM, *, seconds: float = 20) -> None:
        """End it in order, with everything that it started; by force after `seconds`."""
        family = self._family()
        self.send(number)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        _end(family)

    def kill(self) -> None:
        """End it and everything that it started as a power cut would (SIGKILL)."""
        family = self._family()
        self._process.kill()
        self._process.wait()
        _end(family)

    def _family(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []


def _end(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    with contextlib.suppress(TimeoutError):
        wait_until(lambda: all(map(_gone, processes)), seconds=5, what="their end", every=0.01)


def _gone(process: psutil.Process) -> bool:
    """Whether it has ended, be it that nobody has asked for its exit status yet."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
