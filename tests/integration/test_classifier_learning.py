"""What people made of the answers: texts to learn from, and the counts on /metrics."""

from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import insert, select

from services.classifier import store
from services.classifier.corrections import CorrectedText, rows
from services.classifier.metrics import register_decisions
from shared.contracts.case import CaseCorrected, CaseEventType
from shared.contracts.enums import Category, Channel
from shared.contracts.topics import Topic
from shared.db.tables.desk import desk_case_events
from shared.db.tables.ingest import ingest_complaints
from tests.deskroom import Deskroom, complaint, deskroom, standard_staff


@pytest.fixture
def room(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with deskroom(database_url, tmp_path_factory.mktemp("room")) as found:
        standard_staff(found)
        yield found


def _classified(room: Deskroom, **fields: Any) -> str:
    data = complaint(received_at=room.clock.now(), **fields)
    with room.db.write() as conn:
        store.keep_results(conn, [data], room.clock.now())
    room.consume(Topic.FEEDBACK_CLASSIFIED, data)
    return data.reference


def _hear_of_corrections(room: Deskroom) -> None:
    with room.db.write() as conn:
        found = conn.execute(
            select(desk_case_events).where(desk_case_events.c.type == CaseEventType.CORRECTED)
        ).all()
        store.keep_corrections(
            conn,
            [(row.event_id, row.at, CaseCorrected.model_validate(row.data)) for row in found],
        )


def _erased(room: Deskroom, ticket: str) -> None:
    now = room.clock.now()
    values = {
        "ticket": ticket, "event_id": ticket, "channel": Channel.WEB, "region": "paser",
        "anonymous": False, "confidential": False, "has_contact": False, "received_at": now,
        "due_at": now, "code_hash": "erased", "files": 0, "erased_at": now,
    }  # fmt: skip
    with room.db.write() as conn:
        conn.execute(insert(ingest_complaints).values(values))


def test_corrections_and_moved_cases_are_learnt_from_and_counted(room: Deskroom) -> None:
    kept = _classified(room, text="jalan rusak")
    corrected = _classified(room, text="parit mampet", confidence=0.6)
    moved = _classified(room, text="puskesmas tutup", confidence=0.55)
    below = _classified(room, text="antre di puskesmas", guess="paser/dinkes", confidence=0.95)
    unsure = _classified(room, text="ktp lama", guess="paser/dpupr", confidence=0.2)
    gone = _classified(room, text="nama saya dihapus", confidence=0.6)
    alarm = _classified(room, text="petugas ditunggu lama", guess="paser/inspektorat",
                        category=Category.PERILAKU_PETUGAS_PUNGLI, confidence=0.6)  # fmt: skip
    _classified(room, text="belum dilihat siapa pun")

    road, health, coordinator = map(room.login, ("jalan", "kesehatan", "koordinator"))
    oversight = room.login("pengawas")
    labels: dict[str, Any] = {"category": "drainase_banjir", "urgency": "biasa"}
    road.act(kept, "verify")
    road.act(corrected, "correct", kind="pengaduan", **labels)
    room.clock.advance(timedelta(minutes=1))
    road.act(corrected, "correct", kind="aspirasi", **labels)
    road.act(gone, "correct", kind="pengaduan", **labels)
    road.act(moved, "forward", opd="paser/dinkes")
    health.act(below, "forward", opd="paser/pkm-kuaro")
    coordinator.act(unsure, "assign", opd="paser/disdukcapil")
    oversight.act(alarm, "correct", kind="pengaduan", category="adminduk", urgency="biasa")
    oversight.act(alarm, "forward", opd="paser/disdukcapil")
    _hear_of_corrections(room)
    _erased(room, gone)

    with room.db.read() as conn:
        found = {(one.text, one.field): one for one in rows(conn)}
    assert {key: (one.predicted, one.corrected) for key, one in found.items()} == {
        ("parit mampet", "category"): ("jalan_jembatan", "drainase_banjir"),
        ("parit mampet", "kind"): ("pengaduan", "aspirasi"),
        ("puskesmas tutup", "opd"): ("paser/dpupr", "paser/dinkes"),
        ("antre di puskesmas", "opd"): ("paser/dinkes", "paser/pkm-kuaro"),
        ("ktp lama", "opd"): ("paser/dpupr", "paser/disdukcapil"),
        ("petugas ditunggu lama", "category"): ("perilaku_petugas_pungli", "adminduk"),
        ("petugas ditunggu lama", "opd"): ("paser/inspektorat", "paser/disdukcapil"),
    }
    one = found["parit mampet", "kind"]
    assert isinstance(one, CorrectedText)
    assert (one.model_version, one.at) == ("test", room.clock.now())

    registry = CollectorRegistry()
    register_decisions(room.db, room.clock, registry, keep_seconds=0)

    def value(field: str, band: str, outcome: str) -> float | None:
        labels = {"field": field, "band": band, "outcome": outcome}
        return registry.get_sample_value("tanggap_classifier_decisions", labels)

    assert value("opd", "0.9-1", "kept") == 2
    assert value("opd", "0.9-1", "corrected") == 0
    assert value("opd", "0.5-0.7", "kept") == 2
    assert value("opd", "0.5-0.7", "corrected") == 1
    assert value("opd", "0-0.5", "corrected") == 1
    # A wrong alarm went to Inspektorat because it seemed to accuse, whatever its unit was.
    assert value("category", "all", "corrected") == 3
    assert value("category", "all", "kept") == 4
    room.clock.advance(timedelta(days=91))
    assert value("category", "all", "kept") == 0
    assert value("opd", "0.8-0.9", "kept") == 0
