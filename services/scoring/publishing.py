"""Keeps what was shown when a local day had ended, so that a later correction can be seen.

Changes no score and is never read for one. A day that passed while everything was down is written
later, with the time at which it was.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from shared.clock import Clock
from shared.db.engine import Database
from shared.db.read.directory import Directory, Region
from shared.db.read.scores import RegionScores, load_region
from shared.db.statements import insert_ignore
from shared.db.tables.scoring import scoring_counters, scoring_published
from shared.scores.index import Index
from shared.scores.measures import Grain
from shared.scores.numbers import rounded

SETTLE = timedelta(minutes=5)
"""So long after midnight: what was accepted before it is in the score by then."""
MOST_DAYS = 31


class DayPublisher:
    """Writes the figures of days that have ended, one region and day at a time."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._done: dict[str, date] = {}
        self._waiting: list[tuple[str, date]] = []

    def look(self) -> None:
        """Note the days that have ended and are not written yet; asks once a region and day."""
        moment = self._clock.now() - SETTLE
        with self._db.read() as conn:
            for region in Directory.load(conn, now=moment).regions:
                last = moment.astimezone(region.zone_info).date() - timedelta(days=1)
                if self._done.get(region.code) != last:
                    missing = _missing(conn, region, last)
                    self._waiting += [(region.code, day) for day in missing]
                    self._done[region.code] = last

    def step(self) -> bool:
        """Write one day of a region, the earliest noted first; whether there was one."""
        if not self._waiting:
            return False
        region, day = self._waiting[0]
        now = self._clock.now()
        with self._db.read() as conn:
            rows = list(_rows(load_region(conn, region, now, as_of=day), day, now))
        with self._db.write() as conn:
            insert_ignore(conn, scoring_published, rows)
        self._waiting.pop(0)
        return True

    def forget(self) -> None:
        """Another process does it now: look anew at everything when it is this one's turn."""
        self._done.clear()
        self._waiting.clear()


def _missing(conn: Connection, region: Region, last: date) -> list[date]:
    """Days up to `last` without a row, since the first event, and at most `MOST_DAYS` back."""
    c = scoring_counters.c
    known = select(func.min(c.tick)).where(
        c.region == region.code, c.grain == Grain.STATE_DAY, c.step == 0
    )
    first_tick = conn.execute(known).scalar()
    if first_tick is None:
        return []
    first = max(int(first_tick) >> 1, last.toordinal() - MOST_DAYS + 1)
    p = scoring_published.c
    there = select(p.day).where(p.unit == region.code, p.day.between(first, last.toordinal()))
    found = set(conn.execute(there).scalars())
    return [date.fromordinal(day) for day in range(first, last.toordinal() + 1) if day not in found]


def _rows(scores: RegionScores, day: date, at: datetime) -> Iterator[dict[str, Any]]:
    """The rows of every OPD and of the region itself."""
    for code, index in sorted(scores.indexes.items()):
        yield _row(code, index, scores.ranks.get(code), day, at)
    # Last, and in the same transaction: the region's row says that its day is written.
    yield _row(scores.region.code, scores.index, None, day, at)


def _row(unit: str, index: Index, rank: int | None, day: date, at: datetime) -> dict[str, Any]:
    return {
        "unit": unit,
        "day": day.toordinal(),
        "value": str(rounded(index.value)) if index.n else None,
        "low": str(rounded(index.low)),
        "high": str(rounded(index.high)),
        "n": index.n,
        "rank": rank,
        "at": at.astimezone(UTC),
    }
