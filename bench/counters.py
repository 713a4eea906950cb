"""A region's score page over very many cases: it reads counters, never cases.

The counters are those of that many cases over two years. Each of a few shapes of a case is folded
once for each day of receipt, and counted as often as the OPDs' shares of the cases say. Beside them
lie what evaluators entered, a catalogue of services and a year of surveys. It is asked for in the
middle of a month, when most rows are read.
"""

import random
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bench.cases import OPDS, REGION, case
from bench.references import beside
from services.scoring import surveys
from services.scoring.rules import deltas
from shared.clocks.region import RegionRules
from shared.contracts.enums import SKMElement
from shared.db.engine import Database
from shared.db.migrate import upgrade
from shared.db.read.scores import region_score
from shared.db.tables.evaluation import desk_assessments, desk_services
from shared.db.tables.scoring import scoring_counters
from shared.directory.seed import seed
from shared.scores.measures import CounterKey, Key, expand
from shared.scores.windows import Window

_DAYS = 730
_SHAPES = 12
_SERVICES = ("KTP-el", "Izin", "Pengujian", "Bantuan", "Rekomendasi")
_READS = 25
_COLUMNS = ("region", "grain", "step", "tick", "opd", "measure")
NOW = datetime(2026, 10, 16, 3, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Page:
    """The median time of the page, and how many k-hash fit into it, by window."""

    cases: int
    rows: int
    took: dict[str, tuple[float, float]]


def page_seconds(folder: Path, count: int) -> Page:
    """Time the region's whole document, with all OPDs, for every window."""
    url = f"sqlite:///{folder / 'counters.db'}"
    upgrade(url)
    with closing(Database(url)) as db:
        with db.write() as conn:
            seed(conn, now=NOW)
        rows = _fill(db, count)
        _fill_beside(db)
        took = {window.value: _took(db, window) for window in Window}
    return Page(count, rows, took)


def _took(db: Database, window: Window) -> tuple[float, float]:
    def read() -> None:
        with db.read() as conn:
            region_score(conn, REGION, NOW, window=window)

    read()
    return beside(read, _READS, time.thread_time)


def _fill(db: Database, count: int) -> int:
    rng = random.Random(3)
    per_shape = count / (_DAYS * _SHAPES * len(OPDS))
    counters: dict[CounterKey, int] = {}
    for day_ in range(_DAYS):
        day = NOW - timedelta(days=_DAYS - day_, hours=rng.randrange(6))
        for found in _shapes(rng, day):
            rows = expand(found)
            for opd in OPDS:
                n = int(per_shape) + (rng.random() < per_shape % 1)
                if n:
                    _add(counters, rows, f"{REGION}/{opd}", n)
    values = [{**dict(zip(_COLUMNS, key, strict=True)), "n": n} for key, n in counters.items()]
    with db.write() as conn:
        conn.execute(insert(scoring_counters), values)
    return len(values)


def _add(counters: dict[CounterKey, int], rows: dict[CounterKey, int], opd: str, n: int) -> None:
    """Count so many of the same case at another OPD; what lay at triage stays there."""
    for (region, grain, step, tick, at, measure), one in rows.items():
        code = at if at.endswith("/setda-organisasi") else opd
        key = (region, grain, step, tick, code, measure)
        counters[key] = counters.get(key, 0) + one * n


def _fill_beside(db: Database) -> None:
    units = [f"{REGION}/{opd}" for opd in OPDS]
    answers = {element.value: 3 for element in SKMElement}
    answered = surveys.sums(
        surveys.Survey("", REGION, opd, _SERVICES[ago % 5], NOW.toordinal() - ago, answers, True)
        for opd in units
        for ago in range(365)
    )
    with db.write() as conn:
        conn.execute(insert(desk_services), [_service(o, s) for o in units for s in _SERVICES])
        conn.execute(insert(desk_assessments), [row for opd in units for row in _entries(opd)])
        surveys.add(conn, answered)


def _service(opd: str, name: str) -> dict[str, Any]:
    return {
        "opd": opd,
        "name": name,
        "valid_from": date(2025, 1, 1),
        "region": REGION,
        "users_per_year": 1000,
    }


def _entries(opd: str) -> Iterable[dict[str, Any]]:
    """All indicators of both years, and F-03."""
    for year in (2025, 2026):
        for item in (*map(str, range(1, 31)), "f03"):
            yield {
                "region": REGION,
                "opd": opd,
                "year": year,
                "item": item,
                "value": "4",
                "n": 40 if item == "f03" else None,
                "source": "evaluator",
                "reason": "",
                "evidence": [],
                "username": "bench",
                "at": NOW - timedelta(days=30),
            }


def _shapes(rng: random.Random, day: datetime) -> Iterable[dict[Key, int]]:
    """Cases of a day as they stand now: nothing is known of tomorrow but deadlines."""
    known = ([fact for fact in case(rng, day) if fact.at <= NOW] for _ in range(_SHAPES))
    return [deltas(facts, _RULES) for facts in known]


_RULES = RegionRules(REGION, "Asia/Makassar")
