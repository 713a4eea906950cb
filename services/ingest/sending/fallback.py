"""For development and trials: messages as lines of a file or of the console, with their words.

Not a log: it holds what citizens are told and where, so the file is its owner's alone.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import orjson

from services.ingest.sending.ports import AgainError, Outward
from shared.contracts.enums import Channel

CONSOLE = "-"


class LineSender:
    """Writes one JSON line a message, for one channel."""

    limit = 10_000
    confirms = False
    has_template = False

    def __init__(self, channel: Channel, write: Callable[[bytes], object]) -> None:
        self._channel = channel
        self._write = write

    @property
    def channel(self) -> Channel:
        """The channel whose provider it stands in for."""
        return self._channel

    def send(self, message: Outward) -> str | None:
        """One line."""
        line = {
            "channel": self._channel.value,
            "id": message.reference,
            "to": message.to,
            "account": message.account,
            "thread": message.thread,
            "ticket": message.ticket,
            "text": message.text,
        }
        try:
            self._write(orjson.dumps(line) + b"\n")
        except OSError as error:
            raise AgainError("file") from error
        return message.reference

    def close(self) -> None:
        """Nothing stays open."""


def line_sender(channel: Channel, target: str) -> LineSender:
    """A sender to the file `target`, or to the console for `-`."""
    if target == CONSOLE:
        return LineSender(channel, _to_console)
    path = Path(target)

    def append(line: bytes) -> None:
        # One write a line: those of several threads do not mix.
        opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(opened, line)
        finally:
            os.close(opened)

    return LineSender(channel, append)


def _to_console(line: bytes) -> None:
    sys.stdout.write(line.decode())
    sys.stdout.flush()
