"""The loop of `tanggap up`: starts everything in order, keeps it running, stops it in order."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from types import FrameType
from typing import TYPE_CHECKING

import httpx

from shared import runfile
from shared.contracts.topics import Service
from shared.runfile import RunFile, RunningService
from tanggap.supervisor.broker import Broker
from tanggap.supervisor.children import Child, rotate
from tanggap.supervisor.environment import STOP_ORDER

if TYPE_CHECKING:
    from shared.settings import Settings

_TICK_SECONDS = 0.1
_STOP_SECONDS = 18.0
_STOP_EACH_SECONDS = 4.5
_ROTATE_SECONDS = 30.0
_SLOW_START_SECONDS = 30.0
Tell = Callable[[str], None]


class Signals:
    """Counts the requests to stop: the first stops in order, the second at once."""

    def __init__(self) -> None:
        self.count = 0

    def install(self) -> None:
        """Take the signals over; a hang-up of the terminal is a request to stop as well."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.count += 1


class Supervisor:
    """All child processes of one installation."""

    def __init__(
        self,
        settings: "Settings",
        broker: Broker,
        children: Mapping[Service, Child],
        environment: Mapping[str, str],
        signals: Signals,
        tell: Tell,
    ) -> None:
        self._settings = settings
        self._broker = broker
        self._children = children
        self._environment = environment
        self._signals = signals
        self._tell = tell
        self._written: RunFile | None = None
        self._heal_when_ready = False
        self._next_rotate = 0.0
        self._client = httpx.Client(timeout=1.0, trust_env=False)

    def start(self) -> None:
        """Start the broker, then the services; raises what stands in the way."""
        self._tell("starting the broker …" if self._broker.is_embedded else "making the topics …")
        self._broker.start()
        self._tell("starting the services …")
        for child in self._children.values():
            child.start(self._environment)
        self._write_run_file()

    def run_until_ready(self) -> bool:
        """Return true once every `/readyz` answers 200, false when asked to stop before."""
        complain_at = time.monotonic() + _SLOW_START_SECONDS
        while not self._signals.count:
            self._tick()
            waiting = [c for c in self._children.values() if not c.check_ready(self._client)]
            if not waiting:
                return True
            if time.monotonic() > complain_at:
                complain_at = time.monotonic() + _SLOW_START_SECONDS
                for child in waiting:
                    self._tell(f"waiting for {child.service}: {child.not_ready(self._client)}")
            time.sleep(_TICK_SECONDS)
        return False

    def run(self) -> None:
        """Keep everything running until asked to stop."""
        while not self._signals.count:
            self._tick()
            if self._heal_when_ready and self._all_ready():
                self._heal_when_ready = not self._broker.heal_again()
            time.sleep(_TICK_SECONDS)

    def stop(self) -> None:
        """Stop the services in order, then the broker; at once when asked a second time.

        One that takes longer than its share goes on draining while the next is asked to stop.
        """
        deadline = time.monotonic() + _STOP_SECONDS
        for service in STOP_ORDER:
            child = self._children[service]
            child.terminate()
            until = min(deadline, time.monotonic() + _STOP_EACH_SECONDS)
            while child.running and self._signals.count < 2 and time.monotonic() < until:
                time.sleep(0.02)
        for child in self._children.values():
            child.kill()
        self._broker.stop()
        self._client.close()
        runfile.remove(self._settings.data_dir)

    def _tick(self) -> None:
        if self._broker.watch(self._end_workers):
            self._heal_when_ready = True
        for child in self._children.values():
            if said := child.watch(self._environment):
                self._tell(said)
        self._write_run_file()
        if time.monotonic() > self._next_rotate:
            self._next_rotate = time.monotonic() + _ROTATE_SECONDS
            for log in (self._settings.data_dir / "logs").glob("*.log"):
                rotate(log)

    def _end_workers(self) -> None:
        """A fresh broker counts offsets from 0: a worker must not read on from its old place.

        Those that serve HTTP stay: their consumers find out by themselves and begin anew.
        """
        for service in (Service.CLASSIFIER, Service.SCORING):
            self._children[service].restart_now()

    def _all_ready(self) -> bool:
        return all(child.check_ready(self._client) for child in self._children.values())

    def _write_run_file(self) -> None:
        services = {
            service.value: RunningService(child.url, child.pid)
            for service, child in self._children.items()
        }
        now = RunFile(
            pid=os.getpid(),
            broker_url=self._broker.url,
            database_url=self._settings.database_url,
            services=services,
            broker=self._broker.running,
        )
        if now != self._written:
            now.write(self._settings.data_dir)
            self._written = now
