"""Darurat on SQLite and PostgreSQL: told once, seen once, corrected, and kept from the accused."""

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select

from services.desk.duty import LADDER
from services.desk.ports import DutyMessage
from shared.contracts.enums import Category, Channel, CitizenAct, Urgency
from shared.contracts.feedback import Location
from shared.contracts.notices import NotificationPurpose, NotificationRequested
from shared.contracts.topics import Topic
from shared.db.read.cases import citizen_view, notice_text
from shared.db.tables.desk import desk_alarms
from tests.deskroom import Deskroom, Staff, complaint, deskroom, standard_staff

MINUTE = timedelta(minutes=1)
PLANTED = ("Rumahku terbakar", "081234567890", "Jalan Rahasia 9", "Siti Rahasia")


@pytest.fixture(params=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deskroom]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'desk.db'}"
    else:
        url = request.getfixturevalue("postgres_url")
    contacts = {
        "paser": (tmp_path / "duty" / "piket.jsonl").as_uri(),
        "paser/inspektorat": (tmp_path / "duty" / "inspektorat.jsonl").as_uri(),
    }
    (tmp_path / "duty").mkdir()
    with deskroom(url, tmp_path, duty_contacts=contacts) as found:
        standard_staff(found)
        yield found


def messages(room: Deskroom, name: str = "piket") -> list[dict[str, Any]]:
    path = room.context.settings.data_dir / "duty" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def alarms(room: Deskroom) -> list[Any]:
    with room.db.read() as conn:
        query = select(desk_alarms).order_by(desk_alarms.c.raised_at, desk_alarms.c.sequence)
        return list(conn.execute(query))


def notices(room: Deskroom, ticket: str) -> list[NotificationRequested]:
    values = [value for kind, value in room.published(ticket) if "notification" in kind]
    return [NotificationRequested.decode(value) for value in values]


def banner(staff: Staff) -> str:
    answer = staff.call("GET", "/antrean/darurat")
    assert answer.status_code == 200
    return str(answer.text)


def figures(room: Deskroom) -> dict[str, float]:
    """Every figure of alarms on /metrics, those of Paser by their last label."""
    found = {}
    for line in room.client.get("/metrics").text.splitlines():
        if line.startswith("tanggap_urgent_") and ('region="paser"' in line or "{" not in line):
            name, value = line.rsplit(" ", 1)
            found[name.replace('region="paser"', "").replace(",", "")] = float(value)
    return {name: value for name, value in found.items() if value}


def timed(name: str) -> float:
    return REGISTRY.get_sample_value(f"tanggap_urgent_{name}_seconds_count") or 0.0


