"""The sentences behind refusal codes, in Indonesian and English: (what is wrong, the remedy)."""

from collections.abc import Mapping
from typing import Literal

from services.ingest.refusals import Flaw, Refusal

Lang = Literal["id", "en"]
LANGUAGES: tuple[Lang, ...] = ("id", "en")
Sentences = tuple[str, str]

TITLES: Mapping[Refusal, Mapping[Lang, str]] = {
    Refusal.NOT_FOUND: {"id": "Tidak ditemukan", "en": "Not found"},
    Refusal.TOO_SLOW: {"id": "Terlalu lama", "en": "Too slow"},
    Refusal.CONFLICT: {"id": "Bertentangan dengan yang sudah ada", "en": "Conflict"},
    Refusal.GONE: {"id": "Sudah dihapus", "en": "Erased"},
    Refusal.TOO_LARGE: {"id": "Terlalu besar", "en": "Too large"},
    Refusal.UNSUPPORTED: {"id": "Jenis isi tidak didukung", "en": "Unsupported content type"},
    Refusal.INVALID: {"id": "Isian tidak sah", "en": "Invalid input"},
    Refusal.LIMITED: {"id": "Terlalu banyak permintaan", "en": "Too many requests"},
    Refusal.BUSY: {"id": "Sedang sibuk", "en": "Busy"},
}

