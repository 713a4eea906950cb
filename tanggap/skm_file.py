"""Survey answers from a file, a respondent a row: which column is which element, and what counts.

Promises: nothing is guessed; a column U8 or U9 is read only in an order that was said. Columns it
does not know (names, telephone numbers) are never looked at. Must not know how surveys are kept.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from zoneinfo import ZoneInfo

from services.ingest.commands import TEXT_MAX, AnswerSurvey, Statistics
from shared.contracts.enums import SKMElement
from shared.errors import TanggapError
from shared.policy.model import SKMPolicy
from tanggap.sheets.cells import CellError, day, decimal, needed, within
from tanggap.sheets.importing import ImportRun
from tanggap.sheets.reading import Row, Rows

ORDERS: Mapping[str, tuple[SKMElement, SKMElement]] = {
    "pengaduan-sarana": (SKMElement.PENGADUAN, SKMElement.SARANA),
    "sarana-pengaduan": (SKMElement.SARANA, SKMElement.PENGADUAN),
}
"""Which elements are U8 and U9."""
_ALIASES = {
    "date": ("tanggal", "tgl", "tanggal_survei", "tanggal_pengisian"),
    "service": ("layanan", "jenis_layanan", "nama_layanan", "pelayanan"),
    "comment": ("komentar", "saran", "masukan", "kritik_saran", "saran_masukan", "catatan"),
    "sex": ("jenis_kelamin", "kelamin", "gender"),
    "age": ("umur", "usia"),
    "education": ("pendidikan", "pendidikan_terakhir"),
    "occupation": ("pekerjaan",),
}
_OTHERS = ("date", "service", "comment", "sex", "age", "education", "occupation", "id")
_NUMBERED = re.compile(r"u_?([1-9])")
_LONGEST = {"service": 200, "comment": TEXT_MAX, "sex": 20, "education": 40, "occupation": 60}
_LONGEST_ID = 200
_NO_ANSWER = frozenset({"", "-", "–"})
_AGES = range(5, 121)
_NOON = 12
_EARLIEST = date(2001, 1, 1)

Accept = Callable[[str, AnswerSurvey, datetime], None]
"""Takes a row's lasting name, its survey and its time; refuses by `TanggapError`."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whose survey it is, and by which form."""

    region: str
    opd: str
    zone: ZoneInfo
    today: date
    source: str | None = None


@dataclass(slots=True)
class Left:
    """What was left out of rows that count: told at the end."""

    answers: int = 0
    ages: int = 0
    columns: list[str] = field(default_factory=list)


def order_of(policy: SKMPolicy, source: str | None, order: str | None) -> str | None:
    """The order of U8 and U9: as said, else as the policy knows it of the source; may be none."""
    if order is not None and order not in ORDERS:
        raise TanggapError(f"--order is {' or '.join(ORDERS)}")
    known = policy.sources.get(source) if source else None
    if order and known and order != known:
        raise TanggapError(f"--order {order}, but the forms of {source} are known as {known}")
    return order or known


def element_columns(
    columns: Sequence[str], order: str | None, policy: SKMPolicy
) -> dict[str, SKMElement]:
    """Which column holds which element; raises when an element is there twice, or U8 is unclear."""
    found: dict[str, SKMElement] = {}
    for column in columns:
        element = _element(column, order, policy)
        if element is None:
            continue
        if element in found.values():
            raise TanggapError(f"two columns hold the element {element.value}: leave one")
        found[column] = element
    if not found:
        raise TanggapError(
            f"no column holds an element: name them {', '.join(SKMElement)}, or U1 to U9"
        )
    return found


def _element(column: str, order: str | None, policy: SKMPolicy) -> SKMElement | None:
    if column in tuple(SKMElement):
        return SKMElement(column)
    numbered = _NUMBERED.fullmatch(column)
    if numbered is None:
        return None
    number = int(numbered[1])
    if number <= 7:
        return tuple(SKMElement)[number - 1]
    if order is None:
        raise TanggapError(
            "U8 and U9 are pengaduan and sarana, in an order that differs between forms: say "
            f"--order {' or --order '.join(ORDERS)}, or --source {' or '.join(policy.sources)}; "
            "or name the columns pengaduan and sarana"
        )
    return ORDERS[order][number - 8]


