"""Notices to citizens: desk asks for one, ingest sends it and says how it ended.

The channel web has no sender: its notice is the tracking page itself, so it is delivered by being
there. Idempotent: one row a notice, and the inbox claims each event once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from services.ingest.ports import Sender
from shared.clock import Clock
from shared.contracts.codec import Event
from shared.contracts.enums import Channel
from shared.contracts.notices import (
    NotificationFinished,
    NotificationOutcome,
    NotificationRequested,
)
from shared.contracts.topics import Service, Topic
from shared.db.statements import insert_new
from shared.db.tables.ingest import ingest_notices
from shared.errors import InvalidMessageError
from shared.ids import new_event_id
from shared.logs import get_logger
from shared.outbox import store as outbox
from shared.outbox.store import Outgoing

_log = get_logger(__name__)


class WebSender:
    """The tracking page: what desk wrote is there already."""

    def send(self, notice: NotificationRequested) -> NotificationOutcome:
        """Delivered, always."""
        return NotificationOutcome.DELIVERED


class LogSender:
    """A channel that has no sender yet: one log line, ids only, and an honest outcome."""

    def send(self, notice: NotificationRequested) -> NotificationOutcome:
        """Sent nowhere: the citizen sees it on the tracking page only."""
        _log.info("notice_without_sender", ticket=notice.ticket, channel=notice.channel.value)
        return NotificationOutcome.PERMANENT_FAILURE


class FileSender:
    """Appends notices to a file: for trials and for a gateway that reads one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, notice: NotificationRequested) -> NotificationOutcome:
        """One JSON line a notice, ids only."""
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(notice.model_dump_json() + "\n")
        except OSError:
            return NotificationOutcome.TECHNICAL_FAILURE
        return NotificationOutcome.SENT


def fallback_sender(notice_file: str) -> Sender:
    """The sender of channels that have none yet."""
    return FileSender(Path(notice_file)) if notice_file else LogSender()


class Notices:
    """Handles batches of `notification.requested`."""

    def __init__(self, senders: Mapping[Channel, Sender], fallback: Sender, clock: Clock) -> None:
        self._senders = senders
        self._fallback = fallback
        self._clock = clock

    def __call__(self, conn: Connection, events: Sequence[Event]) -> None:
        """Send each notice once and write how it ended."""
        now = self._clock.now()
        for event in events:
            notice = event.data
            if not isinstance(notice, NotificationRequested):
                raise InvalidMessageError("wrong-type", type(notice).__name__)
            self._one(conn, notice, now)

    def _one(self, conn: Connection, notice: NotificationRequested, now: datetime) -> None:
        sender = self._senders.get(notice.channel, self._fallback)
        outcome = sender.send(notice)
        row = {
            "ticket": notice.ticket,
            "sequence": notice.sequence,
            "purpose": notice.purpose.value,
            "channel": notice.channel.value,
            "outcome": outcome.value,
            "at": now,
        }
        if not insert_new(conn, ingest_notices, [row], "ticket"):
            return
        finished = NotificationFinished(**notice.model_dump(), outcome=outcome)
        topic = Topic.NOTIFICATION_FINISHED
        event = Outgoing(topic, f"tanggap.{topic}", notice.ticket, finished, now, new_event_id())
        outbox.add(conn, Service.INGEST, [event])
