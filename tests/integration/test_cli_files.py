"""`tanggap import` and `tanggap export` on both databases: all rows or none, and twice is once."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select

from shared.db.engine import Database
from shared.db.read.directory import Directory
from shared.db.read.services import services_of, users_per_year
from shared.db.tables.directory import desk_opds
from shared.db.tables.evaluation import desk_assessments, desk_services
from shared.db.tables.scoring import scoring_skm_counters
from shared.directory import seed
from shared.scores.measures import month_of
from shared.scores.pekppp import NOTICE
from tanggap.__main__ import main
from tanggap.service_list import Listed, replace_services
from tanggap.sheets.reading import read_rows
from tanggap.sheets.writing import Sheet, write_table

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
TODAY = date(2026, 11, 23)
WITA = ZoneInfo("Asia/Makassar")
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(
    db: Database,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """Runs `tanggap` on a seeded database: exit code, standard output, last line of errors."""
    for name in ("BROKER_URL", "DATA_DIR", "TRACEBACK"):
        monkeypatch.delenv(f"TANGGAP_{name}", raising=False)
    monkeypatch.setenv("TANGGAP_DATABASE_URL", database_url)
    with db.write() as conn:
        seed(conn, now=NOW - timedelta(days=400))

    def run(*words: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([*map(str, words), "--data", str(tmp_path / "data")])
        said = capsys.readouterr()
        errors = said.err.strip().splitlines()
        assert isinstance(ended.value.code, int)
        return ended.value.code, said.out, errors[-1] if errors else ""

    return run


def file_of(folder: Path, name: str, *rows: str) -> Path:
    """A table in any of our formats, from lines with `;`."""
    path = folder / name
    columns, *cells = (row.split(";") for row in rows)
    write_table(path, [Sheet("isi", columns, cells, notes=["Rekapitulasi"])], force=True)
    return path


def assessed(db: Database) -> list[tuple[Any, ...]]:
    c = desk_assessments.c
    query = select(c.opd, c.year, c.item, c.value, c.n, c.source, c.username).order_by(c.id)
    with db.read() as conn:
        return [tuple(row) for row in conn.execute(query)]


def everything(db: Database) -> list[list[tuple[Any, ...]]]:
    with db.read() as conn:
        return [
            [tuple(row) for row in conn.execute(select(table))]
            for table in (desk_opds, desk_services, desk_assessments)
        ]


def test_results_come_in_long_or_wide_and_twice_is_once(
    db: Database, command: Command, tmp_path: Path
) -> None:
    long = file_of(
        tmp_path, "panjang.xlsx",
        "OPD;Tahun;Indikator;Nilai;Responden;Catatan",
        "paser/dinkes;2025;Indikator 25;4;;",
        "paser/dinkes;2025;Aspek B;3,75;;berita acara",
        "paser/dinkes;2025;F-03;4,2;45;",
    )  # fmt: skip
    code, out, _ = command("import", "pekppp", long)
    assert (code, out) == (0, "3 entries: 3 are written, 0 unchanged.\n")
    expected: list[tuple[Any, ...]] = [
        ("paser/dinkes", 2025, "25", "4", None, "import", "import"),
        ("paser/dinkes", 2025, "b", "3.75", None, "import", "import"),
        ("paser/dinkes", 2025, "f03", "4.2", 45, "import", "import"),
    ]
    assert assessed(db) == expected
    wide = file_of(
        tmp_path, "lebar.csv",
        "No;opd;25;26;Aspek B;F03;f03_n;31", "1;paser/dinkes;4;5;3.75;4,2;45;1",
    )  # fmt: skip
    code, out, _ = command("import", "pekppp", wide, "--year", "2025", "--dry-run")
    assert (code, out) == (0, "4 entries: 1 would be written, 3 unchanged.\n")
    assert assessed(db) == expected
    for said in ("1 are written, 3 unchanged", "0 are written, 4 unchanged"):
        code, out, _ = command("import", "pekppp", wide, "--year", "2025")
        assert (code, out) == (0, f"4 entries: {said}.\n")
    assert assessed(db) == [
        *expected,
        ("paser/dinkes", 2025, "26", "5", None, "import", "import"),
    ]


def test_one_bad_row_keeps_all_out_unless_partial(
    db: Database, command: Command, tmp_path: Path
) -> None:
    file = file_of(
        tmp_path, "hasil.csv",
        "opd;year;item;value;n;note",
        "paser/dinkes;2025;26;5;;",
        "paser/rahasia;2025;26;5;;",
        "paser/dinkes;2025;27;7;;",
        "paser/dinkes;2025;28;5;;",
        "paser/dinkes;2025;f03;4;;",
        "paser/dinkes;2025;26;4;;",
        "paser/dinkes;;25;3;;",
    )  # fmt: skip
    code, _, err = command("import", "pekppp", file)
    assert code == 1
    assert "row 4: opd " in err
    assert "6 of 7 rows refused, nothing is imported; see" in err
    assert assessed(db) == []
    report = read_rows(tmp_path / "hasil.csv.errors.csv", needed=("row", "column", "reason"))
    found = [(row.get("row"), row.get("column")) for row in report]
    assert found == [
        ("4", "opd"), ("5", "value"), ("6", "note"), ("7", "n"), ("8", "value"), ("9", "year"),
    ]  # fmt: skip
    assert "rahasia" not in (tmp_path / "hasil.csv.errors.csv").read_text()
    code, out, err = command("import", "pekppp", file, "--partial")
    assert (code, out) == (1, "1 entries: 1 are written, 0 unchanged.\n")
    assert "the others are imported" in err
    assert [row[2] for row in assessed(db)] == ["26"]


def test_a_wide_row_counts_as_a_whole(db: Database, command: Command, tmp_path: Path) -> None:
    file = file_of(
        tmp_path, "h.csv", "opd;25;26;f03", "paser/dinkes;4;9;4", "paser/dlh;4;;", "paser/rsud;;;"
    )
    code, out, _ = command("import", "pekppp", file, "--year", "2025", "--partial")
    assert (code, out) == (1, "1 entries: 1 are written, 0 unchanged.\n")
    assert [row[:3] for row in assessed(db)] == [("paser/dlh", 2025, "25")]
    report = read_rows(tmp_path / "h.csv.errors.csv", needed=("row",))
    assert [row.get("column") for row in report] == ["26", "f03_n"]
    bare = file_of(tmp_path, "bare.csv", "opd;nama", "paser/dlh;x")
    assert "needs the columns" in command("import", "pekppp", bare)[2]


def test_a_catalogue_is_replaced_and_keeps_its_dates(
    db: Database, command: Command, tmp_path: Path
) -> None:
    first = file_of(
        tmp_path, "layanan.xlsx",
        "OPD;Nama Layanan;Jumlah Pengguna;SIPPN;Berlaku Sejak",
        "paser/disdukcapil;KTP elektronik;12.500;https://sippn.menpan.go.id/1;01/01/2026",
        "paser/disdukcapil;Akta  kelahiran;;;1/1/2026",
        "paser/dinkes;Izin apotek;90;;2026-01-01",
    )  # fmt: skip
    dry = command("import", "services", first, "--dry-run")
    assert dry[:2] == (0, "3 services: 3 would be new, 0 changed, 0 ended, 0 unchanged.\n")
    for said in ("3 are new, 0 changed, 0 ended, 0 unchanged",
                 "0 are new, 0 changed, 0 ended, 3 unchanged"):  # fmt: skip
        assert command("import", "services", first)[:2] == (0, f"3 services: {said}.\n")
    second = file_of(
        tmp_path, "baru.csv",
        "opd;name;users_per_year;valid_from",
        "paser/disdukcapil;KTP elektronik;13000;2026-02-01",
    )  # fmt: skip
    said = "1 services: 0 are new, 1 changed, 1 ended, 0 unchanged.\n"
    assert command("import", "services", second)[:2] == (0, said)
    with db.read() as conn:
        january = users_per_year(conn, "paser", date(2026, 1, 31))
        february = users_per_year(conn, "paser", date(2026, 2, 1))
        offered = [found.name for found in services_of(conn, "paser", date(2026, 2, 1))]
        later = services_of(conn, "paser", date(2099, 1, 1))
    assert january[("paser/disdukcapil", "KTP elektronik")] == 12_500
    assert february == {
        ("paser/disdukcapil", "KTP elektronik"): 13_000, ("paser/dinkes", "Izin apotek"): 90,
    }  # fmt: skip
    assert offered == ["Izin apotek", "Akta kelahiran", "KTP elektronik"]
    assert [found.name for found in later] == ["Izin apotek", "KTP elektronik"]


def test_a_list_of_today_may_be_corrected_today_and_back_in_time(
    db: Database, command: Command
) -> None:
    def put(users: int | None, since: date | None = None, *, name: str = "KTP") -> None:
        with db.write() as conn:
            listed = [Listed("paser/dinkes", name, users, None, since)]
            replace_services(conn, listed, Directory.load(conn), NOW)

    def on(day: date) -> dict[tuple[str, str], int]:
        with db.read() as conn:
            return users_per_year(conn, "paser", day)

    ktp = ("paser/dinkes", "KTP")
    put(10, date(2026, 1, 1))
    put(20)
    put(30)
    assert on(TODAY - timedelta(days=1)) == {ktp: 10}
    assert on(TODAY) == {ktp: 30}
    put(40, name="Lain")
    assert on(TODAY) == {("paser/dinkes", "Lain"): 40}
    put(50, name="ktp")
    assert on(TODAY) == {("paser/dinkes", "ktp"): 50}
    put(60, date(2026, 6, 1))
    assert on(date(2026, 5, 31)) == {ktp: 10}
    assert on(date(2026, 6, 1)) == on(TODAY) == {ktp: 60}
    with db.read() as conn:
        assert len(conn.execute(select(desk_services)).all()) >= 4


REFUSED = [
    ("services", ("opd;name", "paser/dinkes;A", "paser/x;B"), "row 4: opd is no OPD's"),
    ("services", ("opd;name", "paser/ext-pln;A"), "row 3: opd is no OPD's"),
    ("services", ("opd;name", "paser/dlh;A", "paser/dlh;a"), "row 4: name stands there"),
    ("services", ("opd;name;users", "paser/dlh;A;0"), "row 3: users_per_year is from 1"),
    ("services", ("opd;name;url", "paser/dlh;A;javascript:x"), "row 3: sippn_url is no"),
    ("services", ("opd;name;valid_from", "paser/dlh;A;31/12/2099"), "lies too far away"),
    ("opd", ("region;name;title;short", "paser;dlh;A;A"), "is missing from the list"),
    ("opd", ("region;name;title;short;parent", "paser;dlh;A;A;x"), "parent is not in"),
    ("opd", ("region;name;title;short", "x;setda-organisasi;A;A"), "region x is not known"),
]


def test_a_refused_list_leaves_the_database_as_it_was(
    db: Database, command: Command, tmp_path: Path
) -> None:
    before = everything(db)
    for what, rows, said in REFUSED:
        code, out, err = command("import", what, file_of(tmp_path, "daftar.csv", *rows))
        assert (code, out) == (1, "")
        assert said in err
        assert everything(db) == before


def test_scores_go_out_with_the_notice_and_never_over_another_file(
    db: Database, command: Command, tmp_path: Path
) -> None:
    file = tmp_path / "skor.xlsx"
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().toordinal()
    # Two answers, on a day and in its month, of all services.
    two = {"region": "paser", "opd": "paser/dlh", "service": "", "element": "", "total": 2, "n": 2}
    steps = [(2, yesterday), (3, month_of(yesterday))]
    with db.write() as conn:
        rows = [{**two, "grain": grain, "step": step} for grain, step in steps]
        conn.execute(insert(scoring_skm_counters), rows)
    marks = file_of(tmp_path, "marks.csv", "opd;25", "paser/dlh;4")
    last_year = str(datetime.now(WITA).year - 1)
    assert command("import", "pekppp", marks, "--year", last_year)[0] == 0
    assert command("export", "scores", "paser", file)[0] == 0
    read = list(read_rows(file, needed=("opd", "policy", "catatan")))
    assert read[0].get("opd") == "paser"
    assert len(read) > 30
    assert {row.get("catatan") for row in read} == {NOTICE}
    assert all(row.get("policy") for row in read)
    entered = {row.get("opd") for row in read if row.get("assessed_indicator_25") == "4"}
    assert entered == {"paser/dlh"}
    answers = {row.get("opd"): row.get("skm_n") for row in read}
    assert (answers["paser/dlh"], answers["paser/dinkes"]) == ("", "0")
    assert "--force" in command("export", "scores", "paser", file)[2]
    code, _, err = command("export", "scores", "paser/tidak-ada", tmp_path / "b.csv")
    assert (code, err.startswith("tanggap: paser/tidak-ada is neither")) == (1, True)
    assert not (tmp_path / "b.csv").exists()


def test_scores_of_several_days_are_a_row_a_unit_and_day(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "skor.csv"
    days = ("--from", "2026-01-30", "--to", "2026-02-01")
    assert command("export", "scores", "paser/dlh", file, *days)[0] == 0
    rows = list(read_rows(file, needed=("opd",)))
    assert rows[0].number == 2
    assert [(row.get("opd"), row.get("as_of")) for row in rows] == [
        ("paser/dlh", day) for day in ("2026-01-30", "2026-01-31", "2026-02-01")
    ]
    for words, said in (
        (("--to", "2026-01-01"), "--to needs --from"),
        (("--from", "2026-02-01", "--to", "2026-01-01"), "in order"),
        (("--from", "2025-01-01", "--to", "2026-02-01"), "at most 366"),
        (("--from", "2026-01-01", "--as-of", "2026-01-01"), "or --from"),
        (("--as-of", "kemarin"), "is not a date"),
        (("--window", "abad"), "choose"),
    ):
        assert said in command("export", "scores", "paser", tmp_path / "x.csv", *words)[2]
