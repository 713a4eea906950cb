"""Reads what a report is made of, in one snapshot, and builds it (`shared/scores/report`).

The monthly report holds what everyone may see: figures of fewer than five are hidden before they
are frozen. The F-01 pack is the coordinator's alone: it holds small counts and names tickets. No
text of a citizen is read here.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, or_, select

from shared.contracts.enums import Status
from shared.db.read.directory import OPD, Directory, Region, triage_unit
from shared.db.read.hiding import public_view
from shared.db.read.scores import RegionScores, UnknownUnitError, load_region
from shared.db.read.skm import load_skm
from shared.db.tables.desk import desk_cases
from shared.db.tables.evaluation import desk_assessments, desk_editions, desk_followups
from shared.db.tables.scoring import scoring_cases
from shared.privacy.mask import mask
from shared.scores.measures import Measure
from shared.scores.pekppp_document import UNKNOWN, level_json
from shared.scores.register import (
    FollowUpRow,
    Grounds,
    MonthlyEdition,
    RegisterRow,
    evidence_names,
)
from shared.scores.report import (
    Evidence,
    Head,
    Period,
    PeriodError,
    ReportKind,
    f01,
    laporan,
    month_period,
    year_period,
)
from shared.scores.windows import Window

_FINISHED = frozenset({Status.SELESAI, Status.SELESAI_OTOMATIS})
_MARKS = (
    Measure.YEAR_RECEIVED,
    Measure.YEAR_FINISHED,
    Measure.YEAR_LAPOR_RECEIVED,
    Measure.YEAR_AUTO,
)


def load_report(
    conn: Connection, kind: ReportKind, scope: str, period: str, now: datetime
) -> dict[str, Any]:
    """The report of a region or of an OPD's full code, as known now.

    Raises `UnknownUnitError` and `PeriodError`. `f01` is of an OPD only.
    """
    if kind is ReportKind.LAPORAN:
        return load_laporan(conn, scope, period, now)
    return load_f01(conn, scope, period, now)


def local_today(directory: Directory, region: str, now: datetime) -> date:
    """The region's day; raises `UnknownUnitError`."""
    return now.astimezone(_region(directory, region).zone_info).date()


def load_laporan(conn: Connection, scope: str, month: str, now: datetime) -> dict[str, Any]:
    """The monthly report, as everyone may see it."""
    region = scope.partition("/")[0]
    today = local_today(Directory.load(conn), region, now)
    period = month_period(month, today)
    scores = load_region(conn, region, now, as_of=_past(period.as_of, today), window=Window.MONTH)
    opd = _opd(scores, scope)
    document = scores.region_document() if opd is None else scores.document(opd)
    units = None if opd is None else scores.directory.with_units(scope)
    years = (period.as_of.year - 1, period.as_of.year)
    rows = followups(conn, region, units, years, period.as_of)
    public = public_view(conn, scores, document, now)
    return laporan(_head(ReportKind.LAPORAN, scores, opd, period), public, rows)


def load_f01(conn: Connection, scope: str, year: str, now: datetime) -> dict[str, Any]:
    """The pack of evidence of an OPD for an assessed year, as of today."""
    region = scope.partition("/")[0]
    today = local_today(Directory.load(conn), region, now)
    period = year_period(year, today)
    live = load_region(conn, region, now, window=Window.YEAR)
    opd = _opd(live, scope)
    if opd is None:
        raise UnknownUnitError(scope)
    then = live
    if period.complete:
        then = load_region(conn, region, now, as_of=period.last, window=Window.YEAR)
    if scope not in then.indexes:
        raise PeriodError(f"Unit ini belum ada dalam daftar pada akhir {year}.")
    pekppp = live.document(opd)["pekppp"]
    units = live.directory.with_units(scope)
    instrument = live.policy.instrument
    known = Grounded(conn, live, opd, period)
    evidence = Evidence(
        year=then.document(opd),
        pekppp=pekppp["assessed"] if period.complete else pekppp,
        skm=_skm(conn, then, opd, period),
        follow_up=instrument.follow_up,
        grounds=tuple(known.of(no) for no in instrument.numbers[instrument.live_aspect]),
        survey_grounds=tuple(
            known.of(rule.indicator) for rule in (instrument.survey_share, instrument.survey_speed)
        ),
        followups=tuple(followups(conn, region, units, (int(year),), period.as_of)),
        register=tuple(register(conn, live, units, period)),
        monthly=tuple(_monthly_editions(conn, scope, year, live.region.zone_info)),
    )
    return f01(_head(ReportKind.F01, live, opd, period), evidence)


