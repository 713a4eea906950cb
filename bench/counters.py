"""A region's score page over very many cases: it reads counters, never cases.

The counters are those of that many cases over two years. Each of a few shapes of a case is folded
once for each day of receipt, and counted as often as the OPDs' shares of the cases say.
"""

import random
import statistics
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from bench.cases import OPDS, REGION, case
from services.scoring.rules import deltas
from shared.clocks.region import RegionRules
from shared.db.engine import Database
from shared.db.migrate import upgrade
from shared.db.read.scores import region_score
from shared.db.tables.scoring import scoring_counters
from shared.directory.seed import seed
from shared.scores.measures import CounterKey, Key, expand
from shared.scores.windows import Window

_DAYS = 730
_SHAPES = 12
_READS = 15
_COLUMNS = ("region", "grain", "step", "tick", "opd", "measure")
NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Page:
    """The median time of the page by window."""

    cases: int
    rows: int
    seconds: dict[str, float]


def page_seconds(folder: Path, count: int) -> Page:
    """Time the region's whole document, with all OPDs, for every window."""
    url = f"sqlite:///{folder / 'counters.db'}"
    upgrade(url)
    with closing(Database(url)) as db:
        with db.write() as conn:
            seed(conn, now=NOW)
        rows = _fill(db, count)
        seconds = {window.value: _median(db, window) for window in Window}
    return Page(count, rows, seconds)


def _median(db: Database, window: Window) -> float:
    spent = []
    for _ in range(_READS):
        begin = time.thread_time()
        with db.read() as conn:
            region_score(conn, REGION, NOW, window=window)
        spent.append(time.thread_time() - begin)
    return statistics.median(spent)


def _fill(db: Database, count: int) -> int:
    rng = random.Random(3)
    per_shape = count / (_DAYS * _SHAPES * len(OPDS))
    counters: dict[CounterKey, int] = {}
    for day_ in range(_DAYS):
        day = NOW - timedelta(days=_DAYS - day_, hours=rng.randrange(6))
        for found in _shapes(rng, day):
            for opd in OPDS:
                n = int(per_shape) + (rng.random() < per_shape % 1)
                if n:
                    _add(counters, expand(_moved(found, opd)), n)
    rows = [{**dict(zip(_COLUMNS, key, strict=True)), "n": n} for key, n in counters.items()]
    with db.write() as conn:
        conn.execute(insert(scoring_counters), rows)
    return len(rows)


def _shapes(rng: random.Random, day: datetime) -> Iterable[dict[Key, int]]:
    rules = _RULES
    return [deltas(case(rng, day), rules) for _ in range(_SHAPES)]


def _moved(found: dict[Key, int], opd: str) -> dict[Key, int]:
    """The same case at another OPD; what lay at triage stays there."""
    code = f"{REGION}/{opd}"
    moved: dict[Key, int] = {}
    for (at, measure, step, tick), n in found.items():
        key = (at if at.endswith("/setda-organisasi") else code, measure, step, tick)
        moved[key] = moved.get(key, 0) + n
    return moved


def _add(counters: dict[CounterKey, int], more: dict[CounterKey, int], times: int) -> None:
    for key, n in more.items():
        counters[key] = counters.get(key, 0) + n * times


_RULES = RegionRules(REGION, "Asia/Makassar")
