"""The Score JSON of design §3, put together from sums; pure, so page, API and CLI agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from shared.policy.load import PolicySet
from shared.policy.model import CLOCK_PARTS
from shared.scores.hiding import NOTHING_CLOSED, Closed
from shared.scores.index import PARTS, Index, Part
from shared.scores.measures import Measure
from shared.scores.numbers import figure
from shared.scores.pekppp_document import without_names
from shared.scores.skm import SKMResult
from shared.scores.windows import Span


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


def hide_small(
    document: dict[str, Any], below: int, closed: Closed = NOTHING_CLOSED
) -> dict[str, Any]:
    """The document for the public and the OPD's handlers: no ratings or answers of fewer.

    What shows one person's answer is taken away, and what is `closed` because others would tell it;
    the index, which hides it in a mean, stays. So is who entered a level.
    """
    shown, unit = {**document}, document["opd"]
    part = shown["responsiveness"]["parts"]["satisfaction"]
    few = 0 < part["n"] < below
    # Without ratings of its own an OPD's share is the region's, which may be one person's.
    if few or unit in closed.ratings or closed.region_rating:
        parts = {**shown["responsiveness"]["parts"]}
        n = None if few else part["n"]
        parts["satisfaction"] = {**part, "p": None, "n": n, "mean": None, "hidden": True}
        shown["responsiveness"] = {**shown["responsiveness"], "parts": parts}
    skm = shown["skm"]
    few = 0 < skm["n"] < below
    if few or (skm["n"] and unit in closed.answers):
        nrr, n = dict.fromkeys(skm["nrr"]), None if few else skm["n"]
        hidden = {"ikm": None, "grade": None, "label": None, "n": n, "without_token": None}
        shown["skm"] = {**skm, **hidden, "nrr": nrr, "missing": [], "hidden": True}
    shown["pekppp"] = without_names(shown["pekppp"], below)
    if "opds" in shown:
        shown["opds"] = [hide_small(entry, below, closed) for entry in shown["opds"]]
    return shown


def region_document(region: dict[str, Any], opds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A region's score with those of its OPDs."""
    return {**region, "opds": list(opds)}
