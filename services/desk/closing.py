"""How a case ends, is put off, or is opened again by staff: the closing half of the staff rules.

Pure; called by `rules`, which has checked the state, the text and who holds the case.
"""

import re

from services.desk.casework import Case, Command, Draft, RefusedError, Staff
from shared.contracts.case import CaseEventType
from shared.contracts.enums import CloseReason, Role, Status
from shared.contracts.notices import NotificationPurpose
from shared.db.read.directory import Directory

_WORD = re.compile(r"\w+")


def resolve(draft: Draft, staff: Staff, command: Command, directory: Directory) -> None:
    """The unit finishes the case, or the coordinator marks its reopening unfounded."""
    unfounded = command.reason is CloseReason.TIDAK_BERALASAN
    if command.reason is not None and not unfounded:
        raise RefusedError("Penyelesaian tidak memakai alasan ini.", "Kosongkan reason.", "reason")
    if unfounded and (staff.role is not Role.COORDINATOR or not draft.case.reopenings):
        raise RefusedError(
            "Hanya koordinator yang menyatakan pembukaan kembali tidak beralasan.",
            "Selesaikan tanpa reason.",
            "reason",
        )
    _close(draft, Status.SELESAI, window=True)
    draft.write(
        CaseEventType.RESOLVED,
        text=command.text,
        public=True,
        notice=NotificationPurpose.RESOLVED,
        unfounded=unfounded,
    )


def reject(draft: Draft, staff: Staff, command: Command, directory: Directory) -> None:
    """The case is refused with a reason; `bukan_wewenang` names the body to turn to."""
    reason = _reason(command)
    external = _body(draft.case, reason, command, directory)
    status = Status.BUKAN_WEWENANG if reason is CloseReason.BUKAN_WEWENANG else Status.DITOLAK
    spam = reason is CloseReason.SPAM
    _close(draft, status, window=not spam)
    draft.change(spam=spam)
    draft.write(
        CaseEventType.REJECTED,
        text=command.text,
        public=True,
        notice=None if spam else NotificationPurpose.REJECTED,
        reason=reason,
        external=external,
    )


def postpone(draft: Draft, staff: Staff, command: Command, directory: Directory) -> None:
    """The unit puts the case off; no clock stops."""
    draft.change(status=Status.DITUNDA, window_from=None)
    draft.write(CaseEventType.POSTPONED, text=command.text, reason=command.reason)


def archive(draft: Draft, staff: Staff, command: Command, directory: Directory) -> None:
    """The case is filed away without a finish."""
    reason = _reason(command)
    _body(draft.case, reason, command, directory)
    _close(draft, Status.DIARSIPKAN, window=False)
    draft.write(CaseEventType.ARCHIVED, text=command.text, reason=reason)


def _reason(command: Command) -> CloseReason:
    if command.reason is None:
        raise RefusedError(
            "Alasan wajib diisi.", "Pilih reason: " + ", ".join(CloseReason) + ".", "reason"
        )
    return command.reason


def _body(case: Case, reason: CloseReason, command: Command, directory: Directory) -> str | None:
    """The body outside the region to turn to: given, or known by its short name in the text."""
    if reason is not CloseReason.BUKAN_WEWENANG:
        return command.external
    given = command.external or command.opd
    named = directory.opd(given or "")
    if named and not named.external:
        raise RefusedError(
            f"{named.short} ada di daerah ini.", "Teruskan kasus ini kepadanya.", "opd"
        )
    if named or given:
        return named.code if named else given
    if not command.text:
        raise RefusedError(
            "Instansi yang dituju belum disebut.",
            "Isi external, atau sebutkan instansinya di text.",
            "external",
        )
    words = f" {' '.join(_WORD.findall(command.text.lower()))} "
    for body in directory.opds(case.region):
        if body.external and f" {body.short.lower()} " in words:
            return body.code
    return None


def _close(draft: Draft, status: Status, *, window: bool) -> None:
    draft.change(
        status=status,
        closed_at=draft.now,
        paused=False,
        question=None,
        rated=False,
        replied_at=draft.now if window else draft.case.replied_at,
        window_from=draft.now if window else None,
    )


def reopen_by_staff(draft: Draft, staff: Staff, command: Command, directory: Directory) -> None:
    """Staff open a closed case again."""
    reopen(draft, command.text, public=False)


def reopen(draft: Draft, text: str | None, *, public: bool) -> None:
    """Open a closed case again; it stays with its unit and shows up at the coordinator's."""
    draft.change(
        status=Status.DIBUKA_KEMBALI,
        closed_at=None,
        window_from=None,
        reopenings=draft.case.reopenings + 1,
        spam=False,
    )
    draft.write(CaseEventType.REOPENED, text=text, public=public)
