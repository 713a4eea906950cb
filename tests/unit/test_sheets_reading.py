"""One reader for what offices send: any delimiter, any heading, and never a traceback."""

import io
import zipfile
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import TanggapError
from tanggap.sheets import reading, workbook
from tanggap.sheets.cells import CellError, day, decimal, flag, text_of, whole
from tanggap.sheets.reading import read_rows

NEEDED = ("opd", "users_per_year")
ALIASES = {"users_per_year": ("jumlah pengguna",)}


def rows_of(path: Path, **options: object) -> list[tuple[int, dict[str, str]]]:
    rows = read_rows(path, needed=NEEDED, aliases=ALIASES, **options)  # type: ignore[arg-type]
    return [(row.number, row.values) for row in rows]


def text_file(folder: Path, content: str | bytes) -> Path:
    path = folder / "daftar.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def book(path: Path, rows: list[list[object]], sheet: str = "Isi", name: str = "b.xlsx") -> Path:
    made = xlsxwriter.Workbook(str(path / name))
    made.add_worksheet("Sampul" if sheet != "Isi" else "Isi")
    page = made.worksheets()[0] if sheet == "Isi" else made.add_worksheet(sheet)
    for at, cells in enumerate(rows):
        page.write_row(at, 0, cells)
    made.close()
    return path / name


@pytest.mark.parametrize(
    "content",
    [
        "opd,users_per_year\npaser/dinkes,7\n",
        "opd;Users per Year\r\npaser/dinkes;7\r\n;\r\n\r\n",
        "OPD\tJumlah Pengguna *\n paser/dinkes \t7",
        "sep=;\nopd;users_per_year\npaser/dinkes;7\n",
        "\ufeffopd;users_per_year\npaser/dinkes;7\n",
        'opd,users_per_year\n"paser/dinkes","7"\n',
    ],
)
def test_a_csv_of_any_program_is_read(tmp_path: Path, content: str) -> None:
    number = 3 if content.startswith("sep") else 2
    expected = [(number, {"opd": "paser/dinkes", "users_per_year": "7"})]
    assert rows_of(text_file(tmp_path, content)) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_every_encoding_of_an_office_is_read(tmp_path: Path, encoding: str) -> None:
    content = "opd;users_per_year;catatan\nx;7;café\n".encode(encoding)
    assert rows_of(text_file(tmp_path, content))[0][1]["catatan"] == "café"


def test_a_title_and_a_merged_heading_may_stand_above(tmp_path: Path) -> None:
    content = "Daftar Layanan, 2025;;\n\n;Pengguna;\nNo;OPD;Jumlah Pengguna\n1;a;7\n\n2;b;8\n"
    assert [(n, v["opd"]) for n, v in rows_of(text_file(tmp_path, content))] == [(5, "a"), (7, "b")]


def test_a_workbook_gives_text(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    made = xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy"})
    page = made.add_worksheet("Isi")
    page.merge_range(0, 0, 0, 3, "Rekapitulasi")
    page.write_row(2, 0, ["OPD", "Jumlah Pengguna", "Sejak", "Ya"])
    page.write_row(3, 0, ["a", 12500.0, date(2025, 12, 31), True])
    page.write_row(4, 0, ["b", 0.1 + 0.2])
    made.close()
    assert rows_of(path) == [
        (4, {"opd": "a", "users_per_year": "12500", "sejak": "2025-12-31", "ya": "true"}),
        (5, {"opd": "b", "users_per_year": "0.3", "sejak": "", "ya": ""}),
    ]


def test_a_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    path = book(tmp_path, [["opd", "users_per_year"], ["a", 1]], sheet="Data")
    assert len(rows_of(path, sheet="data")) == 1
    with pytest.raises(TanggapError, match="the file is empty"):
        rows_of(path)
    with pytest.raises(TanggapError, match="has no sheet x: choose Sampul, Data"):
        rows_of(path, sheet="x")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n \n;;\n", "empty"),
        (b"opd;nama\nx;y\n", "column users_per_year is missing"),
        (b"opd;opd;users_per_year\n", "column opd stands there twice"),
        (b"\xd0\xcf\x11\xe0old", "password"),
        (b"PK\x03\x04rest", "no XLSX"),
        (b"\x89PNG\r\n\0\0", "neither a CSV nor an XLSX"),
        (b"opd;users_per_year\n" + b"x" * 140_000 + b";1\n", "is no CSV"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(TanggapError, match=said):
        rows_of(text_file(tmp_path, content))


def test_limits_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = text_file(tmp_path, "opd;users_per_year\n" + "a;1\n" * 4)
    monkeypatch.setattr(reading, "MAX_ROWS", 4)
    assert len(rows_of(path)) == 4
    monkeypatch.setattr(reading, "MAX_ROWS", 3)
    with pytest.raises(TanggapError, match="more than 3 rows"):
        rows_of(path)
    monkeypatch.setattr(reading, "MAX_BYTES", 10)
    with pytest.raises(TanggapError, match="larger than"):
        rows_of(path)


def _packed() -> bytes:
    buffer = io.BytesIO()
    made = xlsxwriter.Workbook(buffer, {"in_memory": True})
    made.add_worksheet().write_row(0, 0, NEEDED)
    made.close()
    return buffer.getvalue()


PACKED = _packed()


@pytest.mark.parametrize(("row", "column"), [(1_048_575, 0), (5, 16_383)])
def test_a_lone_cell_far_away_does_not_fill_the_memory(
    tmp_path: Path, row: int, column: int
) -> None:
    made = xlsxwriter.Workbook(str(tmp_path / "b.xlsx"))
    page = made.add_worksheet()
    page.write_row(0, 0, NEEDED)
    page.write(row, column, "z")
    made.close()
    with pytest.raises(TanggapError, match="has cells"):
        rows_of(tmp_path / "b.xlsx")


@pytest.mark.parametrize("cell", [b'<c r="xfd1048576"', b'<c s="1" x="%s" r="XFD9"' % (b"a" * 90)])
def test_a_lone_cell_is_found_in_whatever_part_a_sheet_is(tmp_path: Path, cell: bytes) -> None:
    with (
        zipfile.ZipFile(io.BytesIO(PACKED)) as packed,
        zipfile.ZipFile(tmp_path / "b.xlsx", "w") as archive,
    ):
        for name in packed.namelist():
            content = packed.read(name).replace(b"worksheets/sheet1.xml", b"isi.bin")
            if name.endswith("sheet1.xml"):
                name, content = "xl/isi.bin", content.replace(b'<c r="A1"', cell, 1)
            archive.writestr(name, content)
    with pytest.raises(TanggapError, match="has cells"):
        rows_of(tmp_path / "b.xlsx")


def test_a_file_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "_MAX_UNPACKED", 1024**2)
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 2 * 1024**2)
    with pytest.raises(TanggapError, match="unpacks to more than 1 MB"):
        rows_of(tmp_path / "b.xlsx")


