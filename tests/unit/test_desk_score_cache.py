"""Scores are computed once for all readers of a moment, and anew afterwards."""

from datetime import date
from threading import Barrier, Thread
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.desk.score_cache import ScoreCache
from shared.db.read.scores import RegionScores
from shared.scores.windows import Window

LIVE = ("paser", None, Window.DAYS_90)
PAST = ("paser", date(2026, 11, 1), Window.DAYS_90)


class Computing:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> RegionScores:
        self.calls += 1
        return cast(RegionScores, SimpleNamespace(number=self.calls))


def number(found: Any) -> int:
    return int(found.number)


def test_kept_for_a_moment_and_longer_for_a_history() -> None:
    now = [0.0]
    cache, compute = ScoreCache[RegionScores](0.5, lambda: now[0]), Computing()
    assert number(cache.get(LIVE, compute)) == 1
    assert number(cache.get(PAST, compute)) == 2
    assert number(cache.get(PAST, compute, past=True)) == 3
    now[0] = 0.4
    assert number(cache.get(LIVE, compute)) == 1
    now[0] = 0.6
    assert number(cache.get(LIVE, compute)) == 4
    assert number(cache.get(PAST, compute)) == 5
    assert number(cache.get(PAST, compute, past=True)) == 3


def test_many_readers_cost_one_computation() -> None:
    cache, compute, start = ScoreCache[RegionScores](60), Computing(), Barrier(8)

    def read() -> None:
        start.wait()
        cache.get(LIVE, compute)

    threads = [Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert compute.calls == 1


def test_a_failure_is_not_kept() -> None:
    cache, compute = ScoreCache[RegionScores](60), Computing()

    def fail() -> RegionScores:
        raise ValueError("away")

    with pytest.raises(ValueError, match="away"):
        cache.get(LIVE, fail)
    assert number(cache.get(LIVE, compute)) == 1
