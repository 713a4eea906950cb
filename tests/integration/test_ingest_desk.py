"""Ingest and desk on one database: what a handler does is what the citizen sees, and back."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.ingest.cases import read_case
from shared.contracts.topics import Topic
from tests.deskroom import MASTER_KEY, Deskroom, Staff, deskroom, standard_staff
from tests.intake_site import Site, open_site


@dataclass
class Town:
    """A citizen's phone and a handler's desk."""

    site: Site
    room: Deskroom
    handler: Staff
    ticket: str
    code: str

    def view(self) -> dict[str, Any]:
        """What the API tells the citizen."""
        answer = self.site.client.get(
            f"/api/v1/complaints/{self.ticket}", params={"code": self.code}
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def page(self) -> str:
        """What the tracking page shows."""
        return self.site.client.post("/lacak", data={"ticket": self.ticket, "code": self.code}).text

    def act(self, kind: str, **fields: Any) -> int:
        """Act as the citizen; desk applies it at once if it was accepted."""
        answer = self.site.client.post(
            f"/api/v1/complaints/{self.ticket}/acts",
            json={"code": self.code, "act": kind} | fields,
        )
        if answer.status_code == 202:
            [event] = [e for e in self.site.events() if e.envelope.id == answer.json()["act_id"]]
            assert event.raw.topic == Topic.CITIZEN_ACTED.value
            with self.room.db.write() as conn:
                self.room.context.handlers.acted(conn, [event])
        return answer.status_code


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    url = f"sqlite:///{tmp_path / 'town.db'}"
    with (
        deskroom(url, tmp_path) as room,
        open_site(url, tmp_path, reader=read_case, master_key=MASTER_KEY) as site,
    ):
        standard_staff(room)
        accepted = site.complain(text="Jalan di Kuaro rusak, hubungi 081234567890").json()
        room.complaint(ticket=accepted["ticket"], received_at=room.clock.now())
        yield Town(site, room, room.login("jalan"), accepted["ticket"], accepted["tracking_code"])


def test_a_question_and_its_answer(town: Town) -> None:
    view = town.view()
    assert (view["status"], view["opd"]) == ("diterima", "paser/dpupr")
    assert set(view["allowed"]) == {"add", "withdraw"}
    assert view["due"]["finish"] is not None
    town.handler.act(town.ticket, "verify")
    town.handler.act(town.ticket, "note", text="Catatan dalam")
    town.handler.act(town.ticket, "ask", text="Di sebelah mana?")
    view = town.view()
    assert view["question"] == "Di sebelah mana?"
    assert "answer" in view["allowed"]
    assert "Catatan dalam" not in str(view) + town.page()
    assert town.act("answer", text="Depan pasar, hubungi 081298765432") == 202
    view = town.view()
    assert (view["question"], view["status"]) == (None, "diproses")
    answered = view["timeline"][-1]
    assert (answered["type"], answered["by"]) == ("answered", "citizen")
    # Desk has the masked words; on their own page citizens read their own.
    assert "081298765432" not in answered["text"]
    page = town.page()
    assert "Depan pasar, hubungi 081298765432" in page
    assert "Anda menjawab" in page


def test_finish_contest_finish_rate(town: Town) -> None:
    town.handler.act(town.ticket, "resolve", text="Sudah ditambal.")
    view = town.view()
    assert view["status"] == "selesai"
    assert {"rate", "not_done"} <= set(view["allowed"])
    assert "Paling lambat" not in re.sub(r"(?s)<form.*", "", town.page())
    assert town.act("not_done", text="Masih berlubang") == 202
    assert town.view()["status"] == "dibuka_kembali"
    assert town.act("rate", score=5) == 422
    town.handler.act(town.ticket, "resolve", text="Ditambal ulang.")
    assert town.act("rate", score=4) == 202
    assert town.act("rate", score=1) == 422
    assert [e["score"] for e in town.view()["timeline"] if e["type"] == "rated"] == [4]


def test_a_withdrawn_report_is_closed(town: Town) -> None:
    assert town.act("withdraw") == 202
    view = town.view()
    assert view["status"] == "dibatalkan"
    assert "withdraw" not in view["allowed"]
    assert "Ditarik pelapor" in town.page()


def test_in_danger_the_page_says_whom_to_call_until_it_is_corrected(town: Town) -> None:
    assert 'id="darurat"' not in town.page()
    town.handler.act(town.ticket, "correct", urgency="darurat")
    page = town.page()
    assert 'id="darurat"' in page
    assert all(f'href="tel:{number}"' in page for number in ("112", "110", "113", "119"))
    assert "tidak menjamin" in page
    assert "Pesan otomatis" in page
    reply = town.view()["timeline"][-1]
    assert (reply["type"], reply["by"]) == ("emergency", "system")
    assert "Hubungi 112" in reply["text"]
    english = town.site.client.post(
        "/lacak?lang=en", data={"ticket": town.ticket, "code": town.code}
    ).text
    assert "Fire brigade 113" in english
    assert "we cannot promise that help comes" in english
    town.handler.act(town.ticket, "correct", urgency="biasa")
    assert 'id="darurat"' not in town.page()
    assert town.view()["timeline"][-1] == reply


def test_outside_our_authority_names_whom_to_turn_to(town: Town) -> None:
    town.handler.act(
        town.ticket,
        "reject",
        reason="bukan_wewenang",
        text="Jalan ini jalan nasional.",
        opd="paser/ext-pusat",
    )
    page = town.page()
    assert "Bukan wewenang kami" in page
    assert "Jalan ini jalan nasional." in page
