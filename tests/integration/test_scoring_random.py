"""Random cases in any order, twice, in batches of any size: live counters are those of a clean run.

`score verify` is that clean run: it folds every case anew from all its facts.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.scoring import audit
from services.scoring.handlers import apply_events
from services.scoring.regions import DirectoryRules
from services.scoring.store import KnownEvent
from shared.clocks.facts import CaseFact
from shared.db.engine import Database
from shared.db.migrate import upgrade
from shared.db.read.scores import region_score
from shared.directory.seed import seed
from tests.casebook import T
from tests.randomcases import cases, seeded_cases

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
_runs = iter(range(10_000))


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One SQLite database for the examples of a property, which use tickets of their own."""
    url = f"sqlite:///{tmp_path_factory.mktemp('lasting') / 'tanggap.db'}"
    upgrade(url)
    database = Database(url)
    _seed(database)
    yield database
    database.close()


def _seed(database: Database) -> None:
    with database.write() as conn:
        seed(conn, now=NOW)


def known(ticket: str, facts: Sequence[CaseFact]) -> list[KnownEvent]:
    return [KnownEvent(ticket, f"{ticket}-{fact.sequence}", fact) for fact in facts]


def take(database: Database, arrival: Sequence[KnownEvent], sizes: Iterator[int]) -> None:
    """What scoring does with batches of these sizes."""
    rules, start = DirectoryRules(), 0
    while start < len(arrival):
        end = start + next(sizes)
        with database.write() as conn:
            apply_events(conn, arrival[start:end], rules(conn))
        start = end


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(cases(), min_size=1, max_size=4), st.data())
def test_any_order_doubling_and_batching_leave_what_verify_expects(
    lasting: Database, found: list[list[CaseFact]], data: st.DataObject
) -> None:
    run = next(_runs)
    events = [e for number, facts in enumerate(found) for e in known(f"{run}-{number}", facts)]
    doubled = events + data.draw(st.lists(st.sampled_from(events), max_size=5))
    arrival = data.draw(st.permutations(doubled))
    sizes = data.draw(st.lists(st.integers(1, 12), min_size=len(arrival), max_size=len(arrival)))
    take(lasting, arrival, iter(sizes))
    report = audit.verify(lasting, DirectoryRules())
    assert report.agrees, report.examples


def ten_thousand(chance: random.Random) -> list[KnownEvent]:
    """Events of random cases in the order of their own times, but many come late, some twice."""
    found = seeded_cases(7, 10_000)
    events = [e for number, facts in enumerate(found) for e in known(str(number), facts)]
    met = Counter(event.fact.type for event in events)
    for type_ in (T.FORWARDED, T.REOPENED, T.ASKED, T.ANSWERED, T.UNSENT, T.AUTO_RESOLVED):
        assert met[type_] > 200, type_
    arrival = sorted(events, key=lambda event: (event.fact.at, chance.random()))
    arrival += chance.sample(events, 500)
    moved = [(place + chance.choice((0, 0, 0, 50, 3000)), e) for place, e in enumerate(arrival)]
    return [event for _, event in sorted(moved, key=lambda found: found[0])]


@pytest.mark.slow
def test_verify_equals_live_after_ten_thousand_random_events(db: Database) -> None:
    _seed(db)
    chance = random.Random(11)
    arrival = ten_thousand(chance)
    take(db, arrival, iter(lambda: chance.choice((1, 30, 120, 250, 400)), 0))
    report = audit.verify(db, DirectoryRules())
    assert report.agrees, report.examples
    assert report.events == len(arrival) - 500 >= 10_000
    with db.read() as conn:
        for window in ("90d", "month", "year"):
            for entry in region_score(conn, "paser", NOW, window=window)["opds"]:
                _within_bounds(entry["responsiveness"])


def _within_bounds(index: dict[str, Any]) -> None:
    low, high = index["interval"]
    assert 0 <= low <= high <= 100
    parts = index["parts"]
    counts = ("n", "on_time", "late", "missed", "running")
    assert all(part[count] >= 0 for part in parts.values() for count in counts)
