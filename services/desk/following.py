"""Keeping and reading the register of SKM follow-ups: from a request to commit, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from services.desk import evidence, followups
from services.desk.actions import audit
from services.desk.assessing import (
    forbidden,
    known_unit,
    local_day,
    no_file,
    opened,
    refused,
    require_reader,
    tell,
)
from services.desk.context import DeskContext
from services.desk.evaluation import EvaluationError
from services.desk.evidence import EvidenceShelf, Upload
from services.desk.followups import (
    FollowUp,
    Plan,
    StaleFollowUpError,
    Step,
    check_plan,
    decide,
)
from services.desk.permissions import Viewer, may_backdate, may_follow_up
from services.desk.scoreboard import Reader, opd_score
from shared.db.read.directory import OPD
from shared.db.tables.desk import desk_audit
from shared.privacy.mask import mask
from shared.scores.windows import Window
from shared.web.problem import ProblemError

_SUGGESTED = 3


class StaleEntryProblem(ProblemError):
    """409 with the version as it is now."""

    def __init__(self, version: int) -> None:
        super().__init__(
            409,
            "Catatan sudah berubah",
            "Orang lain mengubah catatan ini lebih dahulu.",
            field="version",
            remedy=f"Baca ulang catatan ini; versinya sekarang {version}.",
        )
        self.version = version

    def document(self) -> dict[str, Any]:
        """The problem with the present version."""
        return super().document() | {"version": self.version}


def require_keeper(desk: DeskContext, viewer: Viewer, code: str) -> OPD:
    """The unit, for who keeps its register; else 404 or 403."""
    with desk.db.read() as conn:
        directory = desk.directory(conn)
        unit = known_unit(directory, code)
    if not may_follow_up(viewer, code, directory):
        raise forbidden(
            "Hanya petugas unit ini dan koordinator daerahnya yang mengisi.",
            "Masuk dengan akun unit ini.",
        )
    return unit


def register(desk: DeskContext, viewer: Viewer, code: str, year: int | None) -> dict[str, Any]:
    """The unit's register, with the weak elements that wait for an entry."""
    unit = require_reader(desk, viewer, code)
    with desk.db.read() as conn:
        directory = desk.directory(conn)
        found = followups.entries(conn, code, year)
        said = _audit_of(conn, found)
        today = local_day(directory, unit.region, desk.clock.now())
        keeps = may_follow_up(viewer, code, directory)
    taken = {entry.plan.element.value for entry in found if entry.open}
    weak = [w for w in _weak_elements(desk, viewer, code) if w["element"] not in taken]
    return {
        "opd": code,
        "year": year,
        "today": today.isoformat(),
        "items": [_shown(entry, today, said.get(_reference(entry.id), [])) for entry in found],
        "suggestions": weak[:_SUGGESTED] if keeps else [],
        "may": {"keep": keeps, "backdate": may_backdate(viewer, unit.region)},
    }


def add(desk: DeskContext, viewer: Viewer, code: str, plan: Plan) -> dict[str, Any]:
    """A new entry as `register` shows it; raises `ProblemError` 403, 404, 422."""
    unit = require_keeper(desk, viewer, code)
    now = desk.clock.now()
    with desk.db.write() as conn:
        today = local_day(desk.directory(conn), unit.region, now)
        try:
            check_plan(plan, today)
        except EvaluationError as error:
            raise refused(error.field, error) from error
        entry_id = followups.add(conn, code, plan, viewer.username, now, today)
        audit(conn, now, viewer, "followup-add", _reference(entry_id), plan.element.value)
        shown = _reread(conn, code, entry_id, today)
    tell(desk, unit)
    return shown


