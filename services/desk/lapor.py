"""What SP4N-LAPOR! tells of a case, as steps of the case: pure, and the writing beside it.

Only imports come here. They may date a step into the past, which people at the desk may not; every
step carries the mark `lapor` in place of a person's name, so that a timeline says whence it came.
Nothing is sent to a citizen: LAPOR! answered them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from services.desk import closing, store
from services.desk.alarm_store import Alarms
from services.desk.casework import Case, Command, Decision, Draft, Staff, Step
from services.desk.opening import Opened, open_case
from services.desk.ports import DueClocks, PastEvent
from shared.clock import Clock
from shared.contracts.case import CaseEventType
from shared.contracts.enums import Action, Actor, Channel, CloseReason, Role, Status
from shared.contracts.feedback import FeedbackClassified
from shared.db.read.directory import Directory, triage_unit
from shared.db.read.lapor import IMPORTED
from shared.db.tables.desk import desk_cases
from shared.errors import InvalidMessageError

MARK = IMPORTED
"""Stands on every imported step in place of the name of a person of ours."""
NEVER_SURE = 2.0
"""A threshold that no guess of the classifier reaches: the case waits in triage."""
_BEYOND = "Bukan wewenang, menurut SP4N-LAPOR!."
_MOVES = frozenset({CaseEventType.ASSIGNED, CaseEventType.FORWARDED})
_REOPENABLE = frozenset(
    {
        Status.SELESAI,
        Status.SELESAI_OTOMATIS,
        Status.DITOLAK,
        Status.BUKAN_WEWENANG,
        Status.DIARSIPKAN,
    }
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to the reporter; `dated`: LAPOR! told its time, otherwise the file's is taken."""

    at: datetime
    text: str | None
    dated: bool = True


@dataclass(frozen=True, slots=True)
class Progress:
    """What became of a report by an export; each instant is none where it did not happen (yet).

    `text` is LAPOR!'s reason for a closing; texts are masked already.
    """

    tracking_id: str
    status: Status | None
    opd: str | None = None
    verified_at: datetime | None = None
    disposed_at: datetime | None = None
    replies: tuple[Reply, ...] = ()
    ended_at: datetime | None = None
    text: str | None = None


def follow(
    case: Case, past: Sequence[PastEvent], progress: Progress, directory: Directory
) -> Decision | None:
    """The steps that the case does not have yet; none when it has them all."""
    chain = _Chain(case, directory)
    chain.verify(progress)
    chain.move(progress, past)
    chain.reopen(progress)
    chain.reply(progress, past)
    chain.end(progress)
    return chain.decision()


class _Chain:
    """Steps one after the other, each at its own time, on the case as the one before left it."""

    def __init__(self, case: Case, directory: Directory) -> None:
        self.case = case
        self._directory = directory
        self._steps: list[Step] = []

    def decision(self) -> Decision | None:
        """All steps; without messages to the citizen."""
        steps = tuple(replace(step, notice=None) for step in self._steps)
        return Decision(self.case, steps) if steps else None

    def verify(self, progress: Progress) -> None:
        """Somebody looked at the report."""
        if self.case.verified or not self.case.open or progress.verified_at is None:
            return
        draft = self._draft(progress.verified_at)
        waiting = self.case.status in (Status.DITERIMA, Status.DITERUSKAN)
        draft.change(verified=True, status=Status.DIVERIFIKASI if waiting else self.case.status)
        draft.write(CaseEventType.VERIFIED)
        self._take(draft)

    def move(self, progress: Progress, past: Sequence[PastEvent]) -> None:
        """Disposition: out of triage, or to another unit later than the last move."""
        case, at = self.case, progress.disposed_at
        if not case.open or case.restricted or at is None or progress.opd in (None, case.opd):
            return
        moved = max((event.at for event in past if event.type in _MOVES), default=None)
        if moved is not None and at <= moved:
            return
        draft = self._draft(at, Role.COORDINATOR)
        from_opd = case.opd
        draft.change(
            opd=progress.opd,
            status=Status.DITERUSKAN,
            assignee=None,
            window_from=None,
            forwarded=True,
        )
        kind = CaseEventType.ASSIGNED if from_opd == triage_unit(case.region) else None
        draft.write(kind or CaseEventType.FORWARDED, from_opd=from_opd)
        self._take(draft)

    def reopen(self, progress: Progress) -> None:
        """LAPOR! opened it again."""
        wanted = progress.status is Status.DIBUKA_KEMBALI and progress.ended_at is not None
        if wanted and self.case.status in _REOPENABLE and progress.ended_at is not None:
            draft = self._draft(progress.ended_at, Role.COORDINATOR)
            closing.reopen(draft, None, public=False)
            self._take(draft)

    def reply(self, progress: Progress, past: Sequence[PastEvent]) -> None:
        """Answers that are not there. What LAPOR! tells of a case of ours that was answered here
        is a note: it is our own answer, entered there.
        """
        own = self.case.channel is not Channel.LAPOR
        for found in progress.replies:
            answered = self.case.replied_at is not None
            kind = CaseEventType.NOTED if own and answered else CaseEventType.REPLIED
            if answered and (not found.dated or (own and not found.text)):
                continue
            known = {event.at for event in past if event.type is kind}
            if not self.case.open or found.at in known:
                continue
            draft = self._draft(found.at)
            if kind is CaseEventType.REPLIED:
                draft.change(status=Status.DITANGGAPI, replied_at=found.at, window_from=found.at)
            draft.write(kind, text=found.text, public=kind is CaseEventType.REPLIED)
            self._take(draft)

    def end(self, progress: Progress) -> None:
        """The closing that LAPOR! knows, with our own rules of what a closing is."""
        at = progress.ended_at
        if not self.case.open or at is None or progress.status is None:
            return
        if progress.status is Status.SELESAI_OTOMATIS:
            self._auto(at)
            return
        command = _ENDS.get(progress.status)
        if command is None or (self.case.status, progress.status) == (Status.DITUNDA,) * 2:
            return
        draft = self._draft(at)
        text = progress.text or command.text
        act = _ACTS[command.action]
        act(draft, self._staff(), replace(command, text=text), self._directory)
        self._take(draft)

    def _auto(self, at: datetime) -> None:
        draft = Draft(self.case, Actor.SYSTEM, at, username=MARK)
        draft.change(
            status=Status.SELESAI_OTOMATIS,
            closed_at=at,
            paused=False,
            question=None,
            rated=False,
            window_from=at,
        )
        draft.write(CaseEventType.AUTO_RESOLVED)
        self._take(draft)

    def _draft(self, at: datetime, role: Role = Role.HANDLER) -> Draft:
        coordinates = role is Role.COORDINATOR
        unit = triage_unit(self.case.region) if coordinates else self.case.opd
        actor = Actor.COORDINATOR if coordinates else Actor.HANDLER
        return Draft(self.case, actor, at, unit=unit, username=MARK)

    def _staff(self) -> Staff:
        return Staff(MARK, Role.HANDLER, self.case.region, self.case.opd)

    def _take(self, draft: Draft) -> None:
        decision = draft.done()
        self.case = decision.case
        self._steps += decision.steps


