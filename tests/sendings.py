"""A way back of its own for a test: rows, a dispatcher that looks when told, fake senders."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import JSON, Boolean, DateTime, Table, insert, select, update
from sqlalchemy.types import TypeDecorator

from services.ingest.channels.hashes import sender_hash
from services.ingest.channels.message import Delivery, Receipt
from services.ingest.notices import Notices, Ways
from services.ingest.sending.dispatcher import Dispatcher
from services.ingest.sending.outgoing import answer
from services.ingest.sending.ports import Outward, Sender, SendError
from services.ingest.sending.receipts import Receipts
from services.ingest.sending.settings import SendingSettings
from shared.clock import FixedClock
from shared.contracts.codec import Envelope, Event, RawMessage
from shared.contracts.enums import Channel
from shared.contracts.notices import (
    NotificationFinished,
    NotificationPurpose,
    NotificationRequested,
)
from shared.contracts.topics import Topic
from shared.db.engine import Database
from shared.db.read import intake
from shared.db.read.directory import Directory, directory_of_seed
from shared.db.tables.common import outbox
from shared.db.tables.desk import desk_case_events, desk_cases
from shared.db.tables.ingest import ingest_complaints, ingest_keys
from shared.db.tables.messages import ingest_deliveries, ingest_talks
from shared.ids import new_ticket
from shared.privacy.vault import Vault
from tests.fakes.relay import FakeRelay

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10 in the morning in Paser
SITE = "https://lapor.example.go.id"
PHONE = "+6281200000001"
WORDS = "Tanggapan rahasia tentang Jalan Melati"


@dataclass
class FakeSender:
    """Does what its script says at each try, then takes everything; keeps what it was handed."""

    channel: Channel
    script: list[str | SendError | None] = field(default_factory=list)
    confirms: bool = False
    has_template: bool = False
    limit: int = 459
    hold: threading.Event | None = None
    sent: list[Outward] = field(default_factory=list)
    began: threading.Event = field(default_factory=threading.Event)

    def send(self, message: Outward) -> str | None:
        """The next step of the script."""
        self.sent.append(message)
        self.began.set()
        if self.hold is not None:
            assert self.hold.wait(10)
        step = self.script.pop(0) if self.script else f"{self.channel}-{len(self.sent)}"
        if isinstance(step, Exception):
            raise step
        return step

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Back:
    """What a test asks and looks into."""

    db: Database
    vault: Vault
    clock: FixedClock
    dispatcher: Dispatcher
    notices: Notices
    receipts: Receipts

    def filed(self, channel: Channel, *, confidential: bool = False, **identity: str) -> str:
        """A complaint whose reporter is known by these; its ticket."""
        ticket, now = new_ticket(), self.clock.now()
        wrapped, key = self.vault.new_key()
        context = intake.sealed_context(intake.IDENTITY_CONTEXT, ticket)
        row = {
            "ticket": ticket,
            "event_id": ticket,
            "channel": channel.value,
            "region": "paser",
            "confidential": confidential,
            "received_at": now,
            "due_at": now,
            "sealed_identity": self.vault.seal(key, orjson.dumps(identity), context),
        }
        with self.db.write() as conn:
            conn.execute(
                insert(ingest_keys).values(ticket=ticket, wrapped_key=wrapped, created_at=now)
            )
            conn.execute(insert(ingest_complaints).values(filled(ingest_complaints, row)))
            case = filled(desk_cases, {"ticket": ticket, "region": "paser", "channel": channel})
            conn.execute(insert(desk_cases).values(case))
        return ticket

    def asked(
        self,
        ticket: str,
        channel: Channel,
        purpose: NotificationPurpose = NotificationPurpose.REPLIED,
        sequence: int = 3,
        text: str = WORDS,
    ) -> None:
        """Desk wrote `text` and asks for a notice of it."""
        event = {"ticket": ticket, "sequence": sequence, "event_id": f"{ticket}{sequence}"}
        event |= {"text": text, "public": True}
        notice = NotificationRequested(
            ticket=ticket, region="paser", sequence=sequence, purpose=purpose, channel=channel
        )
        with self.db.write() as conn:
            conn.execute(
                insert(desk_case_events).values(filled(desk_case_events, event))
            ) if text else None
            self.notices(conn, [requested(notice)])

    def heard(self, channel: Channel, sender: str, at: datetime, **values: Any) -> None:
        """The citizen wrote last at `at`."""
        row: dict[str, Any] = {
            "sender_hash": sender_hash(self.vault, channel, sender),
            "channel": channel.value,
            "heard_at": at,
            "progress": {},
        }
        with self.db.write() as conn:
            conn.execute(insert(ingest_talks).values(row | values))

    def answer(self, to: str, text: str, channel: Channel = Channel.TWILIO) -> int:
        """An answer to a message that just came."""
        with self.db.write() as conn:
            return answer(
                conn,
                self.vault,
                channel=channel,
                to=to,
                account="622150",
                text=text,
                region="paser",
                now=self.clock.now(),
            )

    def run(self) -> int:
        """Look until nothing is due; how many calls were made."""
        calls = 0
        while futures := self.dispatcher.round():
            wait(futures, timeout=10)
            for future in futures:
                future.result()
            calls += len(futures)
        return calls

    def told(self, channel: Channel, *receipts: tuple[str, Delivery, str | None]) -> None:
        """The provider's receipts of one call."""
        read = [Receipt(name, how, None, reason) for name, how, reason in receipts]
        with self.db.write() as conn:
            self.receipts(conn, channel, read, self.clock.now())

    def finished(self) -> list[tuple[int, str]]:
        """What desk is told: sequence and outcome."""
        with self.db.read() as conn:
            rows = conn.execute(
                select(outbox.c.value)
                .where(outbox.c.topic == Topic.NOTIFICATION_FINISHED)
                .order_by(outbox.c.id)
            ).scalars()
            read = [NotificationFinished.decode(value) for value in rows]
        return [(one.sequence, one.outcome.value) for one in read]

    def rows(self) -> list[Any]:
        """Every delivery, the oldest first."""
        with self.db.read() as conn:
            return list(conn.execute(select(ingest_deliveries).order_by(ingest_deliveries.c.id)))

    def change(self, **values: Any) -> None:
        """Write into every delivery, as a crash would leave it."""
        with self.db.write() as conn:
            conn.execute(update(ingest_deliveries).values(values))


