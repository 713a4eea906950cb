"""Files out are whole or not there, and nothing that somebody typed becomes a formula."""

import csv
import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from shared.errors import TanggapError
from tanggap.sheets.importing import ImportRun
from tanggap.sheets.reading import Row, read_rows
from tanggap.sheets.writing import Cell, Sheet, write_table

DANGEROUS = ["=1+1", "+62811", "-2", "@SUM(A1)", "\tx", "\r=1", '=HYPERLINK("http://x")']


def sheet(rows: list[list[Cell]], name: str = "isi") -> Sheet:
    return Sheet(name, ["Kata", "Nilai"], rows, notes=["perkiraan, bukan nilai resmi"])


def test_a_csv_never_holds_a_formula(tmp_path: Path) -> None:
    write_table(tmp_path / "a.csv", [sheet([[text, -3] for text in DANGEROUS])])
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [row[0] for row in csv.reader(file)][2:]
    assert cells == [f"'{text}" for text in DANGEROUS]
    read = read_rows(tmp_path / "a.csv", needed=("kata", "nilai"))
    assert [row.get("kata") for row in read] == [text.strip() for text in DANGEROUS]
    assert {row.get("nilai") for row in read} == {"-3"}


def test_a_comma_file_parted_at_semicolons_holds_no_formula_either(tmp_path: Path) -> None:
    """Indonesian Excel opens a comma file with the semicolon as its mark."""
    typed = "Layanan KTP;=HYPERLINK(1);\t@x"
    write_table(tmp_path / "a.csv", [sheet([[typed, 1]])])
    text = (tmp_path / "a.csv").read_text(encoding="utf-8-sig")
    cells = [cell for line in text.splitlines() for cell in line.split(";")]
    assert not [cell for cell in cells if cell.strip().startswith(("=", "+", "-", "@"))]


def test_a_workbook_never_holds_a_formula(tmp_path: Path) -> None:
    write_table(tmp_path / "a.xlsx", [sheet([[text, -3] for text in DANGEROUS])])
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        page = archive.read("xl/worksheets/sheet1.xml")
        looks = archive.read("xl/styles.xml")
    assert b"<f>" not in page
    assert b"<hyperlink" not in page
    assert b'quotePrefix="1"' in looks
    read = [row.get("kata") for row in read_rows(tmp_path / "a.xlsx", needed=("kata", "nilai"))]
    assert read == [text.strip() for text in DANGEROUS]


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_cells_of_every_kind_come_back(tmp_path: Path, name: str) -> None:
    kinds: list[Cell] = ["é", Decimal("3.50"), Fraction(1, 4), 0.1 + 0.2, None, date(2025, 12, 31)]
    write_table(tmp_path / name, [sheet([["x", kind] for kind in kinds])])
    read = [row.get("nilai") for row in read_rows(tmp_path / name, needed=("kata", "nilai"))]
    assert [text.rstrip("0") for text in read] == ["é", "3.5", "0.25", "0.3", "", "2025-12-31"]


def test_sheets_become_pages_or_files(tmp_path: Path) -> None:
    sheets = [sheet([["x", 1]], "A/B: satu"), sheet([["y", 2]], "dua")]
    write_table(tmp_path / "a.xlsx", sheets)
    assert read_rows(tmp_path / "a.xlsx", needed=("kata",), sheet="dua").columns == [
        "kata",
        "nilai",
    ]
    made = write_table(tmp_path / "a.csv", sheets)
    assert [path.name for path in made] == ["a-A-B-satu.csv", "a-dua.csv"]


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_a_file_is_whole_or_as_it_was(tmp_path: Path, name: str) -> None:
    def failing() -> Iterator[list[Cell]]:
        yield ["x", 1]
        raise TanggapError("the database is gone")

    path = tmp_path / name
    path.write_text("yesterday")
    with pytest.raises(TanggapError, match="exists"):
        write_table(path, [sheet([])])
    with pytest.raises(TanggapError, match="gone"):
        write_table(path, [Sheet("isi", ["Kata", "Nilai"], failing())], force=True)
    assert path.read_text() == "yesterday"
    assert list(tmp_path.iterdir()) == [path]
    write_table(path, [sheet([["x", 1]])], force=True)
    assert len(read_rows(path, needed=("kata",))) == 1


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TanggapError, match=r"\.xlsx or \.csv"):
        write_table(tmp_path / "a.ods", [sheet([])])
    with pytest.raises(TanggapError, match="folder"):
        write_table(tmp_path / "none" / "a.csv", [sheet([])])


def _fail(said: str) -> None:
    raise TanggapError(said)


def test_the_report_names_row_column_and_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "data.csv"
    run = ImportRun(file)
    run.refuse(9, "nik", "is too short")
    run.refuse(3, "year", "is empty")
    run.refuse(3, "year", "is empty")
    with run.checking(Row(4, {})):
        _fail("lacks everything")
    with pytest.raises(TanggapError, match="row 3: year is empty") as told:
        run.settle()
    assert "3 of 0 rows refused, nothing is imported; see" in str(told.value)
    assert capsys.readouterr().err.splitlines() == [
        "row 4: lacks everything",
        "row 9: nik is too short",
    ]
    report = read_rows(tmp_path / "data.csv.errors.csv", needed=("row", "column", "reason"))
    assert [list(row.values.values()) for row in report] == [
        ["3", "year", "is empty"],
        ["4", "", "lacks everything"],
        ["9", "nik", "is too short"],
    ]


def test_a_partial_run_goes_on_and_fails_at_its_end(tmp_path: Path) -> None:
    run = ImportRun(tmp_path / "data.csv", partial=True)
    run.refuse(3, "year", "is empty")
    run.settle()
    with pytest.raises(TanggapError, match="the others are imported"):
        run.end()
    after = ImportRun(tmp_path / "data.csv")
    after.settle()
    after.end()
    assert not after.report.exists()
