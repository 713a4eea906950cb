"""Reads the seed files and writes them into an empty directory; never changes what is there."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import Any

from sqlalchemy import Connection, select

from shared.db.statements import insert_ignore
from shared.db.tables.directory import desk_opds, desk_regions

SEED_FROM = date(2024, 1, 1)
"""The seeded entries are valid from here on: simulated and imported history lies after it."""


@dataclass(frozen=True, slots=True)
class Seed:
    """Rows of the two tables, ready to be written."""

    regions: tuple[dict[str, Any], ...]
    opds: tuple[dict[str, Any], ...]


def load_seed() -> Seed:
    """The seed rows of all regions and of every OPD and unit in them."""
    regions = _read("regions.toml")
    lists = _read("opds.toml")
    codes = [row["code"] for row in regions["region"]]
    titles: dict[str, str] = lists["titles"]
    opds = [_opd_row(region, entry, titles) for region in codes for entry in lists["opd"]]
    opds += [
        _opd_row(region, entry, titles) for entry in lists["unit"] for region in entry["regions"]
    ]
    rows = tuple({**row, "emergency": regions["emergency"]} for row in regions["region"])
    return Seed(rows, tuple(opds))


def seed(conn: Connection, *, now: datetime, public_scores: bool = False) -> None:
    """Write the seed where nothing is yet; a region that has a list keeps it as it is.

    `public_scores` is what a new region starts with (on in a demo).
    """
    data = load_seed()
    insert_ignore(
        conn,
        desk_regions,
        [
            {**row, "counts_from": None, "public_scores": public_scores, "changed_at": now}
            for row in data.regions
        ],
    )
    listed = set(conn.execute(select(desk_opds.c.region).distinct()).scalars())
    insert_ignore(conn, desk_opds, [row for row in data.opds if row["region"] not in listed])


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__package__) / name).read_text(encoding="utf-8"))


def _opd_row(region: str, entry: dict[str, Any], titles: dict[str, str]) -> dict[str, Any]:
    code = f"{region}/{entry['name']}"
    parent = entry.get("parent")
    return {
        "code": code,
        "valid_from": SEED_FROM,
        "valid_to": None,
        "region": region,
        "name": titles.get(code, entry["title"]),
        "short": entry["short"],
        "parent": f"{region}/{parent}" if parent else None,
        "kode": entry.get("kode"),
        "internal_only": entry.get("internal_only", False),
        "external": entry.get("external", False),
        "locus": entry.get("locus", {}),
        "handles": entry.get("handles", []),
        "keywords": entry.get("keywords", []),
        "counts_from": None,
    }
