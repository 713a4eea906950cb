"""Rows of the registers that a signed report lists: SKM follow-ups, the year's cases, reports.

Pure values. None holds a text of a citizen or the name of a person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class FollowUpRow:
    """An entry of the register of SKM follow-ups; its words are masked, `owner` is a post."""

    id: int
    opd: str
    service: str
    year: int
    result_on: date
    element: str
    finding: str
    plan: str
    owner: str
    due_on: date
    created_on: date
    started_on: date | None = None
    done_on: date | None = None
    withdrawn_on: date | None = None
    evidence: tuple[str, ...] = ()

    def state(self, on: date) -> str:
        """How it stood at the end of a day."""
        if self.withdrawn_on is not None and self.withdrawn_on <= on:
            return "ditarik"
        if self.done_on is not None and self.done_on <= on:
            return "selesai"
        if self.due_on < on:
            return "lewat"
        started = self.started_on is not None and self.started_on <= on
        return "berjalan" if started else "direncanakan"


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A case of the year as the register of complaints lists it: no text, no person.

    `counted`: no. 28 counts it as received; `finished`, `lapor` and `auto` are no. 28's own marks.
    `listed` is false for restricted and confidential cases: they count and are not named.
    """

    ticket: str
    opd: str
    received_on: date
    kind: str
    category: str
    channel: str
    status: str
    due_on: date | None
    finished_on: date | None
    counted: bool
    finished: bool
    lapor: bool
    auto: bool
    listed: bool


@dataclass(frozen=True, slots=True)
class Grounds:
    """An indicator's level of the assessed year and what it rests on.

    `level` is what holds, `computed` what the system finds; `source` is computed, evaluator,
    import or unknown; `from_year` is another year where the level is carried over. Who entered it
    stays in the audit trail.
    """

    no: int
    name: str
    level: int | float | None
    computed: int | None
    source: str
    from_year: int | None = None
    entered_on: date | None = None
    reason: str | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MonthlyEdition:
    """The newest signed monthly report of an OPD's month."""

    period: str
    number: int
    signed_on: date
    sha256: str


def evidence_names(pieces: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names of files and the addresses of links: what is at hand, not the things themselves."""
    return [str(piece.get("name") or piece.get("url") or "berkas") for piece in pieces]