class Grounded:
    """The levels of an OPD's indicators in a year, each with what was entered for it."""

    def __init__(self, conn: Connection, scores: RegionScores, opd: OPD, period: Period) -> None:
        year = period.first.year
        self._zone = scores.region.zone_info
        self._unit = scores.nowcast.unit(opd, year)
        self._instrument = scores.policy.instrument
        self._year = year
        c = desk_assessments.c
        query = select(c.item, c.value, c.reason, c.evidence, c.at).where(
            c.opd == opd.code, c.year == year
        )
        # The newest row of an item holds; one without a value takes it back.
        rows = {row.item: row for row in conn.execute(query.order_by(c.at, c.id))}
        self._entered = {item: row for item, row in rows.items() if row.value is not None}

    def of(self, no: int) -> Grounds:
        """An indicator by its number."""
        indicator = next(found for found in self._instrument.indicators if found.no == no)
        place = self._instrument.numbers[indicator.aspect].index(no)
        known = self._unit.inputs.aspects[indicator.aspect].levels[place]
        entered = self._entered.get(str(no))
        return Grounds(
            no=no,
            name=indicator.name,
            level=level_json(known.value) if known else None,
            computed=self._unit.computed.get(no),
            source=known.source if known else UNKNOWN,
            from_year=known.year if known and known.year != self._year else None,
            entered_on=entered.at.astimezone(self._zone).date() if entered else None,
            reason=(mask(entered.reason).text or None) if entered else None,
            evidence=tuple(evidence_names(entered.evidence)) if entered else (),
        )


def _skm(conn: Connection, scores: RegionScores, opd: OPD, period: Period) -> Mapping[str, Any]:
    """The survey of the year, by service; bursts of equal answers are only counted."""
    last = min(period.last, period.as_of)
    found = load_skm(
        conn, opd.region, opd.code, first=period.first, last=last, directory=scores.directory
    ).document()
    bursts = len(found["bursts"])
    return {**found["skm"], "services": found["services"], "bursts": bursts}


def _past(as_of: date, today: date) -> date | None:
    return as_of if as_of < today else None


def _region(directory: Directory, code: str) -> Region:
    found = directory.region(code)
    if found is None:
        raise UnknownUnitError(code)
    return found


def _opd(scores: RegionScores, scope: str) -> OPD | None:
    """The OPD of a full code; none for the region itself."""
    if "/" not in scope:
        return None
    opd = scores.directory.opd(scope)
    if opd is None or opd.external or scope not in scores.indexes:
        raise UnknownUnitError(scope)
    return opd


def _head(kind: ReportKind, scores: RegionScores, opd: OPD | None, period: Period) -> Head:
    region = scores.region
    return Head(
        kind=kind,
        code=opd.code if opd else region.code,
        name=opd.name if opd else region.name,
        region=region.code,
        region_name=region.name,
        zone=region.zone,
        zone_label=region.zone_label,
        period=period,
        policies=scores.policy.versions(),
        kode=opd.kode if opd else None,
    )


def followups(
    conn: Connection,
    region: str,
    units: Sequence[str] | None,
    years: Sequence[int],
    as_of: date,
) -> Iterable[FollowUpRow]:
    """The register's entries of these survey years that were there at the end of a day."""
    c = desk_followups.c
    query = select(desk_followups).where(
        c.region == region, c.year.in_(years), c.created_on <= as_of
    )
    if units is not None:
        query = query.where(c.opd.in_(units))
    for row in conn.execute(query.order_by(c.id)):
        yield FollowUpRow(
            id=row.id,
            opd=row.opd,
            service=row.service,
            year=row.year,
            result_on=row.result_on,
            element=row.element,
            # Masked when written; once more, since what is signed cannot be taken back.
            finding=mask(row.finding).text,
            plan=mask(row.plan).text,
            owner=mask(row.owner).text,
            due_on=row.due_on,
            created_on=row.created_on,
            started_on=_until(row.started_on, as_of),
            done_on=_until(row.done_on, as_of),
            withdrawn_on=_until(row.withdrawn_on, as_of),
            evidence=tuple(evidence_names(row.evidence)),
        )


