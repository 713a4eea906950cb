"""Runs the classifier: `python -m services.classifier`. All wiring is in `build`."""

from prometheus_client import REGISTRY

from services.classifier.app import ClassifierApp, create_app
from services.classifier.choosing import chosen
from services.classifier.metrics import register_decisions, show_model
from services.classifier.settings import ClassifierSettings
from shared.clock import SystemClock
from shared.contracts.topics import Service
from shared.db.engine import Database
from shared.kafka.worker import run
from shared.logs import configure
from shared.observe.state import register_state_collectors


def build(settings: ClassifierSettings) -> tuple[ClassifierApp, Database]:
    """Everything the service is made of; opens connections lazily, starts nothing."""
    database = Database(settings.database_url)
    database.assert_rules()
    classifier = chosen(
        settings.classifier_model,
        settings.classifier_artefacts,
        settings.classifier_encoder_batch,
    )
    show_model(classifier)
    return create_app(settings, database, classifier, SystemClock()), database


def main() -> None:
    """Work until told to stop."""
    settings = ClassifierSettings()
    logging = configure(Service.CLASSIFIER.value)
    app, database = build(settings)
    register_state_collectors(database, Service.CLASSIFIER)
    register_decisions(database, SystemClock(), REGISTRY)
    run(
        settings,
        app.processor,
        port=settings.classifier_port,
        checks={"database": database.ping},
        logging_config=logging,
        on_start=app.relay.start,
        on_stop=app.relay.stop,
    )
    database.close()


if __name__ == "__main__":
    main()
