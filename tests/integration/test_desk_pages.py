"""Desk's pages by plain form posts: everything a handler and a coordinator do, without a script."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.desk.ticker import Ticker
from shared.contracts.enums import Category, CitizenAct
from shared.db.leases import Lease
from shared.db.read.cases import citizen_view, notice_text
from tests.deskroom import PASSWORD, Deskroom, Staff, complaint, deskroom, standard_staff


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Deskroom]:
    with deskroom(f"sqlite:///{tmp_path / 'desk.db'}", tmp_path) as found:
        standard_staff(found)
        yield found


def post(staff: Staff, ticket: str, **fields: Any) -> Any:
    data = {
        "csrf_token": staff.session["csrf_token"],
        "version": str(staff.case(ticket)["version"]),
        **fields,
    }
    return staff.client.post(f"/kasus/{ticket}/tindakan", data=data)


def test_pages_lead_to_login_and_back(room: Deskroom) -> None:
    answer = room.client.get("/antrean", follow_redirects=False)
    assert answer.headers["location"] == "/masuk?next=/antrean"
    wrong = room.client.post("/masuk", data={"username": "jalan", "password": "salah sekali"})
    assert wrong.status_code == 401
    assert "Nama pengguna atau kata sandi salah" in wrong.text
    right = room.client.post(
        "/masuk", data={"username": "JALAN ", "password": PASSWORD, "next": "/antrean"}
    )
    assert right.url.path == "/antrean"
    assert "Tidak ada kasus di sini" in right.text


def test_a_case_is_worked_with_forms(room: Deskroom) -> None:
    ticket = room.complaint(text="Lubang <script>alert(1)</script> di jalan")
    staff = room.login("jalan")
    queue = staff.client.get("/antrean").text
    assert ticket in queue
    assert "<script>alert" not in queue
    page = post(staff, ticket, action="verify")
    assert "Laporan sudah diverifikasi" in page.text
    page = post(staff, ticket, action="ask", text="Di mana?")
    assert "Menunggu jawaban pelapor" in page.text
    page = post(staff, ticket, action="forward")
    assert page.status_code == 422
    assert "Unit tujuan belum disebut" in page.text
    page = post(staff, ticket, action="reply", text="Sudah dicek", version="1")
    assert page.status_code == 409
    assert "Sudah dicek" in page.text
    page = post(staff, ticket, action="resolve", text="Sudah ditambal.")
    assert "Kasus diselesaikan" in page.text
    assert post(staff, ticket, action="reopen").status_code == 200
    page = post(staff, ticket, action="forward", opd="paser/dlh", text="Bukan di kami")
    assert page.url.path == "/antrean"
    assert ticket not in page.text


def test_coordinator_assigns_from_triage_with_one_click(room: Deskroom) -> None:
    ticket = room.complaint(confidence=0.3)
    coordinator = room.login("koordinator")
    page = coordinator.client.get("/triase").text
    assert ticket in page
    answer = coordinator.client.post(
        f"/triase/{ticket}",
        data={
            "csrf_token": coordinator.session["csrf_token"],
            "version": "1",
            "opd": "paser/dpupr",
        },
    )
    assert "Kasus sudah ditugaskan" in answer.text
    assert room.login("jalan").tickets() == [ticket]
    assert room.login("jalan").client.get("/triase").status_code == 403


def test_every_page_renders_for_every_state_of_a_case(room: Deskroom) -> None:
    coordinator, staff = room.login("koordinator"), room.login("jalan")
    tickets = [room.complaint(), room.complaint(anonymous=True, confidential=True)]
    ended = room.complaint(external="paser/ext-pln", location=None)
    staff.act(ended, "link", lapor_id="#1916449")
    staff.act(ended, "assign", user="jalan")
    staff.act(ended, "reject", reason="bukan_wewenang", text="Ke PLN.", external="paser/ext-pln")
    reopened = room.complaint()
    staff.act(reopened, "resolve", text="Sudah.")
    room.act(reopened, CitizenAct.RATE, score=2, text="lama")
    room.act(reopened, CitizenAct.NOT_DONE, text="Belum.")
    for ticket in (*tickets, ended, reopened):
        for viewer in (coordinator, staff):
            assert viewer.client.get(f"/kasus/{ticket}").status_code == 200
    for path in ("/antrean?ditutup=1", "/antrean?status=ditolak", "/antrean/terbatas", "/triase"):
        assert coordinator.client.get(path).status_code == 200
    assert "1916449" in staff.client.get(f"/kasus/{ended}").text


def test_error_pages_are_pages_for_browsers_only(room: Deskroom) -> None:
    browser = {"Accept": "text/html"}
    page = room.client.get("/tidak-ada", headers=browser)
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    problem = room.client.get("/api/v1/regions/tidakada/scores", headers=browser)
    assert problem.headers["content-type"] == "application/problem+json"


def test_openapi_describes_the_api(room: Deskroom) -> None:
    document = room.client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/cases/{ticket}/actions" in document["paths"]
    assert "/masuk" not in document["paths"]


def test_citizens_see_their_words_and_ours_but_no_notes(room: Deskroom) -> None:
    ticket = room.complaint(opd_asked="paser/dpupr")
    staff = room.login("jalan")
    staff.act(ticket, "take")
    staff.act(ticket, "note", text="Catatan dalam")
    asked = staff.act(ticket, "ask", text="Di mana?")["version"]
    with room.db.read() as conn:
        view = citizen_view(conn, ticket)
        assert notice_text(conn, ticket, asked) == "Di mana?"
        assert notice_text(conn, ticket, asked - 2) is None
    assert view is not None
    assert view.question == "Di mana?"
    assert view.may(CitizenAct.ANSWER, room.clock.now())
    assert not view.may(CitizenAct.RATE, room.clock.now())
    shown = view.as_json()
    assert [entry["type"] for entry in shown["timeline"]] == ["opened", "verified", "asked"]
    assert "Catatan dalam" not in str(shown)
    assert "jalan" not in str(shown)
    staff.act(ticket, "resolve", text="Sudah.")
    with room.db.read() as conn:
        closed = citizen_view(conn, ticket)
        assert citizen_view(conn, "2222-2222") is None
    assert closed is not None
    assert closed.may(CitizenAct.NOT_DONE, room.clock.now())
    assert not closed.may(CitizenAct.NOT_DONE, room.clock.now() + timedelta(days=30))
    assert closed.may(CitizenAct.RATE, room.clock.now())


def test_the_ticker_finishes_silent_cases_and_catches_up(room: Deskroom) -> None:
    ticket = room.complaint()
    room.login("jalan").act(ticket, "reply", text="Sudah dijadwalkan.")
    late = complaint(category=Category.LAINNYA)
    room.act(late.reference, CitizenAct.WITHDRAW)
    # Another process opened the case without seeing the act that waited.
    with room.db.write() as conn:
        from services.desk import store
        from services.desk.opening import open_case

        directory = room.context.directory(conn)
        found = open_case(late, late.reference, "2024-1", directory, 0.5)
        store.insert_opened(conn, [(found, room.clock.now())], room.context.clocks, directory)
    commits = []
    ticker = Ticker(
        room.db,
        room.clock,
        room.context.handlers,
        room.context.sessions,
        Lease(room.db, "ticker:desk", "test"),
        seconds=60,
        committed=lambda: commits.append(1),
    )
    assert ticker.tick() == 1
    room.clock.advance(timedelta(days=20))
    assert ticker.tick() == 1
    assert ticker.tick() == 0
    assert len(commits) == 2
    coordinator = room.login("koordinator")
    assert coordinator.case(ticket)["status"] == "selesai_otomatis"
    assert coordinator.case(late.reference)["status"] == "dibatalkan"


@pytest.mark.parametrize(
    ("public_url", "form"),
    [("", "http://desk:8001"), ("https://lapor.example.id/", "https://lapor.example.id")],
)
def test_public_pages_lead_to_the_form(tmp_path: Path, public_url: str, form: str) -> None:
    with deskroom(f"sqlite:///{tmp_path / 'a.db'}", tmp_path, public_url=public_url) as found:
        assert f'href="{form}/"' in found.client.get("/wilayah").text
        page = found.client.get("/wilayah/paser").text
        assert f'href="{form}/lapor?wilayah=paser"' in page
