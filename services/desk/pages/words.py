"""The Indonesian words of the pages, and how dates and deadlines read. Pure."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.contracts.enums import (
    Action,
    Category,
    Channel,
    CloseReason,
    Kind,
    Role,
    Status,
    Urgency,
)

STATUS: dict[str, str] = {
    Status.DITERIMA: "Diterima",
    Status.DIVERIFIKASI: "Diverifikasi",
    Status.DITERUSKAN: "Diteruskan",
    Status.DIPROSES: "Diproses",
    Status.DITANGGAPI: "Ditanggapi",
    Status.SELESAI: "Selesai",
    Status.SELESAI_OTOMATIS: "Selesai otomatis",
    Status.DIBUKA_KEMBALI: "Dibuka kembali",
    Status.BUKAN_WEWENANG: "Bukan wewenang",
    Status.DITUNDA: "Ditunda",
    Status.DIARSIPKAN: "Diarsipkan",
    Status.DITOLAK: "Ditolak",
    Status.DIGABUNG: "Digabung",
    Status.DIBATALKAN: "Dibatalkan pelapor",
}
KIND: dict[str, str] = {
    Kind.PENGADUAN: "Pengaduan",
    Kind.ASPIRASI: "Aspirasi",
    Kind.PERMINTAAN_INFORMASI: "Permintaan informasi",
}
CATEGORY: dict[str, str] = {
    Category.JALAN_JEMBATAN: "Jalan dan jembatan",
    Category.DRAINASE_BANJIR: "Drainase dan banjir",
    Category.AIR_BERSIH: "Air bersih",
    Category.SAMPAH_LINGKUNGAN: "Sampah dan lingkungan",
    Category.PENERANGAN_JALAN: "Penerangan jalan",
    Category.LISTRIK_EKSTERNAL: "Listrik (PLN)",
    Category.ADMINDUK: "Kependudukan",
    Category.KESEHATAN: "Kesehatan",
    Category.PENDIDIKAN: "Pendidikan",
    Category.BANSOS: "Bantuan sosial",
    Category.PERIZINAN: "Perizinan",
    Category.PAJAK_DAERAH: "Pajak daerah",
    Category.KETERTIBAN: "Ketertiban",
    Category.TRANSPORTASI_PARKIR: "Transportasi dan parkir",
    Category.KETENAGAKERJAAN: "Ketenagakerjaan",
    Category.PERILAKU_PETUGAS_PUNGLI: "Perilaku petugas / pungli",
    Category.LAINNYA: "Lainnya",
}
URGENCY: dict[str, str] = {
    Urgency.RENDAH: "Rendah",
    Urgency.BIASA: "Biasa",
    Urgency.MENDESAK: "Mendesak",
    Urgency.DARURAT: "Darurat",
}
REASON: dict[str, str] = {
    CloseReason.SPAM: "Spam",
    CloseReason.BUKAN_WEWENANG: "Bukan wewenang (sebutkan instansi yang dituju)",
    CloseReason.BUKAN_PELAYANAN_PUBLIK: "Bukan pelayanan publik",
    CloseReason.TIDAK_LENGKAP: "Tidak lengkap",
    CloseReason.GANDA: "Laporan ganda",
    CloseReason.TIDAK_BERALASAN: "Tidak beralasan",
    CloseReason.LAINNYA: "Lainnya",
}
ROLE: dict[str, str] = {
    Role.HANDLER: "Petugas",
    Role.COORDINATOR: "Koordinator",
    Role.MONITOR: "Pemantau",
    Role.ADMIN: "Admin",
}
CHANNEL: dict[str, str] = {
    Channel.WEB: "Web",
    Channel.WALKIN: "Loket",
    Channel.LAPOR: "SP4N-LAPOR!",
    Channel.OPEN311: "Open311",
    Channel.WHATSAPP: "WhatsApp",
    Channel.TELEGRAM: "Telegram",
    Channel.FACEBOOK: "Facebook",
    Channel.INSTAGRAM: "Instagram",
    Channel.X: "X",
    Channel.EMAIL: "Surel",
    Channel.TWILIO: "SMS",
    Channel.VONAGE: "SMS",
    Channel.INFOBIP: "SMS",
    Channel.KANNEL: "SMS",
    Channel.GAMMU: "SMS",
    Channel.GENERIC: "SMS",
}
CLOCK = {"verify": "Verifikasi", "first_response": "Tanggapan pertama", "finish": "Penyelesaian"}
PART = CLOCK | {"not_reopened": "Tidak dibuka kembali", "satisfaction": "Kepuasan pelapor"}
EVENT = {
    "opened": "Kasus dibuka",
    "verified": "Diverifikasi",
    "taken": "Diambil petugas",
    "assigned": "Ditugaskan",
    "asked": "Pertanyaan kepada pelapor",
    "unsent": "Pertanyaan tidak sampai kepada pelapor",
    "replied": "Balasan kepada pelapor",
    "answered": "Jawaban pelapor",
    "added": "Tambahan dari pelapor",
    "noted": "Catatan internal",
    "corrected": "Dikoreksi",
    "forwarded": "Diteruskan",
    "resolved": "Diselesaikan",
    "auto_resolved": "Selesai otomatis",
    "rejected": "Ditolak",
    "postponed": "Ditunda",
    "archived": "Diarsipkan",
    "reopened": "Dibuka kembali",
    "rated": "Penilaian pelapor",
    "withdrawn": "Dibatalkan pelapor",
    "linked": "Ditautkan ke SP4N-LAPOR!",
}
DONE: dict[str, str] = {
    Action.VERIFY: "Laporan sudah diverifikasi.",
    Action.TAKE: "Kasus ini sekarang Anda tangani.",
    Action.ASSIGN: "Kasus sudah ditugaskan.",
    Action.ASK: "Pertanyaan sudah dikirim; tenggat dijeda sampai pelapor menjawab.",
    Action.REPLY: "Balasan sudah dikirim.",
    Action.NOTE: "Catatan tersimpan.",
    Action.CORRECT: "Koreksi tersimpan.",
    Action.FORWARD: "Kasus sudah diteruskan.",
    Action.RESOLVE: "Kasus diselesaikan.",
    Action.REJECT: "Kasus ditolak.",
    Action.POSTPONE: "Kasus ditunda.",
    Action.ARCHIVE: "Kasus diarsipkan.",
    Action.REOPEN: "Kasus dibuka kembali.",
    Action.LINK: "Nomor LAPOR! tersimpan.",
}
FAILED = {
    "permanent-failure": "Pesan terakhir tidak dapat sampai kepada pelapor.",
    "technical-failure": "Pesan terakhir belum terkirim karena gangguan teknis.",
}
TOLD = "Kontak piket sudah diberi tahu."
STATE = {"ok": "", "few": "belum cukup data", "none": "belum ada data"}
WINDOW = {"90d": "90 hari", "month": "Bulan ini", "year": "Tahun ini"}
_HOURS_A_DAY = 24
_DAYS = ("Sen", "Sel", "Rab", "Kam", "Jum", "Sab", "Min")
_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des",
)  # fmt: skip


def number(value: Any, digits: int = 2) -> str:
    """A figure with a decimal comma; an unknown one is a dash."""
    if value is None:
        return "–"
    return f"{float(value):.{digits}f}".replace(".", ",")


def percent(value: Any) -> str:
    """A share as a whole percentage."""
    return "–" if value is None else f"{round(float(value) * 100)} %"


def day(found: date) -> str:
    """A date such as `Sen 23 Nov 2026`."""
    return f"{_DAYS[found.weekday()]} {found.day} {_MONTHS[found.month - 1]} {found.year}"


def iso_day(text: str) -> str:
    """A date of the API in words."""
    return day(date.fromisoformat(text))


def moment(iso: str | None, zone: ZoneInfo, label: str) -> str:
    """An instant in the region's zone."""
    if not iso:
        return "–"
    local = datetime.fromisoformat(iso).astimezone(zone)
    return f"{day(local.date())}, {local:%H.%M} {label}"


