"""Grouped writes: what is answered is committed, and one failure takes no other along."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, insert, select

from services.ingest.writer import DirectWriter, GroupWriter, writer_for
from shared.db.engine import Database
from shared.db.tables.common import meta
from shared.errors import TransientError


@pytest.fixture
def database(sqlite_url: str) -> Database:
    return Database(sqlite_url, pool_size=40)


def put(name: str) -> Callable[[Connection], str]:
    def work(conn: Connection) -> str:
        conn.execute(insert(meta), {"key": name, "value": "x"})
        if name.startswith("bad"):
            raise ValueError(name)
        return name

    return work


def names(database: Database) -> set[str]:
    with database.read() as conn:
        return set(conn.execute(select(meta.c.key).where(meta.c.value == "x")).scalars())


def test_sqlite_groups_and_others_do_not(database: Database) -> None:
    assert isinstance(writer_for(database), GroupWriter)
    direct = DirectWriter(database)
    assert direct.run(put("direct")) == "direct"
    direct.close()
    assert names(database) == {"direct"}
    database.close()


def test_a_failing_work_leaves_nothing_and_takes_none_along(database: Database) -> None:
    writer = GroupWriter(database)
    wanted = [f"bad{n}" if n % 7 == 0 else f"good{n}" for n in range(60)]

    def run(name: str) -> str:
        try:
            return writer.run(put(name))
        except ValueError:
            return "refused"

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(run, wanted))
    good = {name for name in wanted if name.startswith("good")}
    assert [a for a in answers if a != "refused"] == [n for n in wanted if n in good]
    assert names(database) == good
    writer.close()
    with pytest.raises(TransientError):
        writer.run(put("late"))
    database.close()


def test_waiting_works_share_one_transaction(database: Database) -> None:
    writer = GroupWriter(database)
    began, go = threading.Event(), threading.Event()
    transactions: list[int] = []

    def slow(conn: Connection) -> None:
        began.set()
        go.wait(10)

    def seen(conn: Connection) -> int:
        transactions.append(id(conn))
        return id(conn)

    with ThreadPoolExecutor(10) as pool:
        first = pool.submit(writer.run, slow)
        assert began.wait(10)
        later = [pool.submit(writer.run, seen) for _ in range(8)]
        # They are queued before the first one may end.
        while len(writer._waiting) < 8:
            threading.Event().wait(0.01)
        go.set()
        first.result(10)
        assert len({one.result(10) for one in later}) == 1
    writer.close()
    database.close()


def test_a_database_that_fails_fails_every_waiting_work(database: Database) -> None:
    writer = GroupWriter(database)

    def away(conn: Connection) -> None:
        raise TransientError("disk")

    with pytest.raises(TransientError):
        writer.run(away)
    assert writer.run(lambda conn: 1) == 1
    writer.close()
    database.close()
