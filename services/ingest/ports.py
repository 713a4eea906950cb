"""What the intake needs from outside, as small protocols."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.contracts.notices import NotificationOutcome, NotificationRequested
from shared.db.read.directory import Region


class Poke(Protocol):
    """The relay, told that there are new outbox rows."""

    def poke(self) -> None:
        """Look now instead of at the next poll."""
        ...


class Files(Protocol):
    """Where sealed files lie."""

    def put(self, name: str, content: bytes) -> None:
        """Write an object durably."""
        ...

    def delete(self, name: str) -> None:
        """Remove an object; one that is not there is no error."""
        ...


class Sender(Protocol):
    """A way to reach a citizen; a later channel fills it."""

    def send(self, notice: NotificationRequested) -> NotificationOutcome:
        """Try to deliver; never raises for a number that does not answer."""
        ...


@dataclass(frozen=True, slots=True)
class Promised:
    """What is promised at receipt, whatever kind the complaint turns out to be."""

    verify: datetime
    first_answer: datetime


Promise = Callable[[Region, datetime], Promised]
"""By when a first answer is promised for a complaint received at that time."""
