"""Scores for one reader: the figures of `shared/db/read/scores`, cut to what the reader may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, select

from services.desk.context import DeskContext
from services.desk.permissions import (
    Viewer,
    may_list_cases,
    may_see_scores,
    may_see_small,
    queue_scope,
)
from services.desk.reading import CLOCKS, in_scope
from shared.db.read.directory import OPD, Directory
from shared.db.read.hiding import public_view
from shared.db.read.history import HistoryRangeError, Point, history_json, load_history
from shared.db.read.scores import (
    RegionScores,
    UnknownUnitError,
    load_region,
)
from shared.db.read.service_scores import load_services, services_json
from shared.db.tables.desk import desk_cases
from shared.scores.windows import Window
from shared.web.problem import ProblemError

MAX_LISTED = 50


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks (none: the public), for which day and window."""

    viewer: Viewer | None
    as_of: date | None = None
    window: Window = Window.DAYS_90


@dataclass(frozen=True, slots=True)
class Days:
    """Which days of a history, both ends included; nothing said: the last 90."""

    first: date | None = None
    last: date | None = None


def region_scores(desk: DeskContext, reader: Reader, region: str) -> dict[str, Any]:
    """The region's Score JSON with its OPDs."""
    with desk.db.read() as conn:
        scores = load_scores(conn, desk, reader, region)
        return _seen(conn, desk, reader, scores, scores.region_document())


def opd_score(desk: DeskContext, reader: Reader, code: str) -> dict[str, Any]:
    """The OPD's Score JSON."""
    with desk.db.read() as conn:
        scores, opd = load_opd(conn, desk, reader, code)
        return _seen(conn, desk, reader, scores, scores.document(opd))


def explanation(desk: DeskContext, reader: Reader, unit: str) -> dict[str, Any]:
    """The score of a region or OPD with every figure opened, as the command line shows it.

    Only who may open cases of an OPD is also told the `tickets` that are overdue now.
    """
    with desk.db.read() as conn:
        if "/" not in unit:
            scores = load_scores(conn, desk, reader, unit)
            return _seen(conn, desk, reader, scores, scores.explain())
        scores, opd = load_opd(conn, desk, reader, unit)
        document = _seen(conn, desk, reader, scores, scores.explain(opd))
        tickets = _tickets(conn, desk, reader.viewer, scores.directory, opd)
    return document if tickets is None else document | {"tickets": tickets}


def services(desk: DeskContext, reader: Reader, code: str) -> dict[str, Any]:
    """The index of each service of an OPD.

    A service may have a handful of cases: only who may see what so few people said is told.
    """
    with desk.db.read() as conn:
        scores, opd = load_opd(conn, desk, reader, code)
        if not may_see_small(reader.viewer, opd.region):
            raise _not_for(reader.viewer)
        return services_json(scores, opd, load_services(conn, scores, opd))


def history(desk: DeskContext, reader: Reader, unit: str, days: Days) -> dict[str, Any]:
    """The index of a region or OPD at the end of each day, as it is known today."""
    with desk.db.read() as conn:
        live = Reader(reader.viewer, None, reader.window)
        scores = load_scores(conn, desk, live, unit.partition("/")[0])
        last = days.last or reader.as_of
        today = scores.span.end
        key = (scores.region.code, unit, days.first, last or today, reader.window)

        def compute() -> list[Point]:
            now = desk.clock.now()
            return load_history(conn, unit, now, first=days.first, last=last, window=reader.window)

        try:
            points = desk.histories.get(key, compute, past=True)
        except UnknownUnitError as error:
            raise _unknown("opd") from error
        except HistoryRangeError as error:
            raise _wrong_range(error) from error
    return history_json(unit, reader.window, _with_today(points, scores, unit))


def _with_today(points: Sequence[Point], scores: RegionScores, unit: str) -> list[Point]:
    """The last point as the live score says: the points before it may be a minute old."""
    known = [point for point in points if point.day != scores.span.end]
    if len(known) < len(points):
        index = scores.indexes.get(unit) if "/" in unit else scores.index
        known.append(Point(scores.span.end, index))
    return known


