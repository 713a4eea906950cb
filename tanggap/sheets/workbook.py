"""The cells of an XLSX sheet as text; a file that would fill the memory is refused before it does.

Must not know what the columns mean.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from shared.errors import TanggapError
from tanggap.sheets.cells import text_of
from tanggap.sheets.reading import HEADER_WITHIN, MAX_COLUMNS, MAX_ROWS

_MAX_UNPACKED = 600 * 1024 * 1024
_CHUNK = 4 * 1024 * 1024
# The longest tag that may be cut in two between chunks: `<c r="XFD1048576"` after other attributes.
_OVERLAP = 512
_ROW_AT = re.compile(
    rb"""<(?:\w+:)?(?:row|c)\s[^<>]{0,400}?\br=["'][A-Z]{0,3}(\d{6,9})["']""", re.I
)
_WIDE_AT = re.compile(rb"""<(?:\w+:)?c\s[^<>]{0,400}?\br=["']([A-Z]{2,3})\d{1,9}["']""", re.I)


def workbook_rows(path: Path, content: bytes, sheet: str | None) -> Iterator[Sequence[str]]:
    """The rows of the sheet from the first one on, empty ones too."""
    import python_calamine

    _measure(path, content)
    try:
        book = python_calamine.load_workbook(io.BytesIO(content))
        found = _sheet(path, book, sheet)
        rows = found.to_python(skip_empty_area=False)
    except TanggapError:
        raise
    except BaseException as error:
        # A broken file makes the reader raise its own errors, built-in ones, or one that stands
        # outside `Exception`; what the user pressed must still get through.
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        raise TanggapError(f"{path}: is no XLSX file that can be read") from error
    return ([text_of(cell) for cell in row] for row in rows)


def _sheet(path: Path, book: Any, name: str | None) -> Any:
    names = list(book.sheet_names)
    if not names:
        raise TanggapError(f"{path}: has no sheet")
    if name is None:
        return book.get_sheet_by_index(0)
    for known in names:
        if known.casefold() == name.casefold():
            return book.get_sheet_by_name(known)
    raise TanggapError(f"{path}: has no sheet {name}: choose {', '.join(names)}")


def _measure(path: Path, content: bytes) -> None:
    """Refuse what unpacks to too much, and a lone cell far away: the reader fills all between."""
    left = _MAX_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                with archive.open(name) as part:
                    left = _unpacked(path, part, left)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError) as error:
        raise TanggapError(f"{path}: is no XLSX file that can be read") from error
    except (RuntimeError, NotImplementedError, ValueError, LookupError) as error:
        raise TanggapError(f"{path}: is packed in a way that cannot be read") from error


def _unpacked(path: Path, part: Any, left: int) -> int:
    # Every part: a workbook may call any of them a sheet, whatever its name.
    tail = b""
    while chunk := part.read(_CHUNK):
        left -= len(chunk)
        if left < 0:
            raise TanggapError(f"{path}: unpacks to more than {_MAX_UNPACKED // 1024**2} MB")
        _within_reach(path, tail + chunk)
        tail = chunk[-_OVERLAP:]
    return left


def _within_reach(path: Path, text: bytes) -> None:
    for found in _ROW_AT.finditer(text):
        if int(found[1]) > MAX_ROWS + HEADER_WITHIN:
            raise TanggapError(f"{path}: has cells below row {MAX_ROWS}: split the file")
    for letters in set(_WIDE_AT.findall(text)):
        column = 0
        for letter in letters.upper():
            column = column * 26 + letter - 64
        if column > MAX_COLUMNS:
            raise TanggapError(f"{path}: has cells beyond column {MAX_COLUMNS}")
