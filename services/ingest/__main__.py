"""Runs the intake: `python -m services.ingest`. All wiring is in `build`."""

import gc
import sys
from datetime import timedelta
from pathlib import Path

import uvicorn

from services.ingest.app import AppDeps, Part, create_app
from services.ingest.attachments import FileRules
from services.ingest.cases import read_case
from services.ingest.channels.wiring import way_in
from services.ingest.directories import CurrentDirectory
from services.ingest.handlers import Deps
from services.ingest.housekeeping import Housekeeping
from services.ingest.limits import Throttle
from services.ingest.places import Gazetteers
from services.ingest.ports import Poke
from services.ingest.promise import PolicyPromise
from services.ingest.sending.wiring import way_back
from services.ingest.settings import IngestSettings
from services.ingest.tracking import Guesses, Tracking
from services.ingest.writer import writer_for
from shared.clock import Clock, SystemClock
from shared.contracts.topics import Service, Topic
from shared.db.engine import Database
from shared.files.store import FileStore
from shared.kafka.batch import BatchProcessor
from shared.kafka.consumer_loop import ConsumerLoop
from shared.kafka.lag import LagWatch
from shared.logs import configure
from shared.observe.state import register_state_collectors
from shared.outbox.relay import Relay
from shared.privacy.vault import Vault

_MINUTE = timedelta(minutes=1)
# A thread that computes (masking, conversations) lets go of the interpreter this often: a call
# that waits for the database needs it some ten times, and would wait 5 ms each time by default.
_SWITCH_SECONDS = 0.0005


def build(settings: IngestSettings) -> AppDeps:
    """Everything the service is made of; opens connections lazily, starts nothing."""
    clock = SystemClock()
    database = Database(settings.database_url, pool_size=settings.ingest_threads)
    database.assert_rules()
    store = FileStore(settings.files_url)
    relay = Relay(Service.INGEST, database, settings, clock)
    deps = handler_deps(settings, database, store, relay, clock)
    back = way_back(settings, deps)
    processor = BatchProcessor(
        Service.INGEST,
        database,
        clock,
        {Topic.NOTIFICATION_REQUESTED: back.notices},
        relay,
        dependency_seconds=settings.dependency_seconds,
        batch_size=settings.batch_size,
    )
    consumer = ConsumerLoop(processor, settings)
    watch = LagWatch(settings, Service.INGEST, processor.topics, lambda: processor.last_progress)
    register_state_collectors(database, Service.INGEST)
    sweep = Housekeeping(database, store, clock)
    ahead = way_in(deps, back.receipts, back.dispatcher)
    parts: tuple[Part, ...] = (relay, consumer, watch, sweep, back.dispatcher, ahead.worker)

    def close() -> None:
        ahead.media.close()
        deps.writer.close()
        database.close()

    checks = {"database": database.ping, "files": store.ready, "broker": consumer.ready}
    return AppDeps(settings, deps, ahead.receiving, store, checks, parts, close)


def handler_deps(
    settings: IngestSettings, database: Database, store: FileStore, relay: Poke, clock: Clock
) -> Deps:
    """What the handlers work with."""
    vault = Vault(settings.master_key_bytes())
    directory, promise = CurrentDirectory(database, clock), PolicyPromise()
    guesses = Guesses(settings.tracking_guesses)
    return Deps(
        database=database,
        writer=writer_for(database),
        vault=vault,
        files=store,
        relay=relay,
        clock=clock,
        promise=promise,
        directory=directory,
        tracking=Tracking(database, vault, guesses, read_case, promise, directory),
        file_rules=FileRules.of(settings),
        senders=Throttle(settings.per_minute, _MINUTE),
        addresses=Throttle(settings.per_minute_address, _MINUTE),
        places=Gazetteers(Path(settings.gazetteer), clock),
    )


def main() -> None:
    """Serve until told to stop."""
    settings = IngestSettings()
    logging = configure("ingest")
    sys.setswitchinterval(_SWITCH_SECONDS)
    app = create_app(build(settings))
    # What lives as long as the service is left out of every later collection: one over all of it
    # stops every answer for some 100 ms.
    gc.collect()
    gc.freeze()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.ingest_port,
        loop="auto" if sys.platform == "win32" else "uvloop",
        http="httptools",
        log_config=logging,
        # Access lines would hold addresses of citizens and, by design, tracking codes.
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    main()
