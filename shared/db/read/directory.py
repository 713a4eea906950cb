"""The regions and OPDs in force on a day, as plain values; read once, then asked in memory."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, or_, select

from shared.contracts.enums import Category
from shared.db.tables.directory import desk_opds, desk_regions

TRIAGE = "setda-organisasi"
INSPECTORATE = "inspektorat"
_ZONE_LABELS = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}


def triage_unit(region: str) -> str:
    """Where a case waits whose OPD is not clear."""
    return f"{region}/{TRIAGE}"


def inspectorate(region: str) -> str:
    """The unit that holds every restricted case of the region."""
    return f"{region}/{INSPECTORATE}"


inspektorat = inspectorate
"""The same by its Indonesian name."""


@dataclass(frozen=True, slots=True)
class Region:
    """A kabupaten or kota, with what its clocks and pages need."""

    code: str
    name: str
    short: str
    province: str
    zone: str
    sms_codes: tuple[str, ...]
    emergency: tuple[tuple[str, str], ...]
    counts_from: date | None
    public_scores: bool

    @property
    def zone_info(self) -> ZoneInfo:
        """The zone its days are counted in."""
        return ZoneInfo(self.zone)

    @property
    def zone_label(self) -> str:
        """WIB, WITA or WIT."""
        return _ZONE_LABELS.get(self.zone, self.zone)


@dataclass(frozen=True, slots=True)
class OPD:
    """An agency, one of its units, or an external body."""

    code: str
    region: str
    name: str
    short: str
    parent: str | None
    kode: str | None
    internal_only: bool
    external: bool
    locus: dict[str, str] = field(hash=False)
    handles: tuple[Category, ...] = ()
    keywords: tuple[str, ...] = ()
    counts_from: date | None = None

    @property
    def path(self) -> str:
        """The short name in addresses: the code without its region."""
        return self.code.partition("/")[2]

    @property
    def is_triage(self) -> bool:
        """Whether unclear cases wait here."""
        return self.path == TRIAGE

    @property
    def ranked(self) -> bool:
        """Whether its score takes part in the region's ranking."""
        return not (self.parent or self.external or self.internal_only or self.is_triage)

    def locus_in(self, year: int) -> str | None:
        """`nasional`, `mandiri` or none in the year of evaluation."""
        return self.locus.get(str(year))


@dataclass(frozen=True)
class Directory:
    """All regions and entries in force on one day."""

    _regions: dict[str, Region]
    _opds: dict[str, OPD]

    @classmethod
    def of(cls, regions: Iterable[Region], opds: Iterable[OPD]) -> "Directory":
        """A directory of given entries (tests, imports)."""
        return cls({r.code: r for r in regions}, {o.code: o for o in opds})

    @classmethod
    def load(
        cls,
        conn: Connection,
        on: date | None = None,
        *,
        now: datetime | None = None,
        region: str | None = None,
    ) -> "Directory":
        """The directory in force on `on`; by default today, in each region's own zone.

        With `region` it holds the entries of that region alone, for who asks for no other.
        """
        regions = {found.code: found for found in _regions_of(conn)}
        moment = now or datetime.now(UTC)
        days = {code: on or _local_day(found, moment) for code, found in regions.items()}
        wanted = list(days.values()) or [moment.date()]
        query = select(desk_opds).where(
            desk_opds.c.valid_from <= max(wanted),
            or_(desk_opds.c.valid_to.is_(None), desk_opds.c.valid_to > min(wanted)),
        )
        if region is not None:
            query = query.where(desk_opds.c.region == region)
        opds = conn.execute(query.order_by(desk_opds.c.code)).mappings()
        return cls.of(
            regions.values(), (_opd(row) for row in opds if _in_force(row, days[row["region"]]))
        )

    def __iter__(self) -> Iterator[OPD]:
        return iter(self._opds.values())

    @property
    def regions(self) -> tuple[Region, ...]:
        """All regions by code."""
        return tuple(self._regions.values())

    def region(self, code: str) -> Region | None:
        """The region, or none."""
        return self._regions.get(code)

    def opd(self, code: str) -> OPD | None:
        """The entry, or none."""
        return self._opds.get(code)

    def opds(self, region: str) -> tuple[OPD, ...]:
        """Every entry of the region by code: OPDs, units and external bodies."""
        return tuple(opd for opd in self._opds.values() if opd.region == region)

    @cached_property
    def _below(self) -> dict[str, list[OPD]]:
        found: dict[str, list[OPD]] = {}
        for opd in self._opds.values():
            if opd.parent:
                found.setdefault(opd.parent, []).append(opd)
        return found

    def units_of(self, code: str) -> tuple[OPD, ...]:
        """The units below an OPD, at any depth, without itself."""
        found: dict[str, OPD] = {}
        wanted = [code]
        while wanted:
            below = [unit for above in wanted for unit in self._below.get(above, ())]
            below.sort(key=attrgetter("code"))
            wanted = [unit.code for unit in below if unit.code not in found]
            found |= {unit.code: unit for unit in below}
        return tuple(found.values())

    def with_units(self, code: str) -> tuple[str, ...]:
        """Codes of an OPD and of all units below it."""
        return (code, *(unit.code for unit in self.units_of(code)))

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Codes above a unit, nearest first."""
        found: list[str] = []
        opd = self.opd(code)
        while opd and opd.parent and opd.parent not in found:
            found.append(opd.parent)
            opd = self.opd(opd.parent)
        return tuple(found)

    def accepts(self, code: str, region: str | None = None) -> bool:
        """Whether a case may be held there: known, not external, and of the region if given."""
        opd = self.opd(code)
        return opd is not None and not opd.external and region in (None, opd.region)

    def zone(self, region: str) -> ZoneInfo:
        """The region's zone; an unknown region counts in UTC."""
        found = self.region(region)
        return found.zone_info if found else ZoneInfo("UTC")


