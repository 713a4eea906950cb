"""What two processes share through the database: claims of events and leases, each held by one."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from shared.contracts.topics import Service
from shared.db.engine import Database
from shared.db.leases import Lease
from shared.db.tables.common import leases
from shared.inbox import Outcome, claim
from tests.wire import NOW

# -- claims of two workers ------------------------------------------------------------------------


@pytest.fixture
def second_worker(db: Database) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def _claim(db: Database, *ids: str) -> set[str]:
    with db.write() as conn:
        return claim(conn, Service.SCORING, ids, Outcome.DONE, NOW)


def test_a_second_claim_waits_and_finds_the_event_taken(
    db: Database, second_worker: ThreadPoolExecutor
) -> None:
    with db.write() as conn:
        assert claim(conn, Service.SCORING, ["b", "a"], Outcome.DONE, NOW) == {"a", "b"}
        second = second_worker.submit(_claim, db, "a", "b", "c")
        with pytest.raises(TimeoutError):
            second.result(0.2)
    assert second.result(10) == {"c"}


def test_a_second_claim_gets_the_event_when_the_first_fails(
    db: Database, second_worker: ThreadPoolExecutor
) -> None:
    def fail() -> None:
        with db.write() as conn:
            claim(conn, Service.SCORING, ["a"], Outcome.DONE, NOW)
            seconds.append(second_worker.submit(_claim, db, "a"))
            raise ZeroDivisionError

    seconds: list[Future[set[str]]] = []
    with pytest.raises(ZeroDivisionError):
        fail()
    assert seconds[0].result(10) == {"a"}


def test_claims_in_any_order_do_not_wait_in_a_circle(db: Database) -> None:
    ids = [f"e{number}" for number in range(40)]

    def work(number: int) -> list[str]:
        mine: list[str] = []
        for start in range(0, 40, 10):
            some = ids[start : start + 10]
            mine += _claim(db, *(some[::-1] if number % 2 else some))
        return mine

    with ThreadPoolExecutor(6) as pool:
        claimed = [event for found in pool.map(work, range(6)) for event in found]
    assert sorted(claimed) == sorted(ids)


def test_a_claim_of_nothing_asks_nobody(db: Database) -> None:
    assert _claim(db) == set()


# -- leases ---------------------------------------------------------------------------------------


def test_one_holder_at_a_time_until_it_expires(db: Database) -> None:
    first, second = Lease(db, "relay:ingest", "one"), Lease(db, "relay:ingest", "two")
    assert first.acquire(NOW)
    assert not second.acquire(NOW)
    assert not second.acquire(NOW + timedelta(seconds=9.9))
    assert second.acquire(NOW + timedelta(seconds=10))
    assert not first.acquire(NOW + timedelta(seconds=11))
    assert Lease(db, "relay:desk", "three").acquire(NOW)


def test_a_holder_that_goes_on_keeps_it(db: Database) -> None:
    first, second = Lease(db, "x", "one"), Lease(db, "x", "two")
    for seconds in range(0, 60, 2):
        now = NOW + timedelta(seconds=seconds)
        assert first.acquire(now)
        assert not second.acquire(now + timedelta(seconds=5))


def test_a_lease_is_written_only_when_a_third_is_used(db: Database) -> None:
    lease = Lease(db, "x", "one")
    seen: set[datetime] = set()
    for tenths in range(100):
        assert lease.acquire(NOW + timedelta(seconds=tenths / 10))
        with db.read() as conn:
            seen.add(conn.execute(select(leases.c.expires_at)).scalar_one())
    assert len(seen) == 3


def test_a_lease_given_back_is_free_at_once(db: Database) -> None:
    first, second = Lease(db, "x", "one"), Lease(db, "x", "two")
    assert first.acquire(NOW)
    second.release()  # not its own
    assert not second.acquire(NOW)
    first.release()
    assert second.acquire(NOW)
    assert not first.acquire(NOW)


def test_of_many_who_ask_at_once_one_gets_it(db: Database) -> None:
    asking = [Lease(db, "x", str(number)) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda lease: lease.acquire(NOW), asking))
    assert got.count(True) == 1
