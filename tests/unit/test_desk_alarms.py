"""Alarms without a database: the reply, what decisions mean for them, senders and contacts."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.registry import Collector
from pydantic import ValidationError

from services.desk import citizen_rules, rules
from services.desk.alarm_metrics import AlarmCounts, alarm_metrics
from services.desk.alarms import REPLY_LENGTH, Outcome, Turn, reply_text, turn_of
from services.desk.casework import Case, Command, Decision, Staff
from services.desk.duty_senders import Contacts, FileSender, WebhookSender, as_json, sender_of
from services.desk.opening import open_case
from services.desk.pages.words import untold, waited
from services.desk.ports import DutyMessage, UndeliveredError
from services.desk.settings import DeskSettings
from shared.contracts.enums import (
    Action,
    Channel,
    CitizenAct,
    CloseReason,
    Language,
    Role,
    Urgency,
)
from shared.contracts.feedback import CitizenActed
from shared.contracts.notices import NotificationPurpose
from shared.db.read.directory import directory_of_seed
from shared.ids import new_ticket
from tests.deskroom import MONDAY, complaint

# The characters of GSM 03.38 that one septet holds and that the replies may need.
GSM = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,;:?!+-'()/")
DIRECTORY = directory_of_seed()
HANDLER = Staff("jalan", Role.HANDLER, "paser", "paser/dpupr")
COORDINATOR = Staff("koordinator", Role.COORDINATOR, "paser", "paser/setda-organisasi")
MESSAGE = DutyMessage(
    "7KQ4-2MXR", "paser", "paser/dpupr", MONDAY, "https://desk/kasus/7KQ4-2MXR", "DARURAT"
)
LATER = MONDAY + timedelta(minutes=3)


@pytest.mark.parametrize("language", [*Language, None])
@pytest.mark.parametrize("number", ["112", "+12345678901234"])
def test_the_reply_is_one_sms_and_promises_nothing(language: str | None, number: str) -> None:
    ticket = new_ticket()
    reply = reply_text(ticket, number, language)
    assert len(reply) <= REPLY_LENGTH == 160
    assert set(reply) <= GSM
    assert number in reply
    assert ticket in reply
    english = "is not an emergency service" in reply
    assert english == (language == Language.ENG)
    assert english or "bukan layanan darurat" in reply
    promises = ("segera datang", "akan datang", "on the way", "will come", "petugas menuju")
    assert not any(word in reply for word in promises)


def opened(urgency: Urgency = Urgency.DARURAT, **fields: Any) -> Case:
    data = complaint(urgency=urgency, **fields)
    found = open_case(data, data.reference, "p", DIRECTORY, 0.5)
    told = found.step.notice is NotificationPurpose.EMERGENCY
    assert told == (urgency is Urgency.DARURAT and not data.history)
    return found.case


def act(case: Case, action: Action, staff: Staff = HANDLER, **fields: Any) -> Decision:
    return rules.decide(case, staff, Command(action, **fields), LATER, DIRECTORY)


def test_imported_history_and_lesser_urgency_say_nothing() -> None:
    opened(history=True)
    opened(Urgency.MENDESAK)


def test_an_act_of_a_person_is_what_makes_it_seen() -> None:
    assert turn_of(act(opened(), Action.TAKE)) == Turn(seen_at=LATER)
    noted = act(opened(), Action.NOTE, COORDINATOR, text="Sudah ditelepon.")
    assert turn_of(noted) == Turn(seen_at=LATER)
    word = CitizenActed(
        ticket="X", region="paser", act=CitizenAct.ADD, text="Cepat!", channel=Channel.WEB,
        received_at=LATER,
    )  # fmt: skip
    added = citizen_rules.act(opened(), word)
    assert added is not None
    assert turn_of(added) == Turn()


@pytest.mark.parametrize(
    ("action", "fields", "outcome"),
    [
        (Action.RESOLVE, {"text": "Sudah."}, Outcome.CONFIRMED),
        (Action.CORRECT, {"urgency": Urgency.MENDESAK}, Outcome.CORRECTED),
        (Action.REJECT, {"reason": CloseReason.SPAM}, Outcome.DROPPED),
        (Action.REJECT, {"reason": CloseReason.BUKAN_WEWENANG, "text": "PLN."}, Outcome.CONFIRMED),
        (Action.ARCHIVE, {"reason": CloseReason.GANDA}, Outcome.CONFIRMED),
        (Action.ARCHIVE, {"reason": CloseReason.TIDAK_LENGKAP}, Outcome.DROPPED),
    ],
)
def test_how_it_ends(action: Action, fields: dict[str, Any], outcome: Outcome) -> None:
    turn = turn_of(act(opened(), action, **fields))
    assert turn == Turn(seen_at=LATER, outcome=outcome, ended_at=LATER)


def test_a_withdrawal_ends_it_without_anybody_having_seen_it() -> None:
    done = CitizenActed(
        ticket="X", region="paser", act=CitizenAct.WITHDRAW, channel=Channel.WEB, received_at=LATER
    )
    decision = citizen_rules.act(opened(), done)
    assert decision is not None
    assert turn_of(decision) == Turn(outcome=Outcome.DROPPED, ended_at=LATER)


def test_a_person_can_raise_it_and_cases_without_danger_have_none() -> None:
    raised = act(opened(Urgency.BIASA), Action.CORRECT, urgency=Urgency.DARURAT)
    assert turn_of(raised) == Turn(raised=2, seen_at=LATER)
    assert raised.steps[0].notice is NotificationPurpose.EMERGENCY
    other = act(opened(), Action.CORRECT, category="kesehatan")
    assert turn_of(other) == Turn(seen_at=LATER)
    assert other.steps[0].notice is None
    assert turn_of(act(opened(Urgency.BIASA), Action.TAKE)) is None
    assert turn_of(act(opened(Urgency.BIASA), Action.RESOLVE, text="Sudah.")) is None


def test_a_webhook_gets_the_message_and_nothing_but_2xx_is_a_delivery() -> None:
    bodies: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        if len(bodies) == 3:
            raise httpx.ConnectTimeout("https://hooks.example/geheim")
        return httpx.Response((204, 503)[len(bodies) - 1])

    sender = WebhookSender("https://hooks.example/geheim", httpx.MockTransport(answer))
    sender.send(MESSAGE)
    assert bodies == [as_json(MESSAGE)]
    assert bodies[0]["status"] == "darurat"
    for trouble in ("status-503", "unreachable"):
        with pytest.raises(UndeliveredError) as error:
            sender.send(MESSAGE)
        assert str(error.value) == trouble


def test_a_file_gets_a_line_a_message(tmp_path: Path) -> None:
    path = tmp_path / "pesan piket.jsonl"
    sender = sender_of(path.as_uri())
    assert isinstance(sender, FileSender)
    sender.send(MESSAGE)
    sender.send(MESSAGE)
    assert [json.loads(line) for line in path.read_text().splitlines()] == [as_json(MESSAGE)] * 2
    with pytest.raises(UndeliveredError):
        FileSender(tmp_path / "tidak" / "ada").send(MESSAGE)


def settings(tmp_path: Path, **values: Any) -> DeskSettings:
    return DeskSettings(data_dir=tmp_path, **values)


def test_contacts_are_the_regions_and_accusations_have_their_own(tmp_path: Path) -> None:
    addresses = {"paser": "https://a.example", "kutim/inspektorat": "https://b.example"}
    contacts = Contacts.of_settings(settings(tmp_path, duty_contacts=addresses))
    assert contacts.of("paser", restricted=False) is not None
    assert contacts.of("paser", restricted=True) is None
    assert contacts.of("kutim", restricted=False) is None
    assert contacts.of("kutim", restricted=True) is not None
    demo = Contacts.of_settings(settings(tmp_path, demo=True))
    assert isinstance(demo.of("mimika", restricted=True), FileSender)


@pytest.mark.parametrize(
    "contacts",
    [
        {"paser/dpupr": "https://geheim.example"},
        {"Paser": "https://geheim.example"},
        {"paser": "mailto:geheim@example.id"},
        {"paser": "geheim"},
        {"paser": "https://"},
        {"paser": "http://[geheim"},
        {"paser": "file://geheim/x"},
    ],
)
def test_a_contact_that_cannot_work_is_refused_without_naming_it(
    tmp_path: Path, contacts: dict[str, str]
) -> None:
    with pytest.raises(ValidationError) as error:
        settings(tmp_path, duty_contacts=contacts)
    assert "geheim" not in str(error.value)


def test_metrics_show_zeros_so_that_an_alert_ends() -> None:
    class Shown(Collector):
        def collect(self) -> Any:
            return alarm_metrics(AlarmCounts(("paser",)), 5)

    registry = CollectorRegistry()
    registry.register(Shown())
    page = generate_latest(registry).decode()
    assert 'tanggap_urgent_cases{region="paser",state="waiting"} 0.0' in page
    assert 'tanggap_urgent_oldest_seconds{region="paser"} 0.0' in page
    assert 'tanggap_urgent_alarms_total{outcome="corrected",region="paser"} 0.0' in page
    assert "tanggap_urgent_limit_seconds 300.0" in page


def test_words_for_waiting() -> None:
    assert waited(MONDAY, LATER) == "3 menit"
    assert waited(MONDAY.isoformat(), MONDAY + timedelta(minutes=125)) == "2 jam 5 menit"
    assert waited(MONDAY, MONDAY + timedelta(hours=49)) == "2 hari 1 jam"
    assert waited(LATER, MONDAY) == "0 menit"
    assert untold(0) != untold(2)
    assert "2 kali" in untold(2)
