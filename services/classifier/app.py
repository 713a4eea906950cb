"""The parts of the running service; `__main__` gives them to the Faust shell."""

from dataclasses import dataclass

from services.classifier.handlers import FeedbackSorter
from services.classifier.metrics import observe_classified
from services.classifier.ports import Classifier
from services.classifier.settings import ClassifierSettings
from services.classifier.units import DirectoryUnits
from shared.clock import Clock
from shared.contracts.topics import Service, Topic
from shared.db.engine import Database
from shared.kafka.batch import BatchProcessor, Prepared
from shared.outbox.relay import Relay


@dataclass(frozen=True)
class ClassifierApp:
    """What the shell runs."""

    processor: BatchProcessor
    relay: Relay


def create_app(
    settings: ClassifierSettings, database: Database, classifier: Classifier, clock: Clock
) -> ClassifierApp:
    """Put the service together; starts nothing."""
    relay = Relay(Service.CLASSIFIER, database, settings, clock)
    sorter = FeedbackSorter(classifier, DirectoryUnits(), database.read, clock, observe_classified)
    processor = BatchProcessor(
        Service.CLASSIFIER,
        database,
        clock,
        {
            Topic.FEEDBACK_RECEIVED: Prepared(sorter.prepare_feedback),
            Topic.CASE_EVENTS: sorter.on_case_events,
        },
        relay,
        dependency_seconds=settings.dependency_seconds,
        batch_size=settings.batch_size,
    )
    return ClassifierApp(processor, relay)
