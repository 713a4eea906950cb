"""Cases and answers as a table for SP4N-LAPOR!, under the names its own exports have.

Promises: masked texts only, local times, the columns always the same. Must not know where the table
goes. LAPOR! publishes no format to read: a person enters what stands here.
"""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from services.ingest.pages.labels import CATEGORIES
from shared.contracts.enums import Category, Kind, Status
from shared.db.read.directory import Directory, Region
from shared.db.read.lapor import LaporCase
from tanggap.sheets.writing import Cell

COLUMNS = (
    "Nomor Tiket", "Tanggal Laporan Masuk", "Waktu Laporan Masuk", "Klasifikasi Laporan",
    "Kategori", "Judul Laporan", "Isi Laporan Awal", "Tipe Laporan (Anonim/Rahasia)",
    "Sumber Laporan", "Lokasi Kejadian", "Tanggal Kejadian", "Instansi Induk",
    "Instansi Terdisposisi", "Status Laporan", "Tanggal Tindak Lanjut", "Tindak Lanjut",
    "Tanggal Selesai",
)  # fmt: skip
ANSWER_COLUMNS = (
    "Tracking ID", "Nomor Tiket", "Tanggal Tindak Lanjut", "Waktu Tindak Lanjut",
    "Instansi Terdisposisi", "Tindak Lanjut", "Status Laporan",
)  # fmt: skip
_TITLE, _INDONESIAN = 80, 0
_KINDS = {
    Kind.PENGADUAN: "Pengaduan tidak berkadar pengawasan",
    Kind.ASPIRASI: "Aspirasi",
    Kind.PERMINTAAN_INFORMASI: "Permintaan informasi",
}
_STATUSES = {
    Status.DITERIMA: "Belum diverifikasi",
    Status.DIVERIFIKASI: "Terverifikasi",
    Status.DITERUSKAN: "Terdisposisi",
    Status.DIPROSES: "Sedang diproses",
    Status.DITANGGAPI: "Ditindaklanjuti",
    Status.SELESAI: "Ditutup oleh Admin",
    Status.SELESAI_OTOMATIS: "Ditutup oleh Sistem",
    Status.DIBUKA_KEMBALI: "Dibuka kembali",
    Status.BUKAN_WEWENANG: "Bukan wewenang",
    Status.DITUNDA: "Ditunda",
    Status.DIARSIPKAN: "Diarsipkan oleh Admin",
    Status.DITOLAK: "Ditolak",
    Status.DIGABUNG: "Diarsipkan oleh Admin",
}


class LaporTable:
    """Makes rows of a region's cases."""

    def __init__(self, region: Region, directory: Directory) -> None:
        self._region = region
        self._directory = directory

    def case_row(self, case: LaporCase) -> list[Cell]:
        """A case that LAPOR! does not know."""
        row, last = case.row, case.answers[-1] if case.answers else None
        place = row.location or {}
        received, zone = row.received_at.astimezone(self._zone), self._zone
        return [
            row.ticket, received.date(), f"{received:%H:%M}", _KINDS[Kind(row.kind)],
            CATEGORIES[Category(row.category)][_INDONESIAN], _title(row.text), row.text,
            _privacy(row), row.channel, place.get("address"), row.occurred_on,
            f"Pemerintah {self._region.name}", self._unit(row.opd), _status(row),
            last.at.astimezone(zone).date() if last else None, last.text if last else None,
            row.closed_at.astimezone(zone).date() if row.closed_at else None,
        ]  # fmt: skip

    def answer_rows(self, case: LaporCase, since: datetime | None = None) -> Iterable[list[Cell]]:
        """The answers that LAPOR! does not know of a case it knows."""
        for answer in case.new_answers:
            if since is not None and answer.at < since:
                continue
            at = answer.at.astimezone(self._zone)
            yield [
                case.row.lapor_id, case.row.ticket, at.date(), f"{at:%H:%M}",
                self._unit(answer.opd), answer.text, _status(case.row),
            ]  # fmt: skip

    @property
    def _zone(self) -> ZoneInfo:
        return self._region.zone_info

    def _unit(self, code: str) -> str:
        found = self._directory.opd(code)
        return found.name if found else code


def _status(row: object) -> str | None:
    return _STATUSES.get(Status(getattr(row, "status", "")))


def _privacy(row: object) -> str:
    flags = {"anonymous": "Anonim", "confidential": "Rahasia"}
    return ", ".join(word for name, word in flags.items() if getattr(row, name))


def _title(text: str) -> str:
    """The first words of the text: a complaint of ours has no title."""
    line = text.split("\n", 1)[0].strip()
    return line if len(line) <= _TITLE else line[:_TITLE].rsplit(" ", 1)[0] + " …"
