"""The regions' lists of units, kept as the same objects as long as the directory says the same."""

from collections.abc import Callable
from time import monotonic

from sqlalchemy import Connection

from services.classifier.ports import Unit
from shared.db.read.directory import Directory


class DirectoryUnits:
    """Implements `ports.UnitSource` on the common directory, read again every few seconds.

    Reading it for every batch would cost more than classifying a small one.
    """

    def __init__(self, seconds: float = 5.0, ticks: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._ticks = ticks
        self._until = float("-inf")
        self._known: dict[str, tuple[Unit, ...]] = {}

    def __call__(self, conn: Connection) -> dict[str, tuple[Unit, ...]]:
        """The lists in force now; an imported list is seen within `seconds`."""
        if not self._known or self._ticks() >= self._until:
            directory = Directory.load(conn)
            for region in directory.regions:
                units = directory.opds(region.code)
                if self._known.get(region.code) != units:
                    self._known[region.code] = units
            self._until = self._ticks() + self._seconds
        return dict(self._known)
