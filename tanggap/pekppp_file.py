"""Results of a PEKPPP round from a file: an entry a row (long), or a unit a row (wide).

Promises: every value goes through the rules of the evaluators' page; what already holds is not
written again. Must not know what a score makes of it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from services.desk.evaluation import Entry, EvaluationError, check_entry, items_of, link
from shared.db.read.directory import Directory
from shared.db.tables.evaluation import desk_assessments
from shared.errors import TanggapError
from shared.policy.instrument import Instrument
from shared.privacy.mask import mask
from tanggap.sheets.cells import CellError, decimal, needed, whole
from tanggap.sheets.importing import ImportRun
from tanggap.sheets.reading import Row, Rows

_F03, _F03_N = "f03", "f03_n"
_ALIASES = {
    "opd": ("kode_opd", "unit", "kode_unit"),
    "year": ("tahun", "tahun_penilaian"),
    "item": ("butir", "indikator", "indicator"),
    "value": ("nilai", "skor", "level", "score"),
    "n": ("responden", "jumlah_responden"),
    "note": ("catatan", "keterangan", "alasan", "reason"),
    "evidence": ("bukti", "tautan", "tautan_bukti"),
    _F03_N: ("n_f03", "f_03_n", "responden_f03", "responden_f_03"),
}
_ITEM_PREFIX = re.compile(r"(?:indikator|indicator|aspek|aspect|no|nomor|butir)(?=[0-9a-f])")
_LONG = frozenset({"item", "value"})
# What the rules call the columns.
_COLUMNS = {"reason": "note", "links": "evidence"}


@dataclass(frozen=True, slots=True)
class Read:
    """An entry and the row and column it comes from."""

    entry: Entry
    row: int
    column: str


class _Shape:
    """Which column holds which item in this file."""

    def __init__(self, file: Path, rows: Rows, instrument: Instrument) -> None:
        items = items_of(instrument)
        self.long = set(rows.columns) >= _LONG
        self.items: dict[str, str] = {}
        if self.long:
            return
        for column in rows.columns:
            item = item_of(column)
            if item in items and column not in _ALIASES:
                if item in self.items.values():
                    raise TanggapError(f"{file}: item {item} has two columns")
                self.items[column] = item
        if not self.items:
            raise TanggapError(
                f"{file}: needs the columns opd, item, value (an entry a row), "
                "or opd and a column an item: 1 to 30, a to f, f03"
            )


def item_of(text: str) -> str:
    """`Indikator 25` is `25`, `F-03` is `f03`, `Aspek B` is `b`."""
    return _ITEM_PREFIX.sub("", re.sub(r"[\W_]+", "", text).casefold(), count=1)


def read_results(
    run: ImportRun,
    directory: Directory,
    instrument: Instrument,
    now: datetime,
    *,
    year: int | None = None,
    sheet: str | None = None,
) -> list[Entry]:
    """The entries that may stand, in the order of the file; the run knows what was refused."""
    rows = run.read(needed=("opd",), aliases=_ALIASES, sheet=sheet)
    shape = _Shape(run.file, rows, instrument)
    found: dict[tuple[str, int, str], Read] = {}
    for row in run.each(rows):
        for read in _entries(run, row, shape, year):
            entry = read.entry
            key = (entry.opd, entry.year, entry.item)
            with run.checking(row):
                _check(read, directory, instrument, now, long=shape.long)
                if key in found:
                    raise CellError(read.column, f"stands in row {found[key].row} already")
                found[key] = read
    # With `--partial` a row counts as a whole: half a unit's marks would be a wrong result.
    refused = {refusal.row for refusal in run.refusals}
    return [read.entry for read in found.values() if read.row not in refused]


def _check(
    read: Read, directory: Directory, instrument: Instrument, now: datetime, *, long: bool
) -> None:
    """The rules of the evaluators' page; a refusal names the column of the file."""
    region = read.entry.opd.partition("/")[0]
    today = now.astimezone(directory.zone(region)).date()
    try:
        check_entry(read.entry, directory, instrument, source="import", today=today)
    except EvaluationError as error:
        column = _COLUMNS.get(error.field, error.field)
        if not long:
            column = {"item": read.column, "value": read.column, "n": _F03_N}.get(column, column)
        raise CellError(column, str(error)) from error


def _entries(run: ImportRun, row: Row, shape: _Shape, year: int | None) -> Iterator[Read]:
    """What a row says; a cell that cannot be read is refused and the next one tried."""
    with run.checking(row):
        opd = needed(row.get("opd"), "opd")
        of = whole(row.get("year"), "year") if row.get("year") else year
        if of is None:
            raise CellError("year", "is empty: add the column, or say --year")
        evidence = tuple(link(url) for url in row.get("evidence").split())
        columns = {"value": item_of(row.get("item"))} if shape.long else shape.items
        for column, item in columns.items():
            text = row.get(column)
            if not text and not shape.long:
                continue
            with run.checking(row):
                value = decimal(text, column) if text else None
                n = _respondents(row, item, shape)
                entry = Entry(opd, of, item, value, n, row.get("note"), evidence)
                yield Read(entry, row.number, column)


def _respondents(row: Row, item: str, shape: _Shape) -> int | None:
    column = "n" if shape.long else _F03_N
    text = row.get(column)
    if not text or (not shape.long and item != _F03):
        return None
    return whole(text, column)


def unwritten(conn: Connection, entries: Sequence[Entry]) -> list[Entry]:
    """The entries that say something else than the newest one of their item."""
    newest = _newest(conn, {entry.opd.partition("/")[0] for entry in entries})
    return [
        entry
        for entry in entries
        if not _says(newest.get((entry.opd, entry.year, entry.item)), entry)
    ]


def _newest(
    conn: Connection, regions: Iterable[str]
) -> dict[tuple[str, int, str], Mapping[Any, Any]]:
    table = desk_assessments
    query = select(table).where(table.c.region.in_(sorted(regions)))
    rows = conn.execute(query.order_by(table.c.at, table.c.id)).mappings()
    return {(row["opd"], row["year"], row["item"]): row for row in rows}


def _says(row: Mapping[Any, Any] | None, entry: Entry) -> bool:
    """Whether the entry adds nothing to the row: same value, and no other reason or evidence."""
    if row is None:
        return entry.value is None
    if entry.value is None:
        return row["value"] is None
    if row["value"] is None or (entry.value, entry.n) != (decimal(row["value"], ""), row["n"]):
        return False
    reason = mask(entry.reason.strip()).text
    evidence = [dict(piece) for piece in entry.evidence]
    return reason in ("", row["reason"]) and evidence in ([], row["evidence"])
