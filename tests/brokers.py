"""The embedded broker under the same switches as `KafkaServer`, for tests that run on both."""

import shutil
from typing import Self

from shared.errors import TanggapError
from shared.kafka.embedded import EmbeddedBroker, broker_program, free_port
from tests.servers.install import ServerUnavailable
from tests.servers.process import new_folder


class EmbeddedServer:
    """An embedded broker of our own; it keeps its port over `kill` and `start`, but no message."""

    def __init__(self) -> None:
        self._folder = new_folder("embedded")
        try:
            program = broker_program("", self._folder)
        except TanggapError as error:
            raise ServerUnavailable(str(error)) from error
        self._broker = EmbeddedBroker(program, free_port(0), self._folder / "broker.log")

    @property
    def url(self) -> str:
        """Its address as `TANGGAP_BROKER_URL` wants it."""
        return self._broker.url

    def start(self) -> Self:
        """Start it if it does not run, and wait until it answers."""
        if not self._broker.running:
            self._broker.start()
        return self

    def kill(self) -> None:
        """End it as a power cut would."""
        self._broker.stop(0)

    def ensure_running(self) -> Self:
        """Start it if a test left it down."""
        return self.start()

    def close(self) -> None:
        """End it and remove what it wrote."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)