_ENDS = {
    Status.SELESAI: Command(Action.RESOLVE),
    Status.BUKAN_WEWENANG: Command(Action.REJECT, text=_BEYOND, reason=CloseReason.BUKAN_WEWENANG),
    Status.DITOLAK: Command(Action.REJECT, reason=CloseReason.LAINNYA),
    Status.DIARSIPKAN: Command(Action.ARCHIVE, reason=CloseReason.LAINNYA),
    Status.DITUNDA: Command(Action.POSTPONE, reason=CloseReason.LAINNYA),
}
_ACTS = {
    Action.RESOLVE: closing.resolve,
    Action.REJECT: closing.reject,
    Action.ARCHIVE: closing.archive,
    Action.POSTPONE: closing.postpone,
}


class PastCases:
    """Opens and follows cases in the caller's transaction; one directory for the whole import."""

    def __init__(
        self,
        directory: Directory,
        clocks: DueClocks,
        clock: Clock,
        alarms: Alarms,
        threshold: float,
    ) -> None:
        self._directory = directory
        self._clocks = clocks
        self._clock = clock
        self._alarms = alarms
        self._threshold = threshold

    def open(
        self,
        conn: Connection,
        complaint: FeedbackClassified,
        progress: Progress,
        *,
        unit_known: bool,
    ) -> None:
        """Open the case as of its receipt, then follow it. The pipeline finds it open.

        `unit_known` false: LAPOR! names a unit that we do not know, so the case waits in triage.
        """
        if self._directory.region(complaint.region) is None:
            raise InvalidMessageError("unknown-region", complaint.region)
        at = complaint.received_at
        policy = self._clocks.policy_for(complaint.region, at, self._directory)
        threshold = self._threshold if unit_known else NEVER_SURE
        ticket = complaint.reference
        opened = open_case(complaint, ticket, policy, self._directory, threshold)
        if progress.disposed_at is not None and not opened.case.restricted:
            opened = _in_triage(opened)
        known = replace(opened.case, lapor=True, lapor_id=progress.tracking_id)
        opened = replace(opened, case=known)
        store.insert_opened(conn, [(opened, at)], self._clocks, self._directory)
        self.follow(conn, ticket, progress)

    def follow(self, conn: Connection, ticket: str, progress: Progress) -> bool:
        """Add what the case does not have yet; whether that was anything."""
        case = store.lock(conn, [ticket]).get(ticket)
        if case is None:
            return False
        past = store.past_events(conn, ticket)
        decision = follow(case, past, progress, self._directory)
        if decision is None:
            return False
        now = self._clock.now()
        store.write(conn, decision, self._clocks, self._directory, now=now)
        self._alarms.follow(conn, decision, now)
        return True


def linked_cases(conn: Connection, region: str, tracking_ids: Sequence[str]) -> dict[str, str]:
    """Tickets of the region's cases by the tracking id that somebody entered."""
    query = select(desk_cases.c.lapor_id, desk_cases.c.ticket).where(
        desk_cases.c.region == region, desk_cases.c.lapor_id.in_(tracking_ids)
    )
    return {row.lapor_id: row.ticket for row in conn.execute(query.order_by(desk_cases.c.ticket))}


def _in_triage(opened: Opened) -> Opened:
    """The same case before its disposition."""
    unit = triage_unit(opened.case.region)
    event = opened.step.event.model_copy(update={"opd": unit})
    return replace(
        opened,
        case=replace(opened.case, opd=unit),
        step=replace(opened.step, event=event),
    )