def requested(notice: NotificationRequested) -> Event:
    """The notice as the runtime hands it over."""
    topic = Topic.NOTIFICATION_REQUESTED
    raw = RawMessage(topic.value, 0, 0, 0, notice.ticket.encode(), notice.encode(), {})
    envelope = Envelope(f"e{notice.sequence}", f"tanggap.{topic}", "/t", NOW, notice.ticket)
    return Event(envelope, notice, raw)


@contextmanager
def way_back(
    db: Database, senders: Sequence[Sender], sms: Channel | None = None, **settings: Any
) -> Iterator[Back]:
    """A way back over the database; its threads end with the block."""
    clock, vault = FixedClock(NOW), Vault(bytes(range(32)))
    found: Mapping[Channel, Sender] = {one.channel: one for one in senders}
    directory = directory_of_seed()

    def current() -> Directory:
        return directory

    sending = SendingSettings(sms_channel=sms, **settings)
    receipts = Receipts(vault, frozenset(one.channel for one in senders if one.has_template))
    dispatcher = Dispatcher(db, vault, clock, found, sending, current, FakeRelay(), receipts)
    notices = Notices(vault, Ways(frozenset(found), sms, SITE), clock, dispatcher)
    yield Back(db, vault, clock, dispatcher, notices, receipts)
    dispatcher.stop()


def filled(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, and something for every other column that must have one."""
    row = dict(values)
    for column in table.columns:
        if column.name not in row and not column.nullable and column.default is None:
            row[column.name] = _something(column.type)
    return row


def _something(kind: Any) -> Any:
    if isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, DateTime):
        return NOW
    if isinstance(kind, JSON):
        return {}
    return 0 if kind.python_type is int else ""
