"""Runs desk: `python -m services.desk`. All wiring is in `build`."""

import socket
import sys
import uuid

import uvicorn
from fastapi import FastAPI
from prometheus_client import REGISTRY

from services.desk.alarm_metrics import register_alarm_metrics
from services.desk.app import create_app
from services.desk.context import DeskContext
from services.desk.digest_metrics import register_digest_gauges
from services.desk.digest_sending import DigestMessenger
from services.desk.evidence import sweep
from services.desk.metrics import register_case_gauges
from services.desk.settings import DeskSettings
from services.desk.ticker import Ticker
from services.desk.wiring import assemble
from shared.clock import SystemClock
from shared.contracts.topics import Service, Topic
from shared.db.engine import Database
from shared.db.leases import Lease
from shared.kafka.batch import BatchProcessor
from shared.kafka.consumer_loop import ConsumerLoop
from shared.kafka.hints import HintReader
from shared.kafka.lag import LagWatch
from shared.logs import configure
from shared.observe.state import register_state_collectors
from shared.outbox.relay import Relay

_GRACE_SECONDS = 10


class DeskServer(uvicorn.Server):
    """Ends the open live streams first: they would hold the shutdown up."""

    def __init__(self, config: uvicorn.Config, desk: DeskContext) -> None:
        super().__init__(config)
        self._desk = desk

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop serving."""
        self._desk.hub.close()
        await super().shutdown(sockets)


def build(settings: DeskSettings) -> FastAPI:
    """Everything desk is made of; opens connections lazily, starts nothing."""
    clock = SystemClock()
    db = Database(settings.database_url, pool_size=20)
    db.assert_rules()
    relay = Relay(Service.DESK, db, settings, clock)
    desk = assemble(settings, db, clock, committed=relay.poke)
    processor = BatchProcessor(
        Service.DESK,
        db,
        clock,
        {
            Topic.FEEDBACK_CLASSIFIED: desk.handlers.classified,
            Topic.CITIZEN_ACTED: desk.handlers.acted,
            Topic.NOTIFICATION_FINISHED: desk.handlers.notified,
        },
        relay,
        dependency_seconds=settings.dependency_seconds,
        batch_size=settings.batch_size,
    )
    consumer = ConsumerLoop(processor, settings)
    ticker = Ticker(
        db,
        clock,
        desk.handlers,
        desk.sessions,
        Lease(db, "ticker:desk", f"desk:{uuid.uuid4().hex}", settings.desk_tick_seconds * 3),
        seconds=settings.desk_tick_seconds,
        committed=relay.poke,
        sweep=lambda now: sweep(db, desk.files, now) if desk.files else 0,
    )
    watch = LagWatch(settings, Service.DESK, processor.topics, lambda: processor.last_progress)
    hints = _hints(settings, desk)
    register_state_collectors(db, Service.DESK)
    register_case_gauges(db, clock, REGISTRY)
    register_digest_gauges(db, clock, REGISTRY)
    register_alarm_metrics(db, clock, desk.contacts, settings.urgent_minutes, REGISTRY)
    mornings = DigestMessenger.of_settings(settings, db, clock, desk.directory)
    parts = (relay, consumer, watch, ticker, desk.duty, mornings, hints)
    return create_app(desk, {"database": db.ping, "broker": consumer.ready}, REGISTRY, parts)


def _hints(settings: DeskSettings, desk: DeskContext) -> HintReader:
    """What tells this process's live pages of scores, and of what other processes changed."""
    topics = (Topic.SCORE_UPDATED, Topic.CASE_EVENTS)
    return HintReader(settings, topics, desk.hub.receive, wanted=lambda: desk.hub.size > 0)


def main() -> None:
    """Serve until told to stop."""
    settings = DeskSettings()
    logging = configure("desk")
    app = build(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.desk_port,
        loop="auto" if sys.platform == "win32" else "uvloop",
        http="httptools",
        log_config=logging,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    DeskServer(config, app.state.desk).run()


if __name__ == "__main__":
    main()
