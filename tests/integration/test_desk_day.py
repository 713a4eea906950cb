"""A handler's day at the desk's API, on SQLite and on PostgreSQL: the same tests for both."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from services.desk.actions import StaleVersionError
from services.desk.casework import Command
from services.desk.permissions import Viewer
from shared.contracts.case import CaseEventType as Type
from shared.contracts.codec import topic_type
from shared.contracts.enums import Action, Category, Channel, CitizenAct, Role, Urgency
from shared.contracts.notices import (
    NotificationFinished,
    NotificationOutcome,
    NotificationPurpose,
    NotificationRequested,
)
from shared.contracts.topics import Topic
from shared.db.tables.common import outbox
from shared.db.tables.desk import desk_case_events, desk_cases
from tests.deskroom import MONDAY, Deskroom, complaint, deskroom, standard_staff

DAY = timedelta(days=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deskroom]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'desk.db'}"
    else:
        url = request.getfixturevalue("postgres_url")
    with deskroom(url, tmp_path) as found:
        standard_staff(found)
        yield found


def types(room: Deskroom, ticket: str) -> list[str]:
    return [kind for kind, _ in room.published(ticket) if kind.startswith("tanggap.case.")]


def test_whole_day(room: Deskroom) -> None:
    ticket = room.complaint(channel=Channel.WHATSAPP, has_contact=True)
    handler = room.login("jalan")
    [item] = handler.queue()["items"]
    assert item["ticket"] == ticket
    assert item["version"] == 1
    assert item["status"] == "diterima"
    assert item["due"]["verify"] == "2026-11-26T16:00:00+00:00"
    assert item["overdue"] == []

    assert handler.act(ticket, "verify")["status"] == "diverifikasi"
    handler.act(ticket, "take")
    handler.act(ticket, "ask", text="Di jalan mana?")
    assert handler.case(ticket)["paused"]
    room.clock.advance(2 * DAY)
    room.act(ticket, CitizenAct.ANSWER, text="Jalan Kesuma Bangsa.")
    answered = handler.case(ticket)
    assert answered["status"] == "diproses"
    assert not answered["paused"]
    assert answered["timeline"][-1]["text"] == "Jalan Kesuma Bangsa."
    # Tuesday, at whose end the case stood paused, is not counted.
    assert answered["due"]["finish"] == "2026-12-14T16:00:00+00:00"
    handler.act(ticket, "resolve", text="Sudah ditambal.")
    assert handler.tickets() == []

    room.clock.advance(DAY)
    room.act(ticket, CitizenAct.NOT_DONE, text="Masih berlubang.")
    assert handler.case(ticket)["status"] == "dibuka_kembali"
    coordinator = room.login("koordinator")
    triage = coordinator.client.get("/api/v1/triage").json()
    assert [item["ticket"] for item in triage["reopened"]] == [ticket]
    handler.act(ticket, "resolve", text="Ditambal ulang.")
    room.act(ticket, CitizenAct.RATE, score=4)
    room.act(ticket, CitizenAct.RATE, score=1)
    assert types(room, ticket) == [
        Type.OPENED, Type.VERIFIED, Type.TAKEN, Type.ASKED, Type.ANSWERED, Type.RESOLVED,
        Type.REOPENED, Type.RESOLVED, Type.RATED,
    ]  # fmt: skip
    notices = [
        NotificationRequested.decode(value)
        for kind, value in room.published(ticket)
        if kind == topic_type(Topic.NOTIFICATION_REQUESTED)
    ]
    assert [(n.purpose, n.sequence) for n in notices] == [
        (NotificationPurpose.ASKED, 4),
        (NotificationPurpose.RESOLVED, 6),
        (NotificationPurpose.RESOLVED, 8),
    ]


def test_case_events_carry_no_text(room: Deskroom) -> None:
    ticket = room.complaint(text="RAHASIA-SATU")
    handler = room.login("jalan")
    handler.act(ticket, "ask", text="RAHASIA-DUA")
    room.act(ticket, CitizenAct.ANSWER, text="RAHASIA-TIGA")
    handler.act(ticket, "note", text="RAHASIA-EMPAT")
    assert b"RAHASIA" not in b"".join(value for _, value in room.published(ticket))


def test_stale_version_is_409_with_the_current_one(room: Deskroom) -> None:
    ticket = room.complaint()
    handler = room.login("jalan")
    handler.act(ticket, "verify", version=1)
    problem = handler.act(ticket, "take", version=1, expect=409)
    assert problem["current"] == {"ticket": ticket, "version": 2, "status": "diverifikasi"}
    assert types(room, ticket) == [Type.OPENED, Type.VERIFIED]


def test_of_two_who_act_at_once_one_is_told_of_the_other(room: Deskroom) -> None:
    ticket = room.complaint()
    viewer = Viewer("jalan", Role.HANDLER, "paser", "paser/dpupr")

    def act(number: int) -> bool:
        command = Command(Action.NOTE, text=f"catatan {number}")
        try:
            room.context.desk.act(viewer, ticket, 1, command)
        except StaleVersionError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(act, range(8)))
    assert sum(done) == 1
    assert types(room, ticket) == [Type.OPENED, Type.NOTED]


REFUSED: list[tuple[str, dict[str, str], str]] = [
    ("reply", {}, "text"),
    ("reply", {"text": "   "}, "text"),
    ("forward", {}, "opd"),
    ("forward", {"opd": "kutim/dpupr"}, "opd"),
    ("forward", {"opd": "paser/ext-pln"}, "opd"),
    ("forward", {"opd": "paser/dpupr"}, "opd"),
    ("reject", {"text": "Tidak."}, "reason"),
    ("archive", {}, "reason"),
    ("correct", {}, "kind"),
    ("assign", {"user": "capil"}, "user"),
    ("resolve", {"text": "x", "reason": "tidak_beralasan"}, "reason"),
    ("reopen", {}, "action"),
    ("menari", {}, "action"),
    ("reply", {"text": "x" * 10_001}, "text"),
    ("note", {"text": "x", "warna": "biru"}, "warna"),
    ("note", {"text": "a\x00b"}, "text"),
]


def test_refusals_are_422_and_write_nothing(room: Deskroom) -> None:
    ticket = room.complaint()
    staff = room.login("jalan")
    for action, fields, field in REFUSED:
        problem = staff.act(ticket, action, version=1, expect=422, **fields)
        assert problem["field"] == field, (action, fields)
        assert problem["remedy"]
    assert types(room, ticket) == [Type.OPENED]


def test_another_opds_case_does_not_exist(room: Deskroom) -> None:
    ticket = room.complaint(guess="paser/pkm-kuaro")
    for name in ("jalan", "tetangga", "pantau", "pengelola"):
        client = room.login(name).client
        assert client.get(f"/api/v1/cases/{ticket}").status_code == 404
        body = {"action": "note", "version": 1, "text": "x"}
        assert client.post(f"/api/v1/cases/{ticket}/actions", json=body).status_code == 404
        assert client.get(f"/api/v1/cases/{ticket}/files").status_code == 404
        body = {"reason": "ingin tahu"}
        assert client.post(f"/api/v1/cases/{ticket}/reveal", json=body).status_code == 404
    # The OPD above the unit works its queue, too; the mark stays the unit's.
    room.login("kesehatan").act(ticket, "verify")
    assert room.login("puskesmas").case(ticket)["timeline"][-1]["unit"] == "paser/pkm-kuaro"


def test_case_pages_need_a_valid_ticket_and_session(room: Deskroom) -> None:
    handler = room.login("jalan")
    assert handler.client.get("/api/v1/cases/AAAA-AAAA").status_code == 404
    assert room.client.get("/api/v1/queue").status_code == 401
    assert room.login("pantau").client.get("/api/v1/queue").status_code == 403


def test_unclear_reports_wait_at_triage(room: Deskroom) -> None:
    unsure = room.complaint(confidence=0.2)
    asked = room.complaint(opd_asked="paser/disdukcapil", confidence=0.9)
    external = room.complaint(guess="paser/ext-pln")
    coordinator = room.login("koordinator")
    triage = coordinator.client.get("/api/v1/triage").json()
    assert {item["ticket"] for item in triage["waiting"]} == {unsure, external}
    assert room.login("capil").tickets() == [asked]
    before = coordinator.case(unsure)["due"]
    assert before["first_response"] is None
    coordinator.act(unsure, "assign", opd="paser/dpupr")
    case = room.login("jalan").case(unsure)
    assert case["status"] == "diteruskan"
    assert case["due"]["first_response"] is not None
    assert types(room, unsure) == [Type.OPENED, Type.VERIFIED, Type.ASSIGNED]


def test_two_refusals_bring_a_forwarded_case_to_the_coordinator(room: Deskroom) -> None:
    ticket = room.complaint()
    room.login("jalan").act(ticket, "forward", opd="paser/dinkes")
    room.login("kesehatan").act(ticket, "forward", opd="paser/disdukcapil")
    room.login("capil").act(ticket, "forward", opd="paser/dpupr")
    coordinator = room.login("koordinator")
    assert coordinator.case(ticket)["opd"] == "paser/setda-organisasi"
    triage = coordinator.client.get("/api/v1/triage").json()
    assert [item["ticket"] for item in triage["refused"]] == [ticket]
    assert triage["waiting"] == []


def test_rejection_names_the_body_to_turn_to(room: Deskroom) -> None:
    ticket = room.complaint()
    handler = room.login("jalan")
    handler.act(
        ticket, "reject", expect=422, reason="bukan_wewenang", text="x", external="paser/dlh"
    )
    result = handler.act(
        ticket, "reject", reason="bukan_wewenang", text="Ke PLN.", external="paser/ext-pln"
    )
    assert result["status"] == "bukan_wewenang"
    last = handler.case(ticket)["timeline"][-1]
    assert last["data"]["external"] == "paser/ext-pln"


def test_queue_pages_hold_every_case_once_in_order(room: Deskroom) -> None:
    tickets = {room.complaint(received_at=MONDAY - n * DAY) for n in range(7)}
    urgent = room.complaint(urgency=Urgency.DARURAT)
    handler = room.login("jalan")
    seen: list[str] = []
    after = None
    while True:
        page = handler.queue(limit=3, **({"after": after} if after else {}))
        seen += [item["ticket"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen[0] == urgent
    assert len(seen) == 8
    assert set(seen) == tickets | {urgent}
    bad = handler.client.get("/api/v1/queue", params={"after": "tidak-ada"})
    assert bad.status_code == 422
    assert bad.json()["field"] == "after"


def test_overdue_shows_when_the_deadline_passes(room: Deskroom) -> None:
    ticket = room.complaint()
    handler = room.login("jalan")
    room.clock.advance(timedelta(days=3, hours=13, minutes=59))
    handler = room.login("jalan")
    assert handler.queue()["items"][0]["overdue"] == []
    room.clock.advance(timedelta(minutes=1))
    assert handler.queue()["items"][0]["overdue"] == ["verify"]
    assert handler.tickets(overdue=True) == [ticket]
    metrics = room.client.get("/metrics").text
    assert 'tanggap_cases_open{opd="paser/dpupr",state="diterima"} 1.0' in metrics
    assert 'tanggap_cases_overdue{clock="verify",opd="paser/dpupr"} 1.0' in metrics
    assert 'tanggap_cases_overdue{clock="finish",opd="paser/dpupr"} 0.0' in metrics


def test_silent_citizens_case_finishes_by_itself(room: Deskroom) -> None:
    ticket = room.complaint()
    other = room.complaint()
    handler = room.login("jalan")
    handler.act(ticket, "reply", text="Sudah kami jadwalkan.")
    handler.act(other, "reply", text="Sudah kami jadwalkan.")
    room.clock.advance(DAY)
    room.act(other, CitizenAct.ADD, text="Terima kasih, tetapi kapan?")
    until = handler.case(ticket)["window_until"]
    assert until == "2026-12-07T16:00:00+00:00"
    handlers = room.context.handlers
    room.clock.advance(timedelta(days=20))
    with room.db.write() as conn:
        finished = handlers.resolve_silent(conn, room.clock.now(), 10)
    assert [case.ticket for case in finished] == [ticket]
    with room.db.write() as conn:
        assert handlers.resolve_silent(conn, room.clock.now(), 10) == []
    case = room.login("jalan").case(ticket)
    assert case["status"] == "selesai_otomatis"
    assert case["timeline"][-1]["at"] == until


def test_opening_is_done_once_per_ticket_and_in_few_statements(room: Deskroom) -> None:
    first = complaint()
    reports = [complaint() for _ in range(40)]
    room.consume(Topic.FEEDBACK_CLASSIFIED, first)
    room.consume(Topic.FEEDBACK_CLASSIFIED, first, *reports, reports[0])
    with room.db.read() as conn:
        assert conn.execute(select(func.count()).select_from(desk_cases)).scalar() == 41
        assert conn.execute(select(func.count()).select_from(desk_case_events)).scalar() == 41
        assert conn.execute(select(func.count()).select_from(outbox)).scalar() == 41


def test_an_act_before_the_opening_waits_for_it(room: Deskroom) -> None:
    report = complaint()
    room.act(report.reference, CitizenAct.ADD, text="Sebelah kantor pos.")
    room.consume(Topic.FEEDBACK_CLASSIFIED, report)
    timeline = room.login("jalan").case(report.reference)["timeline"]
    assert [entry["type"] for entry in timeline] == ["opened", "added"]


@pytest.mark.parametrize(("channel", "unsent"), [(Channel.TWILIO, True), (Channel.WEB, False)])
def test_a_question_that_reached_nobody_is_no_pause(
    room: Deskroom, channel: Channel, unsent: bool
) -> None:
    ticket = room.complaint(channel=channel, has_contact=True)
    handler = room.login("jalan")
    question = handler.act(ticket, "ask", text="Di mana?")["version"]
    room.consume(
        Topic.NOTIFICATION_FINISHED,
        NotificationFinished(
            ticket=ticket,
            region="paser",
            sequence=question,
            purpose=NotificationPurpose.ASKED,
            channel=channel,
            outcome=NotificationOutcome.PERMANENT_FAILURE,
        ),
    )
    case = handler.case(ticket)
    assert case["notice_failed"] == "permanent-failure"
    assert case["paused"] is not unsent
    assert (Type.UNSENT in types(room, ticket)) is unsent


def test_correction_by_the_coordinator_is_confirmed(room: Deskroom) -> None:
    ticket = room.complaint()
    handler, coordinator = room.login("jalan"), room.login("koordinator")
    handler.act(ticket, "correct", kind="permintaan_informasi")
    shorter = handler.case(ticket)["due"]["finish"]
    handler.act(ticket, "correct", kind="pengaduan")
    assert handler.case(ticket)["due"]["finish"] == shorter
    coordinator.act(ticket, "correct", kind="pengaduan")
    assert handler.case(ticket)["due"]["finish"] > shorter


def test_category_asked_decides_where_the_classifier_is_silent(room: Deskroom) -> None:
    ticket = room.complaint(category=Category.LAINNYA, category_asked=Category.DRAINASE_BANJIR)
    assert room.login("jalan").case(ticket)["category"] == "drainase_banjir"
