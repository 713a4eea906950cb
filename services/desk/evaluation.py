"""What evaluators say about a unit (PEKPPP): levels, aspects and F-03, checked and written down.

Append-only: an entry never changes another, the newest of an item holds, and one without a value
takes the item back. What a score makes of them is not known here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import urlsplit

from sqlalchemy import Connection, insert

from services.desk.api.inputs import is_plain
from shared.db.read.directory import Directory
from shared.db.tables.evaluation import desk_assessments
from shared.errors import TanggapError
from shared.policy.instrument import Instrument
from shared.privacy.mask import mask

F03 = "f03"
FIRST_YEAR = 2020
MAX_REASON = 2000
MAX_LINK = 500
MAX_FILES = 5
MAX_LINKS = 5
MOST_RESPONDENTS = 10_000_000
_PLACES = 4
_ONLINE = "B"
# Nothing of these can be seen in events: an entry without a photo or a decree is only a word.
_NEEDS_EVIDENCE = (25, 26, 27)
# No zone is further ahead of UTC.
_FURTHEST_AHEAD = timedelta(hours=14)

Source = Literal["evaluator", "import"]


class EvaluationError(TanggapError):
    """What was entered may not stand; `field` names what is wrong, the message what to do.

    The message never repeats what was typed.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Entry:
    """One item of a unit in a year.

    `opd` is a full code; `item` an indicator's number ("25"), an aspect's code ("b") or "f03".
    `value` is from 0 to 5, none takes the item back. `n`: respondents, of F-03 alone.
    `evidence`: links {"kind": "link", "url"} and files that are already stored
    {"kind": "file", "name", "object", "type", "size", "sha256", "key"}.
    """

    opd: str
    year: int
    item: str
    value: Decimal | None
    n: int | None = None
    reason: str = ""
    evidence: tuple[Mapping[str, Any], ...] = ()


def items_of(instrument: Instrument) -> tuple[str, ...]:
    """Every item that can be entered: indicators by number, then aspects, then F-03."""
    indicators = sorted(indicator.no for indicator in instrument.indicators)
    aspects = (aspect.code for aspect in instrument.aspects)
    return (*map(str, indicators), *aspects, F03)


def is_computed(item: str, kode: str | None, instrument: Instrument) -> bool:
    """Whether the system computes the item by itself for a unit of that kode."""
    rules = (instrument.follow_up, instrument.survey_share, instrument.survey_speed)
    numbers = {rule.indicator for rule in rules}
    if kode == _ONLINE:
        numbers.add(instrument.response_speed.indicator)
    return item in map(str, numbers)


def needs_evidence(
    item: str, kode: str | None, instrument: Instrument, source: Source = "evaluator"
) -> bool:
    """Whether a value of the item is refused without a file or a link.

    An import carries official results, whose evidence lies where they were decided; only what the
    system computes is never set aside without.
    """
    if is_computed(item, kode, instrument):
        return True
    return source == "evaluator" and item in map(str, _NEEDS_EVIDENCE)


def check_entry(
    entry: Entry,
    directory: Directory,
    instrument: Instrument,
    *,
    source: Source = "evaluator",
    today: date | None = None,
) -> None:
    """Raise `EvaluationError` unless the entry may stand.

    `today` is the region's local day; without it only `record` refuses a year to come.
    """
    unit = directory.opd(entry.opd)
    if unit is None or unit.external:
        raise EvaluationError("opd", "Unit ini tidak ada. Pilih unit dari daftar daerah.")
    if unit.kode is None:
        raise EvaluationError(
            "opd", "Unit ini tidak dinilai dalam PEKPPP. Beri unit ini kode A atau B dahulu."
        )
    _check_year(entry.year, today.year if today else None)
    if entry.item not in items_of(instrument):
        raise EvaluationError(
            "item", "Butir ini tidak dikenal. Isi nomor indikator 1–30, kode aspek a–f, atau f03."
        )
    _check_value(entry, instrument)
    _check_respondents(entry)
    check_words("reason", entry.reason, MAX_REASON)
    check_evidence(entry.evidence)
    _check_grounds(entry, unit.kode, instrument, source)


def record(
    conn: Connection,
    entries: Sequence[Entry],
    *,
    source: Source,
    username: str,
    now: datetime,
) -> None:
    """Write entries that `check_entry` has let through, in their order, as one statement.

    Personal data in reasons is masked: they are shown to everyone who sees the score.
    """
    for entry in entries:
        _check_year(entry.year, (now + _FURTHEST_AHEAD).year)
    rows = [_row(entry, source, username, now) for entry in entries]
    if rows:
        conn.execute(insert(desk_assessments), rows)


