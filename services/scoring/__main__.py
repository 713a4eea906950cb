"""Runs scoring: `python -m services.scoring`. All wiring is in `build`."""

from prometheus_client import REGISTRY

from services.scoring.app import ScoringApp, create_app
from services.scoring.settings import ScoringSettings
from shared.clock import SystemClock
from shared.contracts.topics import Service
from shared.db.engine import Database
from shared.kafka.hints import HintPublisher
from shared.kafka.worker import run
from shared.logs import configure
from shared.observe.state import register_state_collectors


def build(settings: ScoringSettings) -> tuple[ScoringApp, Database]:
    """Everything the service is made of; opens connections lazily, starts nothing."""
    database = Database(settings.database_url)
    database.assert_rules()
    publisher = HintPublisher(settings)
    return create_app(settings, database, publisher, SystemClock()), database


def main() -> None:
    """Work until told to stop."""
    settings = ScoringSettings()
    logging = configure(Service.SCORING.value)
    app, database = build(settings)
    register_state_collectors(database, Service.SCORING)
    REGISTRY.register(app.gauges)
    run(
        settings,
        app.processor,
        port=settings.scoring_port,
        checks={"database": database.ping},
        logging_config=logging,
        on_start=app.start,
        on_stop=app.stop,
    )
    app.close()


if __name__ == "__main__":
    main()
