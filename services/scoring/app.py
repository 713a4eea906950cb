"""The parts of the running service; `__main__` gives them to the Faust shell."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from services.scoring.announcing import Announcer
from services.scoring.handlers import Scorer
from services.scoring.metrics import ScoreGauges, latency_observer, score_metrics, score_reader
from services.scoring.ports import Publisher
from services.scoring.publishing import DayPublisher
from services.scoring.regions import DirectoryRules
from services.scoring.settings import ScoringSettings
from services.scoring.ticking import LEASE_SECONDS, Ticker
from shared.clock import Clock
from shared.clocks.region import RegionRules
from shared.contracts.topics import Service, Topic
from shared.db.engine import Database
from shared.db.leases import Lease
from shared.db.read.directory import Directory
from shared.kafka.batch import BatchProcessor
from shared.observe.state import StateCollector
from shared.outbox.relay import Relay


@dataclass(frozen=True)
class ScoringApp:
    """What the shell runs."""

    processor: BatchProcessor
    relay: Relay
    ticker: Ticker
    gauges: StateCollector[ScoreGauges]
    close: Callable[[], None]

    def start(self) -> None:
        """Begin what runs beside the worker."""
        self.relay.start()
        self.ticker.start()

    def stop(self) -> None:
        """End it."""
        self.ticker.stop()
        self.relay.stop()


def create_app(
    settings: ScoringSettings, database: Database, publisher: Publisher, clock: Clock
) -> ScoringApp:
    """Put the service together; starts nothing."""
    rules = DirectoryRules()

    def opds_of(region: str) -> list[str]:
        with database.read() as conn:
            return [opd.code for opd in Directory.load(conn).opds(region)]

    def regions() -> dict[str, RegionRules]:
        with database.read() as conn:
            return rules(conn)

    announcer = Announcer(publisher, clock, opds_of)
    scorer = Scorer(rules, announcer, latency_observer(clock))
    # Scoring publishes nothing of its own through the outbox, but its dead letters do go out.
    relay = Relay(Service.SCORING, database, settings, clock)
    processor = BatchProcessor(
        Service.SCORING,
        database,
        clock,
        {
            Topic.CASE_EVENTS: scorer.on_case_events,
            Topic.FEEDBACK_CLASSIFIED: scorer.on_feedback,
        },
        relay,
        dependency_seconds=settings.dependency_seconds,
        batch_size=settings.batch_size,
    )
    gauges = StateCollector(
        "scores", database, score_reader(clock), score_metrics, settings.score_gauge_seconds
    )
    lease = Lease(database, "ticker:scoring", f"scoring:{uuid.uuid4().hex}", LEASE_SECONDS)
    ticker = Ticker(announcer, regions, clock, lease, DayPublisher(database, clock))
    return ScoringApp(processor, relay, ticker, gauges, database.close)