def _until(day: date | None, as_of: date) -> date | None:
    return day if day is not None and day <= as_of else None


def register(
    conn: Connection, scores: RegionScores, units: Sequence[str], period: Period
) -> Iterable[RegisterRow]:
    """The year's cases of the units, by receipt: those no. 28 counts for them, and those that
    ended there without counting. Restricted and confidential ones are marked as not listed.
    """
    zone, case = scores.region.zone_info, desk_cases.c
    # A case that the citizen reopened lies with the triage unit and counts for whose it was.
    reopened = and_(case.opd == triage_unit(scores.region.code), case.reopenings > 0)
    query = (
        select(
            case.ticket, case.opd, case.received_at, case.kind, case.category, case.channel,
            case.status, case.due_finish, case.closed_at, case.replied_at, case.restricted,
            case.confidential, scoring_cases.c.deltas,
        )
        .outerjoin(scoring_cases, scoring_cases.c.ticket == case.ticket)
        .where(
            case.region == scores.region.code,
            or_(case.opd.in_(units), reopened),
            case.received_at >= _midnight(period.first, zone),
            case.received_at < _midnight(period.last + timedelta(days=1), zone),
        )
        .order_by(case.received_at, case.ticket)
    )  # fmt: skip
    for row in conn.execute(query):
        holders, marks = _counted(row.deltas or (), scores.span.tick)
        if (row.opd if not holders else holders[0]) in units:
            yield _register_row(row, marks, zone)


def _counted(deltas: Iterable[Sequence[Any]], tick: int) -> tuple[list[str], frozenset[str]]:
    """For whom the case counts in no. 28 at a tick (one OPD, or none), and with which marks."""
    sums: dict[tuple[str, str], int] = {}
    for opd, measure, _, at, n in deltas:
        if measure in _MARKS and at <= tick:
            sums[opd, measure] = sums.get((opd, measure), 0) + n
    known = {key for key, n in sums.items() if n}
    holders = [opd for opd, measure in known if measure == Measure.YEAR_RECEIVED]
    return holders, frozenset(measure for _, measure in known)


def _register_row(row: Any, marks: frozenset[str], zone: ZoneInfo) -> RegisterRow:
    finished = row.status in _FINISHED
    # What finishes by itself counts on the day of the last reply or question (design §4).
    by_itself = row.status == Status.SELESAI_OTOMATIS
    finished_at = (row.replied_at if by_itself else None) or row.closed_at
    due = row.due_finish - timedelta(microseconds=1) if row.due_finish else None
    return RegisterRow(
        ticket=row.ticket,
        opd=row.opd,
        received_on=row.received_at.astimezone(zone).date(),
        kind=row.kind,
        category=row.category,
        channel=row.channel,
        status=row.status,
        due_on=due.astimezone(zone).date() if due else None,
        finished_on=finished_at.astimezone(zone).date() if finished and finished_at else None,
        counted=Measure.YEAR_RECEIVED in marks,
        finished=Measure.YEAR_FINISHED in marks,
        lapor=Measure.YEAR_LAPOR_RECEIVED in marks,
        auto=Measure.YEAR_AUTO in marks,
        listed=not (row.restricted or row.confidential),
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _monthly_editions(
    conn: Connection, scope: str, year: str, zone: ZoneInfo
) -> Iterable[MonthlyEdition]:
    c = desk_editions.c
    query = select(c.period, c.number, c.signed_at, c.sha256).where(
        c.scope == scope, c.kind == ReportKind.LAPORAN.value, c.period.startswith(f"{year}-")
    )
    newest: dict[str, MonthlyEdition] = {}
    for row in conn.execute(query.order_by(c.period, c.number)):
        day = row.signed_at.astimezone(zone).date()
        newest[row.period] = MonthlyEdition(row.period, row.number, day, row.sha256)
    return newest.values()


def packed_units(directory: Directory, region: str, year: int) -> Sequence[OPD]:
    """The units that PEKPPP assesses in a year; where none is marked, every ranked OPD."""
    entries = [opd for opd in directory.opds(region) if not opd.external]
    marked = [opd for opd in entries if opd.locus_in(year)]
    return marked or [opd for opd in entries if opd.ranked]
