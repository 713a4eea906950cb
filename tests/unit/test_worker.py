"""The Faust app runs under the settings that style.md's facts demand, and lets nothing escape."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

from shared.clock import FixedClock
from shared.contracts.codec import RawMessage
from shared.contracts.topics import Service, Topic
from shared.db.engine import Database
from shared.kafka import worker
from shared.kafka.batch import BatchProcessor, DependencyAwayError, TooManyBadEventsError
from shared.kafka.connection import FETCH_MAX_WAIT_MS
from shared.settings import Settings
from tests.fakes.handler import FakeHandler
from tests.wire import NOW


def _settings(tmp_path: Path, **values: Any) -> Settings:
    return Settings.model_validate(
        {
            "data_dir": tmp_path,
            "broker_url": "kafka://a:9092,b:9092",
            "topic_prefix": "t.",
            **values,
        }
    )


@pytest.fixture
def processor(tmp_path: Path) -> BatchProcessor:
    topics = {Topic.FEEDBACK_CLASSIFIED: FakeHandler(), Topic.CASE_EVENTS: FakeHandler()}
    db = Database(f"sqlite:///{tmp_path}/never-opened.db")
    return BatchProcessor(Service.SCORING, db, FixedClock(NOW), topics)


async def test_the_app_runs_under_our_settings(tmp_path: Path, processor: BatchProcessor) -> None:
    settings = _settings(tmp_path, broker_session_seconds=6, batch_size=300)
    conf: Any = worker.make_app(settings, processor).conf
    assert conf.id == "t.scoring"
    assert [str(url) for url in conf.broker] == ["kafka://a:9092", "kafka://b:9092"]
    assert conf.processing_guarantee.value == "at_least_once"
    assert conf.broker_session_timeout == 6
    assert conf.broker_heartbeat_interval == 2
    # Past the poll interval Faust stalls silently: our 60 s of patience lie far below it.
    assert conf.broker_max_poll_interval == 300
    assert conf.broker_max_poll_records == 300
    assert conf.stream_wait_empty
    assert conf.consumer_auto_offset_reset == "earliest"
    assert not conf.topic_allow_declare
    assert conf.topic_disable_leader
    assert not conf.web_enabled
    assert str(conf.store) == "memory:"


async def test_a_session_longer_than_a_request_is_allowed_for(
    tmp_path: Path, processor: BatchProcessor
) -> None:
    conf = worker.make_app(_settings(tmp_path, broker_session_seconds=60), processor).conf
    assert conf.broker_request_timeout >= conf.broker_session_timeout


async def test_each_topic_has_one_agent_that_reads_raw_bytes_one_batch_at_a_time(
    tmp_path: Path, processor: BatchProcessor
) -> None:
    app = worker.make_app(_settings(tmp_path), processor)
    agents = list(app.agents.values())
    assert {agent.channel.get_topic_name() for agent in agents} == {
        "t.feedback.classified.v1",
        "t.case.events.v1",
    }
    assert all(agent.concurrency == 1 for agent in agents)
    assert all(agent.channel.value_type is bytes for agent in agents)


async def test_a_fetch_does_not_wait(tmp_path: Path, processor: BatchProcessor) -> None:
    app: Any = worker.make_app(_settings(tmp_path), processor)
    thread = app.consumer._thread
    consumer = thread._create_worker_consumer(app.transport)
    assert consumer._fetch_max_wait_ms == FETCH_MAX_WAIT_MS
    await consumer.stop()
    thread.thread_loop.close()


@pytest.mark.parametrize(
    ("values", "protocol"),
    [
        ({}, None),
        ({"broker_tls": True}, "SSL"),
        ({"broker_username": "u", "broker_password": "p"}, "SASL_PLAINTEXT"),
        ({"broker_username": "u", "broker_password": "p", "broker_tls": True}, "SASL_SSL"),
    ],
)
async def test_it_speaks_to_the_broker_as_the_other_clients_do(
    tmp_path: Path, processor: BatchProcessor, values: dict[str, Any], protocol: str | None
) -> None:
    app = worker.make_app(_settings(tmp_path, **values), processor)
    credentials = app.conf.broker_credentials
    assert (credentials.protocol.value if credentials else None) == protocol


# -- the border of a batch ------------------------------------------------------------------------


class _Ended(BaseException):
    """Stands for the end of the process."""


class FakeProcessor:
    """Raises what it is told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def process(self, messages: Sequence[RawMessage]) -> None:
        """Apply nothing."""
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (DependencyAwayError("x"), "dependency_away_too_long"),
        (TooManyBadEventsError("x"), "too_many_bad_events"),
        (ValueError("a citizen's words"), "guard_failed"),
        (SystemError("x"), "guard_failed"),
    ],
)
async def test_what_the_guard_cannot_bear_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, error: Exception, event: str
) -> None:
    ended: list[tuple[str, dict[str, object]]] = []

    def end(name: str, **fields: object) -> NoReturn:
        ended.append((name, fields))
        raise _Ended

    monkeypatch.setattr(worker, "end_uncommitted", end)
    with pytest.raises(_Ended):
        await worker.process_batch(FakeProcessor(error), [])  # type: ignore[arg-type]  # its double
    assert ended[0][0] == event
    assert "citizen" not in repr(ended)


async def test_a_cancelled_batch_is_finished_before_the_cancellation_goes_on() -> None:
    """Faust acknowledges a batch as soon as this is left, finished or not."""
    begun, let_go, done = threading.Event(), threading.Event(), threading.Event()

    class Slow:
        def process(self, messages: Sequence[RawMessage]) -> None:
            begun.set()
            let_go.wait(5)
            done.set()

    task = asyncio.create_task(worker.process_batch(Slow(), []))  # type: ignore[arg-type]  # its double
    await asyncio.to_thread(begun.wait, 5)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    let_go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done.is_set()
