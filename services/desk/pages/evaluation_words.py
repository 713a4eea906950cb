"""The Indonesian words of evaluation and register: what each level means, in plain words. Pure.

The meanings follow domain.md §1.4 and §1.5; where no wording is known, a level is only its number.
"""

from collections.abc import Mapping
from typing import Any

from services.desk.followups import FollowUpAct, FollowUpState
from shared.contracts.enums import SKMElement
from shared.policy.instrument import Instrument

F03_NAME = "Nilai pengguna layanan (F-03)"

_LEVELS: dict[int, tuple[str, ...]] = {
    6: (
        "tidak ada survei",
        "",
        "",
        "",
        "",
        "sesuai ketentuan, hasilnya diumumkan di media cetak dan elektronik, dan ditindaklanjuti",
    ),
    8: (
        "tidak ada rencana tindak lanjut",
        "ada rencana, belum dijalankan",
        "kurang dari 30 % selesai",
        "30 % sampai 80 % selesai",
        "lebih dari 80 % selesai",
        "semua selesai",
    ),
    9: (
        "belum semua selesai",
        "semua selesai setelah setahun",
        "semua selesai dalam 9 bulan",
        "semua selesai dalam 6 bulan",
        "semua selesai dalam 3 bulan",
        "semua selesai dalam 1 bulan",
    ),
    21: (
        "tidak ada sistem informasi",
        "",
        "",
        "",
        "",
        "daring, saling terhubung, dan layanan terdaftar di SIPPN",
    ),
    24: (
        "tidak diperbarui",
        "diperbarui tahunan",
        "diperbarui tiap semester",
        "diperbarui bulanan",
        "diperbarui mingguan",
        "diperbarui harian",
    ),
    25: (
        "tidak ada sarana",
        "satu dari enam sarana",
        "dua dari enam sarana",
        "tiga dari enam sarana",
        "empat dari enam sarana",
        "lima atau enam sarana",
    ),
    26: (
        "tidak ada sarana dan media",
        "luring saja, menyatu dengan loket pelayanan",
        "luring saja, terpisah dari loket pelayanan",
        "luring menyatu dengan loket, ditambah daring",
        "luring terpisah, ditambah daring",
        "luring terpisah, dan terhubung dengan SP4N-LAPOR!",
    ),
    27: (
        "tidak terdokumentasi",
        "diarsipkan",
        "diarsipkan dan dibuatkan laporan",
        "laporan dipantau dan dievaluasi",
        "hasil evaluasi dilaksanakan",
        "hasilnya juga diumumkan kepada masyarakat",
    ),
    28: (
        "tidak ada yang selesai",
        "kurang dari 50 % selesai, di luar SP4N-LAPOR!",
        "50 % atau lebih selesai, di luar SP4N-LAPOR!",
        "kurang dari 50 % laporan LAPOR! selesai",
        "50 % sampai di bawah 90 % laporan LAPOR! selesai",
        "90 % atau lebih laporan LAPOR! selesai",
    ),
}
_ONLINE_LEVELS: dict[int, tuple[str, ...]] = {
    25: (
        "tidak ada media daring",
        "satu jenis media daring",
        "dua jenis media daring",
        "tiga jenis media daring",
        "empat jenis media daring",
        "lebih dari empat jenis media daring",
    ),
    26: (
        "respons lebih dari 14 × 24 jam",
        "respons dalam 14 × 24 jam",
        "respons dalam 7 × 24 jam",
        "respons dalam 5 × 24 jam",
        "respons dalam 3 × 24 jam",
        "respons dalam 1 × 24 jam",
    ),
}
_HINTS = {
    25: "Enam sarana: kotak saran; ruang khusus; petugas khusus; minuman atau makanan ringan; "
    "buku register; mekanisme yang diumumkan.",
    26: "Luring: kotak saran, tatap muka, surat, telepon atau SMS. Daring: media sosial, situs, "
    "surel, aplikasi, SP4N-LAPOR!. Bukti: foto, data LAPOR!, surat keputusan.",
    27: "Urutannya: arsip, laporan berkala, pemantauan dan evaluasi, tindakan (misalnya tanya "
    "jawab), lalu publikasi (infografis atau grafik).",
    28: "Dihitung sistem dari laporan warga. Ubah hanya bila ada data resmi lain.",
    8: "Dihitung dari daftar tindak lanjut SKM.",
    9: "Dihitung dari daftar tindak lanjut SKM; yang paling lambat menentukan.",
}
_ONLINE_HINTS = {26: "Dihitung sistem dari waktu tanggapan pertama; median semua laporan."}
ELEMENT: dict[str, str] = {
    SKMElement.PERSYARATAN: "Persyaratan",
    SKMElement.PROSEDUR: "Sistem, mekanisme dan prosedur",
    SKMElement.WAKTU: "Waktu penyelesaian",
    SKMElement.BIAYA: "Biaya atau tarif",
    SKMElement.PRODUK: "Produk layanan",
    SKMElement.KOMPETENSI: "Kompetensi pelaksana",
    SKMElement.PERILAKU: "Perilaku pelaksana",
    SKMElement.PENGADUAN: "Penanganan pengaduan dan saran",
    SKMElement.SARANA: "Sarana dan prasarana",
}
STATE: dict[str, str] = {
    FollowUpState.PLANNED: "Direncanakan",
    FollowUpState.RUNNING: "Berjalan",
    FollowUpState.DONE: "Selesai",
    FollowUpState.WITHDRAWN: "Ditarik",
}
STEP: dict[str, str] = {
    "add": "Dicatat",
    FollowUpAct.START: "Dimulai",
    FollowUpAct.EDIT: "Diubah",
    FollowUpAct.FINISH: "Selesai",
    FollowUpAct.WITHDRAW: "Ditarik",
}
DONE: dict[str, str] = {
    "add": "Tindak lanjut sudah dicatat.",
    FollowUpAct.START: "Tindak lanjut dimulai.",
    FollowUpAct.EDIT: "Perubahan tersimpan.",
    FollowUpAct.FINISH: "Tindak lanjut selesai.",
    FollowUpAct.WITHDRAW: "Tindak lanjut ditarik.",
}
SOURCE = {"evaluator": "penilai", "import": "impor"}


