"""Aspects, F-02 and IPP of a unit and year from what is computed and what evaluators said; pure.

Estimates, never official results: a missing input gives null with bounds, nothing is renormalised.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache

from shared.policy.instrument import Instrument
from shared.policy.load import PolicySet
from shared.scores.evaluation import (
    Assessed,
    Register,
    UnitInputs,
    Value,
    YearInputs,
    register_on,
    year_inputs,
)
from shared.scores.pekppp import (
    Bounds,
    FollowUpCounts,
    FollowUpLevel,
    aspect_bounds,
    f02_bounds,
    follow_up_level,
    ipp_bounds,
    ipp_grade,
    speed_level,
)

KODE_A, KODE_B = "A", "B"
NO_INSTRUMENT = "instrumen Kode B belum ada: nilai F-02 tidak diketahui"
NOT_EVALUATED = "unit tanpa kode PEKPPP tidak dinilai"
Levels = tuple[Value | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """What the inputs of a year make: each aspect, F-02 and IPP, with bounds where one lacks.

    `rule`: f02_f03, or f02_only when F-03 has too few respondents; then `with_f03` is what the IPP
    would be with it. `missing` names what a value lacks, and `reason` why there can be none.
    """

    aspects: Mapping[str, Bounds]
    f02: Bounds
    ipp: Bounds
    rule: str
    with_f03: Bounds | None
    grade: str | None
    missing: tuple[str, ...]
    reason: str | None


@dataclass(frozen=True, slots=True)
class UnitEstimate:
    """A unit's PEKPPP figures of a year with everything they are made of."""

    year: int
    kode: str | None
    counts: FollowUpCounts
    follow_up: FollowUpLevel
    computed: Mapping[int, int | None]
    register: Register
    inputs: YearInputs
    entered: Mapping[int, Assessed]
    estimate: Estimate


def unit_estimate(
    year: int,
    kode: str | None,
    sums: Mapping[str, int],
    inputs: UnitInputs,
    day: date,
    policy: PolicySet,
) -> UnitEstimate:
    """The estimate of a year at the end of the local day.

    `sums` are the measures of the cases received in that year (`shared/scores/measures.py`).
    """
    instrument = policy.instrument
    counts = FollowUpCounts.of(sums)
    follow_up = _follow_up(counts, policy)
    registers = _registers(inputs, year, day, instrument)
    computed: dict[int, int | None] = {instrument.follow_up.indicator: follow_up.level}
    if kode == KODE_B:
        speed = instrument.response_speed
        computed[speed.indicator] = speed_level(sums, speed)
    levels = {then: _register_levels(found, instrument) for then, found in registers.items()}
    levels[year] = levels.get(year, {}) | computed
    key = tuple([(then, tuple(known.items())) for then, known in levels.items()])
    found, estimated = _settled(inputs, year, kode, key, policy)
    return UnitEstimate(
        year=year,
        kode=kode,
        counts=counts,
        follow_up=follow_up,
        computed=levels[year],
        register=registers.get(year, Register()),
        inputs=found,
        entered=_entered(inputs, year, instrument),
        estimate=estimated,
    )


@lru_cache(maxsize=4096)
def _follow_up(counts: FollowUpCounts, policy: PolicySet) -> FollowUpLevel:
    return follow_up_level(counts, policy.instrument.follow_up)


# A region's page asks this for every OPD and year, and little of it changes from one to the next.
@lru_cache(maxsize=4096)
def _settled(
    inputs: UnitInputs,
    year: int,
    kode: str | None,
    computed: tuple[tuple[int, tuple[tuple[int, int | None], ...]], ...],
    policy: PolicySet,
) -> tuple[YearInputs, Estimate]:
    levels = {then: dict(known) for then, known in computed}
    found = year_inputs(inputs, year, levels, policy.instrument)
    return found, estimate(found, kode, policy)


def _registers(
    inputs: UnitInputs, year: int, day: date, instrument: Instrument
) -> dict[int, Register]:
    if not inputs.followups:
        return {}
    years = range(year - instrument.carry_years, year + 1)
    return {then: register_on(inputs.followups, then, day, instrument) for then in years}


def _register_levels(register: Register, instrument: Instrument) -> dict[int, int | None]:
    return {
        instrument.survey_share.indicator: register.share,
        instrument.survey_speed.indicator: register.speed,
    }


