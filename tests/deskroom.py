"""A desk without a broker for tests: a seeded database, a clock to turn, and classified reports."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry
from sqlalchemy import select

from services.desk.alarm_metrics import register_alarm_metrics
from services.desk.app import create_app
from services.desk.context import DeskContext
from services.desk.digest_metrics import register_digest_gauges
from services.desk.metrics import register_case_gauges
from services.desk.passwords import Passwords
from services.desk.settings import DeskSettings
from services.desk.users import Account, add_user
from services.desk.wiring import assemble
from shared.clock import FixedClock
from shared.contracts.classification import (
    Classification,
    LanguageGuess,
    OPDGuess,
    SentimentGuess,
    SentimentProbs,
    UrgencyGuess,
)
from shared.contracts.codec import Envelope, Event, RawMessage, topic_type
from shared.contracts.enums import (
    Category,
    Channel,
    CitizenAct,
    Form,
    Kind,
    Language,
    Role,
    Sentiment,
    Urgency,
)
from shared.contracts.feedback import CitizenActed, FeedbackClassified
from shared.contracts.topics import Topic
from shared.db.engine import Database
from shared.db.migrate import upgrade
from shared.db.read.directory import Directory
from shared.db.tables.common import outbox
from shared.directory import seed
from shared.ids import new_event_id, new_ticket

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""Monday 23 November 2026, 10.00 WITA: a working day with working days around it."""
_SQLITE = "sqlite:///"
PASSWORD = "correct horse battery"
CHEAP = Passwords(memory_kib=64, rounds=1)
MASTER_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@dataclass
class Deskroom:
    """A desk with the means to feed it."""

    context: DeskContext
    clock: FixedClock
    client: TestClient
    accounts: dict[str, Account] = field(default_factory=dict)

    @property
    def db(self) -> Database:
        return self.context.db

    def account(
        self, name: str, role: Role, region: str | None = "paser", opd: str | None = None
    ) -> None:
        self.add(Account(name, PASSWORD, role, region, opd))

    def add(self, *accounts: Account) -> None:
        with self.db.write() as conn:
            directory = Directory.load(conn)
            for account in accounts:
                add_user(conn, account, CHEAP, directory, self.clock.now())
                self.accounts[account.username] = account

    def login(self, name: str) -> "Staff":
        client = TestClient(self.client.app, base_url="http://desk")
        answer = client.post("/api/v1/session", json={"username": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return Staff(self, name, client, answer.json())

    def complaint(self, **fields: Any) -> str:
        """Open a case; returns its ticket."""
        data = complaint(received_at=fields.pop("received_at", self.clock.now()), **fields)
        self.consume(Topic.FEEDBACK_CLASSIFIED, data)
        return data.reference

    def act(self, ticket: str, kind: CitizenAct, **fields: Any) -> None:
        data = CitizenActed(
            ticket=ticket,
            region="paser",
            act=kind,
            channel=Channel.WEB,
            received_at=self.clock.now(),
            **fields,
        )
        self.consume(Topic.CITIZEN_ACTED, data)

    def consume(self, topic: Topic, *data: Any) -> None:
        handlers = self.context.handlers
        handler = {
            Topic.FEEDBACK_CLASSIFIED: handlers.classified,
            Topic.CITIZEN_ACTED: handlers.acted,
            Topic.NOTIFICATION_FINISHED: handlers.notified,
        }[topic]
        with self.db.write() as conn:
            after = handler(conn, [event(topic, found, self.clock.now()) for found in data])
        if after is not None:
            after()

    def published(self, ticket: str) -> list[tuple[str, bytes]]:
        """(type, value) of everything desk published about a ticket, in order."""
        with self.db.read() as conn:
            rows = conn.execute(
                select(outbox.c.headers, outbox.c.value)
                .where(outbox.c.service == "desk", outbox.c.key == ticket)
                .order_by(outbox.c.id)
            ).all()
        return [(row.headers["ce_type"], row.value) for row in rows]


@dataclass
class Staff:
    """A person logged in, with the calls they make."""

    room: Deskroom
    name: str
    client: TestClient
    session: Mapping[str, Any]

    def call(self, method: str, path: str, **options: Any) -> Any:
        """A call, after a new login if the clock was turned past the session's end."""
        if self.client.get("/api/v1/session").status_code == 401:
            fresh = self.room.login(self.name)
            self.client, self.session = fresh.client, fresh.session
        return self.client.request(method, path, **options)

    def queue(self, **params: Any) -> dict[str, Any]:
        answer = self.call("GET", "/api/v1/queue", params=params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def tickets(self, **params: Any) -> list[str]:
        return [item["ticket"] for item in self.queue(**params)["items"]]

    def case(self, ticket: str) -> dict[str, Any]:
        answer = self.call("GET", f"/api/v1/cases/{ticket}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def act(self, ticket: str, action: str, *, expect: int = 200, **fields: Any) -> dict[str, Any]:
        if "version" not in fields:
            fields["version"] = self.case(ticket)["version"]
        answer = self.call(
            "POST", f"/api/v1/cases/{ticket}/actions", json={"action": action, **fields}
        )
        assert answer.status_code == expect, answer.text
        return dict(answer.json())


def _prepare(database_url: str) -> None:
    upgrade(database_url)
    db = Database(database_url)
    with db.write() as conn:
        seed(conn, now=MONDAY, public_scores=True)
    db.close()


@cache
def _template() -> Path:
    """A migrated and seeded file, made once: copying it is quicker."""
    folder = Path(tempfile.mkdtemp(prefix="desk-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _prepare(f"{_SQLITE}{folder / 'desk.db'}")
    return folder / "desk.db"


@contextmanager
def deskroom(database_url: str, folder: Path, **settings: Any) -> Iterator[Deskroom]:
    """A desk on an empty database, with the seeded directory and no accounts."""
    if database_url.startswith(_SQLITE):
        shutil.copyfile(_template(), database_url.removeprefix(_SQLITE))
    else:
        _prepare(database_url)
    db = Database(database_url)
    clock = FixedClock(MONDAY)
    values: dict[str, Any] = {
        "data_dir": folder,
        "database_url": database_url,
        "master_key": MASTER_KEY,
        "desk_score_cache_seconds": 0,
        **settings,
    }
    context = assemble(DeskSettings(**values), db, clock, passwords=CHEAP)
    registry = CollectorRegistry()
    register_case_gauges(db, clock, registry, keep_seconds=0)
    register_digest_gauges(db, clock, registry, keep_seconds=0)
    minutes = context.settings.urgent_minutes
    register_alarm_metrics(db, clock, context.contacts, minutes, registry, keep_seconds=0)
    app = create_app(context, {"database": db.ping}, registry)
    with TestClient(app, base_url="http://desk") as client:
        yield Deskroom(context, clock, client)
    db.close()


def standard_staff(room: Deskroom) -> None:
    """The accounts most tests need, all in Paser."""
    handlers = {
        "jalan": "paser/dpupr",
        "kesehatan": "paser/dinkes",
        "puskesmas": "paser/pkm-kuaro",
        "capil": "paser/disdukcapil",
        "pengawas": "paser/inspektorat",
    }
    room.add(
        *(Account(name, PASSWORD, Role.HANDLER, "paser", opd) for name, opd in handlers.items()),
        Account("koordinator", PASSWORD, Role.COORDINATOR, "paser", None),
        Account("tetangga", PASSWORD, Role.COORDINATOR, "kutim", None),
        Account("pantau", PASSWORD, Role.MONITOR, None, None),
        Account("pengelola", PASSWORD, Role.ADMIN, None, None),
    )


def complaint(
    *,
    received_at: datetime = MONDAY,
    ticket: str | None = None,
    text: str = "Jalan di depan pasar berlubang.",
    guess: str | None = "paser/dpupr",
    confidence: float = 0.9,
    others: tuple[str, ...] = (),
    kind: Kind = Kind.PENGADUAN,
    category: Category = Category.JALAN_JEMBATAN,
    urgency: Urgency = Urgency.BIASA,
    berkadar: bool = False,
    pii: tuple[Any, ...] = (),
    external: str | None = None,
    **fields: Any,
) -> FeedbackClassified:
    """A classified complaint."""
    values: dict[str, Any] = {"channel": Channel.WEB, "region": "paser"} | fields
    return FeedbackClassified(
        ticket=ticket or new_ticket(),
        form=Form.COMPLAINT,
        text=text,
        received_at=received_at,
        classification=Classification(
            language=LanguageGuess(code=Language.IND, confidence=0.99),
            kind=kind,
            berkadar_pengawasan=berkadar,
            category=category,
            opd=[
                *([OPDGuess(opd=guess, confidence=confidence)] if guess else []),
                *(OPDGuess(opd=other, confidence=confidence / 4) for other in others),
            ],
            external=external,
            urgency=UrgencyGuess(level=urgency, score=0.5),
            sentiment=SentimentGuess(
                label=Sentiment.NEGATIVE,
                probs=SentimentProbs(positive=0.1, neutral=0.2, negative=0.7),
            ),
            pii=list(pii),
            masked_text=text,
            model_version="test",
        ),
        **values,
    )


def event(topic: Topic, data: Any, at: datetime) -> Event:
    """A decoded event as the runtime hands it over."""
    ticket = str(getattr(data, "ticket", ""))
    envelope = Envelope(new_event_id(), topic_type(topic), "/tanggap/test", at, ticket)
    raw = RawMessage(topic.value, 0, 0, 0, ticket.encode(), data.encode(), {})
    return Event(envelope, data, raw)
