"""Signed editions on a real database: frozen for good, corrected by new ones, open to few."""

import base64
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from jinja2 import Environment, FileSystemLoader
from python_calamine import CalamineWorkbook
from sqlalchemy import insert, select, update
from typer.testing import CliRunner

from services.desk.pages import rendering
from services.scoring.handlers import apply_events
from services.scoring.regions import DirectoryRules
from services.scoring.store import KnownEvent
from shared.clock import SystemClock
from shared.clocks.facts import fact_of
from shared.contracts.case import CASE_EVENTS, CaseEventType
from shared.contracts.enums import Category, Channel, CitizenAct, Kind
from shared.db.tables.desk import desk_audit, desk_case_events, desk_cases
from shared.db.tables.directory import desk_regions
from shared.db.tables.evaluation import desk_assessments, desk_editions, desk_followups
from shared.scores.differences import applied
from tanggap.__main__ import app as tanggap
from tests.deskroom import PASSWORD, Deskroom, Staff, deskroom, standard_staff

OCTOBER = datetime(2026, 10, 12, 2, tzinfo=UTC)
NIK, NAME = "6401010101900001", "Bambang Sutrisno"
EDITIONS = "/api/v1/regions/paser/editions"
SIGNER = {"signer_name": "Siti Aminah, S.Sos.", "signer_post": "Kepala Bagian Organisasi"}


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Deskroom]:
    with deskroom(database_url, tmp_path) as found:
        standard_staff(found)
        yield found


def score(room: Deskroom) -> None:
    """Scoring takes in whatever desk has written; what it knows already changes nothing."""
    c = desk_case_events.c
    with room.db.write() as conn:
        known = [
            KnownEvent(
                row.ticket,
                row.event_id,
                fact_of(type_, row.at, CASE_EVENTS[type_].model_validate(row.data)),
            )
            for row in conn.execute(select(desk_case_events).order_by(c.ticket, c.sequence))
            if (type_ := CaseEventType(row.type))
        ]
        apply_events(conn, known, DirectoryRules()(conn))


def some_cases(room: Deskroom) -> list[str]:
    """Six cases of October at DPUPR, one restricted and one confidential; texts name a person."""
    text = f"Jalan rusak, lapor {NAME} NIK {NIK}"
    plain = [room.complaint(received_at=OCTOBER + timedelta(days=n), text=text) for n in range(4)]
    room.complaint(received_at=OCTOBER, text=text, confidential=True)
    room.complaint(
        received_at=OCTOBER, text=text, berkadar=True, category=Category.PERILAKU_PETUGAS_PUNGLI
    )
    room.complaint(received_at=OCTOBER, kind=Kind.ASPIRASI, channel=Channel.LAPOR)
    score(room)
    return plain


def sign(staff: Staff, *, expect: int = 201, **fields: Any) -> dict[str, Any]:
    body = {"kind": "laporan", "period": "2026-10", "password": PASSWORD, **SIGNER, **fields}
    answer = staff.call("POST", EDITIONS, json=body)
    assert answer.status_code == expect, answer.text
    return dict(answer.json())


def text_of(staff: Staff, edition: int) -> bytes:
    answer = staff.call("GET", f"/api/v1/editions/{edition}")
    assert answer.status_code == 200
    assert answer.headers["x-content-sha256"] == sha256(answer.content).hexdigest()
    return bytes(answer.content)


def print_of(staff: Staff, edition: int) -> bytes:
    answer = staff.call("GET", f"/editions/{edition}/print")
    assert answer.status_code == 200
    return bytes(answer.content)