def deadline(iso: str | None, zone: ZoneInfo) -> str:
    """The day whose 24:00 is the deadline."""
    return day(_last_day(iso, zone)) if iso else "belum mulai"


def chips(item: dict[str, Any], now: datetime, zone: ZoneInfo) -> list[dict[str, str]]:
    """The three clocks of a case as short labels with a tone."""
    return [_chip(item, clock, now, zone) for clock in CLOCK]


def waited(received: datetime | str, now: datetime) -> str:
    """How long ago that was, in words: what a person in danger waits."""
    at = datetime.fromisoformat(received) if isinstance(received, str) else received
    minutes = max(int((now - at).total_seconds()) // 60, 0)
    hours, rest = divmod(minutes, 60)
    if hours >= _HOURS_A_DAY:
        return f"{hours // _HOURS_A_DAY} hari {hours % _HOURS_A_DAY} jam"
    return f"{hours} jam {rest} menit" if hours else f"{rest} menit"


def untold(attempts: int) -> str:
    """That the duty contact does not know yet, and how often it was tried."""
    if attempts == 0:
        return "Kontak piket belum diberi tahu."
    return f"Kontak piket belum terjangkau ({attempts} kali dicoba): teleponlah."


def _chip(item: dict[str, Any], clock: str, now: datetime, zone: ZoneInfo) -> dict[str, str]:
    name, due = CLOCK[clock], item["due"][clock]
    if clock in item["done"]:
        return {"tone": "done", "text": f"✓ {name}", "title": "sudah"}
    if not due:
        return {"tone": "idle", "text": f"{name}: belum mulai", "title": "belum mulai"}
    left = (_last_day(due, zone) - now.astimezone(zone).date()).days
    title = f"paling lambat {deadline(due, zone)}"
    if clock in item["overdue"]:
        return {"tone": "late", "text": f"{name}: lewat {-left} hari", "title": title}
    if left == 0:
        return {"tone": "soon", "text": f"{name}: hari ini", "title": title}
    tone = "soon" if left == 1 else "calm"
    return {"tone": tone, "text": f"{name}: {left} hari lagi", "title": title}


def _last_day(iso: str, zone: ZoneInfo) -> date:
    return (datetime.fromisoformat(iso) - timedelta(microseconds=1)).astimezone(zone).date()
