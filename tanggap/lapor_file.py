"""The rows of an export of SP4N-LAPOR!: which column is what, which state a word means, which unit
a name. Promises: nothing is guessed and no cell is repeated. Must not know how cases are kept.

LAPOR! publishes no format, and its exports have changed their names; every name seen so far is an
alias here.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from shared.contracts.enums import Category, Kind, Status
from shared.db.read.directory import Directory, Region
from tanggap.sheets.cells import CellError, needed, within
from tanggap.sheets.moments import Moment, moment
from tanggap.sheets.reading import Row, column_name

NEEDED = ("tracking_id", "reported_at", "text")
ALIASES: Mapping[str, tuple[str, ...]] = {
    "tracking_id": (
        "trackingid", "id tracking", "nomor tracking", "no tracking", "id laporan",
        "nomor laporan", "no laporan", "kode laporan", "id sp4n", "id sp4n lapor",
    ),
    "reported_at": (
        "tanggal laporan masuk", "tanggal laporan", "tgl laporan", "tanggal masuk",
        "tanggal lapor", "tanggal pengaduan", "tanggal aduan", "tanggal dibuat", "created at",
    ),
    "reported_time": ("waktu laporan masuk", "jam laporan masuk", "jam laporan", "jam"),
    "title": ("judul laporan", "judul", "judul pengaduan", "topik"),
    "text": (
        "isi laporan awal", "isi laporan", "isi pengaduan", "isi aduan", "uraian", "uraian laporan",
        "deskripsi", "laporan",
    ),
    "category": ("kategori", "nama kategori", "kategori laporan"),
    "kind": ("klasifikasi laporan", "klasifikasi", "jenis laporan", "jenis"),
    "privacy": (
        "tipe laporan (anonim/rahasia)", "tipe laporan", "sifat laporan", "kerahasiaan", "privasi",
    ),
    "anonymous": ("anonim",),
    "confidential": ("rahasia",),
    "opd": (
        "instansi terdisposisi", "instansi terdisposisi (skpd)", "skpd", "perangkat daerah",
        "unit kerja", "instansi tujuan", "terdisposisi ke", "disposisi", "dinas tujuan",
    ),
    "status": ("status laporan", "status tindak lanjut", "status final"),
    "reason": ("alasan tunda/arsip", "alasan"),
    "verified_at": ("tanggal verifikasi", "waktu verifikasi", "tanggal diverifikasi"),
    "disposed_at": (
        "tanggal disposisi", "waktu disposisi", "tanggal terdisposisi", "tanggal diteruskan",
    ),
    "replied_at": (
        "tanggal tindak lanjut", "tanggal tindak lanjut pertama", "tanggal tanggapan",
        "tanggal jawaban", "tanggal respon", "waktu tindak lanjut",
    ),
    "last_replied_at": ("tanggal tindak lanjut terakhir", "tanggal tanggapan terakhir"),
    "reply": (
        "tindak lanjut", "tindak lanjut terakhir", "isi tindak lanjut", "tanggapan", "jawaban",
        "isi tanggapan",
    ),
    "closed_at": (
        "tanggal selesai", "tanggal ditutup", "tanggal penutupan", "waktu selesai",
        "tanggal tutup",
    ),
    "reopened_at": ("tanggal dibuka kembali",),
    "occurred_on": ("tanggal kejadian", "waktu kejadian"),
    "location": ("lokasi", "lokasi kejadian", "alamat kejadian"),
    "village": ("kelurahan", "desa", "kelurahan/desa", "desa/kelurahan"),
    "district": ("kecamatan", "distrik"),
    "reporter": ("nama pelapor", "pelapor"),
}  # fmt: skip
_READ = frozenset(ALIASES)
# The first that a state's words contain decides: the longer before the shorter.
_STATES: tuple[tuple[str, Status], ...] = (
    ("ditutup oleh sistem", Status.SELESAI_OTOMATIS),
    ("selesai otomatis", Status.SELESAI_OTOMATIS),
    ("selesai oleh sistem", Status.SELESAI_OTOMATIS),
    ("belum selesai", Status.DIPROSES),
    ("ditutup", Status.SELESAI),
    ("selesai", Status.SELESAI),
    ("bukan wewenang", Status.BUKAN_WEWENANG),
    ("bukan kewenangan", Status.BUKAN_WEWENANG),
    ("arsip", Status.DIARSIPKAN),
    ("tunda", Status.DITUNDA),
    ("tolak", Status.DITOLAK),
    ("dibuka kembali", Status.DIBUKA_KEMBALI),
    ("belum ditindaklanjuti", Status.DITERUSKAN),
    ("belum tindak lanjut", Status.DITERUSKAN),
    ("belum diverifikasi", Status.DITERIMA),
    ("belum terverifikasi", Status.DITERIMA),
    ("menunggu", Status.DITERIMA),
    ("baru", Status.DITERIMA),
    ("disposisi", Status.DITERUSKAN),
    ("diteruskan", Status.DITERUSKAN),
    ("ditanggapi", Status.DITANGGAPI),
    ("tindak", Status.DIPROSES),
    ("proses", Status.DIPROSES),
    ("verifikasi", Status.DIVERIFIKASI),
)
_KINDS = (
    ("informasi", Kind.PERMINTAAN_INFORMASI),
    ("aspirasi", Kind.ASPIRASI),
    ("pengaduan", Kind.PENGADUAN),
)
_CATEGORIES = (
    ("kesehatan", Category.KESEHATAN),
    ("pendidikan", Category.PENDIDIKAN),
    ("kependudukan", Category.ADMINDUK),
    ("ketenagakerjaan", Category.KETENAGAKERJAAN),
    ("bantuan sosial", Category.BANSOS),
    ("lampu", Category.PENERANGAN_JALAN),
    ("sampah", Category.SAMPAH_LINGKUNGAN),
    ("parkir", Category.TRANSPORTASI_PARKIR),
    ("perizinan", Category.PERIZINAN),
    ("jalan", Category.JALAN_JEMBATAN),
)
_SUPERVISED = "berkadar pengawasan"
_NOT_SUPERVISED = re.compile(r"(tidak|non)\s+berkadar")
_TRACKING = re.compile(r"[A-Za-z0-9-]{3,40}")
_EMPTY = frozenset({"", "-", "–", "n/a", "null"})
_NO = frozenset({"0", "tidak", "no", "false", "normal", "biasa", "publik", "terbuka"})
_MOST_TEXT, _MOST_REPLY, _MOST_ADDRESS = 10_000, 10_000, 500
_EARLIEST = datetime(2012, 1, 1, tzinfo=UTC)
"""LAPOR! began in 2012; what lies before is a typing error."""
_TOLERANCE = timedelta(minutes=10)
_WORD = re.compile(r"[\w]+")
_LOOSE = frozenset(
    {"kabupaten", "kab", "kota", "pemerintah", "pemkab", "daerah", "dan", "provinsi"}
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One follow-up as the file tells it."""

    at: Moment
    text: str | None


