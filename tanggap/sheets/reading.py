"""Rows of a CSV or XLSX file under their column names, however the office's program saved it.

Promises: `TanggapError` in one line for whatever cannot be read, never a traceback; rows numbered
as a spreadsheet program numbers them; cells as stripped text. Knows no import.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from shared.errors import TanggapError

MAX_BYTES = 50 * 1024 * 1024
MAX_ROWS = 200_000
MAX_COLUMNS = 200
# A title, a logo's row and a merged heading may stand above the header.
HEADER_WITHIN = 10
_DELIMITERS = (",", ";", "\t", "|")
_ESCAPED = re.compile(r"'(?=[=+\-@\t\r])")
_SEPARATORS = re.compile(r"[\W_]+")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
Numbered = tuple[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as the spreadsheet program shows it, and its cells by column."""

    number: int
    values: dict[str, str]

    def get(self, column: str) -> str:
        """The cell; empty where there is none."""
        return self.values.get(column, "")


class Rows:
    """The rows below the header, those without any content left out; may be read repeatedly."""

    def __init__(self, columns: Sequence[str], lines: Sequence[Numbered]) -> None:
        self.columns = [name for name in columns if name]
        self._named = [(at, name) for at, name in enumerate(columns) if name]
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[Row]:
        for number, cells in self._lines:
            yield Row(number, {name: cells[at] for at, name in self._named if at < len(cells)})


def read_rows(
    path: Path,
    *,
    needed: Sequence[str] = (),
    aliases: Mapping[str, Sequence[str]] | None = None,
    sheet: str | None = None,
) -> Rows:
    """The rows of the file.

    The header is the first of the first ten rows that has every `needed` column (without any: the
    first row with content). Column names lose case, and spaces and marks become `_`; `aliases`
    gives other names of a column. `sheet` picks one of an XLSX file; without it the first.
    """
    content = _content(path)
    header = _Header(path, needed, aliases or {})
    if content.startswith(_ZIP):
        from tanggap.sheets.workbook import workbook_rows

        return header.rows(workbook_rows(path, content, sheet))
    if content.startswith(_OLE):
        raise TanggapError(
            f"{path}: an old or password-protected Excel file: save it as .xlsx without a password"
        )
    if sheet is not None:
        raise TanggapError(f"{path}: only an XLSX file has sheets to choose from")
    return _text_rows(path, _decoded(path, content), header)


def column_name(text: str) -> str:
    """A header's cell as a column's name: `Users per Year *` is `users_per_year`."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _SEPARATORS.sub("_", plain).strip("_")


class _Header:
    """Finds the header row and names its columns."""

    def __init__(
        self, path: Path, needed: Sequence[str], aliases: Mapping[str, Sequence[str]]
    ) -> None:
        self._path = path
        self._needed = frozenset(needed)
        self._order = list(needed)
        self._names = {
            column_name(other): name for name, others in aliases.items() for other in others
        }

    def columns(self, cells: Sequence[str]) -> list[str]:
        found = (column_name(cell) for cell in cells)
        return [self._names.get(name, name) for name in found]

    def fits(self, cells: Sequence[str]) -> bool:
        return any(cells) and self._needed <= set(self.columns(cells))

    def rows(self, lines: Iterable[Sequence[str]]) -> Rows:
        """The rows below the header; `TanggapError` without one, or when there are too many."""
        numbered = enumerate(lines, start=1)
        first = list(islice(numbered, HEADER_WITHIN))
        at = next((index for index, (_, cells) in enumerate(first) if self.fits(cells)), None)
        if at is None:
            raise self._missing(first)
        columns = self.columns(first[at][1])
        for name in columns:
            if name and columns.count(name) > 1:
                raise TanggapError(f"{self._path}: column {name} stands there twice")
        if len(columns) > MAX_COLUMNS:
            raise TanggapError(f"{self._path}: more than {MAX_COLUMNS} columns")
        below = [line for line in first[at + 1 :] if any(line[1])]
        for number, cells in numbered:
            if any(cells):
                below.append((number, cells))
            if len(below) > MAX_ROWS:
                break
        if len(below) > MAX_ROWS:
            raise TanggapError(f"{self._path}: more than {MAX_ROWS} rows: split the file")
        return Rows(columns, below)

    def _missing(self, first: Sequence[tuple[int, Sequence[str]]]) -> TanggapError:
        """Names what the likeliest header lacks."""
        if not any(any(cells) for _, cells in first):
            return TanggapError(f"{self._path}: the file is empty")
        most = max((set(self.columns(cells)) for _, cells in first), key=self._matching)
        missing = ", ".join(name for name in self._order if name not in most)
        return TanggapError(f"{self._path}: column {missing} is missing")

    def _matching(self, columns: set[str]) -> int:
        return len(columns & self._needed)


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise TanggapError(f"{path}: larger than {MAX_BYTES // 1024**2} MB: split the file")
    return content


def _decoded(path: Path, content: bytes) -> str:
    """Text in UTF-8, UTF-16 (Excel's "Unicode text") or the code page of old Windows programs."""
    encodings = ("utf-16",) if content.startswith(_UTF16) else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise TanggapError(f"{path}: neither a CSV nor an XLSX file")


def _text_rows(path: Path, text: str, header: _Header) -> Rows:
    first, _, rest = text.partition("\n")
    if first.rstrip("\r").lower() in {f"sep={mark}" for mark in _DELIMITERS}:
        # Excel's own first line; it stays as a row without content, so that numbers agree.
        delimiter, text = first[4], "\n" + rest
    else:
        delimiter = _delimiter(path, text, header)
    return header.rows(_records(path, text, delimiter))


def _delimiter(path: Path, text: str, header: _Header) -> str:
    """The mark under which the header is found; among several, the one that parts most."""
    parted = {mark: _parted(path, text, mark) for mark in _DELIMITERS}
    fitting = [mark for mark in _DELIMITERS if any(header.fits(row) for row in parted[mark])]
    return max(fitting or _DELIMITERS, key=lambda mark: max(map(len, parted[mark]), default=0))


def _parted(path: Path, text: str, mark: str) -> list[Sequence[str]]:
    try:
        return list(islice(_records(path, text, mark), HEADER_WITHIN))
    except TanggapError:
        return []


def _records(path: Path, text: str, delimiter: str) -> Iterator[Sequence[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for record in reader:
            # The mark that keeps a cell from being a formula is not part of what it says.
            yield [_ESCAPED.sub("", cell, count=1).strip() if cell else "" for cell in record]
    except csv.Error as error:
        raise TanggapError(f"{path} line {reader.line_num}: is no CSV") from error
