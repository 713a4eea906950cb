"""Complaints to send: from a CSV file with a `text` column, else written from parts."""

import csv
import random
from pathlib import Path

REGIONS = ("paser", "ppu", "kukar", "kutim", "mimika")
_WHAT = (
    "Jalan berlubang besar", "Lampu jalan mati semua", "Sampah menumpuk di TPS", "Air PDAM mati",
    "Antrean pendaftaran lama sekali", "Drainase mampet dan banjir", "KTP belum juga jadi",
    "Petugas minta uang rokok", "Guru jarang masuk", "Obat kosong di apotek", "Izin belum terbit",
    "Parkir liar menutup trotoar", "Pohon tumbang menutup jalan", "Bansos salah sasaran",
)  # fmt: skip
_WHERE = (
    "di depan pasar", "di RT 04 RW 02", "dekat sekolah dasar", "di puskesmas", "di kantor camat",
    "sepanjang jalan utama", "di belakang masjid", "di pelabuhan lama", "di simpang tiga",
)  # fmt: skip
_SINCE = (
    "sudah tiga minggu", "sejak bulan lalu", "dari kemarin", "udh lama bgt", "setiap kali hujan",
    "sejak awal tahun", "hampir tiap malam", "sudah dua kali dilaporkan",
)  # fmt: skip
_SO = (
    "mohon segera ditindaklanjuti.", "tolong dicek pak.", "kasihan warga yang lewat.",
    "sudah dua motor jatuh!", "apakah ada jadwal perbaikan?", "hubungi saya di 0812-3456-7890.",
    "terima kasih sebelumnya.", "kami sangat kecewa.", "anak saya jadi sakit.",
)  # fmt: skip


def texts(count: int, file: Path | None = None, seed: int = 11) -> list[str]:
    """That many texts, each different."""
    rng = random.Random(seed)
    if file is not None:
        found = _read(file)
        return [f"{found[n % len(found)]} ({n})" for n in range(count)]
    return [
        f"{rng.choice(_WHAT)} {rng.choice(_WHERE)} {rng.choice(_SINCE)}, {rng.choice(_SO)} "
        f"{rng.choice(_WHAT)} {rng.choice(_SINCE)}, {rng.choice(_SO)} ({n})"
        for n in range(count)
    ]


def _read(file: Path) -> list[str]:
    with file.open(newline="", encoding="utf-8") as lines:
        rows = [f"{row.get('title') or ''}\n{row['text']}" for row in csv.DictReader(lines)]
    # Old SMS left control characters in some of them, which intake refuses.
    clean = ("".join(c if c.isprintable() or c == "\n" else " " for c in row) for row in rows)
    return [row.strip()[:9000] for row in clean if row.strip()]


def bodies(count: int, file: Path | None = None, seed: int = 11) -> list[dict[str, str]]:
    """The same as bodies of `POST /api/v1/complaints`, over all regions."""
    return [
        {"text": text, "region": REGIONS[n % len(REGIONS)]}
        for n, text in enumerate(texts(count, file, seed))
    ]
