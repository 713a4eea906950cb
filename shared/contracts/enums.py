"""Closed sets of the field: the only place where their values are written."""

from enum import StrEnum


class Channel(StrEnum):
    """Where a submission came in (design §3, Settings)."""

    WEB = "web"
    TWILIO = "twilio"
    VONAGE = "vonage"
    INFOBIP = "infobip"
    KANNEL = "kannel"
    GAMMU = "gammu"
    GENERIC = "generic"
    WHATSAPP = "whatsapp"
    TELEGRAM = "telegram"
    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"
    X = "x"
    EMAIL = "email"
    WALKIN = "walkin"
    LAPOR = "lapor"
    OPEN311 = "open311"


class Form(StrEnum):
    """What a submission is."""

    COMPLAINT = "complaint"
    SURVEY = "survey"


class Kind(StrEnum):
    """Kind of report; its deadlines are policy data (domain.md §3.2)."""

    PENGADUAN = "pengaduan"
    ASPIRASI = "aspirasi"
    PERMINTAAN_INFORMASI = "permintaan_informasi"


class Category(StrEnum):
    """First taxonomy (domain.md §7.2)."""

    JALAN_JEMBATAN = "jalan_jembatan"
    DRAINASE_BANJIR = "drainase_banjir"
    AIR_BERSIH = "air_bersih"
    SAMPAH_LINGKUNGAN = "sampah_lingkungan"
    PENERANGAN_JALAN = "penerangan_jalan"
    LISTRIK_EKSTERNAL = "listrik_eksternal"
    ADMINDUK = "adminduk"
    KESEHATAN = "kesehatan"
    PENDIDIKAN = "pendidikan"
    BANSOS = "bansos"
    PERIZINAN = "perizinan"
    PAJAK_DAERAH = "pajak_daerah"
    KETERTIBAN = "ketertiban"
    TRANSPORTASI_PARKIR = "transportasi_parkir"
    KETENAGAKERJAAN = "ketenagakerjaan"
    PERILAKU_PETUGAS_PUNGLI = "perilaku_petugas_pungli"
    LAINNYA = "lainnya"


class Urgency(StrEnum):
    """How fast somebody must look."""

    RENDAH = "rendah"
    BIASA = "biasa"
    MENDESAK = "mendesak"
    DARURAT = "darurat"


class Sentiment(StrEnum):
    """Tone of a text; shown beside the figures, never inside them."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


class Language(StrEnum):
    """ISO 639-3 codes the classifier may answer (design §3)."""

    IND = "ind"
    JAV = "jav"
    SUN = "sun"
    BJN = "bjn"
    MIN = "min"
    MAD = "mad"
    BUG = "bug"
    BAN = "ban"
    ACE = "ace"
    BBC = "bbc"
    NIJ = "nij"
    ABS = "abs"
    ENG = "eng"


class Status(StrEnum):
    """Status of a case (domain.md §9 row 10, and design §3)."""

    DITERIMA = "diterima"
    DIVERIFIKASI = "diverifikasi"
    DITERUSKAN = "diteruskan"
    DIPROSES = "diproses"
    DITANGGAPI = "ditanggapi"
    SELESAI = "selesai"
    SELESAI_OTOMATIS = "selesai_otomatis"
    DIBUKA_KEMBALI = "dibuka_kembali"
    BUKAN_WEWENANG = "bukan_wewenang"
    DITUNDA = "ditunda"
    DIARSIPKAN = "diarsipkan"
    DITOLAK = "ditolak"
    DIGABUNG = "digabung"
    DIBATALKAN = "dibatalkan"


CLOSED_STATUSES = frozenset(
    {
        Status.SELESAI,
        Status.SELESAI_OTOMATIS,
        Status.BUKAN_WEWENANG,
        Status.DIARSIPKAN,
        Status.DITOLAK,
        Status.DIGABUNG,
        Status.DIBATALKAN,
    }
)


class Role(StrEnum):
    """Roles of the staff."""

    HANDLER = "handler"
    COORDINATOR = "coordinator"
    MONITOR = "monitor"
    ADMIN = "admin"


class Actor(StrEnum):
    """Who did something to a case."""

    CITIZEN = "citizen"
    HANDLER = "handler"
    COORDINATOR = "coordinator"
    SYSTEM = "system"


class Action(StrEnum):
    """What staff can do with a case (design §3)."""

    VERIFY = "verify"
    TAKE = "take"
    ASSIGN = "assign"
    ASK = "ask"
    REPLY = "reply"
    NOTE = "note"
    CORRECT = "correct"
    FORWARD = "forward"
    RESOLVE = "resolve"
    REJECT = "reject"
    POSTPONE = "postpone"
    ARCHIVE = "archive"
    REOPEN = "reopen"
    LINK = "link"


class CitizenAct(StrEnum):
    """What a citizen can do with a filed complaint."""

    ANSWER = "answer"
    ADD = "add"
    NOT_DONE = "not_done"
    RATE = "rate"
    WITHDRAW = "withdraw"


class CloseReason(StrEnum):
    """Why a case was rejected, archived or resolved without a finish of its own."""

    SPAM = "spam"
    BUKAN_WEWENANG = "bukan_wewenang"
    BUKAN_PELAYANAN_PUBLIK = "bukan_pelayanan_publik"
    TIDAK_LENGKAP = "tidak_lengkap"
    GANDA = "ganda"
    TIDAK_BERALASAN = "tidak_beralasan"
    LAINNYA = "lainnya"


class LocationSource(StrEnum):
    """How the point of a place is known."""

    DEVICE = "device"
    ADDRESS = "address"
    GAZETTEER = "gazetteer"


class SKMElement(StrEnum):
    """The nine SKM elements, keyed by code since U8 and U9 flip (domain.md §2.1)."""

    PERSYARATAN = "persyaratan"
    PROSEDUR = "prosedur"
    WAKTU = "waktu"
    BIAYA = "biaya"
    PRODUK = "produk"
    KOMPETENSI = "kompetensi"
    PERILAKU = "perilaku"
    PENGADUAN = "pengaduan"
    SARANA = "sarana"


class Maladministration(StrEnum):
    """Tags of maladministration (domain.md §4.2)."""

    PENUNDAAN_BERLARUT = "penundaan_berlarut"
    TIDAK_MEMBERIKAN_PELAYANAN = "tidak_memberikan_pelayanan"
    PENYIMPANGAN_PROSEDUR = "penyimpangan_prosedur"
    PENYALAHGUNAAN_WEWENANG = "penyalahgunaan_wewenang"
    PERMINTAAN_IMBALAN = "permintaan_imbalan"
    TIDAK_KOMPETEN = "tidak_kompeten"
    TIDAK_PATUT = "tidak_patut"
    DISKRIMINASI = "diskriminasi"
    KONFLIK_KEPENTINGAN = "konflik_kepentingan"
    BERPIHAK = "berpihak"
    KELALAIAN = "kelalaian"


class PIIType(StrEnum):
    """What the masker hides (design §2.9)."""

    NIK = "nik"
    NIP = "nip"
    PHONE = "phone"
    EMAIL = "email"
    PLATE = "plate"
    ACCOUNT = "account"
    NAME = "name"
    ADDRESS = "address"
