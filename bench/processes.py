"""Memory and processor time of an installation's processes, sampled from outside."""

import contextlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

_EVERY_SECONDS = 0.25


@dataclass(slots=True)
class Use:
    """Peak of resident memory in MB, and processor seconds so far."""

    peak_mb: float = 0.0
    cpu_seconds: float = 0.0


class Sampler:
    """A thread that looks at every process four times a second."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self.found = {name: Use() for name in pids}
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def __enter__(self) -> "Sampler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def cpu(self) -> dict[str, float]:
        """Processor seconds of each so far."""
        self._look()
        return {name: use.cpu_seconds for name, use in self.found.items()}

    def _run(self) -> None:
        while not self._stopped.wait(_EVERY_SECONDS):
            self._look()

    def _look(self) -> None:
        for name, process in self._processes.items():
            with contextlib.suppress(psutil.NoSuchProcess):
                use = self.found[name]
                with process.oneshot():
                    use.peak_mb = max(use.peak_mb, process.memory_info().rss / 1e6)
                    times = process.cpu_times()
                use.cpu_seconds = times.user + times.system
