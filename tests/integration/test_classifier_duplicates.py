"""Reports of one incident on a real database: whole batches, replays, busy places and old age."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import event as database_event
from sqlalchemy import func, select

from services.classifier import store
from services.classifier.duplicates import FULL, MOST
from services.classifier.handlers import KEPT, FeedbackSorter
from services.classifier.ruled import RuleClassifier
from services.classifier.units import DirectoryUnits
from shared.clock import FixedClock
from shared.contracts.codec import Event, RawMessage, decode
from shared.contracts.enums import Channel, Form
from shared.contracts.feedback import FeedbackClassified, FeedbackReceived, Location
from shared.contracts.topics import Topic
from shared.db.engine import Database
from shared.db.tables.classifier import classifier_bands, classifier_signatures
from shared.db.tables.common import outbox
from tests.deskroom import event

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PLACE = "Pasar Induk Senaken"


def _report(number: int, text: str, place: str | None = PLACE, minutes: int = 0) -> Event:
    data = FeedbackReceived(
        ticket=f"T{number:05}",
        form=Form.COMPLAINT,
        channel=Channel.WEB,
        region="paser",
        text=text,
        location=Location(address=place) if place else None,
        received_at=NOW + timedelta(minutes=minutes or number),
    )
    return event(Topic.FEEDBACK_RECEIVED, data, NOW)


def _handle(db: Database, events: Sequence[Event], size: int = 100) -> dict[str, list[str]]:
    """The duplicates of each report, as the events leave."""
    sorter = FeedbackSorter(
        RuleClassifier(), DirectoryUnits(), db.read, FixedClock(NOW + timedelta(hours=1))
    )
    found: dict[str, list[str]] = {}
    for start in range(0, len(events), size):
        part = events[start : start + size]
        handler = sorter.prepare_feedback(part)
        with db.write() as conn:
            before = conn.execute(select(func.max(outbox.c.id))).scalar() or 0
            handler(conn, part)
            found |= dict(_left(conn.execute(select(outbox).where(outbox.c.id > before)).all()))
    return found


def _left(rows: Iterable[Any]) -> Iterable[tuple[str, list[str]]]:
    for row in rows:
        headers = {name: value.encode() for name, value in row.headers.items()}
        raw = RawMessage(row.topic, 0, 0, 0, row.key.encode(), row.value, headers)
        data = decode(raw).data
        assert isinstance(data, FeedbackClassified)
        yield data.reference, data.classification.duplicates


INCIDENT = [
    _report(1, "los ikan pasar senaken terbakar, api sudah ke los kain"),
    _report(2, "jalan berlubang di Kuaro", "Kuaro"),
    _report(3, "KEBAKARAN DI PASAR SENAKEN TOLONG"),
    _report(4, "pasar tabakar pa, matan wadah iwak, lakasi"),
]
EXPECTED = {"T00001": [], "T00002": [], "T00003": ["T00001"], "T00004": ["T00001", "T00003"]}


def test_a_batch_finds_what_single_events_find_and_a_replay_changes_nothing(db: Database) -> None:
    assert _handle(db, INCIDENT[::-1]) == EXPECTED
    # Nothing of the answers depends on what came later, nor on the report's own row.
    assert _handle(db, INCIDENT, size=1) == EXPECTED
    assert _handle(db, INCIDENT, size=3) == EXPECTED


def test_events_one_by_one(db: Database) -> None:
    assert _handle(db, INCIDENT, size=1) == EXPECTED


def test_a_burst_names_the_first_and_makes_no_list_long(db: Database) -> None:
    burst = [_report(n, f"kebakaran di pasar senaken, tolong, api besar {n}") for n in range(40)]
    found = _handle(db, burst, size=7)
    first = [f"T{n:05}" for n in range(MOST)]
    assert all(found[f"T{n:05}"] == first for n in range(MOST, 40))
    with db.read() as conn:
        lengths = select(func.count()).select_from(classifier_bands)
        found_lengths = conn.execute(lengths.group_by(classifier_bands.c.band)).scalars()
        assert max(found_lengths) <= FULL


def test_few_statements_however_long_the_batch(db: Database) -> None:
    statements: list[str] = []

    def note(*args: object) -> None:
        statements.append(str(args[2]))

    with db.write() as conn:
        DirectoryUnits()(conn)
    database_event.listen(db.engine, "before_cursor_execute", note)
    _handle(db, [_report(n, f"sampah menumpuk di jalan nomor {n}") for n in range(80)])
    database_event.remove(db.engine, "before_cursor_execute", note)
    assert sum("classifier_bands" in one or "classifier_sig" in one for one in statements) <= 5


def test_old_reports_find_none_and_old_signatures_go(db: Database) -> None:
    old = _report(1, "kebakaran di pasar senaken", minutes=-60 * 24 * 30)
    assert _handle(db, [old]) == {"T00001": []}
    _handle(db, INCIDENT)
    with db.write() as conn:
        assert conn.execute(select(func.count()).select_from(classifier_signatures)).scalar() == 4
        store.sweep_signatures(conn, NOW)
        assert conn.execute(select(func.count()).select_from(classifier_signatures)).scalar() == 4
        store.sweep_signatures(conn, NOW + KEPT)
        for table in (classifier_signatures, classifier_bands):
            assert conn.execute(select(func.count()).select_from(table)).scalar() == 0
