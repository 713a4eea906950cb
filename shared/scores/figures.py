"""One figure opened: what every explanation (page, API, command line) shows of a number."""

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

from shared.scores.hiding import NOTHING_CLOSED, Closed


class Figure(TypedDict):
    """A number with what it was made of; counts only, never a case or a word of a citizen.

    `id` is a dotted name that stays (`responsiveness.finish`, `pekppp.28`, `skm.waktu`); `name` and
    `formula` are told to people, in Indonesian; `inputs` are the very numbers put into the formula;
    `interval` is that of 90 % where the figure has one; `policy` names the version of the rule.
    `parts` are the figures it is made of; `hidden`: too few answers to show it to this reader.
    """

    id: str
    name: str
    value: float | int | str | None
    formula: str
    inputs: dict[str, Any]
    n: int | None
    interval: list[float] | None
    policy: str
    parts: NotRequired[list["Figure"]]
    hidden: NotRequired[bool]


_SATISFACTION = "responsiveness.satisfaction"
_SURVEY = "skm.ikm"
_INTERVAL = "responsiveness.interval"
_ANSWERED = (_SATISFACTION, "skm", "pekppp.f03", "pekppp.assessed.f03")
"""Figures made of what single citizens answered."""
_RULES = frozenset({"weight", "weight_share", "prior"})
"""Inputs that the policy gives, not the answers."""


def walk(figures: Sequence[Figure]) -> list[Figure]:
    """The figures with all those they are made of, in the order in which they are shown."""
    found: list[Figure] = []
    for entry in figures:
        found += [entry, *walk(entry.get("parts", []))]
    return found


def hide_small_figures(
    figures: Sequence[Figure], below: int, closed: Closed = NOTHING_CLOSED, unit: str = ""
) -> list[Figure]:
    """The figures for the public and the OPD's handlers: none made of fewer than `below` answers.

    Nor what is `closed` of the unit they are of. The index itself stays, since it hides a rating in
    a mean.
    """
    few = {
        found["id"]
        for found in walk(figures)
        if found["id"].startswith(_ANSWERED) and 0 < (found["n"] or 0) < below
    }
    if unit in closed.ratings or closed.region_rating:
        few.add(_SATISFACTION)
    if unit in closed.answers:
        few.add(_SURVEY)
    return [_seen(found, few) for found in figures]


def _seen(found: Figure, few: set[str], *, within: bool = False) -> Figure:
    """The figure; hidden with all it is made of, if it is one of the few or `within` one."""
    shown = Figure(**found)
    hidden = within or found["id"] in few
    if hidden:
        inputs = {name: value for name, value in found["inputs"].items() if name in _RULES}
        shown |= {"value": None, "inputs": inputs, "n": None, "interval": None, "hidden": True}
    elif found["id"] == _INTERVAL and _SATISFACTION in few:
        parts = {name: part for name, part in found["inputs"]["parts"].items()
                 if name != "satisfaction"}  # fmt: skip
        shown["inputs"] = {**found["inputs"], "parts": parts}
    if "parts" in found:
        shown["parts"] = [_seen(part, few, within=hidden) for part in found["parts"]]
    return shown
