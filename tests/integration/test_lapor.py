"""SP4N-LAPOR! both ways, on both databases: its times are the clocks', and twice is once."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from services.desk.casework import Command as Command_
from services.desk.permissions import Viewer
from services.desk.settings import DeskSettings
from services.desk.wiring import assemble
from shared.clock import FixedClock
from shared.contracts.enums import Action, Role
from shared.contracts.topics import Topic
from shared.db.engine import Database
from shared.db.read.intake import open_identity
from shared.db.tables.common import outbox
from shared.db.tables.desk import desk_case_events, desk_cases
from shared.db.tables.ingest import ingest_complaints
from shared.directory import seed
from shared.privacy.vault import Vault
from tanggap.__main__ import main
from tanggap.sheets.reading import read_rows
from tests.deskroom import complaint, event

LATER = datetime(2026, 2, 2, 2, tzinfo=UTC)
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
HEAD = (
    "Tracking ID;Tanggal Laporan Masuk;Waktu Laporan Masuk;Nama Pelapor;Judul Laporan;"
    "Isi Laporan Awal;Tipe Laporan (Anonim/Rahasia);Instansi Terdisposisi;Status Laporan;"
    "Tanggal Disposisi;Tanggal Tindak Lanjut;Tindak Lanjut;Tanggal Selesai;NIK"
)
FIRST = (
    "5001;5 Jan 2026;08:00;Joko Widagdo;Jalan rusak;Jalan di Kuaro rusak, lapor Joko Widagdo;;"
    "Dinas Pekerjaan Umum dan Penataan Ruang Kabupaten Paser;Sedang Diproses;6 Jan 2026;"
    "8/1/2026 10:00;Kami periksa;;6401015708900003"
)
CLOSED = FIRST.replace("Sedang Diproses", "Ditutup oleh Admin").replace(";;640", ";9 Jan 2026;640")
ACCUSING = (
    "5002;5 Jan 2026;;;Pungli;Petugas minta uang pelicin 50 ribu;Anonim;DISDUKCAPIL;"
    "Terverifikasi;6 Jan 2026;;;;"
)
ELSEWHERE = "5003;5 Jan 2026;;;Antre;Antrean lama sekali;Rahasia;Kejaksaan Negeri;Baru;;;;;"
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(
    db: Database,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """Runs `tanggap` on a seeded database: exit code, standard output, errors."""
    for name in ("BROKER_URL", "DATA_DIR", "TRACEBACK"):
        monkeypatch.delenv(f"TANGGAP_{name}", raising=False)
    monkeypatch.setenv("TANGGAP_DATABASE_URL", database_url)
    monkeypatch.setenv("TANGGAP_MASTER_KEY", KEY)
    with db.write() as conn:
        seed(conn, now=datetime(2026, 11, 23, tzinfo=UTC) - timedelta(days=400))

    def run(*words: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([*map(str, words), "--data", str(tmp_path / "data")])
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, said.out, said.err

    return run


def export(folder: Path, *rows: str) -> Path:
    path = folder / "lapor.csv"
    path.write_text("\n".join(["Laporan Kabupaten Paser", "", HEAD, *rows]), encoding="utf-8")
    return path


def cases(db: Database) -> dict[str, Any]:
    with db.read() as conn:
        return {row.lapor_id: row for row in conn.execute(select(desk_cases))}


def events(db: Database, ticket: str) -> list[Any]:
    table = desk_case_events
    query = select(table).where(table.c.ticket == ticket).order_by(table.c.sequence)
    with db.read() as conn:
        return list(conn.execute(query))


def kinds(rows: list[Any]) -> list[str]:
    return [row.type.removeprefix("tanggap.case.").removesuffix(".v1") for row in rows]


def counts(db: Database) -> list[int]:
    tables = (ingest_complaints, desk_cases, desk_case_events, outbox)
    with db.read() as conn:
        return [conn.execute(select(func.count()).select_from(t)).scalar_one() for t in tables]


def test_reports_open_with_their_own_times_and_a_later_export_goes_on(
    db: Database, command: Command, tmp_path: Path
) -> None:
    file = export(tmp_path, FIRST, ACCUSING, ELSEWHERE)
    code, _, said = command("import", "lapor", file, "--region", "paser", "--dry-run")
    assert (code, counts(db)) == (0, [0, 0, 0, 0]), said
    code, out, said = command("import", "lapor", file, "--region", "paser")
    assert code == 0, said
    assert "3 opened a case" in out
    assert "1 reports name a unit that is not known" in said
    assert "Columns left alone: nik" in said
    found = cases(db)
    road, accusing, elsewhere = found["5001"], found["5002"], found["5003"]
    assert (road.opd, road.channel, road.lapor, road.status) == (
        "paser/dpupr", "lapor", True, "ditanggapi",
    )  # fmt: skip
    assert road.received_at == datetime(2026, 1, 5, 0, tzinfo=UTC)
    assert (road.done_verify, road.done_first_response) == (True, True)
    assert (road.anonymous, road.confidential, road.history) == (False, False, True)
    assert "Joko" not in road.text
    steps = events(db, road.ticket)
    assert kinds(steps) == ["opened", "verified", "assigned", "replied"]
    assert steps[-1].at == datetime(2026, 1, 8, 2, tzinfo=UTC)
    assert {step.username for step in steps[1:]} == {"lapor"}
    assert (accusing.opd, accusing.restricted, accusing.accused) == (
        "paser/inspektorat", True, "paser/disdukcapil",
    )  # fmt: skip
    assert (elsewhere.opd, elsewhere.confidential) == ("paser/setda-organisasi", True)
    with db.read() as conn:
        identity = open_identity(conn, Vault(base64.b64decode(KEY)), road.ticket)
        values = conn.execute(select(outbox.c.value)).scalars().all()
    assert identity is not None
    assert (identity.name, identity.nik) == (None, None)
    assert not any(b"Joko" in value or b"6401015708900003" in value for value in values)

    before = counts(db)
    code, out, _ = command("import", "lapor", file, "--region", "paser")
    assert (code, counts(db)) == (0, before)
    assert "3 told nothing new" in out

    command("import", "lapor", export(tmp_path, CLOSED), "--region", "paser")
    road = cases(db)["5001"]
    assert (road.status, road.closed_at) == ("selesai", datetime(2026, 1, 9, 4, tzinfo=UTC))
    assert road.done_finish
    assert kinds(events(db, road.ticket))[-1] == "resolved"
    with db.read() as conn:
        said_out = conn.execute(select(outbox.c.topic).distinct()).scalars().all()
    assert set(said_out) == {"feedback.received.v1", "case.events.v1"}


def test_a_row_at_fault_stops_all_and_is_reported_without_its_cells(
    db: Database, command: Command, tmp_path: Path
) -> None:
    wrong = "5004;kemarin;;Siti Rahasia;;Isi;;;;;;;;"
    file = export(tmp_path, FIRST, wrong)
    code, _, said = command("import", "lapor", file, "--region", "paser")
    assert (code, counts(db)) == (1, [0, 0, 0, 0])
    assert "row 5: reported_at is no date" in said
    report = file.with_name("lapor.csv.errors.csv").read_text()
    assert "kemarin" not in report + said
    assert "Siti" not in report + said
    code, out, _ = command("import", "lapor", file, "--region", "paser", "--partial")
    assert (code, "1 opened a case" in out) == (1, True)
    file.write_text("Nomor;Isi Laporan\n1;x\n")
    code, _, said = command("import", "lapor", file, "--region", "paser")
    assert (code, "column tracking_id, reported_at is missing" in said) == (1, True)


def test_what_lapor_does_not_know_is_written_in_its_columns(
    db: Database, database_url: str, command: Command, tmp_path: Path
) -> None:
    code, _, said = command("import", "lapor", export(tmp_path, FIRST), "--region", "paser")
    assert code == 0, said
    settings = DeskSettings(data_dir=tmp_path, database_url=database_url)
    desk = assemble(settings, db, FixedClock(LATER))
    web = complaint(received_at=LATER, text="=Lampu mati di Jalan Melati", anonymous=True)
    accusing = complaint(received_at=LATER, berkadar=True)
    with db.write() as conn:
        topic = Topic.FEEDBACK_CLASSIFIED
        desk.handlers.classified(conn, [event(topic, one, LATER) for one in (web, accusing)])
    viewer = Viewer("jalan", Role.HANDLER, "paser", "paser/dpupr")
    known = cases(db)["5001"].ticket
    for ticket in (known, web.reference):
        desk.desk.act(viewer, ticket, None, Command_(Action.REPLY, text="Kami perbaiki besok"))
    out = tmp_path / "keluar.csv"
    code, said, _ = command("export", "lapor", "paser", out)
    assert (code, "1 cases, 1 answers" in said) == (0, True)
    [case] = read_rows(tmp_path / "keluar-laporan.csv")
    assert case.get("nomor_tiket") == web.reference
    assert case.get("isi_laporan_awal") == "=Lampu mati di Jalan Melati"
    assert case.get("tipe_laporan_anonim_rahasia") == "Anonim"
    assert case.get("tindak_lanjut") == "Kami perbaiki besok"
    [answer] = read_rows(tmp_path / "keluar-tindak_lanjut.csv")
    assert (answer.get("tracking_id"), answer.get("tindak_lanjut")) == (
        "5001",
        case.get("tindak_lanjut"),
    )
    # Its tracking id is entered on the case, and LAPOR! brings the answer back: nothing is left.
    desk.desk.act(viewer, web.reference, None, Command_(Action.LINK, lapor_id="#6001"))
    told = FIRST.replace("8/1/2026 10:00;Kami periksa", "2/2/2026 10:05;Kami perbaiki besok")
    row = "6001;2 Feb 2026;10:00;;;Lampu;;;Ditutup oleh Admin;;2/2/2026 10:05;Kami perbaiki besok;;"
    later = ("--as-of", "2026-02-03T12:00")
    code, _, said = command(
        "import", "lapor", export(tmp_path, told, row), "--region", "paser", *later
    )
    assert code == 0, said
    linked = cases(db)["6001"]
    assert (linked.ticket, linked.status, linked.channel) == (web.reference, "selesai", "web")
    assert kinds(events(db, linked.ticket))[-3:] == ["linked", "noted", "resolved"]
    code, said, _ = command("export", "lapor", "paser", out, "--force")
    assert (code, "0 cases, 0 answers" in said) == (0, True)