def check_words(field: str, text: str, longest: int) -> None:
    """Raise unless the text is plain and not too long."""
    if len(text) > longest:
        raise EvaluationError(field, f"Isian terlalu panjang. Isi paling banyak {longest} huruf.")
    if not is_plain(text):
        raise EvaluationError(field, "Isian memuat karakter kendali. Tulis teks biasa.")


def check_evidence(evidence: Iterable[Mapping[str, Any]]) -> None:
    """Raise unless every piece is a link that may be shown or a stored file, and not too many."""
    kinds = {"link": 0, "file": 0}
    for piece in evidence:
        kind = str(piece.get("kind"))
        if kind not in kinds:
            raise EvaluationError("evidence", "Bukti ini tidak dikenal. Unggah berkas atau tautan.")
        kinds[kind] += 1
        if kind == "link":
            check_link(str(piece.get("url", "")))
        elif not piece.get("object") or not piece.get("key"):
            raise EvaluationError("evidence", "Berkas ini tidak tersimpan. Unggah sekali lagi.")
    if kinds["file"] > MAX_FILES:
        raise EvaluationError("files", f"Terlalu banyak berkas. Unggah paling banyak {MAX_FILES}.")
    if kinds["link"] > MAX_LINKS:
        raise EvaluationError("links", f"Terlalu banyak tautan. Isi paling banyak {MAX_LINKS}.")


def check_link(url: str) -> None:
    """Raise unless the link is one of https to a named host, without a password in it."""
    wrong = EvaluationError(
        "links", f"Tautan bukti harus berawal https:// dan paling banyak {MAX_LINK} huruf."
    )
    if len(url) > MAX_LINK or not url.isascii() or not url.isprintable() or " " in url:
        raise wrong
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise wrong from error
    if parts.scheme != "https" or not host or "@" in parts.netloc or set(url) & set("<>\"'`\\"):
        raise wrong


def link(url: str) -> dict[str, Any]:
    """A link as a piece of evidence."""
    return {"kind": "link", "url": url}


def _check_year(year: int, last: int | None) -> None:
    if year < FIRST_YEAR or (last is not None and year > last):
        until = f" sampai {last}" if last else ""
        raise EvaluationError("year", f"Tahun di luar jangka. Isi {FIRST_YEAR}{until}.")


def _check_value(entry: Entry, instrument: Instrument) -> None:
    value = entry.value
    if value is None:
        return
    if not value.is_finite() or not 0 <= value <= instrument.highest:
        raise EvaluationError("value", f"Nilai harus dari 0 sampai {instrument.highest}.")
    if entry.item.isdigit():
        if value != value.to_integral_value():
            raise EvaluationError(
                "value", f"Tingkat indikator adalah bilangan bulat 0 sampai {instrument.highest}."
            )
    elif value != round(value, _PLACES):
        raise EvaluationError("value", f"Nilai paling banyak {_PLACES} angka di belakang koma.")


def _check_respondents(entry: Entry) -> None:
    if entry.item != F03 or entry.value is None:
        if entry.n is not None:
            raise EvaluationError("n", "Jumlah responden hanya diisi untuk nilai F-03.")
    elif entry.n is None or not 0 <= entry.n <= MOST_RESPONDENTS:
        raise EvaluationError("n", "Isi jumlah responden F-03: bilangan bulat, paling kecil 0.")


def _check_grounds(entry: Entry, kode: str | None, instrument: Instrument, source: Source) -> None:
    reason = entry.reason.strip()
    if entry.value is None:
        if not reason:
            raise EvaluationError("reason", "Isi alasan mengapa nilai ini ditarik kembali.")
        return
    if is_computed(entry.item, kode, instrument) and not reason:
        raise EvaluationError(
            "reason", "Butir ini dihitung sistem. Isi alasan mengapa nilainya ditetapkan lain."
        )
    if needs_evidence(entry.item, kode, instrument, source) and not entry.evidence:
        raise EvaluationError("evidence", "Butir ini perlu bukti. Unggah berkas atau isi tautan.")


def _row(entry: Entry, source: Source, username: str, now: datetime) -> dict[str, Any]:
    return {
        "region": entry.opd.partition("/")[0],
        "opd": entry.opd,
        "year": entry.year,
        "item": entry.item,
        "value": None if entry.value is None else _plain_decimal(entry.value),
        "n": entry.n,
        "source": source,
        "reason": mask(entry.reason.strip()).text,
        "evidence": [dict(piece) for piece in entry.evidence],
        "username": username,
        "at": now,
    }


def _plain_decimal(value: Decimal) -> str:
    """Without exponent, sign of zero or trailing zeros: "4.5", "0"."""
    return format(value.normalize() + 0, "f")
