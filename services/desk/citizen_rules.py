"""What citizens and the passing of time do to a case. Pure, like `rules`.

A citizen's word is never lost: an act that does not fit the state any more (an answer to a closed
case, "belum selesai" after the window) is kept as something added.
"""

from datetime import datetime

from services.desk.casework import Case, Decision, Draft
from services.desk.closing import reopen
from shared.contracts.case import CaseEventType
from shared.contracts.enums import Actor, CitizenAct, Status
from shared.contracts.feedback import CitizenActed

_FINISHED = frozenset({Status.SELESAI, Status.SELESAI_OTOMATIS})
_CONTESTABLE = _FINISHED | {Status.DITOLAK, Status.BUKAN_WEWENANG}


def act(case: Case, done: CitizenActed) -> Decision | None:
    """Apply a citizen's act; none when it changes nothing (a second rating, an empty addition)."""
    at = moment(case, done)
    draft = Draft(case, Actor.CITIZEN, at)
    if done.act is CitizenAct.ANSWER and case.open and case.paused:
        _answer(draft, done.text)
    elif done.act is CitizenAct.NOT_DONE and may_reopen(case, at):
        reopen(draft, done.text, public=True)
    elif done.act is CitizenAct.RATE:
        if not may_rate(case) or done.score is None:
            return None
        draft.change(rated=True)
        draft.write(CaseEventType.RATED, text=done.text, public=True, score=done.score)
    elif done.act is CitizenAct.WITHDRAW and case.open:
        _withdraw(draft, done.text)
    elif done.text or done.files:
        _add(draft, done.text)
    return draft.done() if draft.case.version > case.version else None


def moment(case: Case, done: CitizenActed) -> datetime:
    """When the citizen did it: the provider's time where it counts, never before what it is about.

    So a "belum selesai" sent in time counts though the provider delivered it late.
    """
    if done.sent_at is None:
        return done.received_at
    times = (case.received_at, case.replied_at, case.window_from, case.closed_at)
    return min(done.received_at, max(done.sent_at, *(at for at in times if at is not None)))


def may_reopen(case: Case, now: datetime) -> bool:
    """Whether "belum selesai" still reopens the case: within the reply window after its end."""
    if case.status not in _CONTESTABLE or case.spam:
        return False
    return case.window_until is None or now < case.window_until


def may_rate(case: Case) -> bool:
    """Whether a rating counts: once after each finish."""
    return case.status in _FINISHED and not case.rated


def auto_resolve(case: Case) -> Decision | None:
    """Finish a case whose reply window has passed without a word from the citizen."""
    if not case.open or case.window_from is None or case.window_until is None:
        return None
    draft = Draft(case, Actor.SYSTEM, case.window_until)
    draft.change(
        status=Status.SELESAI_OTOMATIS,
        closed_at=case.window_until,
        paused=False,
        question=None,
        rated=False,
        window_from=case.window_until,
    )
    draft.write(CaseEventType.AUTO_RESOLVED)
    return draft.done()


def unsent(case: Case, question: int, now: datetime) -> Decision | None:
    """The question reached the citizen by no way: the pause never was."""
    if not case.open or not case.paused or case.question != question:
        return None
    draft = Draft(case, Actor.SYSTEM, now)
    draft.change(paused=False, question=None, window_from=None, status=Status.DIPROSES)
    draft.write(CaseEventType.UNSENT, question=question)
    return draft.done()


def _answer(draft: Draft, text: str | None) -> None:
    draft.change(paused=False, question=None, window_from=None, status=Status.DIPROSES)
    draft.write(CaseEventType.ANSWERED, text=text, public=True)


def _add(draft: Draft, text: str | None) -> None:
    if draft.case.open:
        draft.change(window_from=None)
    draft.write(CaseEventType.ADDED, text=text, public=True)


def _withdraw(draft: Draft, text: str | None) -> None:
    draft.change(
        status=Status.DIBATALKAN,
        closed_at=draft.now,
        paused=False,
        question=None,
        window_from=None,
    )
    draft.write(CaseEventType.WITHDRAWN, text=text, public=True)
