"""Names of closed sets as citizens read them: (Indonesian, English)."""

from collections.abc import Mapping

from services.ingest.words import Lang
from shared.contracts.enums import Category, CloseReason, SKMElement, Status

Pair = tuple[str, str]

CATEGORIES: Mapping[Category, Pair] = {
    Category.JALAN_JEMBATAN: ("Jalan dan jembatan", "Roads and bridges"),
    Category.DRAINASE_BANJIR: ("Drainase dan banjir", "Drains and floods"),
    Category.AIR_BERSIH: ("Air bersih", "Clean water"),
    Category.SAMPAH_LINGKUNGAN: ("Sampah dan lingkungan", "Waste and environment"),
    Category.PENERANGAN_JALAN: ("Lampu jalan", "Street lights"),
    Category.LISTRIK_EKSTERNAL: ("Listrik", "Electricity"),
    Category.ADMINDUK: ("KTP, KK, dan akta", "Identity cards and certificates"),
    Category.KESEHATAN: ("Kesehatan", "Health"),
    Category.PENDIDIKAN: ("Pendidikan", "Education"),
    Category.BANSOS: ("Bantuan sosial", "Social aid"),
    Category.PERIZINAN: ("Perizinan", "Licences"),
    Category.PAJAK_DAERAH: ("Pajak daerah", "Local taxes"),
    Category.KETERTIBAN: ("Ketertiban umum", "Public order"),
    Category.TRANSPORTASI_PARKIR: ("Transportasi dan parkir", "Transport and parking"),
    Category.KETENAGAKERJAAN: ("Ketenagakerjaan", "Labour"),
    Category.PERILAKU_PETUGAS_PUNGLI: ("Perilaku petugas, pungli", "Officers' conduct, bribes"),
    Category.LAINNYA: ("Lainnya", "Other"),
}

STATUSES: Mapping[Status, Pair] = {
    Status.DITERIMA: ("Diterima", "Received"),
    Status.DIVERIFIKASI: ("Diperiksa", "Checked"),
    Status.DITERUSKAN: ("Diteruskan", "Passed on"),
    Status.DIPROSES: ("Dikerjakan", "In work"),
    Status.DITANGGAPI: ("Ditanggapi", "Answered"),
    Status.SELESAI: ("Selesai", "Done"),
    Status.SELESAI_OTOMATIS: ("Selesai otomatis", "Closed automatically"),
    Status.DIBUKA_KEMBALI: ("Dibuka kembali", "Reopened"),
    Status.BUKAN_WEWENANG: ("Bukan wewenang kami", "Outside our authority"),
    Status.DITUNDA: ("Ditunda", "Postponed"),
    Status.DIARSIPKAN: ("Diarsipkan", "Archived"),
    Status.DITOLAK: ("Ditolak", "Rejected"),
    Status.DIGABUNG: ("Digabung", "Merged"),
    Status.DIBATALKAN: ("Ditarik pelapor", "Withdrawn"),
}

# The colour of the status chip.
TONES: Mapping[Status, str] = {
    Status.SELESAI: "good",
    Status.SELESAI_OTOMATIS: "good",
    Status.DITANGGAPI: "good",
    Status.DIPROSES: "busy",
    Status.DITERUSKAN: "busy",
    Status.DIVERIFIKASI: "busy",
    Status.DIBUKA_KEMBALI: "warn",
    Status.DITUNDA: "warn",
    Status.DITOLAK: "off",
    Status.BUKAN_WEWENANG: "off",
    Status.DIARSIPKAN: "off",
    Status.DIGABUNG: "off",
    Status.DIBATALKAN: "off",
}

EVENTS: Mapping[str, Pair] = {
    "received": ("Laporan diterima", "Report received"),
    "opened": ("Sampai di petugas", "With the office"),
    "verified": ("Diperiksa petugas", "Checked by an officer"),
    "taken": ("Mulai dikerjakan", "Work began"),
    "assigned": ("Ditugaskan", "Assigned"),
    "asked": ("Petugas bertanya", "The officer asked"),
    "replied": ("Petugas menjawab", "The officer replied"),
    "answered": ("Anda menjawab", "You answered"),
    "added": ("Anda menambahkan", "You added"),
    "corrected": ("Data laporan dibetulkan", "Details corrected"),
    "forwarded": ("Diteruskan", "Passed on"),
    "resolved": ("Dinyatakan selesai", "Marked as done"),
    "auto_resolved": ("Selesai otomatis karena tidak ada tanggapan", "Closed without a reply"),
    "rejected": ("Tidak dilanjutkan", "Not continued"),
    "postponed": ("Ditunda", "Postponed"),
    "archived": ("Diarsipkan", "Archived"),
    "reopened": ("Dibuka kembali", "Reopened"),
    "rated": ("Anda memberi nilai", "You rated"),
    "withdrawn": ("Anda menarik laporan", "You withdrew the report"),
    "linked": ("Terhubung dengan SP4N-LAPOR!", "Linked with SP4N-LAPOR!"),
    "not_done": ("Anda menyatakan belum selesai", "You said it is not done"),
    "emergency": ("Pesan otomatis", "Automatic message"),
    "unsent": ("Pesan tidak terkirim", "Message not delivered"),
}

# The numbers of the directory that stand beside the main one.
NUMBERS: Mapping[str, Pair] = {
    "Polisi": ("Polisi", "Police"),
    "Pemadam kebakaran": ("Pemadam kebakaran", "Fire brigade"),
    "Ambulans": ("Ambulans", "Ambulance"),
}

