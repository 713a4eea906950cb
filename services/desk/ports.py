"""What desk's handlers need from outside; the real ones are wired in `__main__`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from services.desk.casework import Case
from shared.contracts.case import CaseEventType
from shared.db.read.directory import Directory


@dataclass(frozen=True, slots=True)
class PastEvent:
    """An event of a case as the clocks read it."""

    type: CaseEventType
    at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ClockHand:
    """One clock: when it is due (none: not started), and whether its step is done or void."""

    due: datetime | None
    done: bool


@dataclass(frozen=True, slots=True)
class Due:
    """The three clocks of a case and the end of the citizen's reply window."""

    verify: ClockHand
    first_response: ClockHand
    finish: ClockHand
    window_until: datetime | None


class DueClocks(Protocol):
    """Reads a case's clocks from its events: the one computation scoring uses, too."""

    def policy_for(self, region: str, received_at: datetime, directory: Directory) -> str:
        """Name of the policy under which a case received then is worked."""
        ...

    def read(self, case: Case, events: Sequence[PastEvent], directory: Directory) -> Due:
        """The clocks after these events."""
        ...


class Hints(Protocol):
    """Tells live pages that something changed; nothing depends on it arriving."""

    def queue_changed(self, region: str, opd: str, ticket: str, version: int) -> None:
        """A case of the unit changed."""
        ...

    def score_changed(self, region: str, opd: str) -> None:
        """The OPD's score changed."""
        ...


@dataclass(frozen=True, slots=True)
class DutyMessage:
    """What a duty contact is told: where to look; nothing of what was written, no place, nobody.

    `off`: the alarm ended without having been one.
    """

    ticket: str
    region: str
    opd: str
    received_at: datetime
    url: str
    text: str
    off: bool = False


class UndeliveredError(Exception):
    """The contact was not reached; `trouble` is a short word, never an address or an answer."""

    def __init__(self, trouble: str) -> None:
        super().__init__(trouble)
        self.trouble = trouble


class DutySender(Protocol):
    """A way to reach one duty contact."""

    def send(self, message: DutyMessage) -> None:
        """Deliver, or raise `UndeliveredError`; called outside any transaction."""
        ...


class NullHints:
    """Nobody listens."""

    def queue_changed(self, region: str, opd: str, ticket: str, version: int) -> None:
        """Ignored."""

    def score_changed(self, region: str, opd: str) -> None:
        """Ignored."""
