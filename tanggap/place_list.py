"""A region's kecamatan, kelurahan and desa from a table: which row is a place, and where.

Promises: reasons name row and column, never a cell. Must not know where the places are kept.
"""

from collections.abc import Iterator
from decimal import Decimal
from math import pi, sqrt

from services.ingest.gazetteer import WORDS, Place, PlaceKind
from tanggap.sheets.cells import CellError, decimal, needed, within
from tanggap.sheets.importing import ImportRun
from tanggap.sheets.reading import Row

NEEDED = ("kind", "name", "lat", "lon")
ALIASES = {
    "kind": ("jenis", "tingkat", "tipe"),
    "name": ("nama",),
    "parent": ("kecamatan", "distrik", "induk"),
    "lat": ("lintang", "latitude"),
    "lon": ("bujur", "longitude", "long", "lng"),
    "radius": ("radius_m", "jangkauan"),
    "area": ("luas", "luas_km2", "area_km2"),
}
_LONGEST = 120
# The ends of Indonesia, in degrees: a swapped pair and a lost minus sign lie outside.
_BOUNDS = {"lat": (Decimal(-12), Decimal(7)), "lon": (Decimal(94), Decimal(142))}
_RADIUS = {PlaceKind.KECAMATAN: 20_000.0, PlaceKind.KELURAHAN: 5_000.0, PlaceKind.DESA: 5_000.0}
"""How far a place reaches, in metres, where the table tells neither radius nor area."""
_MOST_RADIUS = 100_000.0


def read_places(run: ImportRun, sheet: str | None = None) -> list[Place]:
    """The places of the file; the run knows the rows that are none."""
    found: dict[tuple[str, str, str], tuple[int, Place]] = {}
    for row in run.each(run.read(needed=NEEDED, aliases=ALIASES, sheet=sheet)):
        with run.checking(row):
            place = _place(row)
            key = (place.kind, place.name.casefold(), place.parent.casefold())
            before, _ = found.setdefault(key, (row.number, place))
            if before != row.number:
                raise CellError("name", f"stood in row {before} already")
    for number in _orphans(list(found.values())):
        run.refuse(number, "parent", "is no kecamatan of this file")
    return [place for _, place in found.values()]


def _orphans(places: list[tuple[int, Place]]) -> Iterator[int]:
    """Rows of villages whose kecamatan is not in the file."""
    above = {p.name.casefold() for _, p in places if p.kind is PlaceKind.KECAMATAN}
    for number, place in places:
        if place.kind is not PlaceKind.KECAMATAN and place.parent.casefold() not in above:
            yield number


def _place(row: Row) -> Place:
    kind = WORDS.get(needed(row.get("kind"), "kind").lower().rstrip("."))
    if kind is None:
        raise CellError("kind", "write kecamatan, kelurahan or desa (or distrik, kampung)")
    name = within(needed(row.get("name"), "name"), "name", _LONGEST)
    parent = within(row.get("parent"), "parent", _LONGEST)
    if kind is PlaceKind.KECAMATAN:
        parent = ""
    return Place(kind, name, parent, _degrees(row, "lat"), _degrees(row, "lon"), _radius(row, kind))


def _degrees(row: Row, column: str) -> float:
    value = decimal(needed(row.get(column), column), column)
    lowest, highest = _BOUNDS[column]
    if not lowest <= value <= highest:
        raise CellError(column, f"lies outside Indonesia ({lowest} to {highest} degrees)")
    return float(value)


def _radius(row: Row, kind: PlaceKind) -> float:
    """As told, else of a circle with the place's area, else the kind's own."""
    radius = _RADIUS[kind]
    if text := row.get("radius"):
        radius = float(decimal(text, "radius"))
    elif text := row.get("area"):
        radius = sqrt(max(float(decimal(text, "area")), 0.0) / pi) * 1000
    if not 0 < radius <= _MOST_RADIUS:
        raise CellError("radius", f"is no distance in metres up to {_MOST_RADIUS:.0f}")
    return float(round(radius))
