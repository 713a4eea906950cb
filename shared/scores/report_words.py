"""The Indonesian words of a report's figures: of pages, prints, files and lists of differences."""

from collections.abc import Mapping, Sequence
from typing import Any

WORDS: dict[str, str] = {
    "figures": "",
    # Head.
    "scope": "Unit", "period": "Masa", "as_of": "per tanggal", "complete": "masa sudah berakhir",
    "policies": "Aturan", "deadlines": "tenggat", "notice": "keterangan",
    "format": "bentuk dokumen", "region_name": "daerah", "name": "nama",
    # Index.
    "index": "Indeks tanggapan", "value": "nilai", "state": "keadaan", "low": "batas bawah",
    "high": "batas atas", "rank": "peringkat", "backlog": "tunggakan lama",
    "parts": "", "verify": "Verifikasi", "first_response": "Tanggapan pertama",
    "finish": "Penyelesaian", "not_reopened": "Tidak dibuka kembali",
    "satisfaction": "Kepuasan pelapor", "p": "nilai (0–1)", "n": "jumlah",
    "on_time": "tepat waktu", "late": "terlambat", "missed": "lewat tenggat",
    "running": "berjalan", "good": "tidak dibuka kembali", "mean": "rata-rata (1–5)",
    "hidden": "disembunyikan (di bawah lima)",
    # Shares.
    "shares": "Nasib laporan", "received": "diterima", "rejected": "ditolak",
    "archived": "diarsipkan", "withdrawn": "dibatalkan pelapor", "auto_finished":
    "selesai otomatis",
    # PEKPPP.
    "pekppp": "PEKPPP", "pekppp_assessed": "PEKPPP tahun dinilai", "year": "tahun",
    "aspect_e": "Aspek Konsultasi dan Pengaduan", "indicators": "Indikator", "level": "tingkat",
    "computed": "tingkat dihitung", "source": "sumber", "no28": "No. 28", "finished": "selesai",
    "lapor_received": "masuk lewat LAPOR!", "lapor_finished": "selesai lewat LAPOR!",
    "rule": "aturan", "share": "bagian selesai", "lapor_share": "bagian selesai LAPOR!",
    "thin": "data LAPOR! tipis", "ipp": "IPP", "grade": "mutu", "missing": "belum diketahui",
    "units": "jumlah unit", "missing_units": "unit tanpa nilai", "reason": "alasan",
    "no28_without_auto": "No. 28 tanpa selesai otomatis", "entered_on": "tanggal isian",
    "evidence": "bukti", "survey_indicators": "Indikator tindak lanjut SKM",
    # SKM.
    "skm": "SKM", "ikm": "IKM", "label": "sebutan", "n_required": "sampel minimum",
    "population": "pengguna setahun", "bursts": "kiriman seragam", "from_year": "dari tahun",
    "without_token": "tanpa token kunjungan", "nrr": "NRR", "services": "Layanan",
    "persyaratan": "persyaratan", "prosedur": "prosedur", "waktu": "waktu", "biaya": "biaya",
    "produk": "produk", "kompetensi": "kompetensi", "perilaku": "perilaku",
    "pengaduan": "pengaduan", "sarana": "sarana",
    # Registers.
    "opds": "", "followups": "Tindak lanjut SKM", "opd": "unit", "service": "layanan",
    "element": "unsur", "due_on": "tenggat", "result_on": "hasil terbit",
    "created_on": "dicatat", "started_on": "dimulai", "done_on": "selesai",
    "finding": "temuan", "plan": "rencana", "owner": "penanggung jawab",
    "counts": "Laporan masuk per bulan", "kind": "jenis", "status": "status",
    "channel": "saluran", "register": "Register", "unlisted": "Kasus terbatas tidak didaftar",
    "received_on": "diterima", "finished_on": "selesai", "category": "kategori",
    "counted": "dihitung no. 28", "lapor": "LAPOR!",
    "monthly_reports": "Laporan bulanan", "number": "edisi", "signed_on": "ditandatangani",
    "sha256": "sidik jari", "aspirasi": "aspirasi",
    "permintaan_informasi": "permintaan informasi",
}  # fmt: skip
SOURCES = {
    "computed": "dihitung",
    "evaluator": "evaluator",
    "import": "impor",
    "unknown": "belum diisi",
}
STATES = {"ok": "cukup", "few": "belum cukup data", "none": "belum ada data"}
RULES = {
    "lapor": "menurut kasus LAPOR!",
    "outside": "menurut semua kasus (di luar LAPOR!)",
    "nothing_finished": "belum ada yang selesai",
    "no_cases": "tidak ada kasus",
}
FOLLOW_UP = {
    "direncanakan": "Direncanakan",
    "berjalan": "Berjalan",
    "lewat": "Lewat tenggat",
    "selesai": "Selesai",
    "ditarik": "Ditarik",
}
KINDS = {"laporan": "Laporan bulanan", "f01": "Berkas bukti PEKPPP (F-01)"}
MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September",
    "Oktober", "November", "Desember",
)  # fmt: skip


def label(path: Sequence[str], report: Mapping[str, Any]) -> str:
    """What a place in a report is called: `Penyelesaian › tepat waktu`."""
    names = [_name(path, at, report) for at in range(len(path))]
    return " › ".join(name for name in names if name) or "Laporan"


def _name(path: Sequence[str], at: int, report: Mapping[str, Any]) -> str:
    key = path[at]
    above = path[at - 1] if at else ""
    if above == "opds":
        entry = report["figures"]["opds"].get(key)
        return str(entry["name"]) if entry else key
    if above == "followups":
        return f"entri {key}"
    if above in ("indicators", "survey_indicators"):
        return f"no. {key}"
    if above in ("register", "services", "status", "channel"):
        return (key or "tanpa nama layanan") if above == "services" else key.replace("_", " ")
    if above in ("counts", "monthly_reports"):
        return period_name(key)
    return WORDS.get(key, key)


def period_name(name: str) -> str:
    """`2026-10` as `Oktober 2026`; a year stays as it is."""
    year, _, month = name.partition("-")
    return f"{MONTHS[int(month) - 1]} {year}" if month else year


def told(value: Any) -> str:
    """A value of a report as people read it; a part that is new as a whole in one line."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if isinstance(value, float):
        return f"{value:.10g}".replace(".", ",")
    if isinstance(value, Mapping):
        return "; ".join(_part(key, inner) for key, inner in value.items()) or "–"
    if isinstance(value, list):
        return ", ".join(told(inner) for inner in value) or "–"
    return str(value)


def _part(key: str, value: Any) -> str:
    """A member of a part; one that has members itself is only counted."""
    word = WORDS.get(key) or key
    if isinstance(value, Mapping):
        return f"{word}: {_leaves(value)} angka"
    return f"{word} {told(value)}"


def _leaves(value: Any) -> int:
    return sum(map(_leaves, value.values())) if isinstance(value, Mapping) else 1
