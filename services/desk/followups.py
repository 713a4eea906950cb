"""The register of SKM follow-ups: which weak element an office works on, and what came of it.

The rules are pure; `add` and `change` write what they decide in the caller's transaction.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update

from services.desk.evaluation import FIRST_YEAR, EvaluationError, check_evidence, check_words
from shared.contracts.enums import SKMElement
from shared.db.tables.evaluation import desk_followups
from shared.privacy.mask import mask

MAX_TEXT = 2000
MAX_OWNER = 120
MAX_SERVICE = 200
_LONGEST_PLAN = timedelta(days=3 * 366)


class FollowUpAct(StrEnum):
    """What can be done with an entry."""

    START = "start"
    EDIT = "edit"
    FINISH = "finish"
    WITHDRAW = "withdraw"


class FollowUpState(StrEnum):
    """Where an entry stands."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class StaleFollowUpError(Exception):
    """Somebody changed the entry meanwhile; `version` is the present one."""

    def __init__(self, version: int) -> None:
        super().__init__("the entry has changed")
        self.version = version


@dataclass(frozen=True, slots=True)
class Plan:
    """What an office undertakes.

    `service` empty means all of them; `year` is the survey's, `result_on` the day its result was
    published; `owner` is a post, never a person.
    """

    year: int
    service: str
    element: SKMElement
    finding: str
    plan: str
    owner: str
    due_on: date
    result_on: date


@dataclass(frozen=True, slots=True)
class FollowUp:
    """An entry of the register."""

    id: int
    opd: str
    plan: Plan
    started_on: date | None
    done_on: date | None
    withdrawn_on: date | None
    evidence: tuple[Mapping[str, Any], ...]
    created_on: date
    created_by: str
    changed_at: datetime
    version: int

    @property
    def state(self) -> FollowUpState:
        """Where it stands."""
        if self.withdrawn_on:
            return FollowUpState.WITHDRAWN
        if self.done_on:
            return FollowUpState.DONE
        return FollowUpState.RUNNING if self.started_on else FollowUpState.PLANNED

    @property
    def open(self) -> bool:
        """Whether something is still to be done."""
        return not (self.done_on or self.withdrawn_on)

    def overdue(self, today: date) -> bool:
        """Whether its day has passed undone."""
        return self.open and self.plan.due_on < today


@dataclass(frozen=True, slots=True)
class Step:
    """A change of an entry, as somebody asks for it. `on`: an earlier day; none means today."""

    act: FollowUpAct
    plan: Plan | None = None
    on: date | None = None
    reason: str = ""
    evidence: tuple[Mapping[str, Any], ...] = ()


def check_plan(plan: Plan, today: date) -> None:
    """Raise `EvaluationError` unless the plan may stand in the register."""
    if not FIRST_YEAR <= plan.year <= today.year:
        raise EvaluationError(
            "year", f"Tahun di luar jangka. Isi {FIRST_YEAR} sampai {today.year}."
        )
    if not date(plan.year, 1, 1) <= plan.result_on <= today:
        raise EvaluationError(
            "result_on", "Tanggal hasil SKM harus sejak awal tahun itu sampai hari ini."
        )
    if not plan.result_on <= plan.due_on <= today + _LONGEST_PLAN:
        raise EvaluationError(
            "due_on", "Tenggat tidak boleh sebelum hasil SKM, atau lebih dari tiga tahun lagi."
        )
    for field, text, longest, wanted in _texts(plan):
        check_words(field, text, longest)
        if wanted and not text.strip():
            raise EvaluationError(field, "Bidang ini wajib diisi.")


def decide(entry: FollowUp, step: Step, today: date, *, backdating: bool) -> tuple[FollowUp, str]:
    """The entry after the step, and what the audit trail says of it.

    `backdating`: the person may name an earlier day, with a reason (the coordinator).
    """
    if not entry.open:
        raise EvaluationError("act", "Catatan ini sudah selesai atau ditarik. Buat catatan baru.")
    check_words("reason", step.reason, MAX_TEXT)
    if step.act is FollowUpAct.EDIT:
        return _edited(entry, step, today, backdating)
    on = _day(entry, step, today, backdating)
    if step.act is FollowUpAct.START:
        if entry.started_on:
            raise EvaluationError("act", "Tindak lanjut ini sudah dimulai.")
        return replace(entry, started_on=on), _said(step, on, today)
    if step.act is FollowUpAct.WITHDRAW:
        if not step.reason.strip():
            raise EvaluationError("reason", "Isi alasan mengapa tindak lanjut ini ditarik.")
        return replace(entry, withdrawn_on=on), _said(step, on, today)
    return _finished(entry, step, on), _said(step, on, today)


def _finished(entry: FollowUp, step: Step, on: date) -> FollowUp:
    evidence = (*entry.evidence, *step.evidence)
    if not evidence:
        raise EvaluationError("evidence", "Unggah berkas atau isi tautan sebagai bukti selesai.")
    check_evidence(evidence)
    started = entry.started_on
    if started and on < started:
        raise EvaluationError("on", "Tanggal selesai tidak boleh sebelum tanggal mulai.")
    return replace(entry, started_on=started or on, done_on=on, evidence=evidence)


