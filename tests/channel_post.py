"""Messages for the worker without a provider: a site, a fake conversation, a source of files."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, func, select, update

from services.ingest.channels.arriving import Arriving
from services.ingest.channels.callers import Callers
from services.ingest.channels.message import HookRequest, Item, Message
from services.ingest.channels.receiving import take
from services.ingest.channels.wiring import worker_of
from services.ingest.ports import Arrived, Became, Fetched, Handled
from shared.contracts.enums import Channel
from shared.db.statements import insert_new
from shared.db.tables.messages import ingest_messages, ingest_talks
from shared.errors import TransientError
from tests.fakes.channels import FakeAdapter
from tests.intake_site import Site

BUDI, SITI = "+6281200000001", "+6281200000002"


class FakeTalk:
    """Remembers what it was handed; every message opens a complaint, unless told otherwise."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, str | None]] = []
        self.arrived: list[Arrived] = []
        self.poison: set[str] = set()
        self.away = 0

    def __call__(self, conn: Connection, message: Message, arrived: Arrived) -> Handled:
        if self.away:
            self.away -= 1
            raise TransientError("file store")
        talk: dict[str, Any] = {
            "sender_hash": arrived.sender_hash,
            "channel": arrived.channel.value,
            "heard_at": arrived.received_at,
            "progress": {},
        }
        insert_new(conn, ingest_talks, [talk], "sender_hash")
        if message.text in self.poison:
            raise ValueError(message.text)
        region = arrived.region
        if region is None and message.text.lower() == "kukar":
            conn.execute(
                update(ingest_talks)
                .where(ingest_talks.c.sender_hash == arrived.sender_hash)
                .values(region="kukar")
            )
            return Handled(Became.TALK)
        if region is None:
            return Handled(Became.TRIAGE)
        self.heard.append((message.sender, message.text, region))
        self.arrived.append(arrived)
        return Handled(Became.COMPLAINT, f"T-{len(self.heard)}")


class FakeMedia:
    """A provider whose files come at the third try."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures

    def fetch(self, channel: Channel, message: Message) -> Fetched:
        if self.failures:
            self.failures -= 1
            raise TransientError("not yet")
        return Fetched(tuple(item.reference.encode() for item in message.media))


class Post:
    """A site, its worker and the messages a test sends in."""

    def __init__(self, site: Site) -> None:
        self.site, self.talk, self.media = site, FakeTalk(), FakeMedia()
        self.sent = 0

    def worker(self, callers: Callers | None = None) -> Arriving:
        settings, deps = self.site.receiving.settings, self.site.deps
        return worker_of(settings, deps, self.media, converse=self.talk, callers=callers)

    def arrives(self, *texts: str, sender: str = BUDI, **more: Any) -> None:
        self.takes(*(self.message(text, sender=sender, **more) for text in texts))

    def message(self, text: str, **more: Any) -> Message:
        self.sent += 1
        values = {"provider_id": f"m-{self.sent}", "account": "1708", "sender": BUDI, "text": text}
        return Message(**values | more)

    def takes(self, *items: Item) -> None:
        adapter = FakeAdapter(Channel.KANNEL, items)
        call = HookRequest("POST", "", {}, (), b"", self.site.clock.now())
        take(self.site.receiving, adapter, call)

    def works(self, after: timedelta = timedelta(), callers: Callers | None = None) -> None:
        self.site.clock.advance(after)
        worker = self.worker(callers)
        try:
            worker.work_off()
        finally:
            worker.stop()

    def rows(self) -> list[tuple[str, str | None, str | None]]:
        table = ingest_messages.c
        query = select(table.state, table.outcome, table.reference).order_by(table.id)
        with self.site.database.read() as conn:
            return [(row.state, row.outcome, row.reference) for row in conn.execute(query)]

    def assert_accounted(self) -> None:
        """Every accepted message is one of the known ends, and what is handled is not kept."""
        table = ingest_messages.c
        done = select(func.count()).where(table.state == "done", table.sealed.is_not(None))
        with self.site.database.read() as conn:
            assert conn.execute(done).scalar_one() == 0
        ends = {"complaint", "act", "survey", "talk", "joined", "erased"}
        for state, outcome, _ in self.rows():
            assert outcome in ends if state == "done" else state in {"waiting", "triage", "dead"}