def load_scores(conn: Connection, desk: DeskContext, reader: Reader, region: str) -> RegionScores:
    """The region's figures, if the reader may see them at all; else a problem."""
    found = desk.directory(conn).region(region)
    if found is None:
        raise _unknown("region")
    if not may_see_scores(reader.viewer, region, public=found.public_scores):
        raise _closed(reader.viewer)

    def compute() -> RegionScores:
        now = desk.clock.now()
        return load_region(conn, region, now, as_of=reader.as_of, window=reader.window)

    try:
        return desk.scores.get((region, reader.as_of, reader.window), compute)
    except UnknownUnitError as error:
        raise _unknown("region") from error
    except ValueError as error:
        raise ProblemError(
            422, "Isian tidak sah", "Tanggal ini belum mulai atau terlalu lama.", "as_of",
            "Isi tanggal hari ini atau sebelumnya (TTTT-BB-HH).",
        ) from error  # fmt: skip


def load_opd(
    conn: Connection, desk: DeskContext, reader: Reader, code: str
) -> tuple[RegionScores, OPD]:
    """The same with the OPD of that full code."""
    scores = load_scores(conn, desk, reader, code.partition("/")[0])
    opd = scores.directory.opd(code)
    if opd is None or code not in scores.indexes:
        raise _unknown("opd")
    return scores, opd


def _seen(
    conn: Connection,
    desk: DeskContext,
    reader: Reader,
    scores: RegionScores,
    document: dict[str, Any],
) -> dict[str, Any]:
    if may_see_small(reader.viewer, scores.region.code):
        return document
    return public_view(conn, scores, document, desk.clock.now())


def _tickets(
    conn: Connection,
    desk: DeskContext,
    viewer: Viewer | None,
    directory: Directory,
    opd: OPD,
) -> Mapping[str, list[str]] | None:
    """Open cases whose deadline has passed; accusations and confidential ones are never listed."""
    if viewer is None or not may_list_cases(viewer, opd.code, directory):
        return None
    scope = queue_scope(viewer, directory)
    if scope is None:
        return None
    now = desk.clock.now()
    case = desk_cases.c
    listed = and_(
        in_scope(scope),
        case.opd.in_(directory.with_units(opd.code)),
        case.open.is_(True),
        case.restricted.is_(False),
        case.confidential.is_(False),
    )
    found = {}
    for clock in CLOCKS:
        late = and_(case[f"done_{clock}"].is_(False), case[f"due_{clock}"] <= now)
        query = select(case.ticket).where(listed, late).order_by(case.next_due).limit(MAX_LISTED)
        found[clock] = list(conn.execute(query).scalars())
    return found


def _unknown(field: str) -> ProblemError:
    return ProblemError(
        404, "Tidak ditemukan", "Daerah atau unit ini tidak ada.", field,
        "Lihat daftar di /api/v1/regions.",
    )  # fmt: skip


def _not_for(viewer: Viewer | None) -> ProblemError:
    status, title = (403, "Tidak diizinkan") if viewer else (401, "Perlu masuk")
    return ProblemError(
        status, title, "Indeks tiap layanan hanya untuk koordinator dan pemantau.", "opd",
        "Masuk sebagai koordinator daerah ini.",
    )  # fmt: skip


def _closed(viewer: Viewer | None) -> ProblemError:
    status, title = (403, "Tidak diizinkan") if viewer else (401, "Perlu masuk")
    return ProblemError(
        status, title, "Skor daerah ini belum dibuka untuk umum.", "region",
        "Masuk sebagai petugas daerah ini.",
    )  # fmt: skip


def _wrong_range(error: HistoryRangeError) -> ProblemError:
    return ProblemError(
        422, "Isian tidak sah", "Rentang hari ini tidak dapat ditampilkan.", error.field,
        "Isi paling banyak 366 hari yang sudah mulai, yang lebih awal dahulu (TTTT-BB-HH).",
    )  # fmt: skip
