"""The `pekppp` part of the Score JSON (design §3), of a unit and of a region; pure.

It is made for every unit of a region with every score: what only an explanation shows is in
`nowcast`.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from shared.policy.load import PolicySet
from shared.scores.estimate import Estimate, GroupEstimate, UnitEstimate
from shared.scores.evaluation import AspectInputs, Assessed, Known, Value, YearInputs
from shared.scores.numbers import figure
from shared.scores.pekppp import NOTICE, Bounds, FollowUpCounts, FollowUpLevel

BY_INDICATORS, UNKNOWN = "indicators", "unknown"


def pekppp_json(unit: UnitEstimate, policy: PolicySet) -> dict[str, Any]:
    """Aspects and IPP of a unit and year; `aspect_e` is the live one, with its indicators."""
    instrument = policy.instrument
    live = instrument.live_aspect
    aspects, ipp = _estimated_json(unit.inputs, unit.estimate, policy)
    indicators = {
        str(no): _indicator_json(unit, no, known)
        for no, known in zip(
            instrument.numbers[live], unit.inputs.aspects[live].levels, strict=True
        )
    }
    follow_up = indicators[str(instrument.follow_up.indicator)]
    follow_up["counts"] = _counts_json(unit.counts)
    follow_up |= _follow_up_json(unit.follow_up)
    return {
        "year": unit.year,
        "kode": unit.kode,
        "instrument": instrument.name,
        "notice": NOTICE,
        "aspect_e": {**aspects[live], "indicators": indicators},
        "aspects": {code: {**found} for code, found in aspects.items()},
        "ipp": {**ipp, "missing": [*ipp["missing"]], "carried": [*ipp["carried"]]},
    }


# Made of every unit of a region with every score; what is shared here is copied where it is used.
@lru_cache(maxsize=4096)
def _estimated_json(
    inputs: YearInputs, estimate: Estimate, policy: PolicySet
) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    aspects = {
        code: _aspect_json(estimate.aspects[code], found) for code, found in inputs.aspects.items()
    }
    return aspects, _ipp_json(inputs, estimate, policy)


def region_pekppp_json(
    whole: UnitEstimate, national: GroupEstimate, own: GroupEstimate, policy: PolicySet
) -> dict[str, Any]:
    """The region's part: the counts of all, and the means of the units of both loci."""
    found = pekppp_json(whole, policy)
    del found["aspects"]
    return {**found, "ipp": group_json(national), "ipp_mandiri": group_json(own)}


def group_json(group: GroupEstimate) -> dict[str, Any]:
    """The mean of a locus."""
    found = {
        **bounds_json(group.ipp),
        "grade": group.grade,
        "rule": "mean",
        "missing": [*group.missing],
        "units": group.units,
        "missing_units": [*group.missing_units],
    }
    if group.units == 0:
        found["reason"] = "tidak ada unit lokus ini pada tahun itu"
    return found


def bounds_json(bounds: Bounds) -> dict[str, Any]:
    """A value, or null, with its bounds."""
    return {
        "value": figure(bounds.value),
        "low": figure(bounds.low),
        "high": figure(bounds.high),
    }


def level_json(value: Value | None) -> int | float | None:
    """A level as a whole number where it is one."""
    return figure(value) if isinstance(value, Fraction) else value


def _aspect_json(bounds: Bounds, inputs: AspectInputs) -> dict[str, Any]:
    source = BY_INDICATORS if inputs.complete else UNKNOWN
    return {**bounds_json(bounds), "source": inputs.own.source if inputs.own else source}


def _indicator_json(unit: UnitEstimate, no: int, known: Known | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "level": level_json(known.value) if known else None,
        "computed": unit.computed.get(no),
        "source": known.source if known else UNKNOWN,
        "counts": {},
    }
    if entry := unit.entered.get(no):
        found["entered"] = _entered_json(entry)
    return found