def test_what_was_signed_stays_and_a_correction_lists_exactly_what_changed(
    room: Deskroom, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plain = some_cases(room)
    boss = room.login("koordinator")
    room.login("jalan").act(plain[0], "resolve", text="Sudah ditambal.")
    score(room)
    first = sign(boss, scope="paser/dpupr", note=f"Atas nama {NAME}, NIK {NIK}")
    assert (first["number"], first["differences"]) == (1, [])
    text, page = text_of(boss, first["id"]), print_of(boss, first["id"])

    # A case of October that became known late; and other templates and styles than then.
    room.complaint(received_at=OCTOBER + timedelta(days=9), category=Category.LAINNYA)
    score(room)
    folder = Path(rendering.__file__).parent / "templates"
    changed = shutil.copytree(folder, tmp_path / "templates")
    for name in ("_print.css", "_report.html"):
        (changed / name).write_text("")
    monkeypatch.setattr(rendering, "_TEMPLATES", Environment(loader=FileSystemLoader(changed)))
    assert text_of(boss, first["id"]) == text
    assert print_of(boss, first["id"]) == page
    monkeypatch.undo()

    second = sign(boss, scope="paser/dpupr")
    found = {tuple(one["path"][1:]): one for one in second["differences"]}
    counted = {path: (one["before"], one["after"]) for path, one in found.items()}
    assert counted[("shares", "received")] == (6, 7)
    assert counted[("parts", "verify", "missed")] == (6, 7)
    assert counted[("parts", "first_response", "missed")] == (6, 7)
    assert counted[("parts", "finish", "running")] == (3, 4)
    assert counted[("pekppp", "no28", "received")] == (5, 6)
    # Everything else that moved is a mean or a bound of these.
    means = {"p", "value", "low", "high", "n"}
    assert {path[-1] for path in counted} <= means | {"received", "missed", "running"}
    before, after = orjson.loads(text)["report"], orjson.loads(text_of(boss, second["id"]))
    assert applied(before, second["differences"]) == after["report"]
    assert found[("shares", "received")]["label"] == "Nasib laporan › diterima"
    assert after["edition"]["previous_sha256"] == first["sha256"]
    assert "Koreksi terhadap edisi 1" in print_of(boss, second["id"]).decode()

    refused = sign(boss, scope="paser/dpupr", expect=409)
    assert "Tidak ada angka yang berbeda" in refused["detail"]
    for edition in (first, second):
        for content in (text_of(boss, edition["id"]), print_of(boss, edition["id"])):
            assert NAME.encode() not in content
            assert NIK.encode() not in content
    with room.db.read() as conn:
        lines = conn.execute(
            select(desk_audit.c.username, desk_audit.c.reason).where(
                desk_audit.c.action == "sign-edition"
            )
        ).all()
    assert lines == [("koordinator", f"{e['id']} {e['sha256']}") for e in (first, second)]


TAMPERED: dict[str, dict[str, Callable[[Any], Any]]] = {
    "content": {"content": lambda row: row.content.replace('"received":6', '"received":60')},
    "print": {"printed": lambda row: row.printed.replace("Siti", "Tuti")},
    "signer": {"signer_name": lambda row: "Tuti"},
    "time": {"signed_at": lambda row: row.signed_at - timedelta(days=1)},
    # Whoever knows the table changes the fingerprint of the print as well.
    "print and hash": {
        "printed": lambda row: "<p>Semua baik.</p>",
        "printed_sha256": lambda row: sha256(b"<p>Semua baik.</p>").hexdigest(),
    },
}


def test_a_changed_row_is_never_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with deskroom(f"sqlite:///{tmp_path / 'desk.db'}", tmp_path) as room:
        standard_staff(room)
        some_cases(room)
        boss = room.login("koordinator")
        edition = sign(boss, scope="paser/dpupr")["id"]
        with room.db.read() as conn:
            row = conn.execute(select(desk_editions)).one()
        paths = (f"/api/v1/editions/{edition}", f"/editions/{edition}/print",
                 f"/laporan/edisi/{edition}")  # fmt: skip
        for name, changed in TAMPERED.items():
            values = {column: make(row) for column, make in changed.items()}
            assert all(getattr(row, column) != value for column, value in values.items()), name
            with room.db.write() as conn:
                conn.execute(update(desk_editions).values({**row._mapping, **values}))
            for path in paths:
                answer = boss.call("GET", path, headers={"Accept": "text/html"})
                assert answer.status_code == 500, name
                assert "tidak sama lagi dengan yang ditandatangani" in answer.text
                assert "Kepala Bagian" not in answer.text
            said = capsys.readouterr()
            # Where the line goes depends on whether a service has configured its log before.
            assert "edition_tampered" in said.out + said.err + caplog.text
            caplog.clear()
        # It stands in nobody's way: the next edition begins anew.
        again = sign(boss, scope="paser/dpupr")
        assert (again["number"], again["differences"]) == (2, [])


def test_only_the_coordinator_signs_and_only_with_the_password(tmp_path: Path) -> None:
    with deskroom(f"sqlite:///{tmp_path / 'desk.db'}", tmp_path) as room:
        standard_staff(room)
        some_cases(room)
        boss = room.login("koordinator")
        for name in ("jalan", "pantau", "pengelola", "tetangga"):
            sign(room.login(name), expect=403)
        wrong = sign(boss, password="salah sekali", expect=403)
        assert wrong["field"] == "password"
        assert room.client.post(EDITIONS, json={}).status_code == 401
        bare = boss.call("POST", EDITIONS, json={}, headers={"X-CSRF-Token": "salah"})
        assert bare.status_code == 403
        for fields, field in (
            ({"period": "2026-12"}, "period"),
            ({"period": "2026"}, "period"),
            ({"kind": "f01", "period": "2026"}, "scope"),
            ({"signer_name": "  "}, "signer_name"),
            ({"signer_post": "a\nb"}, "signer_post"),
        ):
            assert sign(boss, **fields, expect=422)["field"] == field
        for scope in ("paser/tidak-ada", "paser/ext-pln", "kutim/dpupr"):
            sign(boss, scope=scope, expect=404)
        seen = boss.call("GET", f"{EDITIONS}/preview?kind=laporan&period=2026-10").json()
        room.complaint(received_at=OCTOBER)
        score(room)
        stale = sign(boss, report_sha256=seen["report_sha256"], expect=409)
        assert stale["field"] == "report_sha256"
        with room.db.read() as conn:
            assert conn.execute(select(desk_editions.c.id)).all() == []


def test_who_may_read(tmp_path: Path) -> None:
    with deskroom(f"sqlite:///{tmp_path / 'desk.db'}", tmp_path) as room:
        standard_staff(room)
        plain = some_cases(room)
        room.login("jalan").act(plain[0], "resolve", text="Sudah ditambal.")
        room.act(plain[0], CitizenAct.RATE, score=1)
        score(room)
        boss = room.login("koordinator")
        report = sign(boss, period="2026-11")
        pack = sign(boss, kind="f01", scope="paser/dpupr", period="2026")
        hidden = {"p": None, "n": None, "mean": None, "hidden": True}
        figures = orjson.loads(text_of(boss, report["id"]))["report"]["figures"]
        assert figures["parts"]["satisfaction"] == hidden
        assert figures["opds"]["paser/dpupr"]["parts"]["satisfaction"] == hidden
        figures = orjson.loads(text_of(boss, pack["id"]))["report"]["figures"]
        assert figures["parts"]["satisfaction"]["n"] == 1

        def seen(client: Any) -> tuple[list[int], int, int]:
            items = client.get(EDITIONS).json().get("items", [])
            places = (f"/api/v1/editions/{one['id']}" for one in (report, pack))
            codes = [client.get(place).status_code for place in places]
            return [item["id"] for item in items], codes[0], codes[1]

        everything = [pack["id"], report["id"]]
        assert seen(boss.client) == (everything, 200, 200)
        for name in ("jalan", "kesehatan", "pantau", "pengelola", "tetangga"):
            assert seen(room.login(name).client) == ([report["id"]], 200, 404)
        assert seen(room.client) == ([report["id"]], 200, 404)
        assert room.client.get(f"/editions/{pack['id']}/print").status_code == 404
        with room.db.write() as conn:
            conn.execute(update(desk_regions).values(public_scores=False))
        room.context.directory.forget()
        assert seen(room.client) == ([], 404, 404)
        assert seen(room.login("tetangga").client) == ([], 404, 404)
        for name in ("jalan", "pantau"):
            assert seen(room.login(name).client) == ([report["id"]], 200, 404)
        assert room.client.get("/laporan/paser").status_code == 401
        assert "admin" not in room.client.get("/api/v1/editions/999").text


def fill_pack(room: Deskroom) -> None:
    """What else an F-01 holds: an evaluator's level with evidence, and follow-ups."""
    now = room.clock.now()
    unit = {"region": "paser", "opd": "paser/dpupr", "year": 2026}
    evidence = [{"kind": "file", "name": "foto.jpg", "object": "o", "key": "RAHASIA"}]
    with room.db.write() as conn:
        conn.execute(
            insert(desk_assessments).values(
                **unit, item="25", value="4", n=None, source="evaluator", username="koordinator",
                reason=f"Dilihat bersama Bapak {NAME} NIK {NIK}", evidence=evidence, at=now,
            )
        )  # fmt: skip
        conn.execute(
            insert(desk_followups).values(
                **unit, service="Loket", result_on=date(2026, 6, 1), element="waktu",
                finding=f"Antrean lama, kata NIK {NIK}", plan="Tambah loket", owner="Kepala seksi",
                due_on=date(2026, 9, 1), done_on=date(2026, 6, 20), evidence=[],
                created_on=date(2026, 6, 2), created_by="jalan", changed_at=now, version=1,
            )
        )  # fmt: skip


def test_the_pack_lists_the_register_without_text_person_or_restricted_case(
    room: Deskroom, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = some_cases(room)
    fill_pack(room)
    boss = room.login("koordinator")
    room.login("jalan").act(plain[0], "resolve", text="Sudah ditambal.")
    room.login("jalan").act(
        plain[1], "reject", reason="bukan_pelayanan_publik", text="Bukan layanan."
    )
    score(room)
    sign(boss, scope="paser/dpupr")
    edition = sign(boss, kind="f01", scope="paser/dpupr", period="2026")
    written = text_of(boss, edition["id"])
    figures = orjson.loads(written)["report"]["figures"]
    with room.db.read() as conn:
        cases = conn.execute(select(desk_cases)).all()
    listed = {c.ticket for c in cases if not (c.restricted or c.confidential)}
    assert set(figures["register"]) == listed
    assert figures["unlisted"] == 1  # the accusation is Inspektorat's
    counted = [one for one in figures["register"].values() if one["counted"]]
    assert figures["pekppp"]["no28"]["received"] == len(counted) + 1 == 4
    assert figures["register"][plain[0]]["finished_on"] == "2026-11-23"
    assert figures["register"][plain[1]]["status"] == "ditolak"
    assert figures["pekppp"]["indicators"]["25"]["evidence"] == ["foto.jpg"]
    assert figures["survey_indicators"]["9"]["level"] == 5
    assert figures["monthly_reports"]["2026-10"]["number"] == 1

    room.complaint(received_at=OCTOBER)
    score(room)
    monkeypatch.setattr(SystemClock, "now", lambda _: room.clock.now())
    signed, fresh = tmp_path / "signed.csv", tmp_path / "fresh.xlsx"
    run(database_url, "paser/dpupr", signed, "--edition", "1")
    run(database_url, "paser", fresh)
    with fresh.open("rb") as file:
        book = CalamineWorkbook.from_filelike(file)
        firsts = {name: book.get_sheet_by_name(name).to_python()[0][0] for name in book.sheet_names}
    sheets = {path.stem.partition("-")[2]: path for path in tmp_path.glob("signed-*.csv")}
    assert set(sheets) == {
        "ringkasan", "no28", "indikator", "register", "tindak_lanjut", "laporan_bulanan", "skm",
    }  # fmt: skip
    assert set(firsts) == set(sheets)
    assert set(firsts.values()) == {"Berkas bukti PEKPPP (F-01): perkiraan, bukan nilai resmi"}
    for path in sheets.values():
        assert "perkiraan, bukan nilai resmi" in path.read_text(encoding="utf-8-sig").lower()
    rows = sheets["register"].read_text(encoding="utf-8-sig")
    assert {ticket for ticket in listed if ticket in rows} == listed
    assert "1 kasus terbatas tidak didaftar" in rows
    exported = b"".join(path.read_bytes() for path in sheets.values())
    for content in (written, print_of(boss, edition["id"]), exported):
        for word in (NAME, NIK, "Jalan rusak", "RAHASIA", "koordinator"):
            assert word.encode() not in content


def run(url: str, unit: str, file: Path, *more: str) -> str:
    """`tanggap export pekppp`."""
    arguments = ["export", "pekppp", unit, "--year", "2026", str(file), *more]
    env = {"TANGGAP_DATABASE_URL": url}
    found = CliRunner().invoke(tanggap, arguments, env=env, catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.output


def test_signing_by_the_form(tmp_path: Path) -> None:
    with deskroom(f"sqlite:///{tmp_path / 'desk.db'}", tmp_path) as room:
        standard_staff(room)
        some_cases(room)
        boss = room.login("koordinator")
        assert "Berkas bukti PEKPPP" in boss.client.get("/laporan/paser").text
        assert "Pratinjau" not in room.login("jalan").client.get("/laporan/paser").text
        chosen = {"jenis": "laporan", "unit": "paser/dpupr", "masa": "2026-10"}
        page = boss.client.get("/laporan/paser/pratinjau", params=chosen)
        assert "belum ditandatangani" in page.text
        seen = page.text.partition('name="report_sha256" value="')[2][:64]
        csrf = boss.session["csrf_token"]
        form = {**chosen, **SIGNER, "note": "Sesuai rapat", "report_sha256": seen}

        def post(**fields: str) -> Any:
            return boss.client.post("/laporan/paser/tandatangani", data={**form, **fields})

        assert post(password=PASSWORD).status_code == 403
        wrong = post(password="salah sekali", csrf_token=csrf)
        assert wrong.status_code == 403
        assert "Kata sandi salah" in wrong.text
        assert "Sesuai rapat" in wrong.text
        nameless = post(password=PASSWORD, csrf_token=csrf, signer_name=" ")
        assert (nameless.status_code, "Isi nama penanda tangan" in nameless.text) == (422, True)
        done = post(password=PASSWORD, csrf_token=csrf)
        assert done.url.path == "/laporan/edisi/1"
        assert "Edisi 1 sudah ditandatangani" in done.text
        assert "Siti Aminah" in boss.client.get("/laporan/paser?unit=paser/dpupr").text
        assert "koordinator" not in room.client.get("/laporan/edisi/1").text
        again = boss.client.get("/laporan/paser/pratinjau", params=chosen)
        assert "tidak ada yang perlu ditandatangani" in again.text
        printed = room.client.get("/editions/1/print")
        style = printed.text.partition("<style>")[2].partition("</style>")[0]
        allowed = base64.b64encode(sha256(style.encode()).digest()).decode()
        policy = printed.headers["content-security-policy"]
        assert f"style-src 'sha256-{allowed}'" in policy
        assert policy.startswith("default-src 'none'")
        outside = ("<script", "<link", "<img", "style=", "src=", "http")
        assert [word for word in outside if word in printed.text] == []