FLAWS: Mapping[str, Mapping[Lang, Sentences]] = {
    "json_invalid": {
        "id": ("Isi permintaan bukan JSON yang sah.", "Kirim satu objek JSON yang sah (UTF-8)."),
        "en": ("The body is not valid JSON.", "Send one valid JSON object (UTF-8)."),
    },
    "multipart_invalid": {
        "id": ("Isi multipart tidak dapat dibaca.", "Kirim setiap bidang sebagai satu bagian."),
        "en": ("The multipart body cannot be read.", "Send each field as one part."),
    },
    "media_type": {
        "id": (
            "Jenis isi tidak didukung.",
            "Kirim application/json atau multipart/form-data.",
        ),
        "en": ("Unsupported content type.", "Send application/json or multipart/form-data."),
    },
    "missing": {
        "id": ("Bidang ini wajib diisi.", "Isi bidang ini."),
        "en": ("This field is required.", "Fill in this field."),
    },
    "extra_forbidden": {
        "id": ("Bidang ini tidak dikenal.", "Hapus bidang ini."),
        "en": ("This field is unknown.", "Remove this field."),
    },
    "enum": {
        "id": ("Nilai ini tidak dikenal.", "Pilih salah satu dari {expected}."),
        "en": ("This value is unknown.", "Choose one of {expected}."),
    },
    "string_too_long": {
        "id": ("Isian terlalu panjang.", "Isi paling banyak {max_length} karakter."),
        "en": ("This is too long.", "Use at most {max_length} characters."),
    },
    "greater_than_equal": {
        "id": ("Nilai terlalu kecil.", "Isi paling kecil {ge}."),
        "en": ("The value is too small.", "Use at least {ge}."),
    },
    "less_than_equal": {
        "id": ("Nilai terlalu besar.", "Isi paling besar {le}."),
        "en": ("The value is too large.", "Use at most {le}."),
    },
    "date": {
        "id": ("Tanggal tidak sah.", "Tulis tanggal sebagai TTTT-BB-HH, misalnya 2026-03-31."),
        "en": ("This is not a date.", "Write the date as YYYY-MM-DD, such as 2026-03-31."),
    },
    "wrong_type": {
        "id": ("Jenis isian salah.", "Isi {wanted}."),
        "en": ("Wrong type of value.", "Use {wanted}."),
    },
    "wrong_value": {
        "id": ("Isian tidak sah.", "Periksa bentuk isian bidang ini."),
        "en": ("Invalid value.", "Check the form of this field."),
    },
    "empty": {
        "id": ("Teks masih kosong.", "Tulis apa yang terjadi, di mana, dan kapan."),
        "en": ("The text is empty.", "Write what happened, where and when."),
    },
    "controls": {
        "id": (
            "Ada karakter kendali yang tidak terbaca.",
            "Hapus karakter itu; ketik ulang bila teks disalin dari tempat lain.",
        ),
        "en": ("There are unreadable control characters.", "Remove them; retype copied text."),
    },
    "too_long": {
        "id": ("Teks terlalu panjang.", "Persingkat sampai paling banyak {max} karakter."),
        "en": ("The text is too long.", "Shorten it to at most {max} characters."),
    },
    "unknown_region": {
        "id": ("Wilayah ini tidak dikenal.", "Pilih salah satu dari: {regions}."),
        "en": ("This region is unknown.", "Choose one of: {regions}."),
    },
    "unknown_opd": {
        "id": ("OPD ini tidak dikenal.", "Pilih OPD dari daftar {region}, atau kosongkan."),
        "en": ("This agency is unknown.", "Choose one of {region}'s list, or leave it empty."),
    },
    "foreign_opd": {
        "id": ("OPD ini milik wilayah lain.", "Pilih OPD dari daftar {region}, atau kosongkan."),
        "en": (
            "This agency belongs to another region.",
            "Choose one of {region}'s list, or leave it empty.",
        ),
    },
    "external_opd": {
        "id": (
            "Badan ini di luar pemerintah daerah.",
            "Pilih OPD dari daftar {region}, atau kosongkan; kami teruskan bila perlu.",
        ),
        "en": (
            "This body is outside the local government.",
            "Choose one of {region}'s list, or leave it empty; we pass it on if needed.",
        ),
    },
    "pass_ended": {
        "id": ("Izin loket ini sudah berakhir.", "Buka lagi halaman Loket di desk, lalu kirim."),
        "en": ("This counter pass has ended.", "Open the Loket page of the desk again, and send."),
    },
    "pass_region": {
        "id": ("Izin loket ini untuk wilayah lain.", "Pilih wilayah {region}."),
        "en": ("This counter pass is for another region.", "Choose the region {region}."),
    },
    "future": {
        "id": ("Tanggal kejadian belum tiba.", "Isi tanggal paling lambat {today}."),
        "en": ("The date is in the future.", "Use a date no later than {today}."),
    },
    "phone": {
        "id": (
            "Nomor telepon ini tidak sah.",
            "Tulis nomor seperti 0812 3456 7890 atau +62 812 3456 7890, atau kosongkan.",
        ),
        "en": (
            "This is not a phone number.",
            "Write it like 0812 3456 7890 or +62 812 3456 7890, or leave it empty.",
        ),
    },
    "email": {
        "id": ("Alamat surel ini tidak sah.", "Tulis seperti nama@contoh.id, atau kosongkan."),
        "en": ("This is not an e-mail address.", "Write it like name@example.id, or leave empty."),
    },
    "nik": {
        "id": ("NIK ini tidak sah.", "Salin 16 angka dari KTP, atau kosongkan."),
        "en": ("This NIK is not valid.", "Copy the 16 digits of the card, or leave it empty."),
    },
    "no_answers": {
        "id": ("Belum ada jawaban.", "Jawab paling sedikit satu unsur dengan nilai 1 sampai 4."),
        "en": ("There are no answers.", "Answer at least one element with 1 to 4."),
    },
    "unknown_token": {
        "id": (
            "Token kunjungan ini tidak dikenal untuk OPD ini.",
            "Periksa token pada struk, atau kosongkan.",
        ),
        "en": (
            "This visit token is unknown for this agency.",
            "Check the token on your slip, or leave it empty.",
        ),
    },
    "used_token": {
        "id": ("Token kunjungan ini sudah dipakai.", "Satu token untuk satu survei; kosongkan."),
        "en": ("This visit token was used already.", "One token, one survey; leave it empty."),
    },
    "key_length": {
        "id": ("Idempotency-Key tidak sah.", "Pakai 1 sampai {max} karakter."),
        "en": ("The Idempotency-Key is not valid.", "Use 1 to {max} characters."),
    },
    "key_reused": {
        "id": (
            "Idempotency-Key ini sudah dipakai untuk isi yang lain.",
            "Pakai kunci baru untuk isi baru, atau ulangi isi yang sama persis.",
        ),
        "en": (
            "This Idempotency-Key was used with another body.",
            "Use a new key for a new body, or repeat the very same body.",
        ),
    },
    "erased": {
        "id": ("Laporan ini sudah dihapus atas permintaan pelapor.", "Kirim laporan baru."),
        "en": ("This report was erased at the reporter's request.", "Send a new report."),
    },
    "not_found": {
        "id": (
            "Nomor tiket atau kode lacak tidak cocok.",
            "Periksa nomor tiket dan kode lacak yang Anda terima saat melapor.",
        ),
        "en": (
            "The ticket or the tracking code does not match.",
            "Check the ticket and the tracking code you received.",
        ),
    },
    "limited": {
        "id": ("Terlalu banyak kiriman dalam waktu singkat.", "Coba lagi {seconds} detik lagi."),
        "en": ("Too many submissions in a short time.", "Try again in {seconds} seconds."),
    },
    "guesses": {
        "id": ("Terlalu banyak kode yang salah.", "Coba lagi {seconds} detik lagi."),
        "en": ("Too many wrong codes.", "Try again in {seconds} seconds."),
    },
    "too_slow": {
        "id": ("Kiriman tidak tiba dalam {seconds} detik.", "Kirim lagi dengan lampiran kecil."),
        "en": ("The body did not arrive in {seconds} seconds.", "Send it again, attach less."),
    },
    "busy": {
        "id": ("Terlalu banyak lampiran sedang dikirim.", "Coba lagi {seconds} detik lagi."),
        "en": ("Too many attachments are being sent.", "Try again in {seconds} seconds."),
    },
    "body_too_large": {
        "id": ("Kiriman melebihi {max} byte.", "Perpendek teks atau kurangi lampiran."),
        "en": ("The submission is over {max} bytes.", "Shorten the text or attach less."),
    },
    "score_missing": {
        "id": ("Nilai belum diisi.", "Pilih nilai 1 sampai 5."),
        "en": ("The score is missing.", "Choose a score from 1 to 5."),
    },
    "score_unexpected": {
        "id": ("Nilai hanya untuk tindakan rate.", "Hapus nilai, atau pilih tindakan rate."),
        "en": ("A score belongs to the act rate only.", "Remove it, or use the act rate."),
    },
    "act_not_now": {
        "id": (
            "Tindakan ini tidak dapat dilakukan pada keadaan laporan sekarang.",
            "Yang dapat dilakukan sekarang: {allowed}.",
        ),
        "en": (
            "This cannot be done in the present state of the report.",
            "What can be done now: {allowed}.",
        ),
    },
    "sent_before": {
        "id": (
            "Kiriman dari formulir ini sudah kami terima.",
            "Bila ini kiriman baru, tekan kirim sekali lagi.",
        ),
        "en": (
            "We already have what was sent from this form.",
            "If this is a new one, press send again.",
        ),
    },
    "again_files": {
        "id": ("Lampiran perlu dipilih ulang.", "Pilih lagi foto atau PDF Anda."),
        "en": ("The attachments must be chosen again.", "Choose your photos or PDF again."),
    },
    "files_count": {
        "id": ("Terlalu banyak lampiran.", "Kirim paling banyak {max} lampiran."),
        "en": ("Too many attachments.", "Send at most {max} attachments."),
    },
    "file_size": {
        "id": ("Lampiran terlalu besar.", "Kirim berkas paling besar {max} MB."),
        "en": ("The attachment is too large.", "Send files of at most {max} MB."),
    },
    "file_empty": {
        "id": ("Lampiran ini kosong.", "Pilih berkas yang lain."),
        "en": ("This attachment is empty.", "Choose another file."),
    },
    "file_type": {
        "id": ("Jenis lampiran ini tidak diterima.", "Kirim foto JPEG, PNG, WebP, atau PDF."),
        "en": ("This type of attachment is not accepted.", "Send JPEG, PNG, WebP or PDF."),
    },
    "file_pixels": {
        "id": ("Gambar terlalu besar ukurannya.", "Kirim foto dengan ukuran lebih kecil."),
        "en": ("The image has too many pixels.", "Send a smaller picture."),
    },
    "file_damaged": {
        "id": ("Lampiran ini rusak dan tidak dapat dibuka.", "Kirim berkas yang lain."),
        "en": ("This attachment is damaged.", "Send another file."),
    },
    "file_active": {
        "id": (
            "PDF ini memuat isi aktif atau berkas lain di dalamnya.",
            "Kirim foto, atau cetak ke PDF biasa.",
        ),
        "en": ("This PDF holds active content or other files.", "Send a photo or a plain PDF."),
    },
    "file_encrypted": {
        "id": ("PDF ini terkunci dengan sandi.", "Kirim PDF tanpa sandi."),
        "en": ("This PDF is locked with a password.", "Send a PDF without password."),
    },
}


# What a field of a wrong type should hold, by pydantic's name of the type.
WANTED: Mapping[str, Mapping[Lang, str]] = {
    "int": {"id": "bilangan bulat", "en": "a whole number"},
    "float": {"id": "bilangan", "en": "a number"},
    "string": {"id": "teks", "en": "text"},
    "bool": {"id": "true atau false", "en": "true or false"},
    "dict": {"id": "objek JSON", "en": "a JSON object"},
    "model": {"id": "objek JSON", "en": "a JSON object"},
}


def sentences(flaw: Flaw, lang: Lang = "id") -> Sentences:
    """What is wrong and what to do, with the flaw's values filled in."""
    detail, remedy = FLAWS.get(flaw.code, FLAWS["wrong_value"])[lang]
    values = _Values(flaw.values)
    wanted = WANTED.get(str(flaw.values.get("wanted")))
    if wanted:
        values["wanted"] = wanted[lang]
    return detail.format_map(values), remedy.format_map(values)


class _Values(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "…"
