"""Writing transactions of the handlers, grouped where one file has one writer at a time.

A handler's work is committed when `run` returns, whichever writer runs it. On SQLite the works of
requests that wait at the same moment share a transaction, each in a savepoint of its own: one
fsync for all of them, a fair order, and one that fails takes no other along.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from shared.db.engine import Database
from shared.db.trouble import is_dependency_trouble
from shared.errors import TransientError

T = TypeVar("T")
Work = Callable[[Connection], T]
MOST_AT_ONCE = 64


class Writer(Protocol):
    """Runs works that write."""

    def run(self, work: Callable[[Connection], T]) -> T:
        """Run the work in a transaction and commit; what it raises rolls it back."""
        ...

    def close(self) -> None:
        """Finish what waits; later works are refused."""
        ...


class DirectWriter:
    """A transaction for each work: databases with many writers (PostgreSQL)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, work: Callable[[Connection], T]) -> T:
        """Run the work in a transaction and commit."""
        with self._database.write() as conn:
            return work(conn)

    def close(self) -> None:
        """Nothing waits."""


class GroupWriter:
    """A thread that runs all waiting works in one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[tuple[Work[Any], Future[Any]]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def run(self, work: Callable[[Connection], T]) -> T:
        """Hand the work over and wait until it is committed."""
        done: Future[T] = Future()
        with self._changed:
            if self._closed:
                raise TransientError("the service is stopping")
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
                self._thread.start()
            self._waiting.append((work, done))
            self._changed.notify()
        return done.result()

    def close(self) -> None:
        """Finish what waits; later works are refused."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join(timeout=30)

    def _loop(self) -> None:
        while group := self._next():
            self._commit(group)

    def _next(self) -> list[tuple[Work[Any], Future[Any]]]:
        """The works waiting now; none when closed and all are done."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            size = min(len(self._waiting), MOST_AT_ONCE)
            return [self._waiting.popleft() for _ in range(size)]

    def _commit(self, group: list[tuple[Work[Any], Future[Any]]]) -> None:
        answers: list[tuple[Future[Any], Any]] = []
        refusals: list[tuple[Future[Any], Exception]] = []
        try:
            with self._database.write() as conn:
                for work, done in group:
                    try:
                        with conn.begin_nested():
                            answers.append((done, work(conn)))
                    except Exception as error:
                        # A database that is away fails the whole group, below.
                        if is_dependency_trouble(error):
                            raise
                        refusals.append((done, error))
        except Exception as error:  # noqa: BLE001 — every waiting request gets it and raises it
            for _, done in group:
                done.set_exception(error)
            return
        for done, answer in answers:
            done.set_result(answer)
        for done, refusal in refusals:
            done.set_exception(refusal)


def writer_for(database: Database) -> Writer:
    """The writer that suits the database."""
    return GroupWriter(database) if database.dialect == "sqlite" else DirectWriter(database)
