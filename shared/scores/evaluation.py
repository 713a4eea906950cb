"""What evaluators, imports and the register of SKM follow-ups say of a unit as of a day; pure.

Nothing is computed from cases here, and nothing is guessed: what nobody said has no level.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Final

from shared.policy.instrument import Instrument, SurveyShare, SurveySpeed

F03: Final = "f03"
Value = int | Fraction
"""A level or a mean from 0 to 5; whole ones are ints."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """The entry of an item that holds: 0 to 5; `n` are the respondents of F-03.

    `source` is "evaluator" or "import"; `evidence` counts its pieces.
    """

    value: Fraction
    n: int | None
    source: str
    at: datetime
    username: str
    reason: str
    evidence: int


@dataclass(frozen=True, slots=True)
class FollowUpEntry:
    """A line of the register: `year` is that of the survey, the days are local."""

    year: int
    result_on: date
    created_on: date
    started_on: date | None
    done_on: date | None
    withdrawn_on: date | None
    due_on: date


@dataclass(frozen=True, slots=True, eq=False)
class UnitInputs:
    """Everything said of a unit: the entry that holds per (year, item), and its register.

    Told apart by identity, so that what was made of it can be found again quickly.
    """

    assessed: Mapping[tuple[int, str], Assessed] = field(default_factory=dict)
    followups: tuple[FollowUpEntry, ...] = ()


NO_INPUTS: Final = UnitInputs()


@dataclass(frozen=True, slots=True)
class Register:
    """The follow-ups of a year's survey on a day, and the levels of no. 8 and 9 they make.

    `speed_if_done`: the level of no. 9 if everything open were done that day. All null without an
    entry: an office may keep its plans elsewhere.
    """

    plans: int = 0
    started: int = 0
    done: int = 0
    share: int | None = None
    speed: int | None = None
    speed_if_done: int | None = None


def register_on(
    followups: Iterable[FollowUpEntry], year: int, day: date, instrument: Instrument
) -> Register:
    """The register of that year at the end of the local day; withdrawn entries do not count."""
    entries = [found for found in followups if found.year == year and _stands(found, day)]
    if not entries:
        return Register()
    done = [found for found in entries if _by(found.done_on, day)]
    started = sum(_by(found.started_on, day) or _by(found.done_on, day) for found in entries)
    ends = [(f.result_on, _end(f, day)) for f in entries]
    if_done = survey_speed_level(ends, instrument.survey_speed)
    all_done = len(done) == len(entries)
    return Register(
        plans=len(entries),
        started=started,
        done=len(done),
        share=survey_share_level(len(entries), started, len(done), instrument.survey_share),
        speed=if_done if all_done else instrument.survey_speed.not_all_done,
        speed_if_done=if_done,
    )


def survey_share_level(plans: int, started: int, done: int, rule: SurveyShare) -> int | None:
    """No. 8 (domain.md §1.5): null without a plan; a done follow-up was also started."""
    if plans == 0:
        return None
    if max(started, done) == 0:
        return rule.not_started
    share = Fraction(done, plans)
    return max(step.level for step in rule.levels if step.reached(share))


def survey_speed_level(ends: Iterable[tuple[date, date]], rule: SurveySpeed) -> int:
    """No. 9 (domain.md §1.5) of follow-ups that all ended: (result, end) each; the slowest decides.

    Months are those of the calendar: one month from 31 January ends with the last of February.
    """
    return min(_one_speed(result, end, rule) for result, end in ends)


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last one of a month that is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _one_speed(result: date, end: date, rule: SurveySpeed) -> int:
    for step in rule.levels:
        if end <= months_after(result, step.within_months):
            return step.level
    return rule.beyond


def _stands(entry: FollowUpEntry, day: date) -> bool:
    return entry.created_on <= day and not _by(entry.withdrawn_on, day)


def _by(then: date | None, day: date) -> bool:
    return then is not None and then <= day


def _end(entry: FollowUpEntry, day: date) -> date:
    return day if entry.done_on is None or entry.done_on > day else entry.done_on


# -- Which value holds -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """A value, where it comes from and of which year it is."""

    value: Value
    source: str
    year: int


@dataclass(frozen=True, slots=True)
class AspectInputs:
    """What an aspect is made of: its own value if that holds, else its indicators by number."""

    own: Known | None
    levels: tuple[Known | None, ...]

    @property
    def complete(self) -> bool:
        """Whether every indicator has a level."""
        return None not in self.levels


@dataclass(frozen=True, slots=True, eq=False)
class YearInputs:
    """What holds for a unit in a year, of that year or carried, and the respondents of F-03.

    Told apart by identity, as `UnitInputs`.
    """

    year: int
    aspects: Mapping[str, AspectInputs]
    f03: Known | None
    f03_n: int | None


@dataclass(frozen=True, slots=True)
class _Said:
    """What was entered or computed of one year, nothing carried."""

    levels: Mapping[int, Known]
    own: Mapping[str, Known]
    f03: Known | None


def year_inputs(
    inputs: UnitInputs,
    year: int,
    computed: Mapping[int, Mapping[int, int | None]],
    instrument: Instrument,
) -> YearInputs:
    """Decide per item which value holds; `computed` holds levels per year and indicator.

    Within a year an entry goes before what is computed. An aspect is made of its indicators if all
    are known, else of its own value, else the same with the year before to fill the gaps, else of
    what is known of its indicators. The live aspect is never carried.
    """
    years = range(year, year - instrument.carry_years - 1, -1)
    said = [_said(inputs, then, computed.get(then, {}), instrument) for then in years]
    aspects = {
        code: _aspect(said[:1] if code == instrument.live_aspect else said, code, numbers)
        for code, numbers in instrument.numbers.items()
    }
    f03 = next((found.f03 for found in said if found.f03), None)
    n = inputs.assessed[f03.year, F03].n if f03 else None
    return YearInputs(year, aspects, f03, n)


def _said(
    inputs: UnitInputs, year: int, computed: Mapping[int, int | None], instrument: Instrument
) -> _Said:
    levels = {
        no: Known(level, "computed", year) for no, level in computed.items() if level is not None
    }
    if not inputs.assessed:
        return _Said(levels, {}, None)
    for no, item in instrument.items:
        if entry := inputs.assessed.get((year, item)):
            levels[no] = _known(entry, year)
    own = {
        code: _known(entry, year)
        for code in instrument.numbers
        if (entry := inputs.assessed.get((year, code)))
    }
    f03 = inputs.assessed.get((year, F03))
    return _Said(levels, own, _known(f03, year) if f03 else None)


def _known(entry: Assessed, year: int) -> Known:
    value = entry.value
    return Known(value.numerator if value.denominator == 1 else value, entry.source, year)


def _aspect(said: Sequence[_Said], code: str, numbers: Sequence[int]) -> AspectInputs:
    levels: tuple[Known | None, ...] = (None,) * len(numbers)
    for found in said:
        levels = tuple(
            known or found.levels.get(no) for no, known in zip(numbers, levels, strict=True)
        )
        inputs = AspectInputs(None, levels)
        if inputs.complete:
            return inputs
        if code in found.own:
            return AspectInputs(found.own[code], levels)
    return inputs
