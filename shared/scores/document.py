"""The Score JSON of design §3, put together from sums; pure, so page, API and CLI agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from shared.policy.load import PolicySet
from shared.policy.model import CLOCK_PARTS
from shared.scores.index import PARTS, Index, Part
from shared.scores.measures import Measure
from shared.scores.numbers import figure
from shared.scores.pekppp import (
    NOTICE,
    Bounds,
    FollowUpCounts,
    FollowUpLevel,
    aspect_bounds,
    follow_up_level,
    ipp_bounds,
    ipp_grade,
    speed_level,
)
from shared.scores.skm import SKMResult
from shared.scores.windows import Span

_KODE_A, _KODE_B = "A", "B"


@dataclass(frozen=True, slots=True)
class Head:
    """What a score is of."""

    opd: str
    name: str
    parent: str | None = None
    kode: str | None = None


def score_document(
    head: Head,
    span: Span,
    policy: PolicySet,
    index: Index,
    rank: int | None,
    pekppp: dict[str, Any],
    skm: SKMResult,
    shares: Mapping[str, int],
) -> dict[str, Any]:
    """The score of an OPD, or of a region (then `opd` is the region's code)."""
    return {
        "opd": head.opd,
        "name": head.name,
        "parent": head.parent,
        "as_of": span.end.isoformat(),
        "window": span.window.value,
        "window_from": span.start.isoformat(),
        "policy": policy.name,
        "estimate": True,
        "responsiveness": responsiveness(index, rank),
        "shares": shares_json(shares),
        "pekppp": pekppp,
        "skm": skm_json(skm),
    }


def responsiveness(index: Index, rank: int | None) -> dict[str, Any]:
    """The index with its parts."""
    parts = {part.name: part for part in index.parts}
    return {
        "value": None if index.n == 0 else figure(index.value),
        "state": index.state.value,
        "n": index.n,
        "interval": [figure(index.low), figure(index.high)],
        "rank": rank,
        "backlog": index.tally.backlog,
        "parts": {name: _part_json(parts.get(name), index, name) for name in PARTS},
    }


def _part_json(part: Part | None, index: Index, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "p": figure(part.p, 4) if part else None,
        "n": part.n if part else 0,
        "on_time": 0,
        "late": 0,
        "missed": 0,
        "running": 0,
    }
    for clock in CLOCK_PARTS:
        if clock == name:
            tally = index.tally.clock(clock)
            found |= {
                "on_time": tally.on_time,
                "late": tally.late,
                "missed": tally.missed,
                "running": tally.running,
            }
    if name == "not_reopened":
        found["missed"] = index.tally.finish.missed
        found["good"] = index.tally.never_reopened
    if name == "satisfaction":
        ratings = index.tally.ratings
        mean = Fraction(index.tally.rating_sum, ratings) + 1 if ratings else None
        found["mean"] = figure(mean)
    return found


def shares_json(sums: Mapping[str, int]) -> dict[str, int]:
    """How many cases ended without a finish of their own; shown beside the index."""
    return {
        "received": sums.get(Measure.RECEIVED, 0),
        "rejected": sums.get(Measure.REJECTED, 0),
        "archived": sums.get(Measure.ARCHIVED, 0),
        "withdrawn": sums.get(Measure.WITHDRAWN, 0),
        "auto_finished": sums.get(Measure.AUTO_FINISHED, 0),
    }


def skm_json(result: SKMResult) -> dict[str, Any]:
    """The SKM part."""
    return {
        "ikm": figure(result.ikm),
        "grade": result.grade,
        "label": result.label,
        "n": result.n,
        "n_required": result.n_required,
        "rule": result.rule,
        "nrr": {element.value: figure(value, 4) for element, value in result.nrr.items()},
        "missing": [element.value for element in result.missing],
        "without_token": result.n - result.with_token,
    }


def pekppp_json(
    year: int, kode: str | None, sums: Mapping[str, int], policy: PolicySet
) -> dict[str, Any]:
    """Aspect e and the IPP of a year, with bounds for what evaluators have not entered."""
    instrument = policy.instrument
    counts = FollowUpCounts.of(sums)
    follow_up = follow_up_level(counts, instrument.follow_up)
    speed = speed_level(sums, instrument.response_speed) if kode == _KODE_B else None
    levels: dict[int, int | Fraction | None] = {
        indicator.no: None for indicator in instrument.of_aspect(instrument.live_aspect)
    }
    levels[instrument.follow_up.indicator] = follow_up.level
    if kode == _KODE_B:
        levels[instrument.response_speed.indicator] = speed
    aspect, ipp = _estimates(tuple(levels.items()), kode, policy)
    indicators = _indicators_json(levels)
    indicators[str(instrument.follow_up.indicator)] |= _follow_up_json(counts, follow_up)
    return {
        "year": year,
        "kode": kode,
        "instrument": instrument.name,
        "notice": NOTICE,
        "aspect_e": {**aspect, "indicators": indicators},
        "ipp": {**ipp, "missing": [*ipp["missing"]]},
    }


def _indicators_json(levels: Mapping[int, int | Fraction | None]) -> dict[str, dict[str, Any]]:
    return {
        str(no): {
            "level": level,
            "computed": level,
            "source": "unknown" if level is None else "computed",
            "counts": {},
        }
        for no, level in levels.items()
    }


def _follow_up_json(counts: FollowUpCounts, found: FollowUpLevel) -> dict[str, Any]:
    return {
        "counts": {
            "received": counts.received,
            "finished": counts.finished,
            "lapor_received": counts.lapor_received,
            "lapor_finished": counts.lapor_finished,
            "auto_finished": counts.auto_finished,
        },
        "rule": found.rule,
        "share": figure(found.share, 4),
        "lapor_share": figure(found.lapor_share, 4),
        "thin": found.thin,
        "next": {"level": found.next_level, "more_finished": found.more},
    }


# A region's page asks this for every OPD and year, and few combinations of levels exist.
@lru_cache(maxsize=1024)
def _estimates(
    levels: tuple[tuple[int, int | Fraction | None], ...], kode: str | None, policy: PolicySet
) -> tuple[dict[str, Any], dict[str, Any]]:
    instrument = policy.instrument
    aspect = aspect_bounds(dict(levels), instrument.live_aspect, instrument)
    return _bounds_json(aspect), _ipp_json(aspect, kode, policy)


def _bounds_json(bounds: Bounds) -> dict[str, Any]:
    return {
        "value": figure(bounds.value),
        "low": figure(bounds.low),
        "high": figure(bounds.high),
    }


def _ipp_json(aspect: Bounds, kode: str | None, policy: PolicySet) -> dict[str, Any]:
    instrument = policy.instrument
    if kode == _KODE_B and instrument.kode != _KODE_B:
        reason = "no instrument file for Kode B: F-02 is not known"
        return {
            "value": None, "low": 0.0, "high": float(instrument.highest), "grade": None,
            "rule": "f02_f03", "missing": ["F-02", "F-03"], "reason": reason,
        }  # fmt: skip
    bounds, rule = ipp_bounds({instrument.live_aspect: aspect}, None, 0, instrument)
    return {
        **_bounds_json(bounds),
        "grade": ipp_grade(bounds.value, instrument),
        "rule": rule,
        "missing": _missing(aspect, instrument.live_aspect, policy),
    }


def _missing(aspect: Bounds, live: str, policy: PolicySet) -> list[str]:
    known = {live} if aspect.value is not None else set()
    names = [found.code for found in policy.instrument.aspects if found.code not in known]
    return [*(f"aspect {code}" for code in names), "F-03"]


def hide_small(document: dict[str, Any], below: int) -> dict[str, Any]:
    """The document for the public and the OPD's handlers: no ratings or answers of fewer.

    What shows one person's answer is taken away; the index, which hides it in a mean, stays.
    """
    shown = {**document}
    part = shown["responsiveness"]["parts"]["satisfaction"]
    if 0 < part["n"] < below:
        parts = {**shown["responsiveness"]["parts"]}
        parts["satisfaction"] = {**part, "p": None, "n": None, "mean": None, "hidden": True}
        shown["responsiveness"] = {**shown["responsiveness"], "parts": parts}
    skm = shown["skm"]
    if 0 < skm["n"] < below:
        nrr = dict.fromkeys(skm["nrr"])
        hidden = {"ikm": None, "grade": None, "label": None, "n": None, "without_token": None}
        shown["skm"] = {**skm, **hidden, "nrr": nrr, "missing": [], "hidden": True}
    if "opds" in shown:
        shown["opds"] = [hide_small(entry, below) for entry in shown["opds"]]
    return shown


def region_document(region: dict[str, Any], opds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A region's score with those of its OPDs."""
    return {**region, "opds": list(opds)}
