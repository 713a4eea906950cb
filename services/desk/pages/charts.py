"""Where the line and band of a history lie in a drawing of 1,000 × 100, without a script. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 1000, 100
_DAY = 8.0


@dataclass(frozen=True, slots=True)
class Chart:
    """Points of SVG shapes: lines and bands without days that have no value, and marks."""

    lines: tuple[str, ...]
    bands: tuple[str, ...]
    corrected: tuple[float, ...]
    first: str
    last: str


def chart(points: Sequence[Mapping[str, Any]]) -> Chart | None:
    """The chart of a history's points; none without a value."""
    if not any(point["value"] is not None for point in points):
        return None
    places = {index: _x(index, len(points)) for index in range(len(points))}
    lines, bands = [], []
    for run in _runs(points):
        drawn = [(places[i], points[i]) for i in run]
        if len(run) == 1:
            # A single day would be a line without length, and at the edge outside the drawing.
            begin = min(max(drawn[0][0] - _DAY / 2, 0.0), WIDTH - _DAY)
            drawn = [(begin, points[run[0]]), (begin + _DAY, points[run[0]])]
        above = [f"{x},{_y(point['high'])}" for x, point in drawn]
        below = [f"{x},{_y(point['low'])}" for x, point in reversed(drawn)]
        middle = [f"{x},{_y(point['value'])}" for x, point in drawn]
        lines.append(" ".join(middle))
        bands.append(" ".join(above + below))
    marks = tuple(places[i] for i, point in enumerate(points) if point.get("corrected"))
    return Chart(tuple(lines), tuple(bands), marks, points[0]["as_of"], points[-1]["as_of"])


def _runs(points: Sequence[Mapping[str, Any]]) -> list[list[int]]:
    """Stretches of days that have a value."""
    found: list[list[int]] = []
    for index, point in enumerate(points):
        if point["value"] is None:
            continue
        if found and found[-1][-1] == index - 1:
            found[-1].append(index)
        else:
            found.append([index])
    return found


def _x(index: int, count: int) -> float:
    return round(index * WIDTH / max(count - 1, 1), 1)


def _y(value: float) -> float:
    return round(HEIGHT - value, 1)
