"""The broker behind the supervisor: embedded and kept alive, or a cluster that is just used."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from shared.errors import TanggapError
from shared.kafka.embedded import EmbeddedBroker
from shared.runfile import RunningBroker

if TYPE_CHECKING:
    from shared.settings import Settings

_CHECK_SECONDS = 1.0
_RETRY_SECONDS = 1.0
Tell = Callable[[str], None]


class Broker:
    """Starts the embedded broker, and again when it has ended or grown past its limit.

    It forgets everything when it ends, so after every start the topics are made and the events
    that some group has not applied are sent again.
    """

    def __init__(
        self,
        settings: "Settings",
        embedded: EmbeddedBroker | None,
        max_mb: int,
        keep_waiting: Callable[[], bool],
        tell: Tell,
    ) -> None:
        self._embedded = embedded
        self._max_mb = max_mb
        self._keep_waiting = keep_waiting
        self._tell = tell
        self._next_check = 0.0
        self.url = embedded.url if embedded else settings.broker_url
        # The services of a later start and this one see the same address.
        self._settings = settings.model_copy(update={"broker_url": self.url})

    @property
    def is_embedded(self) -> bool:
        """Whether the broker is ours to keep alive."""
        return self._embedded is not None

    @property
    def running(self) -> RunningBroker | None:
        """As `run.json` lists it; none for a cluster."""
        if self._embedded is None:
            return None
        return RunningBroker(self._embedded.port, self._embedded.pid)

    def start(self) -> None:
        """Start it (a cluster runs by itself) and make the topics; failures are the caller's."""
        from shared.kafka import topics

        if self._embedded is not None:
            self._embedded.start(self._keep_waiting)
        topics.apply(self._settings)
        if self._embedded is not None:
            self.send_missing()

    def send_missing(self) -> int:
        """Mark what some group has not applied for sending again."""
        from shared.db.engine import Database
        from shared.outbox.store import republish_missing

        database = Database(self._settings.database_url)
        try:
            with database.write() as conn:
                return republish_missing(conn)
        finally:
            database.close()

    def watch(self, before_restart: Callable[[], None]) -> bool:
        """Look after it; true when it was started again (callers write the new process down)."""
        now = time.monotonic()
        if self._embedded is None or now < self._next_check:
            return False
        self._next_check = now + _CHECK_SECONDS
        if self._embedded.running:
            used = self._embedded.memory_mb()
            if used <= self._max_mb:
                return False
            self._tell(f"the broker holds {used:.0f} MB (limit {self._max_mb}): starting it afresh")
        else:
            self._tell("the broker ended: starting it again")
        before_restart()
        self._embedded.stop(0)
        return self._try_start()

    def _try_start(self) -> bool:
        from kafka.errors import KafkaError
        from sqlalchemy.exc import SQLAlchemyError

        try:
            self.start()
        except (TanggapError, KafkaError, SQLAlchemyError, OSError) as error:
            self._tell(f"the broker did not start: {type(error).__name__}, trying again")
            if self._embedded is not None:
                self._embedded.stop(0)
            self._next_check = time.monotonic() + _RETRY_SECONDS
            return False
        return True

    def heal_again(self) -> bool:
        """Send what is missing once more, when every consumer has joined the fresh broker.

        Until it had, one may have read on from where it stood at the old one.
        """
        from sqlalchemy.exc import SQLAlchemyError

        with suppress(SQLAlchemyError):
            self.send_missing()
            return True
        return False

    def stop(self) -> None:
        """End it at once: all it holds is in the database as well."""
        if self._embedded is not None:
            self._embedded.stop(0)
