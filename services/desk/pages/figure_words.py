"""How an opened figure reads: its inputs as labelled lines, its value as it is. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from shared.scores.figures import Figure

_PART = {
    "verify": "Verifikasi",
    "first_response": "Tanggapan pertama",
    "finish": "Penyelesaian",
    "not_reopened": "Tidak dibuka kembali",
    "satisfaction": "Kepuasan pelapor",
}
_LABELS = {
    "on_time": "Tepat waktu",
    "late": "Telat: selesai sesudah tenggat",
    "missed": "Lewat: tenggat lewat, belum dilakukan",
    "running": "Masih berjalan",
    "late_weight": "Bobot yang telat",
    "prior": "Kekuatan tarikan ke rata-rata daerah",
    "p0": "p0, rata-rata daerah",
    "k": "K",
    "n": "n",
    "p": "p",
    "v": "v",
    "weight": "Bobot",
    "weight_share": "w, bobot di antara bagian yang terukur",
    "weight_total": "Σ w dari bagian yang terukur",
    "points": "Sumbangan pada indeks",
    "finished": "Selesai",
    "never_reopened": "Tidak pernah dibuka kembali",
    "ratings": "Banyaknya penilaian",
    "rating_sum": "Σ (penilaian − 1)",
    "low": "Batas bawah rentang",
    "ranked": "Banyaknya yang berperingkat",
    "backlog": "Tunggakan: lewat tenggat lebih dari 365 hari",
    "value": "Nilai",
    "year": "Tahun",
    "kode": "Kode",
    "rule": "Aturan",
    "grade": "Mutu",
    "missing": "Belum diketahui",
    "carried": "Dari tahun sebelumnya",
    "source": "Sumber",
    "minimum": "Responden paling sedikit",
    "ipp_with_f03": "IPP bila F-03 dihitung",
    "f02": "Nilai F-02",
    "f03": "Nilai F-03",
    "levels": "Tingkat indikator",
    "computed": "Tingkat menurut hitungan",
    "received": "Diterima",
    "lapor_received": "Diterima lewat LAPOR!",
    "lapor_finished": "Selesai dari LAPOR!",
    "auto_finished": "Selesai otomatis",
    "share": "Bagian yang selesai",
    "lapor_share": "Bagian LAPOR! yang selesai",
    "thin": "Data LAPOR! tipis",
    "next_level": "Tingkat berikutnya",
    "more_finished": "Kasus selesai yang masih perlu",
    "planned": "Rencana tindak lanjut",
    "started": "Sudah dimulai",
    "done": "Selesai",
    "if_done_today": "Bila semua selesai hari ini",
    "units": "Banyaknya unit",
    "missing_units": "Unit tanpa nilai",
    "without_token": "Jawaban tanpa token kunjungan",
    "total": "Jumlah jawaban",
    "answered": "Banyak yang menjawab",
    "respondents": "Responden",
    "enough": "Cukup responden",
    "item": "Butir",
    "from_year": "Dari tahun",
}
_VALUES = {
    "computed": "dihitung", "evaluator": "penilai", "import": "impor", "unknown": "belum diketahui",
    "cases": "kasus", "follow_ups": "tindak lanjut", "f02_only": "hanya F-02",
    "f02_f03": "F-02 dan F-03", "mean": "rata-rata",
}  # fmt: skip


_GROUPS = {
    "responsiveness": "Indeks tanggapan",
    "shares": "Nasib laporan",
    "pekppp": "PEKPPP dan IPP",
    "skm": "Survei Kepuasan Masyarakat",
}


def groups(figures: Sequence[Figure]) -> list[tuple[str, list[Figure]]]:
    """The figures under the headings of a page, in their order."""
    found: dict[str, list[Figure]] = {}
    for entry in figures:
        kind = entry["id"].partition(".")[0]
        found.setdefault(_GROUPS.get(kind, kind), []).append(entry)
    return list(found.items())


class Line(NamedTuple):
    """One input: its label, its value in words, and its name where it stands by itself."""

    label: str
    value: str
    name: str


def lines(inputs: Mapping[str, Any]) -> list[Line]:
    """The inputs of a figure, those inside others with both names."""
    found = []
    for name, value in inputs.items():
        if isinstance(value, Mapping):
            # The parts of an interval are named by themselves.
            under = "" if name == "parts" else f"{_label(name)}: "
            found += [Line(under + line.label, line.value, "") for line in lines(value)]
        else:
            found.append(Line(_label(name), plain(value), name))
    return found


def plain(value: Any) -> str:
    """A value as it is, with a decimal comma; an unknown one is a dash."""
    if value is None or value == []:
        return "–"
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if isinstance(value, list | tuple):
        return ", ".join(plain(entry) for entry in value)
    if isinstance(value, Mapping):
        return " ".join(plain(entry) for entry in value.values())
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".").replace(".", ",")
    return _VALUES.get(str(value), str(value))


def _label(name: str) -> str:
    return _PART.get(name) or _LABELS.get(name) or name.replace("_", " ")


COUNTED = {
    "on_time": "tepat waktu", "late": "telat", "missed": "lewat tenggat, belum dilakukan",
    "running": "masih berjalan", "finished": "selesai", "never_reopened": "tidak dibuka kembali",
    "reopened": "pernah dibuka kembali", "ratings": "dinilai pelapor", "backlog": "tunggakan",
    "received": "diterima", "lapor_received": "diterima lewat LAPOR!",
    "lapor_finished": "dari LAPOR!, selesai", "auto_finished": "selesai otomatis",
}  # fmt: skip
_FIGURES = {
    **{f"responsiveness.{name}": text for name, text in _PART.items()},
    "responsiveness.rank": "Peringkat",
    "shares.received": "Laporan diterima",
    "shares.rejected": "Laporan ditolak",
    "shares.archived": "Laporan diarsipkan",
    "shares.withdrawn": "Laporan dibatalkan",
    "shares.auto_finished": "Selesai otomatis",
    "pekppp.28": "Indikator 28 tahun berjalan",
    "pekppp.assessed.28": "Indikator 28 tahun lalu",
}


def count_title(figure: str, what: str) -> str:
    """What a list of cases is about."""
    title = _FIGURES.get(figure, figure)
    return f"{title}: {COUNTED[what]}" if what in COUNTED else title
