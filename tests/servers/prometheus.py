"""Prometheus and promtool."""

import shutil
import signal
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers.install import require
from tests.servers.process import Child, free_port, new_folder


def prometheus_path() -> str:
    """Return the path of the `prometheus` program."""
    require("prometheus")
    return shutil.which("prometheus") or "prometheus"


def promtool_path() -> str:
    """Return the path of `promtool`, which checks rules and runs their tests."""
    require("prometheus")
    return shutil.which("promtool") or "promtool"


class PrometheusServer:
    """A Prometheus of our own; `config` is its configuration, as text or as a file."""

    def __init__(self, config: str | Path) -> None:
        self._program = prometheus_path()
        self.port = free_port()
        self._folder = new_folder("prometheus")
        if isinstance(config, Path):
            self._config = config
        else:
            self._config = self._folder / "prometheus.yml"
            self._config.write_text(config)
        self._child: Child | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._child is not None and self._child.running

    def start(self) -> Self:
        """Start it and wait until it is ready."""
        if self.running:
            return self
        self._child = Child(
            [
                self._program,
                f"--config.file={self._config}",
                f"--storage.tsdb.path={self._folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--log.level=warn",
            ],
            log=self._folder / "prometheus.log",
            cwd=self._folder,
        )
        try:
            self._child.wait_until(self._ready, seconds=30, what="the start of Prometheus")
        except BaseException:
            self._child.kill()
            raise
        return self

    def stop(self) -> None:
        """End it in order."""
        if self._child:
            self._child.stop(signal.SIGTERM, seconds=10)

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

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False
