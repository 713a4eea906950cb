"""The rules of every region, kept as long as the directory says the same."""

from datetime import date

from sqlalchemy import Connection, select

from shared.clocks.region import RegionRules
from shared.db.tables.directory import desk_regions
from shared.policy.load import PolicyBook, load_policies


class DirectoryRules:
    """Reads zone and `counts_from` of each region; calendars and limits stay cached."""

    def __init__(self, book: PolicyBook | None = None) -> None:
        self._book = book or load_policies()
        self._made: dict[tuple[str, str, date | None], RegionRules] = {}

    def __call__(self, conn: Connection) -> dict[str, RegionRules]:
        """By region code."""
        query = select(desk_regions.c.code, desk_regions.c.zone, desk_regions.c.counts_from)
        return {row.code: self._rules(row.code, row.zone, row.counts_from) for row in
                conn.execute(query)}  # fmt: skip

    def _rules(self, code: str, zone: str, counts_from: date | None) -> RegionRules:
        key = (code, zone, counts_from)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = RegionRules(code, zone, self._book, counts_from)
        return found
