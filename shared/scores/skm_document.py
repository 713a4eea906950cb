"""The SKM of a unit and period as JSON, so that page, API, file and command line agree. Pure.

`hide_small_parts` takes away what tells one respondent's answers: parts of fewer than five, and of
the services the smallest other where the hidden ones could be found by subtraction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from shared.contracts.enums import Sentiment, SKMElement
from shared.scores.bursts import Burst
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


_LISTS = ("services", "units", "history")
_FIGURES: Json = {
    "ikm": None,
    "grade": None,
    "label": None,
    "missing": [],
    "without_token": None,
    "without_token_share": None,
}


def hide_small_parts(document: Json, below: int) -> Json:
    """The document for the public and the OPD's handlers.

    LIMIT: what a unit or a quarter with few answers hides can still be found by subtracting the
    others, since each of them can be asked for by itself.
    """
    shown = {**document, "skm": _seen(document["skm"], below)}
    for name in _LISTS:
        shown[name] = [_seen(entry, below) for entry in document[name]]
    told = _told_by(document["services"], lambda entry: int(entry["n"]), below)
    wordy = _told_by(document["services"], _comments, below)
    for number, entry in enumerate(shown["services"]):
        if number in told:
            shown["services"][number] = without_figures(entry)
        elif number in wordy:
            shown["services"][number] = _without_comments(entry)
    return shown


def without_figures(entry: Json) -> Json:
    """A part of which only the number of answers is told, if it is told already."""
    nrr = dict.fromkeys(entry["nrr"])
    return _without_comments({**entry, **_FIGURES, "nrr": nrr, "hidden": True})


def _seen(entry: Json, below: int) -> Json:
    if 0 < entry["n"] < below:
        return without_figures({**entry, "n": None, "enough": None})
    return _without_comments(entry) if 0 < _comments(entry) < below else entry


def _without_comments(entry: Json) -> Json:
    return {**entry, "comments": dict.fromkeys(entry["comments"])}


def _comments(entry: Json) -> int:
    return int(entry["comments"]["n"])


def _told_by(entries: Sequence[Json], size: Callable[[Json], int], below: int) -> set[int]:
    """Which entries to hide: the small ones, and more until the hidden are not small together."""
    sizes = {number: size(entry) for number, entry in enumerate(entries) if size(entry)}
    hidden = {number for number, n in sizes.items() if n < below}
    for number in sorted(sizes, key=lambda found: (sizes[found], found)):
        if not 0 < sum(sizes[found] for found in hidden) < below:
            break
        hidden.add(number)
    return hidden