REASONS: Mapping[CloseReason, Pair] = {
    CloseReason.SPAM: ("Bukan laporan yang sungguh-sungguh", "Not a genuine report"),
    CloseReason.BUKAN_WEWENANG: ("Di luar wewenang daerah", "Outside the region's authority"),
    CloseReason.BUKAN_PELAYANAN_PUBLIK: ("Bukan tentang pelayanan publik", "No public service"),
    CloseReason.TIDAK_LENGKAP: ("Keterangan tidak lengkap", "Not enough information"),
    CloseReason.GANDA: ("Sudah dilaporkan sebelumnya", "Reported before"),
    CloseReason.TIDAK_BERALASAN: ("Pembukaan kembali tidak beralasan", "Reopening unfounded"),
    CloseReason.LAINNYA: ("Alasan lain", "Another reason"),
}

# domain.md §2.1: element, question, and the labels of 1 to 4.
ELEMENTS: Mapping[SKMElement, tuple[Pair, tuple[Pair, Pair, Pair, Pair]]] = {
    SKMElement.PERSYARATAN: (
        ("Kesesuaian persyaratan", "Requirements"),
        (
            ("Tidak sesuai", "Not suitable"),
            ("Kurang sesuai", "Less suitable"),
            ("Sesuai", "Suitable"),
            ("Sangat sesuai", "Very suitable"),
        ),
    ),
    SKMElement.PROSEDUR: (
        ("Kemudahan prosedur", "Procedure"),
        (
            ("Tidak mudah", "Not easy"),
            ("Kurang mudah", "Less easy"),
            ("Mudah", "Easy"),
            ("Sangat mudah", "Very easy"),
        ),
    ),
    SKMElement.WAKTU: (
        ("Kecepatan waktu pelayanan", "Speed of service"),
        (
            ("Tidak cepat", "Not fast"),
            ("Kurang cepat", "Less fast"),
            ("Cepat", "Fast"),
            ("Sangat cepat", "Very fast"),
        ),
    ),
    SKMElement.BIAYA: (
        ("Kewajaran biaya atau tarif", "Cost or tariff"),
        (
            ("Sangat mahal", "Very expensive"),
            ("Cukup mahal", "Rather expensive"),
            ("Murah", "Cheap"),
            ("Gratis", "Free"),
        ),
    ),
    SKMElement.PRODUK: (
        ("Kesesuaian hasil pelayanan", "Result of the service"),
        (
            ("Tidak sesuai", "Not suitable"),
            ("Kurang sesuai", "Less suitable"),
            ("Sesuai", "Suitable"),
            ("Sangat sesuai", "Very suitable"),
        ),
    ),
    SKMElement.KOMPETENSI: (
        ("Kemampuan petugas", "Competence of the staff"),
        (
            ("Tidak kompeten", "Not competent"),
            ("Kurang kompeten", "Less competent"),
            ("Kompeten", "Competent"),
            ("Sangat kompeten", "Very competent"),
        ),
    ),
    SKMElement.PERILAKU: (
        ("Kesopanan dan keramahan petugas", "Behaviour of the staff"),
        (
            ("Tidak sopan dan ramah", "Not polite and friendly"),
            ("Kurang sopan dan ramah", "Less polite and friendly"),
            ("Sopan dan ramah", "Polite and friendly"),
            ("Sangat sopan dan ramah", "Very polite and friendly"),
        ),
    ),
    SKMElement.PENGADUAN: (
        ("Penanganan pengaduan, saran, dan masukan", "Handling of complaints"),
        (
            ("Tidak ada", "There is none"),
            ("Ada tetapi tidak berfungsi", "It does not work"),
            ("Berfungsi kurang maksimal", "It works poorly"),
            ("Dikelola dengan baik", "It is well run"),
        ),
    ),
    SKMElement.SARANA: (
        ("Sarana dan prasarana", "Facilities"),
        (
            ("Buruk", "Bad"),
            ("Cukup", "Fair"),
            ("Baik", "Good"),
            ("Sangat baik", "Very good"),
        ),
    ),
}

SEXES: tuple[tuple[str, Pair], ...] = (
    ("L", ("Laki-laki", "Male")),
    ("P", ("Perempuan", "Female")),
)
EDUCATION: tuple[tuple[str, Pair], ...] = (
    ("sd", ("SD atau di bawahnya", "Primary school or less")),
    ("smp", ("SMP", "Junior high school")),
    ("sma", ("SMA/SMK", "Senior high school")),
    ("diploma", ("Diploma", "Diploma")),
    ("s1", ("S1", "Bachelor")),
    ("s2", ("S2 ke atas", "Master or more")),
)
OCCUPATIONS: tuple[tuple[str, Pair], ...] = (
    ("pns", ("ASN/TNI/Polri", "Civil servant, army, police")),
    ("swasta", ("Pegawai swasta", "Employee")),
    ("wirausaha", ("Wirausaha", "Self-employed")),
    ("tani", ("Petani/nelayan", "Farmer, fisher")),
    ("pelajar", ("Pelajar/mahasiswa", "Student")),
    ("rumah", ("Mengurus rumah tangga", "Homemaker")),
    ("lainnya", ("Lainnya", "Other")),
)


def pick(pair: Pair, lang: Lang) -> str:
    """The label in the page's language."""
    return pair[1] if lang == "en" else pair[0]


def reason_label(reason: str, lang: Lang) -> str:
    """Why a case was not continued; a reason that is no code is shown as it is."""
    try:
        return pick(REASONS[CloseReason(reason)], lang)
    except ValueError:
        return reason


def event_label(kind: str, lang: Lang) -> str:
    """What happened, in a few words; an unknown kind says nothing wrong."""
    return pick(EVENTS.get(kind, ("Perkembangan", "Update")), lang)