@dataclass(frozen=True, slots=True)
class LaporRow:
    """One report of the file; instants are none where the file tells none.

    `undated`: something of its course is told without a time. `unit_known` is false when a unit is
    named that the region's list does not hold.
    """

    tracking_id: str
    reported_at: datetime
    text: str
    reporter: str | None
    kind: Kind | None
    supervised: bool
    category: Category | None
    anonymous: bool
    confidential: bool
    opd: str | None
    unit_known: bool
    status: Status
    reason: str | None
    verified_at: datetime | None
    disposed_at: datetime | None
    replies: tuple[Answer, ...]
    closed_at: datetime | None
    occurred_on: date | None
    address: str | None


class LaporFile:
    """Reads rows of one region's export; `units` are further names of units, by their code."""

    def __init__(
        self,
        region: Region,
        directory: Directory,
        columns: Iterable[str],
        now: datetime,
        units: Mapping[str, str] | None = None,
    ) -> None:
        self._zone = region.zone_info
        self._now = now
        self._columns = frozenset(columns)
        self._units = UnitNames(region, directory, units or {})
        self._seen: dict[str, int] = {}

    @property
    def left_alone(self) -> list[str]:
        """Columns that are not read: they may hold anything."""
        return sorted(self._columns - _READ)

    def read(self, row: Row) -> LaporRow:
        """The report; raises `CellError`."""
        tracking_id = self._tracking_id(row)
        clock = row.get("reported_time")
        told = moment(
            needed(row.get("reported_at"), "reported_at"), "reported_at", self._zone, clock
        )
        reported_at = self._possible(told, "reported_at", _EARLIEST)
        opd, known = self._unit(row)
        course = _Course(self, row, reported_at)
        verified, disposed = course.at("verified_at"), course.at("disposed_at")
        replies = course.replies()
        status = _state(row)
        ended = course.at("reopened_at" if status is Status.DIBUKA_KEMBALI else "closed_at")
        kind = _text(row, "kind").lower()
        return LaporRow(
            tracking_id=tracking_id,
            reported_at=reported_at,
            text=within(_whole_text(row), "text", _MOST_TEXT),
            reporter=_text(row, "reporter") or None,
            kind=next((found for word, found in _KINDS if word in kind), None),
            supervised=_SUPERVISED in kind and not _NOT_SUPERVISED.search(kind),
            category=_category(row),
            anonymous=self._closed(row, "anonymous", "anonim"),
            confidential=self._closed(row, "confidential", "rahasia"),
            opd=opd,
            unit_known=known,
            status=status,
            reason=_text(row, "reason") or None,
            verified_at=verified,
            disposed_at=disposed,
            replies=replies,
            closed_at=ended,
            occurred_on=self._occurred_on(row),
            address=_address(row),
        )

    def _tracking_id(self, row: Row) -> str:
        text = needed(row.get("tracking_id"), "tracking_id").lstrip("#").strip()
        if not _TRACKING.fullmatch(text):
            raise CellError("tracking_id", "is no tracking id such as 5049672")
        before = self._seen.setdefault(text, row.number)
        if before != row.number:
            raise CellError("tracking_id", f"stood in row {before} already")
        return text

    def _possible(self, told: Moment, field: str, earliest: datetime) -> datetime:
        """The instant, not before `earliest` and not in the future.

        A day without a time is as late on it as what came before: noon is only a stand-in.
        """
        at = told.at
        same_day = at.astimezone(self._zone).date() == earliest.astimezone(self._zone).date()
        if at < earliest and same_day and not told.exact:
            at = earliest
        if at < earliest:
            raise CellError(field, "lies before what it follows")
        if at > self._now + _TOLERANCE:
            today = self._now.astimezone(self._zone).date()
            if told.exact or at.astimezone(self._zone).date() > today:
                raise CellError(field, "lies in the future")
        return min(at, self._now) if at > self._now else at

    def _unit(self, row: Row) -> tuple[str | None, bool]:
        name = _text(row, "opd")
        if not name:
            return None, True
        found = self._units.code_of(name)
        return found, found is not None

    def _closed(self, row: Row, column: str, word: str) -> bool:
        """Whether a report is anonymous or confidential; where nothing says so, it is."""
        if column in self._columns:
            return row.get(column).lower() not in _NO | _EMPTY
        if "privacy" in self._columns:
            said = row.get("privacy").lower()
            # An empty cell of that column says "neither"; a word we do not know closes both.
            return word in said or not (said in _EMPTY or said in _NO or _names_other(said))
        return True

    def _occurred_on(self, row: Row) -> date | None:
        text = _text(row, "occurred_on")
        if not text:
            return None
        return moment(text, "occurred_on", self._zone).at.astimezone(self._zone).date()