def read_surveys(
    run: ImportRun,
    target: Target,
    policy: SKMPolicy,
    order: str | None,
    accept: Accept,
    sheet: str | None = None,
) -> Left:
    """Give every row that may count to `accept`; the run knows the others."""
    rows = run.read(needed=("date",), aliases=_ALIASES, sheet=sheet)
    elements = element_columns(rows.columns, order, policy)
    known = [*_OTHERS, *elements]
    left = Left(columns=[name for name in rows.columns if name not in known])
    names = _Names(rows, known, target)
    for place, row in enumerate(run.each(rows)):
        with run.checking(row):
            name = names.of(row, place)
            at = _noon(row, target)
            answers, missing = _answers(row, elements, policy)
            command, no_age = _command(row, target, answers)
            accept(name, command, at)
            left.answers += missing
            left.ages += no_age
    return left


class _Names:
    """The lasting name of each row.

    With a column `id`: OPD, source and that id. Without one: OPD, what stands in the whole file,
    and the row's place in it, so that equal rows of one file are told apart, and the same file,
    saved as CSV or XLSX, gives the same names.
    """

    def __init__(self, rows: Rows, columns: Sequence[str], target: Target) -> None:
        self._own = "id" in rows.columns
        self._seen: dict[str, int] = {}
        self._prefix = f"{target.opd}\n{target.source or ''}\nid"
        if not self._own:
            read = sorted(name for name in rows.columns if name in columns)
            content = sha256()
            for row in rows:
                cells = "\x1f".join(f"{name}\x1e{row.get(name)}" for name in read)
                content.update(f"{cells}\n".encode())
            self._prefix = f"{target.opd}\nfile\n{content.hexdigest()}"

    def of(self, row: Row, place: int) -> str:
        """The row's name; raises when its id is missing or stood there before."""
        if not self._own:
            return f"{self._prefix}\n{place}"
        own = within(needed(row.get("id"), "id"), "id", _LONGEST_ID)
        before = self._seen.setdefault(own, row.number)
        if before != row.number:
            raise CellError("id", f"stood in row {before} already")
        return f"{self._prefix}\n{own}"


def _noon(row: Row, target: Target) -> datetime:
    """Noon of the row's local day: a file knows no time of day."""
    found = day(needed(row.get("date"), "date"), "date")
    if found > target.today:
        raise CellError("date", "lies in the future")
    if found < _EARLIEST:
        raise CellError("date", f"lies before {_EARLIEST}")
    noon = datetime(found.year, found.month, found.day, _NOON, tzinfo=target.zone)
    return noon.astimezone(UTC)


def _answers(
    row: Row, elements: Mapping[str, SKMElement], policy: SKMPolicy
) -> tuple[dict[SKMElement, int], int]:
    """The answers that count, and how many do not: empty, or outside 1 to 4 (domain.md §2.2)."""
    allowed = range(policy.lowest_answer, policy.highest_answer + 1)
    found: dict[SKMElement, int] = {}
    for column, element in elements.items():
        text = row.get(column)
        if text in _NO_ANSWER:
            continue
        try:
            value = decimal(text, column)
        except CellError as error:
            raise CellError(column, f"is no answer from {allowed[0]} to {allowed[-1]}") from error
        if value == value.to_integral_value() and int(value) in allowed:
            found[element] = int(value)
    if not found:
        raise CellError("", f"has no answer from {allowed[0]} to {allowed[-1]}")
    return found, len(elements) - len(found)


def _command(row: Row, target: Target, answers: dict[SKMElement, int]) -> tuple[AnswerSurvey, bool]:
    """The survey as it would come online, and whether an age could not be read."""
    texts = {name: _text(row.get(name), name, most) for name, most in _LONGEST.items()}
    age = _age(row.get("age"))
    who = Statistics(
        sex=texts["sex"], age=age, education=texts["education"], occupation=texts["occupation"]
    )
    command = AnswerSurvey(
        region=target.region,
        opd=target.opd,
        service=texts["service"],
        answers=answers,
        comment=texts["comment"],
        respondent=who if who.model_dump(exclude_none=True) else None,
    )
    return command, age is None and row.get("age") not in _NO_ANSWER


def _text(text: str, column: str, longest: int) -> str | None:
    return None if text in _NO_ANSWER else within(text, column, longest)


def _age(text: str) -> int | None:
    """The age in years; a group such as "26-35" is none, and no reason to refuse the answers."""
    try:
        value = decimal(text, "age")
    except CellError:
        return None
    whole = value == value.to_integral_value() and value < Decimal(1000)
    return int(value) if whole and int(value) in _AGES else None
