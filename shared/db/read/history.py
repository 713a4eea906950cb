"""An index over many days in one reading, beside what was published when each day had ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, func, select

from shared.db.read.directory import DatedDirectory, Directory
from shared.db.read.scores import UnknownUnitError
from shared.db.tables.scoring import scoring_counters, scoring_published
from shared.policy.load import PolicyBook, load_policies
from shared.scores.history import MEASURES, Change, Day, sweep
from shared.scores.index import Index
from shared.scores.measures import Grain, first_day_of, month_of
from shared.scores.numbers import figure
from shared.scores.windows import EARLIEST, Window, span

DAYS, MOST_DAYS = 90, 366
_REST = ""


class HistoryRangeError(ValueError):
    """The days asked for are too many, not in order, or not there yet; `field` names which."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Published:
    """What was shown when a day had ended; `at`: when it was written, later if all was down."""

    value: float | None
    low: float
    high: float
    n: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Point:
    """A day's index as it is known now (none: no such OPD), and as it was first published."""

    day: date
    index: Index | None
    published: Published | None = None

    def as_json(self) -> dict[str, Any]:
        """The point of a history; `published` only where the value has been corrected since."""
        index = self.index
        value = figure(index.value) if index and index.n else None
        found: dict[str, Any] = {
            "as_of": self.day.isoformat(),
            "value": value,
            "low": figure(index.low) if index else None,
            "high": figure(index.high) if index else None,
            "n": index.n if index else 0,
            "state": index.state.value if index else "none",
        }
        if (first := self.published) is not None and first.value != value:
            found["corrected"] = True
            found["published"] = {
                "value": first.value, "low": first.low, "high": first.high, "n": first.n,
                "at": first.at.isoformat(),
            }  # fmt: skip
        return found


def load_history(
    conn: Connection,
    unit: str,
    now: datetime,
    *,
    first: date | None = None,
    last: date | None = None,
    window: Window | str = Window.DAYS_90,
    book: PolicyBook | None = None,
) -> list[Point]:
    """The index of an OPD (full code) or region on each day; by default the last 90 up to today.

    Raises `UnknownUnitError` and `HistoryRangeError`.
    """
    region = Directory.load(conn, now=now).region(unit.partition("/")[0])
    if region is None:
        raise UnknownUnitError(unit)
    today = now.astimezone(region.zone_info).date()
    dates = _dates(first, last, today)
    dated = DatedDirectory.load(conn, region)
    opd = unit if "/" in unit else None
    if opd and not any(dated.at(day).opd(opd) for day in (today, *dates)):
        raise UnknownUnitError(unit)
    policies = book or load_policies()
    days = []
    for day in dates:
        policy = policies.at(day).index
        found = span(Window(window), day, now, region.zone_info, policy.days)
        codes = _codes(dated.at(day), opd)
        days.append(Day(day.toordinal(), found.start.toordinal(), found.tick, policy, codes))
    changes = _changes(conn, region.code, days)
    published = _published(conn, unit, days) if Window(window) is Window.DAYS_90 else {}
    return [
        Point(date.fromordinal(day.day), index, published.get(day.day))
        for day, index in sweep(days, changes)
    ]


def unit_history(
    conn: Connection, unit: str, now: datetime, *, window: Window | str, **options: Any
) -> dict[str, Any]:
    """The history as API and command line show it; options as `load_history`."""
    points = load_history(conn, unit, now, window=window, **options)
    return history_json(unit, Window(window), points)


def history_json(unit: str, window: Window, points: Sequence[Point]) -> dict[str, Any]:
    """A history as JSON, one point a local day; `opd` is the region's code for a region."""
    return {
        "opd": unit,
        "window": window.value,
        "estimate": True,
        "points": [point.as_json() for point in points],
    }


def _dates(first: date | None, last: date | None, today: date) -> list[date]:
    end = last or today
    if end > today:
        raise HistoryRangeError("to", f"{end} has not begun")
    if end < EARLIEST or (first and first < EARLIEST):
        field = "to" if end < EARLIEST else "from"
        raise HistoryRangeError(field, f"the calendars begin on {EARLIEST}")
    begin = first or max(end - timedelta(days=DAYS - 1), EARLIEST)
    if begin > end:
        raise HistoryRangeError("from", f"{begin} lies after {end}")
    count = (end - begin).days + 1
    if count > MOST_DAYS:
        raise HistoryRangeError("from", f"{count} days are asked for, at most {MOST_DAYS} are told")
    return [begin + timedelta(days=n) for n in range(count)]


def _codes(directory: Directory, opd: str | None) -> tuple[str, ...] | None:
    if opd is None:
        return None
    return directory.with_units(opd) if directory.opd(opd) else ()


def _changes(conn: Connection, region: str, days: Sequence[Day]) -> Iterable[Change]:
    """All that any of the days counts, summed over the OPDs that are not asked for."""
    own = sorted({code for day in days for code in day.codes or ()})
    yield from _states(conn, region, own, days)
    yield from _steps(conn, region, own, days)


def _steps(
    conn: Connection, region: str, own: Sequence[str], days: Sequence[Day]
) -> Iterable[Change]:
    first, last = min(day.start for day in days), days[-1].day
    c = scoring_counters.c
    return _summed(
        conn, region, own, days, and_(c.grain == Grain.STEP_DAY_DAY, c.step.between(first, last))
    )


def _states(
    conn: Connection, region: str, own: Sequence[str], days: Sequence[Day]
) -> Iterable[Change]:
    """States have every tick there ever was: of whole months before, only their sums are read."""
    c = scoring_counters.c
    begin = month_of(days[0].day)
    tick = 2 * first_day_of(begin)
    recent = and_(c.grain == Grain.STATE_DAY, c.step == 0, c.tick >= tick)
    before = and_(c.grain == Grain.STATE_MONTH, c.step == 0, c.tick < begin)
    yield from _summed(conn, region, own, days, recent)
    # The ticks of that grain are months: all of them lie before the first day.
    for found in _summed(conn, region, own, days, before):
        yield found._replace(tick=0)


def _summed(
    conn: Connection, region: str, own: Sequence[str], days: Sequence[Day], clause: Any
) -> Iterable[Change]:
    c = scoring_counters.c
    first, last = days[0].tick, days[-1].tick
    # What was known before the first day need not be told apart.
    tick = case((c.tick <= first, first), else_=c.tick).label("known")
    code = case((c.opd.in_(own), c.opd), else_=_REST).label("whose")
    query = (
        select(tick, c.step, code, c.measure, func.sum(c.n))
        .where(c.region == region, c.tick <= last, clause, c.measure.in_(MEASURES))
        .group_by("known", c.step, "whose", c.measure)
    )
    for known, step, whose, measure, n in conn.execute(query):
        if n:
            yield Change(known, step, whose, measure, int(n))


def _published(conn: Connection, unit: str, days: Sequence[Day]) -> dict[int, Published]:
    c = scoring_published.c
    query = select(c.day, c.value, c.low, c.high, c.n, c.at).where(
        c.unit == unit, c.day.between(days[0].day, days[-1].day)
    )
    return {
        day: Published(None if value is None else float(value), float(low), float(high), n, at)
        for day, value, low, high, n, at in conn.execute(query)
    }
