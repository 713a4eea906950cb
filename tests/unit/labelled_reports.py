"""Reads the hand-labelled reports beside it, whose first lines say how they are written."""

from pathlib import Path
from typing import NamedTuple

from shared.contracts.enums import Category, Kind, Urgency

_KINDS = {"P": Kind.PENGADUAN, "A": Kind.ASPIRASI, "I": Kind.PERMINTAAN_INFORMASI}
_LEVELS = {
    "r": Urgency.RENDAH, "b": Urgency.BIASA, "m": Urgency.MENDESAK, "d": Urgency.DARURAT,
}  # fmt: skip


class Report(NamedTuple):
    """One labelled report."""

    text: str
    kind: Kind
    category: Category
    accuses: bool
    urgency: frozenset[Urgency]
    unit: str | None


def _report(line: str) -> Report:
    text, kind, category, accuses, urgency, unit = (part.strip() for part in line.split(" | "))
    return Report(
        text,
        _KINDS[kind],
        Category(category),
        accuses == "1",
        frozenset(_LEVELS[letter] for letter in urgency),
        None if unit == "?" else unit,
    )


_FILE = Path(__file__).with_suffix(".txt")
REPORTS = [
    _report(line) for line in _FILE.read_text("utf-8").splitlines() if not line.startswith("#")
]
