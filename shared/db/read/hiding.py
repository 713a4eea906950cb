"""What of a region's answers and ratings the public and rated offices may not see, from counters.

Every figure that can be asked for is looked at together (`shared/scores/hiding`), so that a page
never shows what another page hides.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, func, select

from shared.contracts.enums import Sentiment
from shared.db.read.directory import Directory
from shared.db.read.scores import RegionScores
from shared.db.tables.scoring import scoring_skm_counters
from shared.scores.document import hide_small
from shared.scores.figures import hide_small_figures
from shared.scores.hiding import Cell, Closed, closed_cells
from shared.scores.measures import Measure
from shared.scores.periods import BY_MONTH
from shared.scores.skm import RESPONDENTS, of_comment
from shared.scores.windows import Span, Window

_REST = "?"
"""Units that the directory of the day does not know; they count for their region alone."""
_Counts = Mapping[tuple[str, str], int]
"""People by OPD (for itself) and service."""


def public_view(
    conn: Connection, scores: RegionScores, document: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """A document of these scores as the public and the OPDs' handlers may see it."""
    below = scores.policy.index.hide_below
    closed = closed_units(conn, scores, now)
    seen = hide_small(document, below, closed)
    if "explain" in seen:
        figures = seen["explain"]["figures"]
        figures = hide_small_figures(figures, below, closed, seen["opd"])
        seen["explain"] = {**seen["explain"], "figures": figures}
    return seen


def closed_units(conn: Connection, scores: RegionScores, now: datetime) -> Closed:
    """Whose answers and ratings are closed in these scores.

    A past day within a month tells them of nobody: the day before it would tell the difference.
    """
    region, below = scores.region, scores.policy.index.hide_below
    ratings = {
        (code, ""): found[Measure.RATINGS]
        for code, found in scores.sums.items()
        if found.get(Measure.RATINGS)
    }
    answers = {(code, ""): found.respondents for code, found in scores.answers.items()}
    today = now.astimezone(region.zone_info).date()
    if scores.span.end < today and not _is_whole(scores.span):
        units = frozenset((region.code, *(opd.code for opd in scores.opds())))
        return Closed(
            units if answers else frozenset(),
            units if ratings else frozenset(),
            region_rating=bool(ratings),
        )
    rated = _closed(region.code, scores.directory, {"": ratings}, below)
    time = _period_of(scores.span)
    if time:
        told, _ = closed_periods(conn, region.code, scores.directory, scores.span.end.year, below)
    else:
        told = _closed(region.code, scores.directory, {"": answers}, below)
    return Closed(
        frozenset(_of_time(told, time)), frozenset(_of_time(rated, "")),
        region_rating=Cell(region.code, "") in rated,
    )  # fmt: skip


def closed_periods(
    conn: Connection, region: str, directory: Directory, year: int, below: int
) -> tuple[frozenset[Cell], frozenset[Cell]]:
    """Of a year and its parts, the cells whose answers are closed, and whose comments are."""
    people, comments = _by_month(conn, region, year)
    return (
        _closed(region, directory, people, below),
        _closed(region, directory, comments, below),
    )


def _of_time(closed: Iterable[Cell], time: str) -> Iterator[str]:
    return (c.unit for c in closed if c.time == time and c.service is None and not c.own)


def _period_of(span: Span) -> str:
    """The code of the calendar's period that a window is; empty for one that moves."""
    if span.window is Window.YEAR:
        return f"{span.end.year}"
    return f"{span.end:%Y-%m}" if span.window is Window.MONTH else ""


def _is_whole(span: Span) -> bool:
    """Whether the window is a whole month or year of the calendar."""
    last = monthrange(span.end.year, span.end.month)[1] == span.end.day
    return last and (
        span.window is Window.MONTH or (span.window is Window.YEAR and span.end.month == 12)
    )