def change(
    desk: DeskContext,
    viewer: Viewer,
    code: str,
    entry_id: int,
    version: int,
    step: Step,
    uploads: Sequence[Upload] = (),
) -> dict[str, Any]:
    """The entry after the step; raises `ProblemError` 403, 404, 409 (stale version) or 422."""
    unit = require_keeper(desk, viewer, code)
    now = desk.clock.now()
    shelf = EvidenceShelf(desk.files, desk.vault, now)
    try:
        step = replace(step, evidence=(*step.evidence, *shelf.put(uploads)))
        with desk.db.write() as conn:
            today = local_day(desk.directory(conn), unit.region, now)
            entry = _current(conn, code, entry_id, version)
            backdating = may_backdate(viewer, unit.region)
            changed, said = decide(entry, step, today, backdating=backdating)
            followups.change(conn, changed, version, now)
            words = mask(said).text or None
            audit(conn, now, viewer, f"followup-{step.act}", _reference(entry_id), words)
            shown = _reread(conn, code, entry_id, today)
    except StaleFollowUpError as error:
        shelf.clear()
        raise StaleEntryProblem(error.version) from error
    except EvaluationError as error:
        shelf.clear()
        raise refused(error.field, error) from error
    except ProblemError:
        shelf.clear()
        raise
    tell(desk, unit)
    return shown


def evidence_file(
    desk: DeskContext, viewer: Viewer, code: str, entry_id: int, number: int
) -> tuple[Mapping[str, Any], bytes]:
    """A file of an entry and its content, for who may see the register; else 403 or 404."""
    require_reader(desk, viewer, code)
    with desk.db.read() as conn:
        entry = followups.find(conn, code, entry_id)
    if entry is None:
        raise no_file()
    return opened(desk, entry.evidence, number)


def _current(conn: Connection, code: str, entry_id: int, version: int) -> FollowUp:
    entry = followups.find(conn, code, entry_id)
    if entry is None:
        raise ProblemError(
            404, "Tidak ditemukan", "Catatan ini tidak ada.", "id", "Lihat daftar unit ini."
        )
    if entry.version != version:
        raise StaleFollowUpError(entry.version)
    return entry


def _reread(conn: Connection, code: str, entry_id: int, today: date) -> dict[str, Any]:
    entry = followups.find(conn, code, entry_id)
    assert entry is not None  # noqa: S101 - it was written a moment ago in this transaction
    return _shown(entry, today, _audit_of(conn, [entry]).get(_reference(entry_id), []))


def _reference(entry_id: int) -> str:
    """What the audit trail calls an entry; no ticket has a T in it."""
    return f"TL-{entry_id}"


def _audit_of(conn: Connection, entries: Sequence[FollowUp]) -> dict[str, list[dict[str, Any]]]:
    table = desk_audit
    rows = conn.execute(
        select(table.c.ticket, table.c.at, table.c.username, table.c.action, table.c.reason)
        .where(table.c.ticket.in_([_reference(entry.id) for entry in entries]))
        .order_by(table.c.id)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.ticket, []).append(
            {
                "at": row.at.isoformat(),
                "username": row.username,
                "act": row.action.removeprefix("followup-"),
                "reason": row.reason,
            }
        )
    return found


def _weak_elements(desk: DeskContext, viewer: Viewer, code: str) -> list[dict[str, Any]]:
    """The elements of the unit's SKM of this year, the lowest first; none without enough answers.

    What a handler may not see (fewer than five answers) suggests nothing either.
    """
    try:
        score = opd_score(desk, Reader(viewer, None, Window.YEAR), code)
    except ProblemError as error:
        if error.status_code != 404:
            raise
        return []
    found = [
        {"element": element, "nrr": value}
        for element, value in (score["skm"].get("nrr") or {}).items()
        if isinstance(value, int | float)
    ]
    return sorted(found, key=lambda weak: (weak["nrr"], weak["element"]))


def _shown(entry: FollowUp, today: date, said: list[dict[str, Any]]) -> dict[str, Any]:
    plan = entry.plan
    files = f"/api/v1/opds/{entry.opd}/followups/{entry.id}/evidence"
    return {
        "id": entry.id,
        "version": entry.version,
        "state": entry.state.value,
        "overdue": entry.overdue(today),
        "year": plan.year,
        "service": plan.service,
        "element": plan.element.value,
        "finding": plan.finding,
        "plan": plan.plan,
        "owner": plan.owner,
        "due_on": plan.due_on.isoformat(),
        "result_on": plan.result_on.isoformat(),
        "started_on": _iso(entry.started_on),
        "done_on": _iso(entry.done_on),
        "withdrawn_on": _iso(entry.withdrawn_on),
        "evidence": evidence.shown(entry.evidence, files),
        "created_on": entry.created_on.isoformat(),
        "created_by": entry.created_by,
        "changed_at": entry.changed_at.isoformat(),
        "history": said,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
