"""A region's OPD list from a file, put in force today; what it replaces keeps its dates."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from shared.contracts.enums import Category
from shared.db.read.directory import INSPECTORATE, TRIAGE, Directory
from shared.db.tables.directory import desk_opds
from shared.errors import TanggapError
from tanggap.sheets.cells import CellError, flag, needed, within
from tanggap.sheets.importing import ImportRun
from tanggap.sheets.reading import Row

_NEEDED = ("region", "name", "title", "short")
_ALIASES = {
    "region": ("daerah", "wilayah"),
    "name": ("kode_opd", "nama_pendek"),
    "title": ("nama", "nama_opd", "nama_lengkap"),
    "short": ("singkatan", "sebutan"),
    "parent": ("induk",),
    "kode": ("kode_pekppp",),
    "handles": ("menangani", "kategori"),
    "keywords": ("kata_kunci",),
}
# The short name stands in addresses and in labels of metrics.
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,46}")
_COMPARED = ("name", "short", "parent", "kode", "internal_only", "external", "locus", "handles")


@dataclass(slots=True)
class Replaced:
    """How many entries a list adds, changes and ends."""

    added: int = 0
    changed: int = 0
    ended: int = 0


def read_list(file: Path, sheet: str | None = None) -> list[dict[str, Any]]:
    """The rows of the file, checked by themselves; `TanggapError` when one is refused."""
    run = ImportRun(file)
    rows = run.read(needed=_NEEDED, aliases=_ALIASES, sheet=sheet)
    found: dict[str, dict[str, Any]] = {}
    parents: list[tuple[Row, str]] = []
    for row in run.each(rows):
        with run.checking(row):
            entry = _entry(row)
            if entry["code"] in found:
                raise CellError("name", "stands there twice")
            found[entry["code"]] = entry
            if entry["parent"]:
                parents.append((row, entry["parent"]))
    for row, parent in parents:
        if parent not in found:
            run.refuse(row.number, "parent", "is not in the list")
    run.settle()
    run.end()
    return list(found.values())


def _entry(row: Row) -> dict[str, Any]:
    for column in _NEEDED:
        needed(row.get(column), column)
    region, name = row.get("region"), row.get("name")
    if not _NAME.fullmatch(name):
        raise CellError("name", "is made of small letters, digits and - (at most 47)")
    parent = row.get("parent") or None
    kode = row.get("kode").upper() or None
    if kode not in (None, "A", "B"):
        raise CellError("kode", "is A or B")
    return {
        "code": f"{region}/{name}",
        "region": region,
        "name": within(row.get("title"), "title", 200),
        "short": within(row.get("short"), "short", 80),
        "parent": parent if parent is None or "/" in parent else f"{region}/{parent}",
        "kode": kode,
        "internal_only": flag(row.get("internal_only"), "internal_only"),
        "external": flag(row.get("external"), "external"),
        "locus": _locus(row.get("locus")),
        "handles": _categories(row.get("handles")),
        "keywords": _parts(row.get("keywords")),
    }


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _locus(text: str) -> dict[str, str]:
    """`2026=nasional;2027=mandiri`."""
    found = {}
    for part in _parts(text):
        year, _, kind = part.partition("=")
        if not re.fullmatch(r"[0-9]{4}", year) or kind not in ("nasional", "mandiri"):
            raise CellError("locus", "is written as 2026=nasional;2027=mandiri")
        found[year] = kind
    return found


def _categories(text: str) -> list[str]:
    found = _parts(text)
    if set(found) - set(Category):
        raise CellError("handles", f"holds no category: choose {', '.join(Category)}")
    return found


def replace_list(
    conn: Connection, rows: Sequence[Mapping[str, Any]], now: datetime, *, dry_run: bool = False
) -> Replaced:
    """Put the list in force from today on, for the regions it names; others stay as they are."""
    directory = Directory.load(conn)
    regions = {row["region"] for row in rows}
    _check(rows, regions, directory)
    done = Replaced()
    for region in sorted(regions):
        today = now.astimezone(directory.zone(region)).date()
        _replace_region(conn, [r for r in rows if r["region"] == region], today, done, dry_run)
    return done


def _check(rows: Sequence[Mapping[str, Any]], regions: set[str], directory: Directory) -> None:
    codes = {row["code"] for row in rows}
    for region in sorted(regions):
        if directory.region(region) is None:
            raise TanggapError(f"region {region} is not known")
        for office in (TRIAGE, INSPECTORATE):
            if f"{region}/{office}" not in codes:
                raise TanggapError(f"{region}/{office} is missing from the list: cases go there")


def _replace_region(
    conn: Connection,
    rows: Sequence[Mapping[str, Any]],
    today: date,
    done: Replaced,
    dry_run: bool,
) -> None:
    table = desk_opds
    region = rows[0]["region"]
    query = select(table).where(table.c.region == region, table.c.valid_to.is_(None))
    present = {row["code"]: row for row in conn.execute(query).mappings()}
    for row in rows:
        old = present.pop(row["code"], None)
        if old is None:
            done.added += 1
        elif any(old[name] != row[name] for name in (*_COMPARED, "keywords")):
            done.changed += 1
        else:
            continue
        if not dry_run:
            counts_from = old["counts_from"] if old else None
            if old:
                _end(conn, old, today)
            conn.execute(
                insert(table).values(
                    **row, valid_from=today, valid_to=None, counts_from=counts_from
                )
            )
    done.ended += len(present)
    for old in present.values() if not dry_run else ():
        _end(conn, old, today)


def _end(conn: Connection, old: Mapping[Any, Any], today: date) -> None:
    """The entry ends today; one that began today never was."""
    same = (desk_opds.c.code == old["code"]) & (desk_opds.c.valid_from == old["valid_from"])
    if old["valid_from"] >= today:
        conn.execute(delete(desk_opds).where(same))
    else:
        conn.execute(update(desk_opds).where(same).values(valid_to=today))