def _entered(inputs: UnitInputs, year: int, instrument: Instrument) -> dict[int, Assessed]:
    """The entries of the live aspect's indicators."""
    if not inputs.assessed:
        return {}
    numbers = instrument.numbers[instrument.live_aspect]
    entries = {no: inputs.assessed.get((year, str(no))) for no in numbers}
    return {no: entry for no, entry in entries.items() if entry}


def estimate(inputs: YearInputs, kode: str | None, policy: PolicySet) -> Estimate:
    """F-02 and IPP from the inputs that hold."""
    made_of = tuple(
        aspect.own.value
        if aspect.own
        else tuple([known.value if known else None for known in aspect.levels])
        for aspect in inputs.aspects.values()
    )
    f03 = inputs.f03.value if inputs.f03 else None
    counted = (inputs.f03_n or 0) >= policy.instrument.f03_minimum
    return _estimate(made_of, f03, counted, kode, policy)


# Few combinations exist at a time, and the sums of fractions take most of what a first look takes.
@lru_cache(maxsize=4096)
def _estimate(
    made_of: tuple[Value | Levels, ...],
    f03: Value | None,
    counted: bool,
    kode: str | None,
    policy: PolicySet,
) -> Estimate:
    instrument = policy.instrument
    aspects = {
        code: _aspect(found, code, policy)
        for code, found in zip(instrument.numbers, made_of, strict=True)
    }
    highest = Fraction(instrument.highest)
    missing = [f"aspect {code}" for code, found in aspects.items() if found.value is None]
    f02, reason = f02_bounds(aspects, instrument), None
    if kode == KODE_B and instrument.kode != KODE_B:
        f02, missing, reason = Bounds(None, Fraction(0), highest), ["F-02"], NO_INSTRUMENT
    ipp, rule = ipp_bounds(f02, f03, counted, instrument)
    if f03 is None:
        missing.append("F-03")
    if kode is None:
        ipp, missing, reason = Bounds(None, Fraction(0), highest), ["kode"], NOT_EVALUATED
    with_f03 = None if rule == "f02_f03" else ipp_bounds(f02, f03, True, instrument)[0]
    grade = ipp_grade(ipp.value, instrument)
    return Estimate(aspects, f02, ipp, rule, with_f03, grade, tuple(missing), reason)


@lru_cache(maxsize=4096)
def _aspect(made_of: Value | Levels, code: str, policy: PolicySet) -> Bounds:
    if not isinstance(made_of, tuple):
        value = Fraction(made_of)
        return Bounds(value, value, value)
    instrument = policy.instrument
    levels = dict(zip(instrument.numbers[code], made_of, strict=True))
    return aspect_bounds(levels, code, instrument)


@dataclass(frozen=True, slots=True)
class GroupEstimate:
    """The simple mean of the IPP of a region's units of one locus; null while one of them is.

    `units` counts them, `missing_units` names those without a value by code.
    """

    ipp: Bounds
    grade: str | None
    units: int
    missing_units: tuple[str, ...]
    missing: tuple[str, ...]


def group_estimate(units: Mapping[str, Estimate], instrument: Instrument) -> GroupEstimate:
    """The mean of units by code (an unconfirmed default, domain.md §9); without any, null."""
    if not units:
        unknown = Bounds(None, Fraction(0), Fraction(instrument.highest))
        return GroupEstimate(unknown, None, 0, (), ("locus",))
    found = [unit.ipp for unit in units.values()]
    values = [bounds.value for bounds in found if bounds.value is not None]
    ipp = Bounds(
        _mean(values) if len(values) == len(found) else None,
        _mean([bounds.low for bounds in found]),
        _mean([bounds.high for bounds in found]),
    )
    missing_units = tuple(code for code, unit in units.items() if unit.ipp.value is None)
    return GroupEstimate(
        ipp, ipp_grade(ipp.value, instrument), len(found), missing_units, _missing(units.values())
    )


def _mean(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _missing(units: Iterable[Estimate]) -> tuple[str, ...]:
    """Everything that any unit lacks, each once, in the order of the instrument."""
    return tuple(dict.fromkeys(sorted(name for unit in units for name in unit.missing)))
