"""Each stage of the pipeline by itself, in this process, on SQLite and without a broker.

The same events go through classifier, desk and scoring as batches of their guard; `--profile`
shows where each one's time goes. All times are those of a core.
"""

import cProfile
import io
import pstats
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from sqlalchemy import Connection, event

from bench import backlog, references
from bench.figures import Result
from bench.references import COMMIT, HASH
from bench.texts import bodies
from services.classifier.app import create_app as classifier_app
from services.classifier.ruled import RuleClassifier
from services.classifier.settings import ClassifierSettings
from services.desk.settings import DeskSettings
from services.desk.wiring import assemble
from services.scoring.app import create_app as scoring_app
from services.scoring.ports import NullPublisher
from services.scoring.settings import ScoringSettings
from shared.clock import SystemClock
from shared.contracts.codec import RawMessage, header_map
from shared.contracts.topics import Service, Topic
from shared.db.engine import Database
from shared.db.migrate import upgrade
from shared.directory.seed import seed
from shared.kafka.batch import SQLITE_BATCH, BatchProcessor
from shared.outbox.store import mark_published, pending

_BATCH = SQLITE_BATCH
_TOP = 25


@dataclass(slots=True)
class _Locked:
    """How long the only writer was somebody."""

    since: float = 0.0
    seconds: float = 0.0

    def watch(self, db: Database) -> None:
        event.listen(db.engine, "commit", self._end)
        event.listen(db.engine, "rollback", self._end)
        event.listen(db.engine, "after_cursor_execute", self._begin)

    def _begin(self, conn: Connection, cursor: object, statement: str, *rest: object) -> None:
        if statement == "BEGIN IMMEDIATE":
            self.since = time.thread_time()

    def _end(self, conn: Connection) -> None:
        if self.since:
            self.seconds += time.thread_time() - self.since
            self.since = 0.0


def run(console: Console, *, quick: bool, file: Path | None, profile: bool) -> list[Result]:
    """Measure the three consumers and the database's part of the relay."""
    result = Result("one core")
    count = 600 if quick else 3_000
    with TemporaryDirectory(prefix="tanggap-bench-") as name:
        folder = Path(name)
        result.references[HASH] = references.hashes(time.thread_time)
        result.references[COMMIT] = references.sqlite_commits(folder)
        url = f"sqlite:///{folder / 'stages.db'}"
        upgrade(url)
        with closing(Database(url)) as db:
            with db.write() as conn:
                seed(conn, now=datetime.now(UTC))
            backlog.write(db, bodies(count, file))
            backlog.release(db)
            locked = _Locked()
            locked.watch(db)
            stages = _stages(db, folder)
            for service, topic, source, processor in stages:
                messages = _relayed(db, source, topic, result)
                _measure(console, result, service, processor, messages, locked, profile=profile)
    return [result]


def _stages(db: Database, folder: Path) -> list[tuple[Service, Topic, Service, BatchProcessor]]:
    clock = SystemClock()
    where: dict[str, Any] = {"data_dir": folder, "database_url": str(db.url), "demo": True}
    classifier = classifier_app(ClassifierSettings(**where), db, RuleClassifier(), clock)
    scoring = scoring_app(ScoringSettings(**where), db, NullPublisher(), clock)
    desk = assemble(DeskSettings(**where), db, clock)
    opening = BatchProcessor(
        Service.DESK, db, clock, {Topic.FEEDBACK_CLASSIFIED: desk.handlers.classified}
    )
    return [
        (Service.CLASSIFIER, Topic.FEEDBACK_RECEIVED, Service.INGEST, classifier.processor),
        (Service.DESK, Topic.FEEDBACK_CLASSIFIED, Service.CLASSIFIER, opening),
        (Service.SCORING, Topic.CASE_EVENTS, Service.DESK, scoring.processor),
    ]


def _relayed(db: Database, source: Service, topic: Topic, result: Result) -> list[RawMessage]:
    """What the relay would send, and what its reading and marking costs."""
    begin = time.thread_time()
    found: list[RawMessage] = []
    while True:
        with db.read() as conn:
            rows = pending(conn, source, 500)
        if not rows:
            break
        with db.write() as conn:
            mark_published(conn, [row.id for row in rows], datetime.now(UTC))
        found += [
            RawMessage(topic.value, 0, row.id, 0, row.key, row.value, header_map(row.headers))
            for row in rows
            if row.topic == topic
        ]
    result.add(
        f"relay of {source}, its database part",
        len(found) / (time.thread_time() - begin),
        "/s",
        of=HASH,
    )
    return found


def _measure(
    console: Console,
    result: Result,
    service: Service,
    processor: BatchProcessor,
    messages: Sequence[RawMessage],
    locked: _Locked,
    *,
    profile: bool,
) -> None:
    processor.process(messages[:_BATCH])  # what is loaded once
    rest = messages[_BATCH:]
    before, spent = locked.seconds, 0.0
    with _profiled(console, service, wanted=profile):
        for start in range(0, len(rest), _BATCH):
            begin = time.thread_time()
            processor.process(rest[start : start + _BATCH])
            spent += time.thread_time() - begin
    result.add(f"{service}", len(rest) / spent, "/s", of=HASH)
    result.add(
        f"{service}: write lock held by a batch of {_BATCH}",
        (locked.seconds - before) * 1000 / max(1, len(rest) / _BATCH),
        "ms",
    )


@contextmanager
def _profiled(console: Console, service: Service, *, wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    profiler = cProfile.Profile()
    profiler.enable()
    yield
    profiler.disable()
    for order in ("tottime", "cumulative"):
        text = io.StringIO()
        pstats.Stats(profiler, stream=text).strip_dirs().sort_stats(order).print_stats(_TOP)
        console.print(f"[bold]{service}, by {order}[/bold]")
        console.print(text.getvalue(), markup=False, highlight=False)
