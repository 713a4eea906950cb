"""The regions' lists of units, kept as the same objects as long as the directory says the same."""

from sqlalchemy import Connection

from services.classifier.ports import Unit
from shared.db.read.directory import Directory


class DirectoryUnits:
    """Implements `ports.UnitSource` on the common directory."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Unit, ...]] = {}

    def __call__(self, conn: Connection) -> dict[str, tuple[Unit, ...]]:
        """The lists in force now; an imported list is seen from the next batch on."""
        directory = Directory.load(conn)
        for region in directory.regions:
            units = directory.opds(region.code)
            if self._known.get(region.code) != units:
                self._known[region.code] = units
        return dict(self._known)
