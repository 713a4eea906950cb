"""One run of an import: which rows are refused and why, all or nothing, and the report of it.

Promises: reasons name the row and the column, never what stood in the cell; the report lies beside
the file. Must not know what is imported.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from shared.db.engine import Database
from shared.errors import TanggapError
from tanggap.screen import note, progress
from tanggap.sheets.reading import Row, Rows, read_rows
from tanggap.sheets.writing import Sheet, write_table

_EVERY = 500
_TOLD = 5
_REPORTED = ("row", "column", "reason")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row is refused; `column` is empty where the reason is the whole row's."""

    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.column} " if self.column else ""
        return f"row {self.row}: {where}{self.reason}"


class _Undone(Exception):
    """Ends a trial."""


@contextmanager
def trial(database: Database) -> Iterator[Connection]:
    """A transaction for `--dry-run`: everything is done as it would be, and nothing stays."""
    with suppress(_Undone), database.write() as conn:
        yield conn
        raise _Undone


class ImportRun:
    """Collects refusals while the rows are checked; then `settle`, write, and `end`.

    Call `settle` before anything is written: unless `partial`, it raises when a row was refused.
    Call `end` outside the transaction: it raises (exit code 1) when rows were left out, and what
    the others wrote must stay.
    """

    def __init__(self, file: Path, *, partial: bool = False) -> None:
        self.file = file
        self.partial = partial
        self.rows = 0
        # A reason that holds for several cells of a row is told once.
        self._refusals: dict[Refusal, None] = {}

    @property
    def refusals(self) -> list[Refusal]:
        """What was refused, by row and column."""
        return sorted(self._refusals, key=lambda refusal: (refusal.row, refusal.column))

    @property
    def report(self) -> Path:
        """Where the error report goes."""
        return self.file.with_name(f"{self.file.name}.errors.csv")

    @property
    def refused_rows(self) -> int:
        """How many rows were refused, each counted once."""
        return len({refusal.row for refusal in self._refusals})

    def read(
        self,
        *,
        needed: Sequence[str],
        aliases: Mapping[str, Sequence[str]] | None = None,
        sheet: str | None = None,
    ) -> Rows:
        """The rows of the file (see `read_rows`), with a sign of life on the terminal."""
        with progress(f"reading {self.file.name}"):
            return read_rows(self.file, needed=needed, aliases=aliases, sheet=sheet)

    def each(self, rows: Rows, what: str = "checking") -> Iterator[Row]:
        """The rows, with a progress bar."""
        with progress(what, len(rows)) as advance:
            for row in rows:
                self.rows += 1
                yield row
                if self.rows % _EVERY == 0:
                    advance(self.rows)

    @contextmanager
    def checking(self, row: Row) -> Iterator[None]:
        """Take a `TanggapError` for the row's refusal; its `field`, if any, is the column."""
        try:
            yield
        except TanggapError as error:
            self.refuse(row.number, str(getattr(error, "field", "")), str(error))

    def refuse(self, row: int, column: str, reason: str) -> None:
        """Refuse a row; `reason` must not repeat what stands in the cell."""
        self._refusals[Refusal(row, column, reason)] = None

    def settle(self) -> None:
        """Before writing: raise when a row is refused and the run is all or nothing."""
        if self._refusals and not self.partial:
            raise self._told("nothing is imported")

    def end(self) -> None:
        """After the transaction: raise when rows were left out; remove an outdated report."""
        if self._refusals:
            raise self._told("the others are imported" if self.partial else "nothing is imported")
        self.report.unlink(missing_ok=True)

    def _told(self, outcome: str) -> TanggapError:
        refusals = self.refusals
        for refusal in refusals[1:_TOLD]:
            note(str(refusal))
        if len(refusals) > _TOLD:
            note(f"… and {len(refusals) - _TOLD} more")
        rows = ((r.row, r.column, r.reason) for r in refusals)
        try:
            write_table(self.report, [Sheet("errors", _REPORTED, rows)], force=True)
        except OSError as error:
            where = f"no report could be written ({error.strerror})"
        else:
            where = f"see {self.report}"
        counts = f"{self.refused_rows} of {self.rows} rows refused, {outcome}"
        return TanggapError(f"{self.file}: {refusals[0]} ({counts}; {where})")