def level_words(item: str, kode: str | None, instrument: Instrument) -> list[tuple[int, str]]:
    """Every level of an indicator with its meaning, empty where no wording is known."""
    number = int(item)
    words: tuple[str, ...] = _LEVELS.get(number, ())
    if kode == "B":
        words = _ONLINE_LEVELS.get(number, words)
    filled = (*words, *("",) * (instrument.highest + 1))
    return [(level, filled[level]) for level in range(instrument.highest + 1)]


def hint(item: str, kode: str | None) -> str:
    """What helps to choose a level."""
    if not item.isdigit():
        return ""
    number = int(item)
    if kode == "B" and number in _ONLINE_LEVELS:
        return _ONLINE_HINTS.get(number, "")
    return _HINTS.get(number, "")


def names(instrument: Instrument) -> Mapping[str, str]:
    """The name of every item."""
    found = {str(indicator.no): indicator.name for indicator in instrument.indicators}
    found |= {aspect.code: aspect.name for aspect in instrument.aspects}
    return found | {"f03": F03_NAME}


def value(found: Any) -> str:
    """A level without decimals, a mean with two; an unknown one is a dash."""
    if found is None:
        return "–"
    shown = float(found)
    return f"{shown:.0f}" if shown.is_integer() else f"{shown:.2f}".replace(".", ",")


def exact(found: Any) -> str:
    """A value as it was entered, with a decimal comma: four places at most."""
    return f"{float(found):g}".replace(".", ",")


def size(octets: int) -> str:
    """The size of a file."""
    if octets < 1_000_000:
        return f"{max(octets // 1_000, 1)} kB"
    return f"{octets / 1_000_000:.1f} MB".replace(".", ",")
