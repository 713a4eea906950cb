"""A score as one row of a table: the columns of `tanggap export scores`.

Takes the Score JSON of design §3 as the public may see it; must not know where it was read.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from shared.policy.model import CLOCK_PARTS
from shared.scores.pekppp import NOTICE
from tanggap.sheets.writing import Cell

Path = tuple[str, ...]
_INDEX: Path = ("responsiveness",)
_PARTS: Path = (*_INDEX, "parts")
_RUNNING: Path = ("pekppp",)
_CLOCK = ("p", "n", "on_time", "late", "missed", "running")
_OTHER = {"not_reopened": ("p", "n", "good", "missed"), "satisfaction": ("p", "n", "mean")}


def _columns() -> Iterator[tuple[str, Path]]:
    for name in ("opd", "name", "parent", "as_of", "window", "window_from"):
        yield name, (name,)
    yield "index", (*_INDEX, "value")
    yield "index_low", (*_INDEX, "interval", "0")
    yield "index_high", (*_INDEX, "interval", "1")
    for name in ("rank", "state", "n", "backlog"):
        yield name, (*_INDEX, name)
    for part, counts in (dict.fromkeys(CLOCK_PARTS, _CLOCK) | _OTHER).items():
        for count in counts:
            yield f"{part}_{count}", (*_PARTS, part, count)
    yield "kode", (*_RUNNING, "kode")
    yield from _year("", _RUNNING)
    yield from _year("assessed_", (*_RUNNING, "assessed"))
    for what in ("ikm", "grade", "n", "n_required", "rule"):
        yield what if what == "ikm" else f"skm_{what}", ("skm", what)
    yield "policy", ("policy",)


def _year(prefix: str, path: Path) -> Iterator[tuple[str, Path]]:
    """A year of PEKPPP: the running one, or the one before it, which is being assessed."""
    yield f"{prefix}pekppp_year", (*path, "year")
    for bound in ("value", "low", "high"):
        yield f"{prefix}aspect_e_{bound}", (*path, "aspect_e", bound)
    for no in ("25", "26", "27", "28"):
        yield f"{prefix}indicator_{no}", (*path, "aspect_e", "indicators", no, "level")
    for what in ("value", "low", "high", "grade", "rule"):
        yield f"{prefix}ipp_{what}", (*path, "ipp", what)


_PATHS = tuple(_columns())
# The notice stands in every row, so that a row copied elsewhere keeps it.
COLUMNS = (*(name for name, _ in _PATHS), "catatan")
_DAYS = frozenset({"as_of", "window_from"})


def score_row(document: Mapping[str, Any]) -> list[Cell]:
    """The cells of a score, empty where something is not known or not shown."""
    return [*(_cell(document, name, path) for name, path in _PATHS), NOTICE]


def _cell(document: Mapping[str, Any], name: str, path: Path) -> Cell:
    value: Any = document
    for key in path:
        if isinstance(value, list):
            value = value[int(key)]
        elif isinstance(value, Mapping):
            value = value.get(key)
    if isinstance(value, (Mapping, list)):
        return None
    return date.fromisoformat(value) if name in _DAYS and value else value
