"""What staff are told in the morning: how much is new, nearly due and overdue. No word of a case.

Who counts what is decided by `permissions`: restricted cases are in nobody's digest but
Inspektorat's, and never in that of the accused.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from services.desk.permissions import Viewer, queue_scope
from services.desk.reading import CLOCKS, in_scope, overdue_clause
from shared.clocks.region import RegionRules
from shared.clocks.worktime import deadline_in_working_days, start_of_day
from shared.contracts.enums import Role
from shared.db.read.directory import Directory, triage_unit
from shared.db.tables.desk import desk_cases

SOON = 2
"""Working days from today within which a deadline is near."""
_case = desk_cases.c


@dataclass(frozen=True, slots=True)
class Morning:
    """A region's morning: since when a case is new, until when a deadline is near."""

    day: date
    now: datetime
    since: datetime
    soon: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """Open cases of one person's queue; `waiting` is triage, the coordinator's alone."""

    new: int
    soon: int
    overdue: int
    waiting: int | None = None

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to say."""
        return not (self.new or self.soon or self.overdue or self.waiting)


def morning(rules: RegionRules, at: time, now: datetime) -> Morning | None:
    """The region's present morning; none before its hour, and on days nobody works."""
    zone, local = rules.zone, now.astimezone(rules.zone)
    today = rules.day(now)
    calendar = rules.calendar(today)
    if local.time().replace(tzinfo=None) < at or not calendar.is_working(today):
        return None
    before = next(day for day in range(today - 1, today - 60, -1) if calendar.is_working(day))
    since = start_of_day(before, zone) + timedelta(hours=at.hour, minutes=at.minute)
    soon = deadline_in_working_days(now, SOON, calendar, zone)
    return Morning(local.date(), now, since, soon)


def viewer_of_unit(unit: str) -> Viewer:
    """Who reads the digest of a unit: its handlers, of triage the coordinator."""
    region = unit.partition("/")[0]
    role = Role.COORDINATOR if unit == triage_unit(region) else Role.HANDLER
    return Viewer(f"unit:{unit}", role, region, unit)


def counts_for(
    conn: Connection, viewer: Viewer, directory: Directory, at: Morning
) -> Counts | None:
    """The person's counts; none when they have no queue."""
    scope = queue_scope(viewer, directory)
    if scope is None:
        return None
    near = or_(
        *(
            and_(
                _case[f"done_{clock}"].is_(False),
                _case[f"due_{clock}"] > at.now,
                _case[f"due_{clock}"] <= at.soon,
            )
            for clock in CLOCKS
        )
    )
    triage = triage_unit(scope.region)
    row = conn.execute(
        select(
            func.count().filter(_case.opened_at >= at.since),
            func.count().filter(near),
            func.count().filter(overdue_clause(at.now)),
            func.count().filter(_case.opd == triage),
        ).where(in_scope(scope), _case.open.is_(True))
    ).one()
    coordinates = viewer.role is Role.COORDINATOR
    return Counts(row[0], row[1], row[2], row[3] if coordinates else None)


def subject(unit: str, at: Morning, counts: Counts) -> str:
    """The line of the mailbox: numbers, no case."""
    return f"Antrean {unit}, {at.day:%d-%m-%Y}: {counts.overdue} terlambat, {counts.soon} mendesak"


def words(unit: str, at: Morning, counts: Counts, site: str) -> str:
    """The whole digest in plain text, with links to the lists."""
    lines = [
        f"Antrean {unit} pada {at.day:%d-%m-%Y}",
        "",
        f"Baru sejak hari kerja lalu: {counts.new}",
        f"Jatuh tempo dalam {SOON} hari kerja: {counts.soon}",
        f"Lewat tenggat: {counts.overdue}",
    ]
    if counts.waiting is not None:
        lines.append(f"Menunggu pembagian (triase): {counts.waiting}")
    lines += ["", f"Buka antrean: {site}/antrean"]
    if counts.overdue:
        lines.append(f"Yang terlambat: {site}/antrean?terlambat=true")
    if counts.waiting:
        lines.append(f"Triase: {site}/triase")
    return "\n".join(lines) + "\n"


def as_json(unit: str, at: Morning, counts: Counts, site: str) -> dict[str, Any]:
    """What a webhook or a file gets; `text` is what chat services show by themselves."""
    return {
        "source": "tanggap",
        "kind": "digest",
        "unit": unit,
        "day": at.day.isoformat(),
        "new": counts.new,
        "due_soon": counts.soon,
        "overdue": counts.overdue,
        "waiting": counts.waiting,
        "url": f"{site}/antrean",
        "text": words(unit, at, counts, site),
    }
