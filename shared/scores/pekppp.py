"""PEKPPP aspect "Konsultasi dan Pengaduan" and the IPP nowcast: levels, bounds, never a guess.

Every figure of this module is an estimate, not an official result (design §4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from shared.policy.instrument import FollowUp, Instrument, ResponseSpeed
from shared.policy.model import grade_of
from shared.scores.measures import HOURS_PREFIX, Measure
from shared.scores.numbers import rounded

NOTICE = "perkiraan, bukan nilai resmi"


@dataclass(frozen=True, slots=True)
class FollowUpCounts:
    """The four counts of no. 28, and how many finished by themselves."""

    received: int = 0
    finished: int = 0
    lapor_received: int = 0
    lapor_finished: int = 0
    auto_finished: int = 0

    @classmethod
    def of(cls, sums: Mapping[str, int]) -> "FollowUpCounts":
        """From the measures of a year."""
        return cls(
            sums.get(Measure.YEAR_RECEIVED, 0),
            sums.get(Measure.YEAR_FINISHED, 0),
            sums.get(Measure.YEAR_LAPOR_RECEIVED, 0),
            sums.get(Measure.YEAR_LAPOR_FINISHED, 0),
            sums.get(Measure.YEAR_AUTO, 0),
        )


@dataclass(frozen=True, slots=True)
class FollowUpLevel:
    """The level of no. 28; null without a case. `more` finished cases reach `next_level`."""

    level: int | None
    rule: str
    share: Fraction | None
    lapor_share: Fraction | None
    thin: bool
    next_level: int | None
    more: int | None


def follow_up_level(counts: FollowUpCounts, policy: FollowUp) -> FollowUpLevel:
    """No. 28 (domain.md §9 rows 18 to 21)."""
    if counts.received == 0:
        return FollowUpLevel(None, "no_cases", None, None, False, None, None)
    level, rule = _level(counts, policy)
    share = Fraction(counts.finished, counts.received)
    lapor = (
        Fraction(counts.lapor_finished, counts.lapor_received) if counts.lapor_received else None
    )
    thin = rule == "lapor" and (
        counts.lapor_received < policy.thin_below_cases or share < policy.thin_below_share
    )
    next_level, more = _next(counts, policy, level)
    return FollowUpLevel(level, rule, share, lapor, thin, next_level, more)


def _level(counts: FollowUpCounts, policy: FollowUp) -> tuple[int, str]:
    if counts.finished == 0:
        return policy.nothing_finished, "nothing_finished"
    if counts.lapor_finished:
        share = Fraction(counts.lapor_finished, counts.lapor_received)
        return max(step.level for step in policy.lapor if step.share <= share), "lapor"
    share = Fraction(counts.finished, counts.received)
    return max(step.level for step in policy.outside if step.share <= share), "outside"


def _next(counts: FollowUpCounts, policy: FollowUp, level: int) -> tuple[int | None, int | None]:
    """The nearest higher level and how many more finished cases it takes."""
    found: list[tuple[int, int]] = []
    for step in policy.lapor:
        more = max(ceil(step.share * counts.lapor_received) - counts.lapor_finished, 1)
        if step.level > level and counts.lapor_finished + more <= counts.lapor_received:
            found.append((more, step.level))
    if not counts.lapor_finished:
        for step in policy.outside:
            more = max(ceil(step.share * counts.received) - counts.finished, 1)
            if step.level > level and counts.finished + more <= counts.received:
                found.append((more, step.level))
    if not found:
        return None, None
    more, reached = min(found, key=lambda option: (option[0], -option[1]))
    return reached, more


def speed_level(sums: Mapping[str, int], policy: ResponseSpeed) -> int | None:
    """No. 26 of an online unit: the level of the upper median; unanswered is beyond any limit."""
    received = sums.get(Measure.YEAR_RECEIVED, 0)
    if received == 0:
        return None
    position = received // 2
    for step in sorted(policy.levels, key=lambda level: level.within_hours):
        if sums.get(f"{HOURS_PREFIX}{step.within_hours}", 0) > position:
            return step.level
    return 0


@dataclass(frozen=True, slots=True)
class Bounds:
    """A value, or what it lies between while inputs are unknown."""

    value: Fraction | None
    low: Fraction
    high: Fraction


def aspect_bounds(
    levels: Mapping[int, int | Fraction | None], code: str, instrument: Instrument
) -> Bounds:
    """An aspect (0 to 5) from the levels of its indicators."""
    low = high = Fraction(0)
    unknown = False
    for indicator in instrument.of_aspect(code):
        level = levels.get(indicator.no)
        unknown = unknown or level is None
        low += indicator.weight * (0 if level is None else level)
        high += indicator.weight * (instrument.highest if level is None else level)
    return Bounds(None if unknown else low, low, high)


def f02_bounds(aspects: Mapping[str, Bounds], instrument: Instrument) -> Bounds:
    """F-02 (0 to 5) from its aspects; one that is not named is not known at all."""
    low = high = Fraction(0)
    unknown = False
    for aspect in instrument.aspects:
        found = aspects.get(aspect.code)
        unknown = unknown or found is None or found.value is None
        low += aspect.weight * (found.low if found else 0)
        high += aspect.weight * (found.high if found else instrument.highest)
    return Bounds(None if unknown else low, low, high)


def ipp_bounds(
    f02: Bounds, f03: int | Fraction | None, counted: bool, instrument: Instrument
) -> tuple[Bounds, str]:
    """The IPP (0 to 5) and the rule that was used; missing inputs are never renormalised.

    `counted`: whether enough respondents stand behind F-03. If not, F-02 stands alone; without any
    F-03 there is no value.
    """
    if f03 is not None and not counted:
        return f02, "f02_only"
    low = instrument.f02 * f02.low + instrument.f03 * (f03 or 0)
    high = instrument.f02 * f02.high + instrument.f03 * (instrument.highest if f03 is None else f03)
    unknown = f03 is None or f02.value is None
    return Bounds(None if unknown else low, low, high), "f02_f03"


def ipp_grade(value: Fraction | None, instrument: Instrument) -> str | None:
    """The grade of an IPP, rounded first."""
    return None if value is None else grade_of(instrument.grades, rounded(value)).grade
