"""The regions' place names as requests need them: files of a folder, read when they change.

`<folder>/<region>.csv` is written by `tanggap import places`; a region without one has no places.
"""

import csv
import threading
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from services.ingest.gazetteer import Gazetteer, Place, PlaceKind
from shared.clock import Clock
from shared.logs import get_logger

COLUMNS = ("kind", "name", "parent", "lat", "lon", "radius")
_LOOK_EVERY = timedelta(seconds=30)
_NONE = Gazetteer()
_log = get_logger(__name__)


class Gazetteers:
    """A region's places, at most half a minute old."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._found: dict[str, tuple[datetime, float, Gazetteer]] = {}

    def __call__(self, region: str) -> Gazetteer:
        """The region's places; `region` is a code of the directory, never a caller's own words."""
        now = self._clock.now()
        with self._lock:
            looked, changed, known = self._found.get(region, (None, 0.0, _NONE))
            if looked is None or not timedelta() <= now - looked < _LOOK_EVERY:
                changed, known = self._look(region, changed, known)
                self._found[region] = (now, changed, known)
            return known

    def _look(self, region: str, changed: float, known: Gazetteer) -> tuple[float, Gazetteer]:
        file = file_of(self._folder, region)
        try:
            modified = file.stat().st_mtime
            return (changed, known) if modified == changed else (modified, read_places(file))
        except FileNotFoundError:
            return 0.0, _NONE
        except (OSError, ValueError, KeyError) as error:
            # Reports come in without a place as well; the file can be imported again.
            _log.error("places_unreadable", region=region, error=type(error).__name__)
            return changed, known


def no_places(region: str) -> Gazetteer:
    """No region has places."""
    return _NONE


def file_of(folder: Path, region: str) -> Path:
    """Where a region's places lie."""
    return folder / f"{region}.csv"


def read_places(file: Path) -> Gazetteer:
    """The places of a file that `write_places` wrote; raises `ValueError` or `KeyError`."""
    with file.open(encoding="utf-8", newline="") as lines:
        return Gazetteer(
            tuple(
                Place(
                    PlaceKind(row["kind"]),
                    row["name"],
                    row["parent"],
                    float(row["lat"]),
                    float(row["lon"]),
                    float(row["radius"]),
                )
                for row in csv.DictReader(lines)
            )
        )


def write_places(folder: Path, region: str, places: Iterable[Place]) -> None:
    """Put a region's places in force, all at once."""
    folder.mkdir(parents=True, exist_ok=True)
    file = file_of(folder, region)
    part = file.with_name(f".{file.name}.part")
    with part.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(COLUMNS)
        writer.writerows(_cells(place) for place in places)
    part.replace(file)


def _cells(place: Place) -> Sequence[str | float]:
    return (place.kind.value, place.name, place.parent, place.lat, place.lon, place.radius)
