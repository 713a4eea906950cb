"""An export of SP4N-LAPOR! as it is read: columns, times, states, units, and what stays closed."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.contracts.enums import Kind, Status
from shared.db.read.directory import directory_of_seed
from tanggap.lapor_file import ALIASES, LaporFile, LaporRow
from tanggap.sheets.cells import CellError
from tanggap.sheets.moments import moment
from tanggap.sheets.reading import Row, column_name

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
DIRECTORY = directory_of_seed()
WITA = ZoneInfo("Asia/Makassar")
ROW = {
    "Tracking ID": "#5049672",
    "Tanggal Laporan Masuk": "6 Jan 2026",
    "Isi Laporan Awal": "Jalan rusak",
    "Status Laporan": "Ditutup oleh Admin",
}
NAMES = {column_name(other): name for name, others in ALIASES.items() for other in others}


def read(**changes: str) -> LaporRow:
    """A row of a file of its own."""
    return read_in(None, 2, **changes)


def read_in(file: LaporFile | None, number: int, /, **changes: str) -> LaporRow:
    """The row as `read_rows` hands it over; columns by their names at LAPOR!."""
    given = {**ROW, **{name.replace("_", " "): value for name, value in changes.items()}}
    values = {NAMES.get(column_name(name), column_name(name)): v for name, v in given.items()}
    region = DIRECTORY.region("paser")
    assert region is not None
    return (file or LaporFile(region, DIRECTORY, values, NOW)).read(Row(number, values))


@pytest.mark.parametrize(
    ("text", "clock", "wanted"),
    [
        ("6 Jan 2026", "", "2026-01-06T04:00"),
        ("6 Januari 2026", "14.05", "2026-01-06T06:05"),
        ("Selasa, 6 Agt 2025", "", "2025-08-06T04:00"),
        ("06/01/2026 14:05:33", "", "2026-01-06T06:05:33"),
        ("2026-01-06 14:05", "09:00", "2026-01-06T06:05"),
        ("6-Mei-2026 pukul 14.05 WIB", "", "2026-05-06T07:05"),
        ("2026-01-06T14:05:00+07:00", "", "2026-01-06T07:05"),
        ("2026-01-06", "pagi", "2026-01-06T04:00"),
    ],
)
def test_a_moment_as_people_write_it(text: str, clock: str, wanted: str) -> None:
    found = moment(text, "x", WITA, clock)
    assert found.at == datetime.fromisoformat(wanted).replace(tzinfo=UTC)
    assert found.exact == (wanted[-5:] != "04:00")


@pytest.mark.parametrize(
    "text", ["kemarin", "6 Foo 2026", "31/02/2026", "6 Jan 2026 25:00", "T+08:00"]
)
def test_what_is_no_moment_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(CellError) as caught:
        moment(text, "x", ZoneInfo("Asia/Jakarta"))
    assert text not in str(caught.value)


def test_a_row_is_read_by_whatever_its_columns_are_called() -> None:
    row = read(
        JUDUL_laporan="Lubang",
        klasifikasi="Pengaduan tidak berkadar pengawasan",
        INSTANSI_TERDISPOSISI="Dinas Kesehatan Kabupaten Paser",
        waktu_laporan_masuk="08:00",
        tanggal_disposisi="7 Jan 2026",
        Tanggal_Tindak_Lanjut_Pertama="8/1/2026 09:00",
        tanggal_tindak_lanjut_terakhir="9/1/2026 15:00",
        tanggal_selesai="9 Jan 2026",
        tindak_lanjut="Sudah",
        kecamatan="Kuaro",
    )
    assert (row.tracking_id, row.text) == ("5049672", "Lubang\nJalan rusak")
    assert row.reported_at == datetime(2026, 1, 6, tzinfo=UTC)
    assert (row.opd, row.kind, row.supervised) == ("paser/dinkes", Kind.PENGADUAN, False)
    assert [(found.at.at.day, found.text) for found in row.replies] == [(8, None), (9, "Sudah")]
    # The closing tells its day only: it is not before the follow-up of that day.
    assert row.closed_at == datetime(2026, 1, 9, 7, tzinfo=UTC)
    assert row.address == "Kuaro"


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("Ditutup oleh Sistem", Status.SELESAI_OTOMATIS),
        ("Ditutup oleh Admin", Status.SELESAI),
        ("Diarsipkan oleh Sistem", Status.DIARSIPKAN),
        ("Bukan Kewenangan", Status.BUKAN_WEWENANG),
        ("Belum Ditindaklanjuti", Status.DITERUSKAN),
        ("Ditanggapi oleh Pelapor", Status.DITANGGAPI),
        ("Sedang Diproses", Status.DIPROSES),
        ("Terverifikasi", Status.DIVERIFIKASI),
        ("Belum Terverifikasi", Status.DITERIMA),
        ("", Status.DITERIMA),
    ],
)
def test_states_of_lapor(words: str, status: Status) -> None:
    assert read(Status_Laporan=words).status is status


@pytest.mark.parametrize(
    ("changes", "closed"),
    [
        ({}, (True, True)),
        ({"tipe_laporan": ""}, (False, False)),
        ({"tipe_laporan": "Anonim"}, (True, False)),
        ({"tipe_laporan": "Anonim, Rahasia"}, (True, True)),
        ({"tipe_laporan": "Tertutup"}, (True, True)),
        ({"anonim": "tidak", "rahasia": "ya"}, (False, True)),
        ({"anonim": "entah", "rahasia": ""}, (True, False)),
    ],
)
def test_a_report_is_closed_unless_the_file_says_otherwise(
    changes: dict[str, str], closed: tuple[bool, bool]
) -> None:
    row = read(**changes)
    assert (row.anonymous, row.confidential) == closed


@pytest.mark.parametrize(
    ("name", "code", "known"),
    [
        ("DINKES", "paser/dinkes", True),
        ("Dinas Kesehatan", "paser/dinkes", True),
        ("Dinas Kesehatan Kab. Paser", "paser/dinkes", True),
        ("Kejaksaan", None, False),
        ("Pemerintah Kabupaten Paser", None, False),
        ("-", None, True),
    ],
)
def test_units_by_their_names(name: str, code: str | None, known: bool) -> None:
    row = read(skpd=name)
    assert (row.opd, row.unit_known) == (code, known)


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"Tracking_ID": "a b"}, "tracking_id"),
        ({"Tanggal_Laporan_Masuk": ""}, "reported_at"),
        ({"Tanggal_Laporan_Masuk": "24 Nov 2026"}, "reported_at"),
        ({"Tanggal_Laporan_Masuk": "01/01/0001"}, "reported_at"),
        ({"Isi_Laporan_Awal": "-"}, "text"),
        ({"Status_Laporan": "Aneh"}, "status"),
        ({"tanggal_selesai": "5 Jan 2026"}, "closed_at"),
        ({"tanggal_disposisi": "8 Jan 2026", "tanggal_tanggapan": "7 Jan 2026"}, "replied_at"),
    ],
)
def test_a_row_at_fault_names_its_column(changes: dict[str, str], column: str) -> None:
    with pytest.raises(CellError) as caught:
        read(**changes)
    assert caught.value.field == column
    assert not any(value and value in str(caught.value) for value in changes.values())


def test_a_tracking_id_stands_once_in_a_file() -> None:
    region = DIRECTORY.region("paser")
    assert region is not None
    file = LaporFile(region, DIRECTORY, (), NOW)
    read_in(file, 2)
    with pytest.raises(CellError, match="row 2"):
        read_in(file, 3)
