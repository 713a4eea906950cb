"""Entering and reading what evaluators say about a unit: from a request to commit, and back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from services.desk import evidence
from services.desk.actions import audit
from services.desk.context import DeskContext
from services.desk.evaluation import Entry, EvaluationError, check_entry, record
from services.desk.evidence import EvidenceShelf, Upload
from services.desk.permissions import Viewer, may_assess, may_see_entries, may_see_small
from shared.db.read.directory import OPD, Directory
from shared.db.tables.evaluation import desk_assessments
from shared.errors import TanggapError
from shared.files.store import MissingFileError
from shared.policy.instrument import Instrument
from shared.policy.load import load_policies
from shared.privacy.vault import UnsealError
from shared.scores.pekppp import NOTICE
from shared.web.problem import ProblemError

_MOST_ROWS = 1_000


def known_unit(directory: Directory, code: str) -> OPD:
    """The unit of a path, or 404; external bodies are nobody's to evaluate."""
    unit = directory.opd(code)
    if unit is None or unit.external:
        raise ProblemError(
            404, "Tidak ditemukan", "Daerah atau unit ini tidak ada.", "opd",
            "Lihat daftar di /api/v1/regions.",
        )  # fmt: skip
    return unit


def forbidden(detail: str, remedy: str) -> ProblemError:
    """The person's role does not allow it."""
    return ProblemError(403, "Tidak diizinkan", detail, remedy=remedy)


def refused(field: str, error: TanggapError) -> ProblemError:
    """The rules do not take what was typed; their message says what to do."""
    return ProblemError(422, "Isian tidak sah", str(error), field, "Perbaiki lalu kirim lagi.")


def local_day(directory: Directory, region: str, now: datetime) -> date:
    """Today in the region."""
    return now.astimezone(directory.zone(region)).date()


def instrument_at(day: date) -> Instrument:
    """The PEKPPP instrument in force."""
    return load_policies().at(day).instrument


def require_evaluator(desk: DeskContext, viewer: Viewer, code: str) -> OPD:
    """The unit, for the region's evaluator; else 404 or 403."""
    with desk.db.read() as conn:
        unit = known_unit(desk.directory(conn), code)
    if not may_assess(viewer, unit.region):
        raise forbidden(
            "Hanya koordinator daerah ini yang menilai.", "Masuk sebagai koordinatornya."
        )
    return unit


def require_reader(desk: DeskContext, viewer: Viewer, code: str) -> OPD:
    """The unit, for who may see its entries; else 404 or 403."""
    with desk.db.read() as conn:
        directory = desk.directory(conn)
        unit = known_unit(directory, code)
    if not may_see_entries(viewer, code, directory):
        raise forbidden(
            "Isian unit ini tidak terbuka bagi akun ini.",
            "Masuk sebagai petugas unit ini atau koordinator daerahnya.",
        )
    return unit


def enter(
    desk: DeskContext, viewer: Viewer, entry: Entry, uploads: Sequence[Upload] = ()
) -> dict[str, Any]:
    """Write one entry with its evidence; the item's newest entry as `history` shows it.

    Raises `ProblemError`: 404 and 403 as `require_evaluator`, 422 for what may not stand.
    """
    unit = require_evaluator(desk, viewer, entry.opd)
    now = desk.clock.now()
    shelf = EvidenceShelf(desk.files, desk.vault, now)
    try:
        entry = replace(entry, evidence=(*entry.evidence, *shelf.put(uploads)))
        with desk.db.write() as conn:
            directory = desk.directory(conn)
            today = local_day(directory, unit.region, now)
            check_entry(entry, directory, instrument_at(today), today=today)
            record(conn, [entry], source="evaluator", username=viewer.username, now=now)
            said = f"{entry.opd} {entry.year} {entry.item}"
            audit(conn, now, viewer, "assess" if entry.value is not None else "unassess", "", said)
            newest = _rows(conn, entry.opd, entry.year, entry.item)[0]
    except EvaluationError as error:
        shelf.clear()
        raise refused(error.field, error) from error
    tell(desk, unit)
    return _shown([newest])[0]


def tell(desk: DeskContext, unit: OPD) -> None:
    """After commit: scores are computed anew, open pages read again."""
    desk.scores.forget(unit.region)
    desk.hub.score_changed(unit.region, unit.code)