def _edited(entry: FollowUp, step: Step, today: date, backdating: bool) -> tuple[FollowUp, str]:
    if step.plan is None:
        raise EvaluationError("act", "Isi bidang yang diubah.")
    check_plan(step.plan, today)
    old, new = entry.plan, step.plan
    moved = (old.result_on, old.year) != (new.result_on, new.year)
    if moved and not backdating:
        # The speed of a follow-up counts from that day: who is measured does not move it.
        raise EvaluationError(
            "result_on", "Tahun dan tanggal hasil SKM hanya dapat diubah koordinator."
        )
    if moved and not step.reason.strip():
        raise EvaluationError("reason", "Isi alasan perubahan tahun atau tanggal hasil SKM.")
    changed = [
        f"{field.name}: {getattr(old, field.name)} → {getattr(new, field.name)}"
        for field in fields(Plan)
        if field.name in ("year", "result_on", "due_on", "element", "owner")
        and getattr(old, field.name) != getattr(new, field.name)
    ]
    return replace(entry, plan=new), "; ".join([*changed, *filter(None, [step.reason.strip()])])


def _day(entry: FollowUp, step: Step, today: date, backdating: bool) -> date:
    on = step.on or today
    if on == today:
        return on
    if not backdating:
        raise EvaluationError("on", "Hanya koordinator yang dapat mengisi tanggal lain.")
    if on > today or on < entry.plan.result_on:
        raise EvaluationError("on", "Tanggal harus sejak hasil SKM sampai hari ini.")
    if not step.reason.strip():
        raise EvaluationError("reason", "Isi alasan mengapa tanggalnya bukan hari ini.")
    return on


def _said(step: Step, on: date, today: date) -> str:
    dated = [] if on == today else [f"per {on.isoformat()}"]
    return "; ".join([*dated, *filter(None, [step.reason.strip()])])


def _texts(plan: Plan) -> Iterator[tuple[str, str, int, bool]]:
    yield "service", plan.service, MAX_SERVICE, False
    yield "finding", plan.finding, MAX_TEXT, True
    yield "plan", plan.plan, MAX_TEXT, True
    yield "owner", plan.owner, MAX_OWNER, True


# -- The table -------------------------------------------------------------------------------------


def add(conn: Connection, opd: str, plan: Plan, username: str, now: datetime, today: date) -> int:
    """Write a checked plan as a new entry; its id."""
    values = _plan_values(plan) | {
        "region": opd.partition("/")[0],
        "opd": opd,
        "evidence": [],
        "created_on": today,
        "created_by": username,
        "changed_at": now,
        "version": 1,
    }
    statement = insert(desk_followups).values(values).returning(desk_followups.c.id)
    return int(conn.execute(statement).scalar_one())


def change(conn: Connection, entry: FollowUp, version: int, now: datetime) -> None:
    """Write an entry that was decided on `version`; raises `StaleFollowUpError`."""
    table = desk_followups
    values = _plan_values(entry.plan) | {
        "started_on": entry.started_on,
        "done_on": entry.done_on,
        "withdrawn_on": entry.withdrawn_on,
        "evidence": [dict(piece) for piece in entry.evidence],
        "changed_at": now,
        "version": version + 1,
    }
    here = (table.c.id == entry.id) & (table.c.version == version)
    if conn.execute(update(table).where(here).values(values)).rowcount != 1:
        found = conn.execute(select(table.c.version).where(table.c.id == entry.id)).scalar_one()
        raise StaleFollowUpError(found)


def find(conn: Connection, opd: str, entry_id: int) -> FollowUp | None:
    """The entry of that unit, or none."""
    table = desk_followups
    row = conn.execute(
        select(table).where(table.c.id == entry_id, table.c.opd == opd)
    ).one_or_none()
    return _entry(row) if row else None


def entries(conn: Connection, opd: str, year: int | None = None) -> list[FollowUp]:
    """The unit's register, the newest year first; within it what is due first."""
    table = desk_followups
    wanted = table.c.opd == opd
    if year is not None:
        wanted &= table.c.year == year
    rows = conn.execute(
        select(table).where(wanted).order_by(table.c.year.desc(), table.c.due_on, table.c.id)
    )
    return [_entry(row) for row in rows]


def _plan_values(plan: Plan) -> dict[str, Any]:
    return {
        "service": mask(plan.service.strip()).text[:MAX_SERVICE],
        "year": plan.year,
        "result_on": plan.result_on,
        "element": plan.element.value,
        "finding": mask(plan.finding.strip()).text,
        "plan": mask(plan.plan.strip()).text,
        "owner": mask(plan.owner.strip()).text[:MAX_OWNER],
        "due_on": plan.due_on,
    }


def _entry(row: Any) -> FollowUp:
    plan = Plan(
        year=row.year,
        service=row.service,
        element=SKMElement(row.element),
        finding=row.finding,
        plan=row.plan,
        owner=row.owner,
        due_on=row.due_on,
        result_on=row.result_on,
    )
    return FollowUp(
        id=row.id,
        opd=row.opd,
        plan=plan,
        started_on=row.started_on,
        done_on=row.done_on,
        withdrawn_on=row.withdrawn_on,
        evidence=tuple(row.evidence),
        created_on=row.created_on,
        created_by=row.created_by,
        changed_at=row.changed_at,
        version=row.version,
    )
