"""What would it take: what the next level of each indicator would add to F-02 and IPP; pure."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from shared.policy.instrument import Indicator, Instrument
from shared.policy.load import PolicySet
from shared.scores.estimate import KODE_A, UnitEstimate
from shared.scores.evaluation import Known, Value, survey_share_level
from shared.scores.numbers import figure
from shared.scores.pekppp import NOTICE
from shared.scores.pekppp_document import UNKNOWN, level_json

PLACES = 6
"""Weights have two places each and levels are whole, so this many show a gain exactly."""
MoreOf = Literal["cases", "follow_ups"]
_NEEDS_LAPOR = "perlu pengaduan lewat SP4N-LAPOR! yang selesai"
_SLOWEST = "semua tindak lanjut sudah selesai; yang paling lambat menentukan"


@dataclass(frozen=True, slots=True)
class Gain:
    """The next level of an indicator and what it adds, with everything else as it is.

    Without a known level it is the gain of one level. `more`: how many more finished cases or done
    follow-ups reach `next_level`; none where no count does, or an evaluator's level holds.
    `region`: what the region's mean of the unit's locus would gain; none outside of both.
    """

    indicator: Indicator
    known: Known | None
    next_level: Value | None
    f02: Fraction
    ipp: Fraction
    region: Fraction | None
    more: int | None = None
    more_of: MoreOf | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """The next level and how many more of what reach it."""

    level: Value
    more: int | None = None
    more_of: MoreOf | None = None
    note: str | None = None


def gains(unit: UnitEstimate, policy: PolicySet, locus_units: int = 0) -> tuple[Gain, ...]:
    """Every indicator that is not at its highest, the greatest gain for the IPP first.

    `locus_units`: how many units share the mean of this one's locus. None for a unit whose F-02 no
    instrument tells.
    """
    instrument = policy.instrument
    if unit.kode != KODE_A:
        return ()
    found = []
    for code, inputs in unit.inputs.aspects.items():
        for indicator, known in zip(instrument.of_aspect(code), inputs.levels, strict=True):
            if known is None or known.value < instrument.highest:
                found.append(_gain(unit, indicator, known, locus_units, instrument))
    return tuple(sorted(found, key=lambda gain: (-gain.ipp, gain.indicator.no)))


def gain_json(gain: Gain) -> dict[str, Any]:
    """A gain as JSON."""
    known, indicator = gain.known, gain.indicator
    return {
        "indicator": indicator.no,
        "name": indicator.name,
        "aspect": indicator.aspect,
        "level": level_json(known.value) if known else None,
        "source": known.source if known else UNKNOWN,
        "from_year": known.year if known else None,
        "next_level": level_json(gain.next_level),
        "f02_gain": figure(gain.f02, PLACES),
        "ipp_gain": figure(gain.ipp, PLACES),
        "region_gain": figure(gain.region, PLACES),
        "more": gain.more,
        "more_of": gain.more_of,
        "note": gain.note,
        "notice": NOTICE,
    }


def _gain(
    unit: UnitEstimate,
    indicator: Indicator,
    known: Known | None,
    locus_units: int,
    instrument: Instrument,
) -> Gain:
    step = _next(unit, indicator.no, known, instrument) if known else None
    levels = step.level - known.value if step and known else Fraction(1)
    f02 = instrument.aspect(indicator.aspect).weight * indicator.weight * levels
    ipp = f02 if unit.estimate.rule == "f02_only" else instrument.f02 * f02
    return Gain(
        indicator,
        known,
        step.level if step else None,
        f02,
        ipp,
        ipp / locus_units if locus_units else None,
        step.more if step else None,
        step.more_of if step else None,
        step.note if step else None,
    )


def _next(unit: UnitEstimate, no: int, known: Known, instrument: Instrument) -> _Step:
    """The nearest higher level, by the counts where the level is computed from them."""
    above = min(int(known.value) + 1, instrument.highest)
    if known.source != "computed" or known.year != unit.year:
        return _Step(above)
    steps = {
        instrument.follow_up.indicator: _more_cases,
        instrument.survey_share.indicator: _more_done,
        instrument.survey_speed.indicator: _all_done,
    }
    return steps[no](unit, above, instrument)


def _more_cases(unit: UnitEstimate, above: int, _: Instrument) -> _Step:
    """No. 28."""
    found = unit.follow_up
    if found.next_level is None:
        return _Step(above, note=_NEEDS_LAPOR)
    return _Step(found.next_level, found.more, "cases")


def _more_done(unit: UnitEstimate, above: int, instrument: Instrument) -> _Step:
    """No. 8: as many follow-ups more until the share is enough."""
    register = unit.register

    def reached(more: int) -> int:
        done = register.done + more
        started = max(register.started, done)
        return survey_share_level(register.plans, started, done, instrument.survey_share) or 0

    still_open = range(1, register.plans - register.done + 1)
    more = next((more for more in still_open if reached(more) >= above), 0)
    return _Step(reached(more), more, "follow_ups") if more else _Step(above)


def _all_done(unit: UnitEstimate, above: int, _: Instrument) -> _Step:
    """No. 9: what finishing everything that day would give."""
    register = unit.register
    reached = register.speed_if_done or 0
    if reached < above:
        return _Step(above, note=_SLOWEST)
    return _Step(reached, register.plans - register.done, "follow_ups")