def history(desk: DeskContext, viewer: Viewer, code: str, year: int | None) -> dict[str, Any]:
    """The unit's entries, newest first; `holds` marks what a score reads.

    LIMIT: the newest thousand entries; asked for one year, that is all of them.
    """
    unit = require_reader(desk, viewer, code)
    with desk.db.read() as conn:
        rows = _rows(conn, code, year)
        today = local_day(desk.directory(conn), unit.region, desk.clock.now())
    items = _shown(rows)
    if not may_see_small(viewer, unit.region):
        hide_below = load_policies().at(today).index.hide_below
        items = [_without_few(item, hide_below) for item in items]
    return {
        "opd": code,
        "kode": unit.kode,
        "year": year,
        "estimate": True,
        "notice": NOTICE,
        "items": items,
    }


def _without_few(item: dict[str, Any], hide_below: int) -> dict[str, Any]:
    """An entry for the office that is rated: what few respondents said stays hidden from it."""
    if item["n"] is None or item["n"] >= hide_below:
        return item
    return item | {"value": None, "n": None, "hidden": True}


def standing(conn: Connection, region: str, year: int) -> dict[str, dict[str, Mapping[str, Any]]]:
    """The newest entry of every item that was not taken back, by OPD and item."""
    table = desk_assessments
    rows = conn.execute(
        select(table.c.opd, table.c.item, table.c.value, table.c.n, table.c.source, table.c.at)
        .where(table.c.region == region, table.c.year == year)
        .order_by(table.c.at, table.c.id)
    ).mappings()
    newest: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        newest.setdefault(row["opd"], {})[row["item"]] = dict(row)
    return {
        opd: {item: row for item, row in items.items() if row["value"] is not None}
        for opd, items in newest.items()
    }


def evidence_file(
    desk: DeskContext, viewer: Viewer, entry_id: int, number: int
) -> tuple[Mapping[str, Any], bytes]:
    """A file of an assessment and its content, for who may see the unit's entries; else 404."""
    with desk.db.read() as conn:
        row = conn.execute(
            select(desk_assessments.c.opd, desk_assessments.c.evidence).where(
                desk_assessments.c.id == entry_id
            )
        ).one_or_none()
        if row is None or not may_see_entries(viewer, row.opd, desk.directory(conn)):
            raise no_file()
    return opened(desk, row.evidence, number)


def opened(
    desk: DeskContext, pieces: Sequence[Mapping[str, Any]], number: int
) -> tuple[Mapping[str, Any], bytes]:
    """The file at that place of the evidence, or 404."""
    piece = pieces[number] if 0 <= number < len(pieces) else None
    if piece is None or piece["kind"] != "file" or desk.files is None or desk.vault is None:
        raise no_file()
    try:
        return piece, evidence.open_piece(piece, desk.files, desk.vault)
    except (MissingFileError, UnsealError) as error:
        raise no_file() from error


def no_file() -> ProblemError:
    """There is no such file for this person."""
    return ProblemError(
        404, "Tidak ditemukan", "Bukti ini tidak ada.", "n", "Lihat riwayat isian unit ini."
    )


def _rows(
    conn: Connection, opd: str, year: int | None, item: str | None = None
) -> list[Mapping[str, Any]]:
    table = desk_assessments
    wanted = table.c.opd == opd
    if year is not None:
        wanted &= table.c.year == year
    if item is not None:
        wanted &= table.c.item == item
    query = select(table).where(wanted).order_by(table.c.at.desc(), table.c.id.desc())
    return [dict(row) for row in conn.execute(query.limit(_MOST_ROWS)).mappings()]


def _shown(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows, the newest first, as staff see them."""
    seen: set[tuple[int, str]] = set()
    found = []
    for row in rows:
        newest = (row["year"], row["item"]) not in seen
        seen.add((row["year"], row["item"]))
        found.append(
            {
                "id": row["id"],
                "year": row["year"],
                "item": row["item"],
                "value": None if row["value"] is None else float(row["value"]),
                "n": row["n"],
                "source": row["source"],
                "reason": row["reason"],
                "evidence": evidence.shown(row["evidence"], f"/api/v1/evidence/{row['id']}"),
                "username": row["username"],
                "at": row["at"].isoformat(),
                "holds": newest and row["value"] is not None,
                "superseded": not newest,
            }
        )
    return found