def test_told_once_whatever_is_repeated_and_nothing_of_it_leaks(
    room: Deskroom, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    before = timed("alert")
    data = complaint(
        urgency=Urgency.DARURAT, text=f"{PLANTED[0]}, {PLANTED[1]} ({PLANTED[3]})",
        location=Location(address=PLANTED[2]), channel=Channel.TWILIO, has_contact=True,
        received_at=room.clock.now(),
    )  # fmt: skip
    room.clock.advance(2 * MINUTE)
    room.consume(Topic.FEEDBACK_CLASSIFIED, data, data)
    room.consume(Topic.FEEDBACK_CLASSIFIED, data)
    with ThreadPoolExecutor(4) as pool:
        rounds = [pool.submit(room.context.duty.round) for _ in range(4)]
    assert sum(found.result() for found in rounds) == 1
    assert room.context.duty.round() == 0
    ticket = data.reference
    [told] = messages(room)
    assert told["status"] == "darurat"
    assert (told["ticket"], told["region"], told["opd"]) == (ticket, "paser", "paser/dpupr")
    assert told["url"].endswith(f"/kasus/{ticket}")
    [notice] = notices(room, ticket)
    assert (notice.sequence, notice.purpose) == (1, NotificationPurpose.EMERGENCY)
    with room.db.read() as conn:
        reply = notice_text(conn, ticket, 1)
    assert reply is not None
    assert "Hubungi 112" in reply
    assert timed("alert") == before + 1
    assert figures(room) == {
        'tanggap_urgent_cases{state="waiting"}': 1,
        'tanggap_urgent_messages{state="told"}': 1,
        "tanggap_urgent_oldest_seconds{}": 120,
        "tanggap_urgent_limit_seconds": 300,
    }
    handler = room.login("jalan")
    shown = banner(handler)
    assert ticket in shown
    assert "2 menit" in shown
    assert "belum ada petugas yang bertindak" in handler.call("GET", "/antrean").text
    # An automatic reply is no first response, and shows on the case as what it is.
    case = handler.case(ticket)
    assert "first_response" not in case["done"]
    assert case["alarm"]["reply"] == reply
    everything = json.dumps(told) + reply + shown + room.client.get("/metrics").text + caplog.text
    everything += str([value for _, value in room.published(ticket)])
    assert not [word for word in PLANTED if word in everything]


def test_seen_by_an_act_and_a_wrong_alarm_costs_a_correction(room: Deskroom) -> None:
    ticket = room.complaint(urgency=Urgency.DARURAT)
    room.context.duty.round()
    room.clock.advance(3 * MINUTE)
    before = timed("seen")
    handler, coordinator = room.login("jalan"), room.login("koordinator")
    handler.call("GET", f"/kasus/{ticket}")
    assert ticket in banner(coordinator)
    handler.act(ticket, "take")
    assert ticket not in banner(coordinator) + banner(handler)
    assert timed("seen") == before + 1
    assert figures(room)['tanggap_urgent_cases{state="seen"}'] == 1
    page = handler.call("GET", f"/kasus/{ticket}").text
    assert "Bukan darurat" in page
    form = {"action": "correct", "urgency": "mendesak", "version": 2,
            "csrf_token": handler.session["csrf_token"]}  # fmt: skip
    assert handler.call("POST", f"/kasus/{ticket}/tindakan", data=form).status_code == 200
    assert handler.case(ticket)["alarm"] is None
    assert timed("seen") == before + 1
    corrected = figures(room)
    assert corrected == {
        'tanggap_urgent_alarms_total{outcome="corrected"}': 1,
        "tanggap_urgent_limit_seconds": 300,
    }
    # The contact may be on the way, and is told once that it is off.
    assert room.context.duty.round() == 1
    assert room.context.duty.round() == 0
    assert [message["status"] for message in messages(room)] == ["darurat", "off"]
    with room.db.read() as conn:
        view = citizen_view(conn, ticket)
    assert view is not None
    assert [alarm.running for alarm in view.alarms] == [False]


def test_a_contact_that_is_away_is_tried_again_and_that_is_seen(room: Deskroom) -> None:
    folder = room.context.settings.data_dir / "duty"
    folder.rename(folder.with_name("away"))
    ticket = room.complaint(urgency=Urgency.DARURAT)
    for step in LADDER[:3]:
        assert room.context.duty.round() == 0
        [alarm] = alarms(room)
        assert alarm.next_at == room.clock.now() + timedelta(seconds=step)
        assert room.context.duty.round() == 0
        room.clock.advance(timedelta(seconds=step))
    assert (alarm.attempts, alarm.trouble, alarm.told_at) == (3, "file", None)
    assert figures(room)['tanggap_urgent_messages{state="failing"}'] == 1
    assert "3 kali dicoba" in banner(room.login("jalan"))
    folder.with_name("away").rename(folder)
    assert room.context.duty.round() == 1
    assert [message["ticket"] for message in messages(room)] == [ticket]
    assert figures(room)['tanggap_urgent_messages{state="told"}'] == 1
    # Nobody is told of what ended before the first attempt.
    withdrawn = complaint(urgency=Urgency.DARURAT, received_at=room.clock.now())
    room.act(withdrawn.reference, CitizenAct.WITHDRAW)
    room.consume(Topic.FEEDBACK_CLASSIFIED, withdrawn)
    assert room.context.duty.round() == 0
    assert figures(room)['tanggap_urgent_alarms_total{outcome="dropped"}'] == 1


def test_a_message_is_sent_again_when_nobody_knows_whether_it_went(room: Deskroom) -> None:
    sent: list[DutyMessage] = []

    class DyingSender:
        """Delivers; the first time its process dies before it can say so."""

        def send(self, message: DutyMessage) -> None:
            sent.append(message)
            if len(sent) == 1:
                raise KeyboardInterrupt

    senders: Any = room.context.contacts.senders
    senders["paser"] = DyingSender()
    room.complaint(urgency=Urgency.DARURAT)
    with pytest.raises(KeyboardInterrupt):
        room.context.duty.round()
    assert room.context.duty.round() == 0
    room.clock.advance(timedelta(seconds=LADDER[0]))
    assert room.context.duty.round() == 1
    assert sent[0] == sent[1]
    assert alarms(room)[0].next_at is None


def test_an_accusation_reaches_inspektorat_and_coordinator_only(room: Deskroom) -> None:
    ticket = room.complaint(
        urgency=Urgency.DARURAT, opd_asked="paser/pkm-kuaro", confidential=True,
        category=Category.PERILAKU_PETUGAS_PUNGLI, location=Location(address=PLANTED[2]),
    )  # fmt: skip
    against_triage = room.complaint(
        urgency=Urgency.DARURAT, berkadar=True, opd_asked="paser/setda-organisasi"
    )
    room.context.duty.round()
    assert messages(room) == []
    told = messages(room, "inspektorat")
    assert {message["ticket"] for message in told} == {ticket, against_triage}
    assert "pkm-kuaro" not in str(told)
    shown = {name: banner(room.login(name)) for name in room.accounts if name != "pengelola"}
    assert {name for name, text in shown.items() if ticket in text} == {"koordinator", "pengawas"}
    assert {name for name, text in shown.items() if against_triage in text} == {"pengawas"}
    assert PLANTED[2] not in str(shown)
    senders: Any = room.context.contacts.senders
    del senders["paser/inspektorat"]
    room.complaint(urgency=Urgency.DARURAT, berkadar=True)
    assert room.context.duty.round() == 0
    assert figures(room)['tanggap_urgent_messages{state="missing"}'] == 1


def test_late_past_and_raised_by_a_person(room: Deskroom) -> None:
    received = room.clock.now() - timedelta(hours=3)
    late = room.complaint(urgency=Urgency.DARURAT, received_at=received)
    assert figures(room)["tanggap_urgent_oldest_seconds{}"] == 3 * 3600
    past = room.complaint(urgency=Urgency.DARURAT, history=True, channel=Channel.LAPOR)
    assert notices(room, past) == []
    handler = room.login("jalan")
    handler.act(late, "resolve", text="Sudah.")
    ticket = room.complaint(channel=Channel.WHATSAPP)
    handler.act(ticket, "correct", urgency="darurat")
    room.context.duty.round()
    [_, raised] = alarms(room)
    assert (raised.ticket, raised.sequence) == (ticket, 2)
    assert raised.seen_at == raised.raised_at
    assert [notice.purpose for notice in notices(room, ticket)] == [NotificationPurpose.EMERGENCY]
    handler.act(ticket, "resolve", text="Sudah.")
    ended = {name: n for name, n in figures(room).items() if "alarms_total" in name}
    assert ended == {
        'tanggap_urgent_alarms_total{outcome="confirmed"}': 1,
        'tanggap_urgent_alarms_total{outcome="missed"}': 1,
    }
    # What was resolved before the contact was reached is nobody's errand any more.
    assert [message["ticket"] for message in messages(room)] == [ticket]