class _Course:
    """The instants of one row, each not before the one it follows."""

    def __init__(self, file: LaporFile, row: Row, reported_at: datetime) -> None:
        self._file = file
        self._row = row
        self._last = reported_at

    def at(self, column: str) -> datetime | None:
        text = _text(self._row, column)
        if not text:
            return None
        told = moment(text, column, self._file._zone)
        self._last = self._file._possible(told, column, self._last)
        return self._last

    def replies(self) -> tuple[Answer, ...]:
        """The first and the last follow-up; the words are those of the last."""
        first, last = self.at("replied_at"), self.at("last_replied_at")
        text = _text(self._row, "reply")
        said = within(text, "reply", _MOST_REPLY) or None
        if first is not None and last is not None and last != first:
            return Answer(Moment(first, exact=True), None), Answer(Moment(last, exact=True), said)
        at = first or last
        if at is not None:
            return (Answer(Moment(at, exact=True), said),)
        return (Answer(Moment(self._last, exact=False), said),) if said else ()


class UnitNames:
    """The region's units by every name they are known by; `more` are names somebody added."""

    def __init__(self, region: Region, directory: Directory, more: Mapping[str, str]) -> None:
        self._own = frozenset(_WORD.findall(f"{region.name} {region.short}".casefold()))
        self._full = {_words(name): code for name, code in more.items()}
        short: dict[str, set[str]] = {}
        for unit in directory.opds(region.code):
            if unit.external:
                continue
            for name in (unit.name, unit.short, unit.path, unit.code):
                self._full.setdefault(_words(name), unit.code)
                short.setdefault(self._without_region(name), set()).add(unit.code)
        # Without the region's own name two units may be called the same: then neither is meant.
        self._short = {name: codes.pop() for name, codes in short.items() if len(codes) == 1}

    def code_of(self, name: str) -> str | None:
        """The unit of that name: as it is written, else without the words that name the region."""
        found = self._full.get(_words(name))
        return found or self._short.get(self._without_region(name))

    def _without_region(self, name: str) -> str:
        return " ".join(word for word in _words(name).split() if word not in self._own)


def _words(name: str) -> str:
    return " ".join(word for word in _WORD.findall(name.casefold()) if word not in _LOOSE)


def _state(row: Row) -> Status:
    text = _text(row, "status").lower()
    if not text:
        return Status.DITERIMA
    plain = column_name(text).replace("_", " ")
    for words, status in _STATES:
        if words in plain:
            return status
    raise CellError("status", "is no state of LAPOR! that is known here")


def _category(row: Row) -> Category | None:
    text = _text(row, "category").lower()
    return next((found for word, found in _CATEGORIES if word in text), None)


def _whole_text(row: Row) -> str:
    title, text = _text(row, "title"), needed(_text(row, "text"), "text")
    return text if not title or title.lower() in text.lower() else f"{title}\n{text}"


def _address(row: Row) -> str | None:
    parts = [_text(row, name) for name in ("location", "village", "district")]
    found = ", ".join(dict.fromkeys(part for part in parts if part))
    return within(found, "location", _MOST_ADDRESS) or None


def _names_other(said: str) -> bool:
    return "anonim" in said or "rahasia" in said


def _text(row: Row, column: str) -> str:
    text = row.get(column)
    return "" if text.lower() in _EMPTY else text
