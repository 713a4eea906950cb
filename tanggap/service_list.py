"""The service catalogue from a file: per OPD a list put in force, the old one keeps its dates.

Promises: what stood in the catalogue on a past day is never deleted. Must not know who reads it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, insert, select, update

from shared.db.read.directory import Directory
from shared.db.tables.evaluation import desk_services
from tanggap.sheets.cells import CellError, day, needed, whole, within
from tanggap.sheets.importing import ImportRun
from tanggap.sheets.reading import Row

_NEEDED = ("opd", "name")
_ALIASES = {
    "opd": ("kode_opd", "unit", "kode_unit"),
    "name": ("layanan", "nama_layanan", "jenis_layanan", "service"),
    "users_per_year": ("pengguna_per_tahun", "jumlah_pengguna", "pengguna", "users", "populasi"),
    "sippn_url": ("sippn", "tautan_sippn", "url_sippn", "url"),
    "valid_from": ("berlaku_sejak", "berlaku_mulai", "mulai_berlaku"),
}
_LONGEST_NAME, _LONGEST_URL, _MOST_USERS = 200, 500, 1_000_000_000
# A date beyond is a slip of the pen.
_EARLIEST, _AHEAD = date(2000, 1, 1), timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Listed:
    """A service as the file lists it; without `valid_from` it is in force from today on."""

    opd: str
    name: str
    users_per_year: int | None
    sippn_url: str | None
    valid_from: date | None


@dataclass(slots=True)
class Catalogued:
    """How many services a list adds, changes, ends and leaves as they are."""

    added: int = 0
    changed: int = 0
    ended: int = 0
    unchanged: int = 0


def read_services(
    run: ImportRun, directory: Directory, now: datetime, sheet: str | None = None
) -> list[Listed]:
    """The rows of the file that may stand; the run knows the others."""
    rows = run.read(needed=_NEEDED, aliases=_ALIASES, sheet=sheet)
    found: dict[tuple[str, str], Listed] = {}
    for row in run.each(rows):
        with run.checking(row):
            listed = _listed(row, directory, now)
            key = (listed.opd, listed.name.casefold())
            if key in found:
                raise CellError("name", "stands there twice for this OPD")
            found[key] = listed
    return list(found.values())


def _listed(row: Row, directory: Directory, now: datetime) -> Listed:
    opd = directory.opd(needed(row.get("opd"), "opd"))
    if opd is None or opd.external:
        raise CellError("opd", "is no OPD's full code such as paser/dinkes")
    name = " ".join(needed(row.get("name"), "name").split())
    today = now.astimezone(directory.zone(opd.region)).date()
    return Listed(
        opd.code,
        within(name, "name", _LONGEST_NAME),
        _users(row.get("users_per_year")),
        _link(row.get("sippn_url")),
        _since(row.get("valid_from"), today),
    )


def _users(text: str) -> int | None:
    if not text:
        return None
    users = whole(text, "users_per_year")
    if not 0 < users <= _MOST_USERS:
        raise CellError("users_per_year", "is from 1; leave it empty where it is not known")
    return users


def _link(text: str) -> str | None:
    if not text:
        return None
    within(text, "sippn_url", _LONGEST_URL)
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("https", "http") and parts.hostname and "@" not in parts.netloc
    except ValueError:
        sound = False
    if not sound or not text.isascii() or not text.isprintable() or set(text) & set(" <>\"'`\\"):
        raise CellError("sippn_url", "is no address that begins with https://")
    return text


def _since(text: str, today: date) -> date | None:
    if not text:
        return None
    since = day(text, "valid_from")
    if not _EARLIEST <= since <= today + _AHEAD:
        raise CellError("valid_from", "lies too far away")
    return since


def replace_services(
    conn: Connection, listed: Sequence[Listed], directory: Directory, now: datetime
) -> Catalogued:
    """Put the services in force for the OPDs they name; other OPDs keep theirs."""
    done = Catalogued()
    for opd in sorted({service.opd for service in listed}):
        found = directory.opd(opd)
        region = found.region if found else opd.partition("/")[0]
        today = now.astimezone(directory.zone(region)).date()
        wanted = [service for service in listed if service.opd == opd]
        _replace(conn, region, opd, wanted, today, done)
    return done


def _replace(
    conn: Connection,
    region: str,
    opd: str,
    wanted: Iterable[Listed],
    today: date,
    done: Catalogued,
) -> None:
    query = select(desk_services).where(desk_services.c.opd == opd)
    history: dict[str, list[Mapping[Any, Any]]] = {}
    for row in conn.execute(query.order_by(desk_services.c.valid_from)).mappings():
        history.setdefault(row["name"].casefold(), []).append(row)
    for service in wanted:
        entries = history.pop(service.name.casefold(), [])
        _put(conn, region, service, entries, today, done)
    for entries in history.values():
        if any(entry["valid_to"] is None for entry in entries):
            done.ended += 1
            _end(conn, entries, today)


def _put(
    conn: Connection,
    region: str,
    service: Listed,
    entries: Sequence[Mapping[Any, Any]],
    today: date,
    done: Catalogued,
) -> None:
    present = next((entry for entry in entries if entry["valid_to"] is None), None)
    since = service.valid_from or today
    values: dict[str, Any] = {
        "name": service.name,
        "users_per_year": service.users_per_year,
        "sippn_url": service.sippn_url,
    }
    if present is None:
        done.added += 1
    elif all(present[name] == value for name, value in values.items()) and (
        present["valid_from"] <= since
    ):
        done.unchanged += 1
        return
    else:
        done.changed += 1
    _end(conn, entries, since)
    values |= {"valid_from": since, "valid_to": None}
    same = next((e for e in entries if (e["name"], e["valid_from"]) == (service.name, since)), None)
    if same is not None:
        # Listed again on the day it began: one entry, with what was said last.
        conn.execute(update(desk_services).where(_is(same)).values(values))
    else:
        conn.execute(insert(desk_services).values(opd=service.opd, region=region, **values))


def _end(conn: Connection, entries: Iterable[Mapping[Any, Any]], on: date) -> None:
    """From `on` none of the entries is in force; one that began later never was."""
    for entry in entries:
        if entry["valid_to"] is None or entry["valid_to"] > on:
            ended = max(entry["valid_from"], on)
            conn.execute(update(desk_services).where(_is(entry)).values(valid_to=ended))


def _is(entry: Mapping[Any, Any]) -> Any:
    c = desk_services.c
    return (
        (c.opd == entry["opd"]) & (c.name == entry["name"]) & (c.valid_from == entry["valid_from"])
    )
