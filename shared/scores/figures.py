"""One figure opened: what every explanation (page, API, command line) shows of a number."""

from typing import Any, NotRequired, TypedDict


class Figure(TypedDict):
    """A number with what it was made of; counts only, never a case or a word of a citizen.

    `id` is a dotted name that stays (`responsiveness.finish`, `pekppp.28`, `skm.waktu`); `name` and
    `formula` are told to people, in Indonesian; `inputs` are the very numbers put into the formula;
    `interval` is that of 90 % where the figure has one; `policy` names the version of the rule.
    `parts` are the figures it is made of.
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