def _entered_json(entry: Assessed) -> dict[str, Any]:
    return {
        "at": entry.at.isoformat(),
        "by": entry.username,
        "reason": entry.reason,
        "evidence": entry.evidence,
    }


def _counts_json(counts: FollowUpCounts) -> dict[str, int]:
    return {
        "received": counts.received,
        "finished": counts.finished,
        "lapor_received": counts.lapor_received,
        "lapor_finished": counts.lapor_finished,
        "auto_finished": counts.auto_finished,
    }


def _follow_up_json(found: FollowUpLevel) -> dict[str, Any]:
    return {
        "rule": found.rule,
        "share": figure(found.share, 4),
        "lapor_share": figure(found.lapor_share, 4),
        "thin": found.thin,
        "next": {"level": found.next_level, "more_finished": found.more},
    }


def _ipp_json(inputs: YearInputs, estimate: Estimate, policy: PolicySet) -> dict[str, Any]:
    f03 = inputs.f03
    found = {
        **bounds_json(estimate.ipp),
        "grade": estimate.grade,
        "rule": estimate.rule,
        "missing": [*estimate.missing],
        "f02": bounds_json(estimate.f02),
        "f03": {
            "value": figure(Fraction(f03.value)) if f03 else None,
            "n": inputs.f03_n,
            "source": f03.source if f03 else UNKNOWN,
            "year": f03.year if f03 else None,
        },
        "carried": list(carried(inputs, policy)),
    }
    return found | _more(estimate)


def _more(estimate: Estimate) -> dict[str, Any]:
    more: dict[str, Any] = {}
    if estimate.with_f03:
        more["with_f03"] = bounds_json(estimate.with_f03)
    if estimate.reason:
        more["reason"] = estimate.reason
    return more


def carried(inputs: YearInputs, policy: PolicySet) -> Iterator[dict[str, Any]]:
    """Every input of another year; an aspect that is all of one is named as a whole."""
    year = inputs.year
    for code, aspect in inputs.aspects.items():
        if aspect.own:
            yield from _carried(code, aspect.own, year)
            continue
        years = {known.year if known else None for known in aspect.levels}
        if len(years) == 1 and (first := aspect.levels[0]):
            yield from _carried(code, first, year)
            continue
        for no, known in zip(policy.instrument.numbers[code], aspect.levels, strict=True):
            if known:
                yield from _carried(str(no), known, year)
    if inputs.f03:
        yield from _carried("f03", inputs.f03, year)


def _carried(item: str, known: Known, year: int) -> Iterator[dict[str, Any]]:
    if known.year != year:
        yield {"item": item, "from_year": known.year}


def without_names(pekppp: Mapping[str, Any], below: int) -> dict[str, Any]:
    """The part for the public and the OPD's handlers: not who entered a level, no small F-03."""
    found = {**pekppp, "aspect_e": _unnamed(pekppp["aspect_e"])}
    if "f03" in pekppp["ipp"]:
        found["ipp"] = _without_small_f03(pekppp["ipp"], below)
    if "assessed" in pekppp:
        found["assessed"] = without_names(pekppp["assessed"], below)
    return found


def _unnamed(aspect: Mapping[str, Any]) -> dict[str, Any]:
    indicators = {**aspect["indicators"]}
    for no, indicator in indicators.items():
        if "entered" in indicator:
            entered = {key: value for key, value in indicator["entered"].items() if key != "by"}
            indicators[no] = {**indicator, "entered": entered}
    return {**aspect, "indicators": indicators}


def _without_small_f03(ipp: Mapping[str, Any], below: int) -> dict[str, Any]:
    """An F-03 of few, or of nobody knows how many, is one person's answer."""
    found = {**ipp}
    if ipp["f03"]["value"] is not None and (ipp["f03"]["n"] or 0) < below:
        found["f03"] = {**ipp["f03"], "value": None, "n": None, "hidden": True}
        found.pop("with_f03", None)
    return found
