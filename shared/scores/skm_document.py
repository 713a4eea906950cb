"""The SKM of a unit and period as JSON, so that page, API, file and command line agree. Pure.

`hide_small_parts` takes away what tells one respondent's answers: parts of fewer than five, and
those by which they could be found by subtraction (`shared/scores/hiding`).
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from shared.contracts.enums import Sentiment, SKMElement
from shared.scores.bursts import Burst
from shared.scores.hiding import Cell
from shared.scores.numbers import figure
from shared.scores.skm import Answers, SKMResult

Json = dict[str, Any]
_SHARE_PLACES, _NRR_PLACES = 4, 4


@dataclass(frozen=True, slots=True)
class Part:
    """A service, a unit or a quarter with its answers and result; `population`: users a year."""

    key: str
    name: str
    answers: Answers
    result: SKMResult
    population: int | None = None


def part_json(part: Part) -> Json:
    """A part's figures: the SKM part of the Score JSON, and what stands beside it."""
    result = part.result
    return {
        "ikm": figure(result.ikm),
        "grade": result.grade,
        "label": result.label,
        "n": result.n,
        "n_required": result.n_required,
        "population": part.population,
        "enough": result.enough,
        "rule": result.rule,
        "nrr": _by_element(result.nrr),
        "missing": [element.value for element in result.missing],
        "without_token": result.n - result.with_token,
        "without_token_share": figure(result.without_token, _SHARE_PLACES),
        "comments": comments_json(part.answers.comments),
    }


def _by_element(nrr: Mapping[SKMElement, Fraction | None]) -> Json:
    return {element.value: figure(value, _NRR_PLACES) for element, value in nrr.items()}


def comments_json(comments: Mapping[Sentiment, int]) -> Json:
    """How many wrote words, and what they sound like; beside the figures, never inside them."""
    found = {sentiment.value: comments.get(sentiment, 0) for sentiment in Sentiment}
    return {"n": sum(found.values()), **found}


def burst_json(burst: Burst, zone: ZoneInfo) -> Json:
    """A burst with its local day and hour."""
    first, last = burst.first.astimezone(zone), burst.last.astimezone(zone)
    return {
        "opd": burst.opd,
        "service": burst.service,
        "day": first.date().isoformat(),
        "from": first.strftime("%H:%M"),
        "to_day": last.date().isoformat(),
        "to": last.strftime("%H:%M"),
        "count": burst.count,
    }


def span_json(first: date, last: date, code: str, name: str) -> Json:
    """A period."""
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "period": code,
        "period_name": name,
    }


_FIGURES: Json = {
    "ikm": None,
    "grade": None,
    "label": None,
    "missing": [],
    "without_token": None,
    "without_token_share": None,
}


def hide_small_parts(
    document: Json,
    below: int,
    closed: Container[Cell] = frozenset(),
    wordless: Container[Cell] = frozenset(),
) -> Json:
    """The document for the public and the OPD's handlers, without what is small or `closed`.

    `wordless` are the cells whose comments are closed. The document is of a period with a code.
    """
    unit, time, service = document["opd"], document["period"], document["service"]

    def seen(entry: Json, cell: Cell) -> Json:
        return _seen(entry, below, closed=cell in closed, wordless=cell in wordless)

    return {
        **document,
        "skm": seen(document["skm"], Cell(unit, time, service)),
        "services": [
            seen(entry, Cell(unit, time, entry["service"])) for entry in document["services"]
        ],
        "units": [
            seen(entry, Cell(entry["opd"], time, service, own=entry["opd"] == unit))
            for entry in document["units"]
        ],
        "history": [
            seen(entry, Cell(unit, entry["period"], service)) for entry in document["history"]
        ],
    }


def _seen(entry: Json, below: int, *, closed: bool, wordless: bool) -> Json:
    few = 0 < entry["n"] < below
    if few or (closed and entry["n"]):
        nrr = dict.fromkeys(entry["nrr"])
        hidden = {"n": None, "enough": None} if few else {}
        return _without_comments({**entry, **_FIGURES, "nrr": nrr, "hidden": True, **hidden})
    few = 0 < _comments(entry) < below
    return _without_comments(entry) if few or wordless else entry


def _without_comments(entry: Json) -> Json:
    return {**entry, "comments": dict.fromkeys(entry["comments"])}


def _comments(entry: Json) -> int:
    return int(entry["comments"]["n"])
