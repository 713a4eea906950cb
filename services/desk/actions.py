"""A staff action from request to commit: one transaction, then the relay and live pages."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, insert, select

from services.desk import rules, store
from services.desk.alarm_store import Alarms
from services.desk.casework import Case, Command, RefusedError
from services.desk.permissions import Viewer, may_act, may_reveal
from services.desk.ports import DueClocks, Hints
from shared.clock import Clock
from shared.contracts.enums import Action, Role
from shared.db.engine import Database
from shared.db.read.directory import Directory
from shared.db.tables.desk import desk_audit, desk_users


class UnknownCaseError(Exception):
    """No such case for this person: it may exist for others."""


class StaleVersionError(Exception):
    """Somebody changed the case meanwhile; `case` is as it is now."""

    def __init__(self, case: Case) -> None:
        super().__init__("the case has changed")
        self.case = case


class Desk:
    """Carries out what a person of the staff decides on one case."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        directory: Callable[[Connection], Directory],
        clocks: DueClocks,
        hints: Hints,
        alarms: Alarms,
        committed: Callable[[], None] = lambda: None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._directory = directory
        self._clocks = clocks
        self._hints = hints
        self._alarms = alarms
        self._committed = committed

    def act(
        self,
        viewer: Viewer,
        ticket: str,
        version: int | None,
        command: Command,
        at: datetime | None = None,
    ) -> Case:
        """Do it, or raise `UnknownCaseError`, `StaleVersionError` or `RefusedError`.

        `at` is for simulated history only; people act now. `version` none: whatever it is.
        """
        with self._db.write() as conn:
            directory = self._directory(conn)
            case = store.lock(conn, [ticket]).get(ticket)
            if case is None or not may_act(viewer, case, command.action, directory):
                raise UnknownCaseError
            if version is not None and version != case.version:
                raise StaleVersionError(case)
            self._check_assignee(conn, case, command, directory)
            now = at or self._clock.now()
            decision = rules.decide(case, viewer.staff(), command, now, directory)
            changed = store.write(conn, decision, self._clocks, directory, now=now)
            marks = self._alarms.follow(conn, decision, now)
        self._committed()
        self._alarms.tell(marks)
        self._tell(case, changed)
        return changed

    def reveal(self, viewer: Viewer, ticket: str, reason: str) -> None:
        """Write down that the person looks behind the mask, before anything is shown."""
        with self._db.write() as conn:
            case = store.find(conn, ticket)
            directory = self._directory(conn)
            if case is None or not may_act(viewer, case, Action.NOTE, directory):
                raise UnknownCaseError
            if not may_reveal(viewer, case, directory):
                raise RefusedError(
                    "Teks asli laporan ini tidak dapat dibuka.",
                    "Laporan anonim tetap tertutup; selain itu hanya unit pemegang yang boleh.",
                    "ticket",
                )
            audit(conn, self._clock.now(), viewer, "reveal", ticket, reason)

    def _check_assignee(
        self, conn: Connection, case: Case, command: Command, directory: Directory
    ) -> None:
        if command.action is not Action.ASSIGN or command.opd or not command.user:
            return
        row = conn.execute(
            select(desk_users.c.role, desk_users.c.region, desk_users.c.opd).where(
                desk_users.c.username == command.user, desk_users.c.disabled_at.is_(None)
            )
        ).one_or_none()
        fits = row is not None and row.role in (Role.HANDLER, Role.COORDINATOR)
        if row is None or not fits or case.opd not in directory.with_units(row.opd or ""):
            raise RefusedError(
                "Petugas itu tidak ada di unit pemegang.", "Pilih petugas unit ini.", "user"
            )

    def _tell(self, before: Case, after: Case) -> None:
        self._hints.queue_changed(after.region, after.opd, after.ticket, after.version)
        if before.opd != after.opd:
            # The unit that lost the case only learns that its queue changed.
            self._hints.queue_changed(before.region, before.opd, "", 0)


def audit(
    conn: Connection, now: datetime, viewer: Viewer, action: str, ticket: str, reason: str | None
) -> None:
    """Add a line to the audit trail."""
    conn.execute(
        insert(desk_audit).values(
            at=now, username=viewer.username, action=action, ticket=ticket, reason=reason
        )
    )
