"""Loops of known work, measured in the same run as the figures that are compared with them."""

import hashlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, insert

from bench.figures import Reference
from shared.db.engine import Database

HASH = "k-hash"
COMMIT = "commit"
PYTHON = "bare Python"
_SECONDS = 0.6
_ROUNDS = 3
_DATA = b"tanggap" * 16
_BARE = "import bench.memory as memory; print(memory.peak_mb())"
_metadata = MetaData()
Clock = Callable[[], float]
_rows = Table(
    "bench_reference",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("value", LargeBinary),
)


def rate(
    work: Callable[[], object], seconds: float = _SECONDS, clock: Clock = time.perf_counter
) -> float:
    """How often the work is done in a second: the median of three rounds."""
    return statistics.median(_round(work, seconds, clock) for _ in range(_ROUNDS))


def _round(work: Callable[[], object], seconds: float, clock: Clock) -> float:
    done, begin = 0, clock()
    while (passed := clock() - begin) < seconds:
        work()
        done += 1
    return done / passed


def beside(work: Callable[[], object], rounds: int, clock: Clock) -> tuple[float, float]:
    """Median of the seconds that the work takes, and of how many k-hash fit into them.

    The reference is measured just before and after each round: a machine that others use changes
    its speed from one second to the next.
    """
    spent, fitting = [], []
    for _ in range(rounds):
        before, begin = _speed(clock), clock()
        work()
        seconds = clock() - begin
        spent.append(seconds)
        fitting.append(seconds * (before + _speed(clock)) / 2)
    return statistics.median(spent), statistics.median(fitting)


def _speed(clock: Clock) -> float:
    begin = clock()
    for _ in range(20):
        _thousand_hashes()
    return 20 / (clock() - begin)


def _thousand_hashes() -> None:
    for _ in range(1000):
        hashlib.sha256(_DATA).digest()


def hashes(clock: Clock = time.perf_counter) -> Reference:
    """Thousands of SHA-256 of 112 bytes in a Python loop: the speed of one core.

    By the clock on the wall it is what is left of a busy machine, by `thread_time` what a core is.
    """
    return Reference(rate(_thousand_hashes, clock=clock), "thousand hashes/s")


def commits(database_url: str) -> Reference:
    """Transactions of one row of 500 bytes each, one after the other, on the same database."""
    with closing(Database(database_url)) as db:
        with db.write() as conn:
            _metadata.create_all(conn)

        def one() -> None:
            with db.write() as conn:
                conn.execute(insert(_rows), [{"value": bytes(500)}])

        try:
            return Reference(rate(one), "commits/s")
        finally:
            with db.write() as conn:
                _metadata.drop_all(conn)


def sqlite_commits(folder: Path) -> Reference:
    """The same on a fresh SQLite file in a folder."""
    path = folder / "reference.db"
    try:
        return commits(f"sqlite:///{path}")
    finally:
        for part in folder.glob("reference.db*"):
            part.unlink()


def bare_python() -> Reference:
    """Memory of a Python process that does nothing."""
    found = subprocess.run([sys.executable, "-c", _BARE], capture_output=True, text=True)
    return Reference(float(found.stdout), "MB")
