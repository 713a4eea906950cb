"""State gauges: what they show, and that a scrape survives a database that is away."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy.exc import OperationalError

from shared.db.read.accounting import Accounting, DeadLetterCount, OutboxBacklog
from shared.metrics import STATE_READ_FAILURES
from shared.observe.state import (
    StateCollector,
    accounting_metrics,
    dead_letter_metrics,
    outbox_metrics,
)

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


class FakeDatabase:
    """Answers `read`, or fails like a database that is away."""

    def __init__(self) -> None:
        self.away = False
        self.reads = 0

    @contextmanager
    def read(self) -> Iterator[None]:
        self.reads += 1
        if self.away:
            raise OperationalError("SELECT 1", {}, Exception("away"))
        yield None


def _collector(db: Any, keep_seconds: float) -> StateCollector[list[OutboxBacklog]]:
    backlog = OutboxBacklog("ingest", 3, NOW - timedelta(seconds=90))
    return StateCollector(
        "fake", db, lambda _: [backlog], lambda rows: outbox_metrics(rows, NOW), keep_seconds
    )


def _page(collector: StateCollector[Any]) -> str:
    registry = CollectorRegistry()
    registry.register(collector)
    return generate_latest(registry).decode()


def test_the_outbox_shows_every_producer_and_the_age_of_its_oldest_row() -> None:
    page = _page(_collector(FakeDatabase(), 0))
    assert 'tanggap_outbox_pending{service="ingest"} 3.0' in page
    assert 'tanggap_outbox_oldest_seconds{service="ingest"} 90.0' in page
    assert 'tanggap_outbox_pending{service="desk"} 0.0' in page


def test_a_scrape_without_database_shows_nothing_and_counts() -> None:
    db = FakeDatabase()
    collector = _collector(db, 0)
    failures = STATE_READ_FAILURES.labels(collector="fake")
    before = failures._value.get()
    db.away = True
    assert "tanggap_outbox_pending" not in _page(collector)
    assert failures._value.get() == before + 1
    db.away = False
    assert "tanggap_outbox_pending" in _page(collector)


@pytest.mark.parametrize("away", [False, True])
def test_a_value_is_kept_for_a_moment_whether_the_read_worked_or_not(away: bool) -> None:
    db = FakeDatabase()
    db.away = away
    collector = _collector(db, 60)
    assert list(collector.describe()) == []
    assert _page(collector) == _page(collector)
    assert db.reads == 1


def test_dead_letters_show_their_sum_even_when_there_are_none() -> None:
    total, by_reason = dead_letter_metrics([])
    assert [sample.value for sample in total.samples] == [0]
    assert by_reason.samples == []
    total, by_reason = dead_letter_metrics(
        [DeadLetterCount("desk", "bug", 2), DeadLetterCount("scoring", "not_json", 1)]
    )
    assert [sample.value for sample in total.samples] == [3]
    assert by_reason.samples[0].labels == {"group": "desk", "reason": "bug"}


def test_the_accounting_names_what_is_missing() -> None:
    value = Accounting(
        complaints=10,
        surveys=5,
        cases=8,
        cases_scored=7,
        surveys_scored=4,
        missing_cases=2,
        missing_case_scores=1,
        missing_survey_scores=0,
    )
    samples = [sample for metric in accounting_metrics(value) for sample in metric.samples]
    found = {(s.name, s.labels.get("kind")): s.value for s in samples}
    assert found["tanggap_complaints_accepted", None] == 10
    assert found["tanggap_cases_total", None] == 8
    assert found["tanggap_unaccounted", "complaint"] == 2
    assert found["tanggap_unaccounted", "case"] == 1
    assert found["tanggap_unaccounted", "survey"] == 0
