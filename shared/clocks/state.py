"""What folding a case yields: the state of its three clocks and what the score reads of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared.clocks.region import TRIAGE
from shared.clocks.worktime import end_of_day
from shared.contracts.case import CaseEventType
from shared.contracts.enums import Kind


class Clock(StrEnum):
    """The three clocks of a case."""

    VERIFY = "verify"
    FIRST_RESPONSE = "first_response"
    FINISH = "finish"


# Named tuples, not dataclasses: a case's history makes many of these, and they are made ten times
# faster.
class ClockState(NamedTuple):
    """One clock; days are local ordinals, a deadline is the 24:00 of `due_day`.

    `counted` is false for a clock that has not started or ended without being done or due.
    `doer` did the step, `mark` bears it when it is late or missed, `runner` while it runs.
    """

    due_day: int | None
    done_day: int | None
    late: bool
    counted: bool
    doer: str | None
    mark: str
    runner: str

    def missed_at_end_of(self, day: int) -> bool:
        """Whether the deadline has passed undone at the end of a day."""
        return (
            self.counted
            and self.done_day is None
            and self.due_day is not None
            and self.due_day <= day
        )


@dataclass(frozen=True, slots=True)
class Rating:
    """A citizen's rating of one handling."""

    day: int
    opd: str
    score: int
    finish: int


class CaseClocks(NamedTuple):
    """A case as its events leave it; `finish_day` and `finish_opd` are of its last finish, which
    `finished` says to hold still.
    """

    zone: ZoneInfo
    received_at: datetime
    received_day: int
    opened_day: int
    first_holder: str
    holder: str
    kind: Kind
    berkadar: bool
    policy: str
    lapor: bool
    verify: ClockState
    first_response: ClockState
    finish: ClockState
    open: bool
    closed_by: CaseEventType | None
    closed_day: int | None
    paused: bool
    finished: bool
    finish_day: int | None
    finish_opd: str | None
    auto_finished: bool
    reopenings: int
    undone: str | None
    responded_at: datetime | None
    window_day: int | None
    ratings: tuple[Rating, ...]

    def clock(self, clock: Clock) -> ClockState:
        """One of the three."""
        if clock is Clock.VERIFY:
            return self.verify
        return self.first_response if clock is Clock.FIRST_RESPONSE else self.finish

    def due(self, clock: Clock) -> datetime | None:
        """The deadline as an instant; none for a clock that has not started or is not counted.

        While a question to the citizen is open, it is the latest the pause can still lead to.
        """
        state = self.clock(clock)
        if state.due_day is None or not (state.counted or state.done_day is not None):
            return None
        return end_of_day(state.due_day, self.zone)

    def done(self, clock: Clock) -> bool:
        """Whether the step was done."""
        return self.clock(clock).done_day is not None

    def overdue(self, now: datetime) -> tuple[Clock, ...]:
        """The clocks whose deadline has passed undone."""
        return tuple(
            clock
            for clock in Clock
            if not self.done(clock)
            and self.clock(clock).counted
            and (due := self.due(clock)) is not None
            and due <= now
        )

    @property
    def window_until(self) -> datetime | None:
        """When the case finishes by itself, if the citizen stays silent."""
        return None if self.window_day is None else end_of_day(self.window_day, self.zone)

    @property
    def final_opd(self) -> str:
        """Who answers for the case's outcome: the holder, or whose finish was just undone."""
        if self.undone is not None and self.holder.endswith(f"/{TRIAGE}"):
            return self.undone
        return self.holder
