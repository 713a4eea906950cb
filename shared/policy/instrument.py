"""The shape of a PEKPPP instrument and every check that its file must pass (domain.md §1)."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.policy.model import Band, Exact, PolicyModel, check_bands

MOST_YEARS_CARRIED = 3
Level = Annotated[int, Field(ge=0)]


class Aspect(PolicyModel):
    """An aspect of PEKPPP."""

    code: str
    name: str
    weight: Exact


class Indicator(PolicyModel):
    """An indicator and its weight inside its aspect."""

    no: int
    aspect: str
    weight: Exact
    name: str


class ShareLevel(PolicyModel):
    """A level and the share from which it is reached."""

    level: Level
    share: Annotated[Exact, Field(alias="from")]


class FollowUp(PolicyModel):
    """How no. 28 reads its four counts."""

    indicator: int
    nothing_finished: Level
    thin_below_cases: int
    thin_below_share: Exact
    outside: tuple[ShareLevel, ...]
    lapor: tuple[ShareLevel, ...]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for steps in (self.outside, self.lapor):
            _check_rising([(step.level, step.share) for step in steps])
        return self


class SpeedLevel(PolicyModel):
    """A level and the hours within which it is reached."""

    level: Level
    within_hours: int


class ResponseSpeed(PolicyModel):
    """How no. 26 of an online unit reads hours."""

    indicator: int
    levels: tuple[SpeedLevel, ...]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for quick, slow in pairwise(self.levels):
            if quick.within_hours >= slow.within_hours or quick.level <= slow.level:
                raise ValueError("the levels of response_speed fall as the hours rise")
        return self


class DoneShareLevel(PolicyModel):
    """A level and the share of done follow-ups from which, or above which, it is reached."""

    level: Level
    share: Annotated[Exact | None, Field(alias="from")] = None
    above: Exact | None = None

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.share is None) == (self.above is None):
            raise ValueError(f"level {self.level} needs either from or above")
        return self

    @property
    def limit(self) -> Fraction:
        """The share at which the level begins."""
        found = self.share if self.above is None else self.above
        return Fraction(0) if found is None else found

    def reached(self, share: Fraction) -> bool:
        """Whether that share is enough."""
        return share >= self.limit if self.above is None else share > self.limit


class SurveyShare(PolicyModel):
    """How no. 8 reads the register of SKM follow-ups: which share is done."""

    indicator: int
    not_started: Level
    levels: tuple[DoneShareLevel, ...]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        _check_rising([(step.level, step.limit) for step in self.levels])
        return self


class MonthLevel(PolicyModel):
    """A level and the calendar months within which it is reached."""

    level: Level
    within_months: Annotated[int, Field(ge=1, le=120)]


class SurveySpeed(PolicyModel):
    """How no. 9 reads the register: how long the slowest follow-up took."""

    indicator: int
    not_all_done: Level
    beyond: Level
    levels: tuple[MonthLevel, ...]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for quick, slow in pairwise(self.levels):
            if quick.within_months >= slow.within_months or quick.level <= slow.level:
                raise ValueError("the levels of survey_speed fall as the months rise")
        return self


class Instrument(PolicyModel):
    """A PEKPPP instrument: aspects, indicators and how they become an IPP."""

    name: str
    kode: Literal["A", "B"]
    highest: int
    f02: Exact
    f03: Exact
    f03_minimum: int
    live_aspect: str
    # How many years back an input of the other aspects, or F-03, may be taken from.
    carry_years: Annotated[int, Field(ge=0, le=MOST_YEARS_CARRIED)]
    aspects: tuple[Aspect, ...]
    indicators: tuple[Indicator, ...]
    follow_up: FollowUp
    response_speed: ResponseSpeed
    survey_share: SurveyShare
    survey_speed: SurveySpeed
    grades: tuple[Band, ...]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.f02 + self.f03 != 1:
            raise ValueError("f02 and f03 do not add up to 1")
        if sum(aspect.weight for aspect in self.aspects) != 1:
            raise ValueError("the weights of the aspects do not add up to 1")
        for aspect in self.aspects:
            total = sum(found.weight for found in self.of_aspect(aspect.code))
            if total != 1:
                raise ValueError(f"the indicators of aspect {aspect.code} add up to {total}")
        if {i.aspect for i in self.indicators} - {a.code for a in self.aspects}:
            raise ValueError("an indicator belongs to no aspect")
        if len({i.no for i in self.indicators}) < len(self.indicators):
            raise ValueError("an indicator is there twice")
        check_bands(self.grades)
        return self

    @model_validator(mode="after")
    def _sound_rules(self) -> Self:
        """What is computed belongs where it is read, and no level lies above the highest."""
        if self.live_aspect not in {aspect.code for aspect in self.aspects}:
            raise ValueError(f"live_aspect {self.live_aspect} is no aspect")
        live = {i.no for i in self.of_aspect(self.live_aspect)}
        other = {i.no for i in self.indicators} - live
        for rule in (self.follow_up, self.response_speed):
            if rule.indicator not in live:
                raise ValueError(f"no. {rule.indicator} is not of aspect {self.live_aspect}")
        for register in (self.survey_share, self.survey_speed):
            if register.indicator not in other:
                raise ValueError(f"no. {register.indicator} is not of another aspect")
        if max(self._levels()) > self.highest:
            raise ValueError(f"a level lies above {self.highest}")
        return self

    def _levels(self) -> Iterable[int]:
        yield from (self.follow_up.nothing_finished, self.survey_share.not_started)
        yield from (self.survey_speed.not_all_done, self.survey_speed.beyond)
        yield from (step.level for step in (*self.follow_up.outside, *self.follow_up.lapor))
        yield from (step.level for step in self.response_speed.levels)
        yield from (step.level for step in self.survey_share.levels)
        yield from (step.level for step in self.survey_speed.levels)

    @cached_property
    def numbers(self) -> Mapping[str, tuple[int, ...]]:
        """The numbers of every aspect's indicators."""
        return {a.code: tuple(i.no for i in self.of_aspect(a.code)) for a in self.aspects}

    @cached_property
    def items(self) -> tuple[tuple[int, str], ...]:
        """Every indicator's number, and the same as the name of its entry."""
        return tuple((indicator.no, str(indicator.no)) for indicator in self.indicators)

    def of_aspect(self, code: str) -> tuple[Indicator, ...]:
        """The indicators of an aspect by number."""
        return tuple(found for found in self.indicators if found.aspect == code)

    def aspect(self, code: str) -> Aspect:
        """An aspect by its code."""
        return next(found for found in self.aspects if found.code == code)


def _check_rising(steps: list[tuple[int, Fraction]]) -> None:
    """Raise unless the levels rise with their shares, from 0, within 0 to 1."""
    if not steps or steps[0][1] != 0 or steps[-1][1] > 1:
        raise ValueError("the shares of the levels begin at 0 and end at 1 or below")
    for lower, upper in pairwise(steps):
        if upper[1] <= lower[1] or upper[0] <= lower[0]:
            raise ValueError("levels and their shares rise together")