DAMAGED = st.tuples(st.integers(0, len(PACKED) - 1), st.binary(min_size=1, max_size=8)).map(
    lambda cut: PACKED[: cut[0]] + cut[1] + PACKED[cut[0] + len(cut[1]) :]
)
TYPED = st.text(st.sampled_from("opdusers_yar;,\t\"'\n\r=0 é\0"), max_size=80).map(str.encode)
ANY = st.one_of(st.binary(max_size=200), TYPED, DAMAGED)


@given(content=ANY, prefix=st.sampled_from([b"", b"opd;users_per_year\n", b"PK\x03\x04"]))
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_arbitrary_bytes_give_rows_or_one_line(
    tmp_path: Path, content: bytes, prefix: bytes
) -> None:
    rows = None
    with suppress(TanggapError):
        rows = read_rows(text_file(tmp_path, prefix + content), needed=("opd",))
    assert rows is None or all("opd" in row.values for row in rows)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3,5", "3.5"), ("3.5", "3.5"), ("4", "4"), ("1.234,5", "1234.5"), ("1,234.5", "1234.5"),
        ("-0,25", "-0.25"), ("1.234.567,8", "1234567.8"),
    ],
)  # fmt: skip
def test_a_number_has_a_decimal_comma_or_point(text: str, value: str) -> None:
    assert decimal(text, "value") == Decimal(value)


@pytest.mark.parametrize("text", ["", "x", "1,2,3", "1e5", "NaN", "١", "3,", ",5", "1" * 40])
def test_what_is_no_number_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(CellError) as refused:
        decimal(text, "value")
    assert refused.value.field == "value"
    assert str(refused.value) == "is no number such as 3,5"


@pytest.mark.parametrize(
    ("text", "value"),
    [("12500", 12500), ("12.500", 12500), ("1.250.000", 1250000), ("12,500", 12500), ("7,0", 7)],
)
def test_a_whole_number_may_have_marks_between_thousands(text: str, value: int) -> None:
    assert whole(text, "n") == value


@pytest.mark.parametrize("text", ["", "-3", "7,5", "1.25.000", "²"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(CellError):
        whole(text, "n")


@pytest.mark.parametrize(
    "text", ["31/12/2025", "31-12-2025", "31.12.2025", "2025-12-31", "46022", "2025-12-31 00:00:00"]
)
def test_a_date_is_read_day_first_or_iso_or_as_a_serial(text: str) -> None:
    assert day(text, "valid_from") == date(2025, 12, 31)


@pytest.mark.parametrize("text", ["", "31/13/2025", "12/31/2025", "7", "46022,5", "kemarin", "²"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(CellError):
        day(text, "valid_from")


def test_flags_and_plain_text() -> None:
    assert [flag(text, "x") for text in ("Ya", "true", "", "tidak")] == [True, True, False, False]
    with pytest.raises(CellError):
        flag("mungkin", "x")
    moment = datetime(2025, 1, 1, 3, 4, tzinfo=UTC)
    assert [text_of(value) for value in (1e21, 3.0, moment, " x ")] == [
        "1000000000000000000000", "3", "2025-01-01 03:04:00", "x",
    ]  # fmt: skip
