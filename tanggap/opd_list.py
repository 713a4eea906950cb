"""A region's OPD list from a CSV file, put in force today; what it replaces keeps its dates."""

import csv
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

_NEEDED = ("region", "name", "title", "short")
_TRUE, _FALSE = frozenset({"1", "ya", "yes", "true"}), frozenset({"", "0", "tidak", "no", "false"})
_COMPARED = ("name", "short", "parent", "kode", "internal_only", "external", "locus", "handles")


@dataclass(slots=True)
class Replaced:
    """How many entries a list adds, changes and ends."""

    added: int = 0
    changed: int = 0
    ended: int = 0


def read_list(file: Path) -> list[dict[str, Any]]:
    """The rows of the file, checked by themselves; `TanggapError` names the line."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
        if missing:
            raise TanggapError(f"{file}: column {', '.join(missing)} is missing")
        rows = [_entry(row, f"{file} line {reader.line_num}") for row in reader]
    codes = [row["code"] for row in rows]
    for code in codes:
        if codes.count(code) > 1:
            raise TanggapError(f"{file}: {code} stands there twice")
    return rows


def _entry(row: Mapping[str, str | None], where: str) -> dict[str, Any]:
    given = {key: (value or "").strip() for key, value in row.items() if key}
    for name in _NEEDED:
        if not given[name]:
            raise TanggapError(f"{where}: {name} is empty")
    region = given["region"]
    parent = given.get("parent") or None
    kode = given.get("kode", "").upper() or None
    if kode not in (None, "A", "B"):
        raise TanggapError(f"{where}: kode is A or B")
    return {
        "code": f"{region}/{given['name']}",
        "region": region,
        "name": given["title"],
        "short": given["short"],
        "parent": parent if parent is None or "/" in parent else f"{region}/{parent}",
        "kode": kode,
        "internal_only": _flag(given.get("internal_only", ""), where),
        "external": _flag(given.get("external", ""), where),
        "locus": _locus(given.get("locus", ""), where),
        "handles": _categories(given.get("handles", ""), where),
        "keywords": [word.strip() for word in given.get("keywords", "").split(";") if word.strip()],
    }


def _flag(text: str, where: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise TanggapError(f"{where}: write ya or tidak, not {text}")
    return text.lower() in _TRUE


def _locus(text: str, where: str) -> dict[str, str]:
    """`2026=nasional;2027=mandiri`."""
    found = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        year, _, kind = part.partition("=")
        if not year.isdigit() or kind not in ("nasional", "mandiri"):
            raise TanggapError(f"{where}: locus is written as 2026=nasional;2027=mandiri")
        found[year] = kind
    return found


def _categories(text: str, where: str) -> list[str]:
    found = [part.strip() for part in text.split(";") if part.strip()]
    for name in found:
        if name not in list(Category):
            raise TanggapError(f"{where}: {name} is no category")
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
        for needed in (TRIAGE, INSPECTORATE):
            if f"{region}/{needed}" not in codes:
                raise TanggapError(f"{region}/{needed} is missing from the list: cases go there")
    for row in rows:
        if row["parent"] is not None and row["parent"] not in codes:
            raise TanggapError(f"{row['code']}: its parent {row['parent']} is not in the list")


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
