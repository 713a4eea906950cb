"""Scores for one reader: the figures of `shared/db/read/scores`, cut to what the reader may see."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, and_, select

from services.desk.context import DeskContext
from services.desk.permissions import Viewer, may_see_scores, may_see_small, queue_scope
from services.desk.reading import CLOCKS, in_scope
from shared.db.read.directory import OPD, Directory
from shared.db.read.scores import (
    RegionScores,
    UnknownUnitError,
    load_region,
    public_view,
)
from shared.db.tables.desk import desk_cases
from shared.scores.numbers import figure
from shared.scores.windows import Window
from shared.web.problem import ProblemError

HISTORY_POINTS = 13
MAX_LISTED = 50
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks (none: the public), for which day and window."""

    viewer: Viewer | None
    as_of: date | None = None
    window: Window = Window.DAYS_90


def region_scores(desk: DeskContext, reader: Reader, region: str) -> dict[str, Any]:
    """The region's Score JSON with its OPDs."""
    with desk.db.read() as conn:
        scores = _load(conn, desk, reader, region)
        return _seen(reader, region, scores.region_document())


def opd_score(desk: DeskContext, reader: Reader, code: str) -> dict[str, Any]:
    """The OPD's Score JSON."""
    with desk.db.read() as conn:
        scores, opd = _load_opd(conn, desk, reader, code)
        return _seen(reader, opd.region, scores.document(opd))


def explanation(desk: DeskContext, reader: Reader, code: str) -> dict[str, Any]:
    """The OPD's score with what it is made of; tickets only for who may open them."""
    with desk.db.read() as conn:
        scores, opd = _load_opd(conn, desk, reader, code)
        document = _seen(reader, opd.region, scores.document(opd))
        weights = scores.policy.index.weights
        more = {
            "weights": {name: float(weight) for name, weight in weights.items()},
            "policies": scores.policy.versions(),
            "region": _seen(reader, opd.region, _own(scores)),
            "units": [unit.code for unit in scores.directory.units_of(code)],
            "tickets": _tickets(conn, desk, reader.viewer, scores.directory, opd),
        }
    return document | more


def history(desk: DeskContext, reader: Reader, code: str) -> dict[str, Any]:
    """The OPD's index at the end of each of the last weeks, as it is known today."""
    points = []
    with desk.db.read() as conn:
        scores, opd = _load_opd(conn, desk, reader, code)
        last = scores.span.end
        for back in range(HISTORY_POINTS - 1, -1, -1):
            day = last - back * _WEEK
            then = scores
            if back:
                reader_then = Reader(reader.viewer, day, reader.window)
                then = _load(conn, desk, reader_then, opd.region, past=True)
            # An OPD may not have existed then.
            index = then.indexes.get(code)
            points.append(
                {
                    "as_of": day.isoformat(),
                    "value": figure(index.value) if index and index.n else None,
                    "state": index.state.value if index else "none",
                    "n": index.n if index else 0,
                }
            )
    return {"opd": code, "window": reader.window.value, "estimate": True, "points": points}


def _load(
    conn: Connection, desk: DeskContext, reader: Reader, region: str, *, past: bool = False
) -> RegionScores:
    directory = desk.directory(conn)
    found = directory.region(region)
    if found is None:
        raise _unknown("region")
    if not may_see_scores(reader.viewer, region, public=found.public_scores):
        raise _closed(reader.viewer)

    def compute() -> RegionScores:
        now = desk.clock.now()
        return load_region(conn, region, now, as_of=reader.as_of, window=reader.window)

    try:
        return desk.scores.get((region, reader.as_of, reader.window), compute, past=past)
    except UnknownUnitError as error:
        raise _unknown("region") from error
    except ValueError as error:
        raise ProblemError(
            422, "Isian tidak sah", "Tanggal ini belum mulai atau terlalu lama.", "as_of",
            "Isi tanggal hari ini atau sebelumnya (TTTT-BB-HH).",
        ) from error  # fmt: skip


def _load_opd(
    conn: Connection, desk: DeskContext, reader: Reader, code: str
) -> tuple[RegionScores, OPD]:
    scores = _load(conn, desk, reader, code.partition("/")[0])
    opd = scores.directory.opd(code)
    if opd is None or code not in scores.indexes:
        raise _unknown("opd")
    return scores, opd


def _own(scores: RegionScores) -> dict[str, Any]:
    document = scores.region_document()
    document.pop("opds")
    return document


def _seen(reader: Reader, region: str, document: dict[str, Any]) -> dict[str, Any]:
    return document if may_see_small(reader.viewer, region) else public_view(document)


def _tickets(
    conn: Connection,
    desk: DeskContext,
    viewer: Viewer | None,
    directory: Directory,
    opd: OPD,
) -> Mapping[str, list[str]]:
    """Open cases whose deadline has passed; accusations and confidential ones are never listed."""
    scope = queue_scope(viewer, directory) if viewer else None
    if scope is None or scope.region != opd.region:
        return {}
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


def _closed(viewer: Viewer | None) -> ProblemError:
    status, title = (403, "Tidak diizinkan") if viewer else (401, "Perlu masuk")
    return ProblemError(
        status, title, "Skor daerah ini belum dibuka untuk umum.", "region",
        "Masuk sebagai petugas daerah ini.",
    )  # fmt: skip
