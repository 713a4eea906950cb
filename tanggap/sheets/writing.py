"""Tables into CSV or XLSX files: whole or not at all, and never a formula that somebody typed.

Must not know what the columns mean.
"""

import csv
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, TextIO

from shared.errors import TanggapError
from tanggap.sheets.cells import text_of

Cell = str | int | float | Decimal | Fraction | date | datetime | None
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
# Where the list mark is a semicolon, as in Indonesian Excel, a comma file is parted at these.
_PARTED = re.compile(r"(?:(?<=;)|(?<=\S[\t\r\n]))(?=[=+\-@\t])")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME = 31
_LONGEST_CELL = 32_767
_MOST_ROWS = 1_048_576
_WIDTHS = (8, 60)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: `notes` stand above the header, a line each; `rows` may come one by one."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    notes: Sequence[str] = ()


def write_table(path: Path, sheets: Sequence[Sheet], *, force: bool = False) -> list[Path]:
    """Write the sheets and return the files: one `.xlsx`, or a `.csv` a sheet.

    Several sheets in CSV become `<stem>-<sheet>.csv`. A file that exists is kept unless `force`.
    The files appear under their names when all of them are complete.
    """
    kind = path.suffix.lower()
    if kind == ".xlsx":
        made = {path: list(sheets)}
    elif kind == ".csv":
        made = {_csv_path(path, sheet, len(sheets)): [sheet] for sheet in sheets}
    else:
        raise TanggapError(f"{path}: the name ends in .xlsx or .csv")
    refuse_to_overwrite(made, force=force)
    parts = {target: target.with_name(f".{target.name}.{os.getpid()}.part") for target in made}
    try:
        for target, tables in made.items():
            if kind == ".xlsx":
                _write_workbook(parts[target], tables)
            else:
                _write_csv(parts[target], tables[0])
        for target, part in parts.items():
            part.replace(target)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return list(made)


def refuse_to_overwrite(paths: Iterable[Path], *, force: bool) -> None:
    """`TanggapError` when a file is there; ask it before long work."""
    for path in paths:
        if path.is_dir() or not path.parent.is_dir():
            raise TanggapError(f"{path}: is a folder, or lies in none that exists")
        if path.exists() and not force:
            raise TanggapError(f"{path} exists: choose another name, or say --force")


def _csv_path(path: Path, sheet: Sheet, count: int) -> Path:
    if count == 1:
        return path
    name = re.sub(r"[^\w.-]+", "-", sheet.name).strip("-")
    return path.with_name(f"{path.stem}-{name}{path.suffix}")


def _write_csv(path: Path, sheet: Sheet) -> None:
    # Spreadsheet programs know UTF-8 by the mark at its beginning.
    with path.open("x", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([_guarded(note)] for note in sheet.notes)
        writer.writerow(_guarded(name) for name in sheet.columns)
        writer.writerows([_csv_cell(cell) for cell in row] for row in sheet.rows)
        _to_disk(file)


def _to_disk(file: TextIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _guarded(cell)
    if isinstance(cell, bool):
        return "ya" if cell else "tidak"
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, float | Fraction):
        return text_of(float(cell))
    return str(cell)


def _guarded(text: str) -> str:
    """Text that a spreadsheet program takes for text: a leading mark would begin a formula."""
    text = _PARTED.sub("'", text)
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def _number(cell: int | float | Decimal | Fraction) -> float | int:
    return cell if isinstance(cell, int) else float(cell)


class _Formats:
    """The looks of the cells of a workbook."""

    def __init__(self, book: Any) -> None:
        self.header = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self.note = book.add_format({"italic": True, "quote_prefix": True})
        # A cell that begins like a formula stays text even when somebody edits it.
        self.guarded = book.add_format({"quote_prefix": True})
        self.day = book.add_format({"num_format": "dd/mm/yyyy"})
        self.moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})


def _write_workbook(path: Path, sheets: Sequence[Sheet]) -> None:
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }
    book = xlsxwriter.Workbook(str(path), options)
    try:
        formats = _Formats(book)
        taken: set[str] = set()
        for sheet in sheets:
            _write_sheet(book.add_worksheet(_sheet_name(sheet.name, taken)), sheet, formats)
    finally:
        book.close()


def _sheet_name(name: str, taken: set[str]) -> str:
    plain = _NOT_IN_NAMES.sub(" ", name).strip() or "data"
    found, number = plain[:_LONGEST_NAME], 1
    while found.casefold() in taken:
        number += 1
        found = f"{plain[: _LONGEST_NAME - 4]} {number}"
    taken.add(found.casefold())
    return found


def _write_sheet(page: Any, sheet: Sheet, formats: _Formats) -> None:
    for at, name in enumerate(sheet.columns):
        page.set_column(at, at, min(max(len(name) + 2, _WIDTHS[0]), _WIDTHS[1]))
    for number, note in enumerate(sheet.notes):
        page.write_string(number, 0, _clean(note), formats.note)
    top = len(sheet.notes)
    for at, name in enumerate(sheet.columns):
        page.write_string(top, at, _clean(name), formats.header)
    page.freeze_panes(top + 1, 0)
    number = top
    for number, row in enumerate(sheet.rows, start=top + 1):
        if number >= _MOST_ROWS:
            raise TanggapError(f"a sheet holds at most {_MOST_ROWS} rows: write a .csv file")
        for at, cell in enumerate(row):
            _write_cell(page, number, at, cell, formats)
    if sheet.columns and number > top:
        page.autofilter(top, 0, number, len(sheet.columns) - 1)


def _write_cell(page: Any, row: int, at: int, cell: Cell, formats: _Formats) -> None:
    if cell is None:
        return
    if isinstance(cell, str):
        guard = formats.guarded if cell.startswith(_DANGEROUS) else None
        page.write_string(row, at, _clean(cell), guard)
    elif isinstance(cell, bool):
        page.write_string(row, at, "ya" if cell else "tidak")
    elif isinstance(cell, datetime):
        page.write_datetime(row, at, cell.replace(tzinfo=None), formats.moment)
    elif isinstance(cell, date):
        page.write_datetime(row, at, cell, formats.day)
    else:
        page.write_number(row, at, _number(cell))


def _clean(text: str) -> str:
    """What a cell can hold: a lone surrogate is replaced, an overlong text refused."""
    if len(text) > _LONGEST_CELL:
        raise TanggapError(f"a cell of XLSX holds at most {_LONGEST_CELL} characters")
    return text.encode("utf-8", "replace").decode("utf-8")
