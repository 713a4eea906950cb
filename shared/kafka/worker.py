"""The Faust shell of a worker: raw bytes in batches, handed to the guard in a thread.

Every rule here answers a measured fact of style.md's Faust section: nothing escapes the agent,
no topic is decoded by Faust, no table is used, and a batch is never acknowledged before it is done.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiokafka
import faust
import uvloop
from faust.exceptions import ConsumerNotStarted
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport

from shared.contracts.codec import RawMessage, header_map
from shared.contracts.topics import Topic
from shared.kafka.batch import BatchProcessor, DependencyAwayError, TooManyBadEventsError
from shared.kafka.connection import FETCH_MAX_WAIT_MS
from shared.kafka.lag import LagWatch
from shared.kafka.probe import Probe
from shared.observe.checks import Check
from shared.process import end_uncommitted
from shared.settings import Settings

_WITHIN_SECONDS = 0.02
_COMMIT_SECONDS = 1.0
_COMMIT_EVENTS = 500


class _ConsumerThread(AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        """Faust hard-codes a fetch wait of 1.5 s, of which every event then waits a part."""
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS
        return consumer


class _Consumer(Consumer):
    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)


class _Transport(Transport):
    Consumer = _Consumer


def make_app(settings: Settings, processor: BatchProcessor) -> faust.App:
    """A Faust app with one agent per topic of the processor."""
    app = faust.App(
        settings.topic(processor.service),
        broker=[f"kafka://{address}" for address in settings.bootstrap_servers],
        broker_credentials=_credentials(settings),
        datadir=str(settings.data_dir / "faust" / processor.service),
        autodiscover=False,
        processing_guarantee="at_least_once",
        broker_commit_interval=_COMMIT_SECONDS,
        broker_commit_every=_COMMIT_EVENTS,
        broker_max_poll_records=settings.batch_size,
        broker_max_poll_interval=300.0,
        broker_session_timeout=settings.broker_session_seconds,
        broker_heartbeat_interval=settings.broker_session_seconds / 3,
        broker_request_timeout=max(40.0, settings.broker_session_seconds),
        stream_buffer_maxsize=512,
        stream_wait_empty=True,
        stream_processing_timeout=90.0,
        consumer_auto_offset_reset="earliest",
        producer_acks=-1,
        store="memory://",
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        value_serializer="raw",
        key_serializer="raw",
        web_enabled=False,
    )
    app.transport = _Transport(app.conf.broker_consumer, app)
    for topic in processor.topics:
        _add_agent(app, settings, processor, topic)
    return app


def _credentials(settings: Settings) -> Any:
    context = ssl.create_default_context() if settings.broker_tls else None
    if settings.broker_username:
        return faust.SASLCredentials(
            username=settings.broker_username,
            password=settings.broker_password.get_secret_value(),
            mechanism="SCRAM-SHA-512",
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None


def _add_agent(app: faust.App, settings: Settings, processor: BatchProcessor, topic: Topic) -> None:
    channel = app.topic(
        settings.topic(topic),
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        allow_empty=True,
    )
    size = settings.batch_size

    async def consume(stream: Any) -> AsyncIterator[None]:
        async for batch in stream.take_events(size, within=_WITHIN_SECONDS):
            await process_batch(processor, [_message(event, topic) for event in batch])
            yield

    app.agent(channel, name=f"{processor.service}.{topic}", concurrency=1)(consume)


async def process_batch(processor: BatchProcessor, messages: Sequence[RawMessage]) -> None:
    """Run the guard in a thread and wait for it even when cancelled.

    Faust acknowledges a batch as soon as this returns or raises, so there is no way out of here
    while the thread works; when the guard gives up, the process ends with nothing committed.
    """
    work = asyncio.ensure_future(asyncio.to_thread(processor.process, messages))
    cancelled = False
    while not work.done():
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            cancelled = True
        except Exception:  # noqa: BLE001, S110 - judged below, from the finished work
            pass
    error = work.exception()
    if isinstance(error, DependencyAwayError):
        end_uncommitted("dependency_away_too_long", error=str(error))
    if isinstance(error, TooManyBadEventsError):
        end_uncommitted("too_many_bad_events", share=str(error))
    if error is not None:
        end_uncommitted("guard_failed", error=type(error).__name__)
    if cancelled:
        raise asyncio.CancelledError


def _message(event: Any, topic: Topic) -> RawMessage:
    message = event.message
    headers = message.headers.items() if isinstance(message.headers, Mapping) else message.headers
    return RawMessage(
        topic=topic.value,
        partition=message.partition,
        offset=message.offset,
        timestamp_ms=int((message.timestamp or 0) * 1000),
        key=message.key,
        value=message.value,
        headers=header_map(headers),
    )


def run(
    settings: Settings,
    processor: BatchProcessor,
    *,
    port: int,
    checks: Mapping[str, Check],
    logging_config: dict[str, Any],
    on_start: Callable[[], None] = lambda: None,
    on_stop: Callable[[], None] = lambda: None,
) -> None:
    """Run the worker until it is told to stop; returns after a clean drain."""
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    app = make_app(settings, processor)
    Path(str(app.conf.datadir)).mkdir(parents=True, exist_ok=True)
    partitions = {"partitions": lambda: _has_partitions(app)}
    probe = Probe(settings.host, port, {**checks, **partitions})
    watch = LagWatch(settings, processor.service, processor.topics, lambda: processor.last_progress)
    probe.start()
    watch.start()
    on_start()
    worker = faust.Worker(
        app, loop=loop, redirect_stdouts=False, logging_config=logging_config, loglevel="INFO"
    )
    with contextlib.suppress(SystemExit):
        worker.execute_from_commandline()
    on_stop()
    watch.stop()
    probe.stop()


def _has_partitions(app: faust.App) -> bool | str:
    consumer = getattr(app, "_consumer", None)
    try:
        return bool(consumer and consumer.assignment()) or "no partitions yet"
    except ConsumerNotStarted:
        return "consumer not started"
