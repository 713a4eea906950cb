"""The register of SKM follow-ups through the API and its page."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from services.desk import following
from shared.db.tables.desk import desk_audit
from shared.db.tables.evaluation import desk_followups
from tests.deskroom import Deskroom, Staff, deskroom, standard_staff
from tests.integration.test_desk_evaluation import LINK, picture, stored

PATH = "/api/v1/opds/paser/dinkes/followups"
PAGE = "/tindak-lanjut/paser/dinkes"
PLAN: dict[str, Any] = {
    "year": 2026, "element": "waktu", "finding": "Antre lama.", "plan": "Tambah loket.",
    "owner": "Kepala Bidang Pelayanan", "due_on": "2026-12-20", "result_on": "2026-08-01",
}  # fmt: skip


# Only what the database decides is asked of both.
BOTH = pytest.mark.parametrize("room", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deskroom]:
    if getattr(request, "param", "sqlite") == "sqlite":
        url = f"sqlite:///{tmp_path / 'desk.db'}"
    else:
        url = request.getfixturevalue("postgres_url")
    with deskroom(url, tmp_path) as found:
        standard_staff(found)
        yield found


def add(staff: Staff, expect: int = 201, path: str = PATH, **fields: Any) -> dict[str, Any]:
    answer = staff.call("POST", path, json=PLAN | fields)
    assert answer.status_code == expect, answer.text
    return dict(answer.json())


def step(
    staff: Staff, entry: dict[str, Any], act: str, *, expect: int = 200, **fields: Any
) -> dict[str, Any]:
    values = {"act": act, "version": entry["version"]} | fields
    answer = staff.call("POST", f"{PATH}/{entry['id']}", json=values)
    assert answer.status_code == expect, answer.text
    return dict(answer.json())


def test_the_unit_and_the_coordinator_keep_the_register(room: Deskroom) -> None:
    assert room.client.get(PATH).status_code == 401
    assert room.client.post(PATH, json=PLAN).status_code == 401
    handler = room.login("kesehatan")
    add(handler)
    add(handler, path="/api/v1/opds/paser/pkm-kuaro/followups")
    add(room.login("koordinator"), element="biaya")
    for name in ("jalan", "puskesmas", "tetangga", "pantau", "pengelola"):
        staff = room.login(name)
        add(staff, expect=403)
        reads = name == "pantau"
        assert staff.call("GET", PATH).status_code == (200 if reads else 403), name
        assert staff.call("GET", PAGE).status_code == (200 if reads else 403), name
    token = handler.client.headers.pop("X-CSRF-Token")
    assert handler.call("POST", PATH, json=PLAN).status_code == 403
    handler.client.headers["X-CSRF-Token"] = token
    seen = handler.call("GET", f"{PATH}?year=2026").json()
    assert [item["element"] for item in seen["items"]] == ["waktu", "biaya"]
    assert seen["may"] == {"keep": True, "backdate": False}
    assert handler.call("GET", f"{PATH}?year=2025").json()["items"] == []


@BOTH
def test_a_follow_up_from_plan_to_proof(room: Deskroom) -> None:
    handler = room.login("kesehatan")
    entry = add(handler, finding="Bu Siti Aminah, 081234567890, menunggu dua jam.")
    assert "0812" not in entry["finding"]
    step(handler, entry, "start", expect=422, on="2026-10-01", reason="Lupa mencatat.")
    started = step(handler, entry, "start")
    assert (started["state"], started["started_on"]) == ("running", "2026-11-23")
    step(handler, started, "finish", expect=422)
    step(handler, started, "finish", expect=422, on="2026-11-01", reason="x", links=[LINK])
    step(handler, started, "edit", expect=422, **PLAN | {"result_on": "2026-11-01"})
    edited = step(handler, started, "edit", **PLAN | {"due_on": "2026-11-30"})
    answer = handler.call(
        "POST", f"{PATH}/{entry['id']}",
        data={"act": "finish", "version": str(edited["version"]), "links": LINK},
        files=[("files[]", ("loket.jpg", picture(), "image/jpeg"))],
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    done = answer.json()
    assert (done["state"], done["done_on"], done["overdue"]) == ("done", "2026-11-23", False)
    assert [said["act"] for said in done["history"]] == ["add", "start", "edit", "finish"]
    url = next(piece["url"] for piece in done["evidence"] if piece["kind"] == "file")
    proof = handler.call("GET", url)
    assert proof.status_code == 200
    assert proof.headers["content-disposition"].startswith("attachment;")
    assert room.client.get(url).status_code == 401
    assert room.login("tetangga").call("GET", url).status_code == 403
    assert handler.call("GET", url.replace("dinkes", "pkm-kuaro")).status_code == 404
    step(handler, done, "withdraw", expect=422, reason="Tidak jadi.")
    with room.db.read() as conn:
        said = conn.execute(
            select(desk_audit.c.action, desk_audit.c.reason).where(desk_audit.c.ticket == "TL-1")
        ).all()
    assert ("followup-edit", "due_on: 2026-12-20 → 2026-11-30") in [tuple(row) for row in said]


def test_the_coordinator_backdates_and_withdraws_with_a_reason(room: Deskroom) -> None:
    coordinator = room.login("koordinator")
    entry = add(coordinator)
    step(coordinator, entry, "finish", expect=422, on="2026-10-01", links=[LINK])
    done = step(coordinator, entry, "finish", on="2026-10-01", reason="Berita acara.", links=[LINK])
    assert (done["started_on"], done["done_on"]) == ("2026-10-01", "2026-10-01")
    other = add(coordinator, element="sarana", due_on="2026-11-22")
    step(coordinator, other, "withdraw", expect=422)
    gone = step(coordinator, other, "withdraw", reason="Digabung, hubungi 081234567890.")
    assert "0812" not in gone["history"][-1]["reason"]
    indicators = coordinator.call("GET", PAGE).text
    assert "Indikator 8 dan 9" in indicators


@BOTH
def test_of_two_changes_at_once_one_is_told_to_read_again(room: Deskroom) -> None:
    handler, coordinator = room.login("kesehatan"), room.login("koordinator")
    entry = add(handler)
    step(handler, entry, "start")
    stale = step(coordinator, entry, "edit", expect=409, **PLAN)
    assert stale["version"] == 2
    answer = coordinator.call(
        "POST", f"{PATH}/{entry['id']}",
        data={"act": "finish", "version": "1"},
        files=[("files[]", ("a.jpg", picture(), "image/jpeg"))],
    )  # fmt: skip
    assert answer.status_code == 409
    assert stored(room) == []
    step(handler, {"id": 999, "version": 1}, "start", expect=404)
    with room.db.read() as conn:
        assert conn.execute(select(desk_followups.c.version)).scalars().all() == [2]


def test_the_page_shows_what_is_late_and_keeps_what_was_typed(room: Deskroom) -> None:
    handler = room.login("kesehatan")
    client, token = handler.client, handler.session["csrf_token"]
    values = {name: str(value) for name, value in PLAN.items()} | {"csrf_token": token}
    assert client.post(PAGE, data=values | {"csrf_token": ""}).status_code == 403
    refused = client.post(PAGE, data=values | {"owner": ""})
    assert refused.status_code == 422
    assert "Tambah loket." in refused.text
    added = client.post(PAGE, data=values | {"due_on": "2026-11-30"}, follow_redirects=False)
    assert added.status_code == 303
    assert "Tindak lanjut sudah dicatat." in client.get(added.headers["location"]).text
    room.clock.advance(timedelta(days=8))
    handler = room.login("kesehatan")
    client, token = handler.client, handler.session["csrf_token"]
    page = client.get(PAGE).text
    assert "Lewat tenggat" in page
    assert "erkiraan, bukan nilai resmi" in page
    act = {"csrf_token": token, "act": "finish", "version": "1", "links": "http://example.id"}
    refused = client.post(f"{PAGE}/1", data=act)
    assert refused.status_code == 422
    assert "https://" in refused.text
    done = client.post(f"{PAGE}/1", data=act | {"links": LINK}, follow_redirects=False)
    assert done.status_code == 303
    page = client.get(done.headers["location"]).text
    assert "Tindak lanjut selesai." in page
    assert 'rel="noopener' in page
    assert "Lewat tenggat" not in page
    assert client.post(f"{PAGE}/1", data=act).status_code == 409
    assert f'value="{PLAN["element"]}" selected' in client.get(f"{PAGE}?unsur=waktu").text


def test_the_weakest_elements_without_an_entry_are_suggested(
    room: Deskroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    nrr = {"waktu": 2.1, "biaya": 3.0, "sarana": None, "produk": 2.5, "perilaku": 3.9}
    monkeypatch.setattr(following, "opd_score", lambda *_: {"skm": {"nrr": nrr}})
    handler = room.login("kesehatan")

    def suggested(staff: Staff) -> list[str]:
        found = staff.call("GET", PATH).json()["suggestions"]
        return [weak["element"] for weak in found]

    assert suggested(handler) == ["waktu", "produk", "biaya"]
    entry = add(handler)
    assert suggested(handler) == ["produk", "biaya", "perilaku"]
    assert "?unsur=produk#baru" in handler.call("GET", PAGE).text
    step(handler, entry, "withdraw", reason="Keliru.")
    assert suggested(handler)[0] == "waktu"
    assert suggested(room.login("pantau")) == []
