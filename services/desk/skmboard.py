"""The SKM for one reader: the figures of `shared/db/read/skm`, cut to what the reader may see."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from services.desk.context import DeskContext
from services.desk.permissions import Viewer, may_see_scores, may_see_small
from shared.db.read.directory import Directory, Region
from shared.db.read.hiding import closed_periods
from shared.db.read.scores import UnknownUnitError
from shared.db.read.skm import SKMReport, load_skm
from shared.policy.load import load_policies
from shared.scores.periods import Period, named, period
from shared.scores.skm import EXACT, UnknownRuleError
from shared.scores.skm_document import hide_small_parts
from shared.web.problem import ProblemError

LONGEST_DAYS = 5 * 366


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which period (a code, or days), weights and service; nothing said: the running year."""

    code: str | None = None
    first: date | None = None
    last: date | None = None
    rule: str = EXACT
    service: str | None = None


def skm_report(
    desk: DeskContext, viewer: Viewer | None, region: str, opd: str | None, wanted: Wanted
) -> dict[str, Any]:
    """The SKM document of a region, or of its OPD by its full code, as the viewer may see it.

    Who does not see small figures asks for periods of the calendar: of days of choice, one more or
    less would tell the answers of a day.
    """
    with desk.db.read() as conn:
        found = desk.directory(conn).region(region)
        if found is None:
            raise _unknown("region")
        if not may_see_scores(viewer, region, public=found.public_scores):
            raise _closed(viewer)
        today = desk.clock.now().astimezone(found.zone_info).date()
        days = _period(wanted, today)
        report = _loaded(conn, found, opd, wanted, days, today)
        if may_see_small(viewer, region):
            return report.document()
        if not days.code:
            raise _no_period("from", "Isi period: tahun, semester, triwulan atau bulan.")
        below = load_policies().at(today).index.hide_below
        closed = closed_periods(conn, region, report.directory, days.last.year, below)
    return hide_small_parts(report.document(), below, *closed)


def _loaded(
    conn: Connection, region: Region, opd: str | None, wanted: Wanted, days: Period, today: date
) -> SKMReport:
    try:
        return load_skm(
            conn,
            region.code,
            opd,
            first=days.first,
            last=days.last,
            code=days.code,
            service=wanted.service,
            rule=wanted.rule,
            # An OPD that has ended is found under the days on which it was there.
            directory=Directory.load(conn, min(days.last, today)),
        )
    except UnknownUnitError as error:
        raise _unknown("opd") from error
    except UnknownRuleError as error:
        raise ProblemError(
            422, "Isian tidak sah", "Bobot ini tidak dikenal.", "rule",
            "Isi 1/9, 0.11 atau 0.111, atau kosongkan.",
        ) from error  # fmt: skip


def _period(wanted: Wanted, today: date) -> Period:
    if wanted.code and (wanted.first or wanted.last):
        raise _no_period("period", "Isi period, atau from dan to, tidak keduanya.")
    try:
        if wanted.code:
            return period(wanted.code)
        if wanted.first is None and wanted.last is None:
            return period(str(today.year))
        last = wanted.last or max(today, wanted.first or today)
        found = named(Period(wanted.first or last.replace(month=1, day=1), last))
    except ValueError as error:
        field = "period" if wanted.code else "from"
        remedy = "Isi 2026, 2026-S1, 2026-Q3 atau 2026-11; atau from dan to (TTTT-BB-HH)."
        raise _no_period(field, remedy) from error
    if (found.last - found.first).days >= LONGEST_DAYS:
        raise _no_period("from", "Isi paling lama lima tahun.")
    return found


def _no_period(field: str, remedy: str) -> ProblemError:
    return ProblemError(422, "Isian tidak sah", "Periode ini tidak sah.", field, remedy)


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