def _by_month(
    conn: Connection, region: str, year: int
) -> tuple[dict[str, dict[tuple[str, str], int]], dict[str, dict[tuple[str, str], int]]]:
    """Respondents, and comments, by month's code."""
    c = scoring_skm_counters.c
    talk = [of_comment(sentiment) for sentiment in Sentiment]
    query = (
        select(c.step, c.opd, c.service, c.element, func.sum(c.n))
        .where(
            c.region == region,
            c.grain == BY_MONTH,
            c.step.between(year * 12, year * 12 + 11),
            c.element.in_([RESPONDENTS, *talk]),
        )
        .group_by(c.step, c.opd, c.service, c.element)
    )
    people: dict[str, dict[tuple[str, str], int]] = {}
    comments: dict[str, dict[tuple[str, str], int]] = {}
    for step, opd, service, element, n in conn.execute(query):
        found = people if element == RESPONDENTS else comments
        month = found.setdefault(f"{year}-{step % 12 + 1:02}", {})
        month[opd, service] = month.get((opd, service), 0) + int(n)
    return people, comments


def _closed(
    region: str, directory: Directory, times: Mapping[str, _Counts], below: int
) -> frozenset[Cell]:
    """The closed cells of months ("2026-03") with the parts of the year above them, or of `""`."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for month, counts in times.items():
        for key, n in counts.items():
            sums = found.setdefault(key, {})
            for time in _times(month):
                sums[time] = sums.get(time, 0) + n
    above = tuple((opd.code, opd.parent or region) for opd in directory.opds(region))
    people = tuple((*key, tuple(sums.items())) for key, sums in sorted(found.items()))
    return _closed_of(region, above, people, below)


# Pages ask for the same figures again and again, and few of the answers come in between.
@lru_cache(maxsize=32)
def _closed_of(
    region: str,
    parents: tuple[tuple[str, str], ...],
    people: tuple[tuple[str, str, tuple[tuple[str, int], ...]], ...],
    below: int,
) -> frozenset[Cell]:
    """`parents`: what stands above each unit; `people`: by OPD, service and time."""
    above = dict(parents)
    sizes: dict[Cell, int] = {}
    for opd, service, counted in people:
        for unit, named, own in _places(region, above, opd, service):
            for time, n in counted:
                cell = Cell(unit, time, named, own)
                sizes[cell] = sizes.get(cell, 0) + n
    return closed_cells(sizes, _sums(sizes, region, above), below)


def _places(
    region: str, above: Mapping[str, str], opd: str, service: str
) -> Iterator[tuple[str, str | None, bool]]:
    """Whose figures an answer is part of: unit, service, and whether of the unit alone."""
    if opd in above:
        for named in (None, service):
            yield opd, named, True
            unit = opd
            while unit in above:
                yield unit, named, False
                unit = above[unit]
    else:
        yield _REST, None, True
    yield region, None, False


def _times(month: str) -> tuple[str, ...]:
    """A month with the quarter, semester and year that hold it."""
    if not month:
        return ("",)
    year, number = month.split("-")
    quarter = (int(number) + 2) // 3
    return month, f"{year}-Q{quarter}", f"{year}-S{(quarter + 1) // 2}", year


def _sums(
    sizes: Mapping[Cell, int], region: str, above: Mapping[str, str]
) -> list[tuple[Cell, list[Cell]]]:
    """Which cells add up to which: units, services, and the parts of the year."""
    parts: dict[tuple[str, Cell], list[Cell]] = {}
    for cell in sizes:
        unit, time, service, own = cell
        if own:
            whole = Cell(unit, time, service) if unit in above else Cell(region, time)
            parts.setdefault(("units", whole), []).append(cell)
        elif unit in above:
            up = above[unit]
            if up != region or service is None:
                parts.setdefault(("units", Cell(up, time, service)), []).append(cell)
        if service is not None:
            parts.setdefault(("services", Cell(unit, time, None, own)), []).append(cell)
        if (longer := _longer(time)) is not None:
            parts.setdefault(("times", Cell(unit, longer, service, own)), []).append(cell)
    return [(whole, found) for (_, whole), found in parts.items()]


def _longer(time: str) -> str | None:
    """The period that a period is part of, one step up; none for a year or a window."""
    year, _, part = time.partition("-")
    if not part:
        return None
    if part.startswith("S"):
        return year
    if part.startswith("Q"):
        return f"{year}-S{(int(part[1]) + 1) // 2}"
    return f"{year}-Q{(int(part) + 2) // 3}"