class DatedDirectory:
    """A region's directory on any day, read once: its history is asked day by day."""

    def __init__(self, region: Region, rows: Sequence[Mapping[Any, Any]]) -> None:
        self._region = region
        self._rows = rows
        turns = {row[column] for row in rows for column in ("valid_from", "valid_to")}
        self._turns = sorted(turns - {None})
        self._found: dict[int, Directory] = {}

    @classmethod
    def load(cls, conn: Connection, region: Region) -> "DatedDirectory":
        """Everything the region's list has ever held."""
        query = select(desk_opds).where(desk_opds.c.region == region.code)
        return cls(region, conn.execute(query.order_by(desk_opds.c.code)).mappings().all())

    def at(self, day: date) -> Directory:
        """The directory in force on a local day."""
        place = bisect_right(self._turns, day)
        if place not in self._found:
            rows = (row for row in self._rows if _in_force(row, day))
            self._found[place] = Directory.of([self._region], (_opd(row) for row in rows))
        return self._found[place]


def _regions_of(conn: Connection) -> Iterator[Region]:
    rows = conn.execute(select(desk_regions).order_by(desk_regions.c.code)).mappings()
    return (_region(row) for row in rows)


def _local_day(region: Region, moment: datetime) -> date:
    return moment.astimezone(region.zone_info).date()


def _in_force(row: Mapping[Any, Any], day: date) -> bool:
    begins, ends = row["valid_from"], row["valid_to"]
    return bool(begins <= day and (ends is None or ends > day))


def _region(row: Mapping[Any, Any]) -> Region:
    return Region(
        code=row["code"],
        name=row["name"],
        short=row["short"],
        province=row["province"],
        zone=row["zone"],
        sms_codes=tuple(row["sms_codes"]),
        emergency=tuple(row["emergency"].items()),
        counts_from=row["counts_from"],
        public_scores=bool(row["public_scores"]),
    )


def _opd(row: Mapping[Any, Any]) -> OPD:
    return OPD(
        code=row["code"],
        region=row["region"],
        name=row["name"],
        short=row["short"],
        parent=row["parent"],
        kode=row["kode"],
        internal_only=bool(row["internal_only"]),
        external=bool(row["external"]),
        locus=dict(row["locus"]),
        handles=tuple(Category(value) for value in row["handles"]),
        keywords=tuple(row["keywords"]),
        counts_from=row["counts_from"],
    )


def directory_of_seed() -> Directory:
    """The directory as seeded, without a database (`tanggap classify`, unit tests)."""
    from shared.directory.seed import load_seed

    data = load_seed()
    unset = {"counts_from": None, "public_scores": False}
    return Directory.of(
        (_region({**row, **unset}) for row in data.regions), (_opd(row) for row in data.opds)
    )
