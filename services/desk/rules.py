"""What staff may do to a case in which state, and which events come of it (design §3, §4).

Pure: time, the directory and the case come in as arguments. Who may see or touch the case at all
is decided in `permissions`, before these rules are asked; citizens' acts are in `citizen_rules`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.desk import closing
from services.desk.casework import Case, Command, Decision, Draft, RefusedError, Staff
from shared.contracts.case import CaseEventType
from shared.contracts.enums import Action, Actor, Category, CloseReason, Role, Status, Urgency
from shared.contracts.notices import NotificationPurpose
from shared.db.read.directory import Directory, inspectorate, triage_unit

REFUSALS_TO_COORDINATOR = 2
_ACTORS = {Role.HANDLER: Actor.HANDLER, Role.COORDINATOR: Actor.COORDINATOR}
_IMPLY_VERIFY = frozenset(
    {
        Action.ASK,
        Action.REPLY,
        Action.RESOLVE,
        Action.REJECT,
        Action.ARCHIVE,
        Action.ASSIGN,
        Action.FORWARD,
    }
)
# What a coordinator does with a case that another unit holds.
_FROM_OUTSIDE = frozenset(
    {
        Action.NOTE,
        Action.CORRECT,
        Action.ASSIGN,
        Action.FORWARD,
        Action.REJECT,
        Action.ARCHIVE,
        Action.REOPEN,
        Action.LINK,
    }
)
_NEEDS_TEXT = frozenset(
    {Action.ASK, Action.REPLY, Action.NOTE, Action.RESOLVE, Action.REJECT, Action.POSTPONE}
)
_ANY_STATE = frozenset({Action.REOPEN, Action.LINK})
_NOT_TAKEN = frozenset(
    {
        Status.DITERIMA,
        Status.DIVERIFIKASI,
        Status.DITERUSKAN,
        Status.DITUNDA,
        Status.DIBUKA_KEMBALI,
    }
)


def is_restricted(berkadar_pengawasan: bool, category: Category) -> bool:
    """Whether the case accuses an officer or unit, so that only Inspektorat may hold it."""
    return berkadar_pengawasan or category is Category.PERILAKU_PETUGAS_PUNGLI


def holds(staff: Staff, case: Case, directory: Directory) -> bool:
    """Whether the person's unit, or one below it, holds the case."""
    return case.opd in directory.with_units(staff.unit)


def decide(
    case: Case, staff: Staff, command: Command, now: datetime, directory: Directory
) -> Decision:
    """Carry out a staff action, or raise `RefusedError` with the reason and the remedy."""
    held = holds(staff, case, directory)
    _check_state(case, command)
    _check_text(command)
    if not held:
        _check_outside(case, command)
    # A person of the OPD above acts in its unit's stead, so the mark is the unit's (and counts
    # for the OPD as well).
    unit = case.opd if held else staff.unit
    draft = Draft(case, _ACTORS[staff.role], now, unit=unit, username=staff.username)
    if held and command.action in _IMPLY_VERIFY:
        _imply_verify(draft)
    _ACTIONS[command.action](draft, staff, command, directory)
    return draft.done()


def _check_state(case: Case, command: Command) -> None:
    if command.action is Action.REOPEN:
        if case.open:
            raise RefusedError("Kasus ini masih terbuka.", "Tidak perlu dibuka kembali.")
        if case.status in (Status.DIBATALKAN, Status.DIGABUNG):
            raise RefusedError(
                f"Kasus berstatus {case.status} tidak dapat dibuka kembali.",
                "Pelapor dapat membuat laporan baru.",
            )
    elif not case.open and command.action not in _ANY_STATE:
        raise RefusedError(
            f"Kasus sudah ditutup ({case.status}).", "Buka kembali kasus ini lebih dahulu."
        )


def _check_text(command: Command) -> None:
    if command.action not in _NEEDS_TEXT or command.text:
        return
    if command.action is Action.REJECT and command.reason is CloseReason.SPAM:
        return
    raise RefusedError("Teks wajib diisi.", "Isi bidang text (1–10.000 karakter).", "text")


def _check_outside(case: Case, command: Command) -> None:
    unfounded = command.action is Action.RESOLVE and command.reason is CloseReason.TIDAK_BERALASAN
    if command.action in _FROM_OUTSIDE or unfounded:
        return
    raise RefusedError(
        f"Kasus ini dipegang {case.opd}.",
        "Hanya unit pemegang yang dapat melakukannya; tugaskan atau teruskan kasus ini.",
    )


def _imply_verify(draft: Draft) -> None:
    if not draft.case.verified:
        draft.change(verified=True)
        draft.write(CaseEventType.VERIFIED, implied=True)


def _verify(draft: Draft, staff: Staff, command: Command, directory: Directory) -> None:
    case = draft.case
    if case.verified:
        raise RefusedError("Kasus ini sudah diverifikasi.", "Lanjutkan penanganannya.")
    waiting = case.status in (Status.DITERIMA, Status.DITERUSKAN)
    draft.change(verified=True, status=Status.DIVERIFIKASI if waiting else case.status)
    draft.write(CaseEventType.VERIFIED)


def _take(draft: Draft, staff: Staff, command: Command, directory: Directory) -> None:
    case = draft.case
    status = Status.DIPROSES if case.status in _NOT_TAKEN else case.status
    draft.change(assignee=staff.username, status=status)
    draft.write(CaseEventType.TAKEN)


def _assign(draft: Draft, staff: Staff, command: Command, directory: Directory) -> None:
    if command.opd:
        if staff.role is not Role.COORDINATOR:
            raise RefusedError(
                "Hanya koordinator yang menugaskan unit lain.",
                "Gunakan tindakan forward untuk meneruskan.",
                "opd",
            )
        _move(draft, command, directory, CaseEventType.ASSIGNED)
        return
    if not command.user:
        raise RefusedError("Penerima tugas belum disebut.", "Isi bidang user atau opd.", "user")
    draft.change(assignee=command.user)
    draft.write(CaseEventType.ASSIGNED, from_opd=draft.case.opd, text=command.text)


def _forward(draft: Draft, staff: Staff, command: Command, directory: Directory) -> None:
    if staff.role is Role.COORDINATOR:
        _move(draft, command, directory, CaseEventType.FORWARDED)
        return
    refusals = draft.case.refusals + (1 if draft.case.forwarded else 0)
    to_coordinator = refusals >= REFUSALS_TO_COORDINATOR
    _move(draft, command, directory, CaseEventType.FORWARDED, refusals, to_coordinator)


def _move(
    draft: Draft,
    command: Command,
    directory: Directory,
    kind: CaseEventType,
    refusals: int = 0,
    to_coordinator: bool = False,
) -> None:
    case = draft.case
    target = _target(case, command.opd, directory)
    if to_coordinator:
        target = triage_unit(case.region)
    from_opd = case.opd
    draft.change(
        opd=target,
        status=Status.DITERUSKAN,
        assignee=None,
        window_from=None,
        forwarded=True,
        refusals=refusals,
    )
    notice = None if case.restricted else NotificationPurpose.FORWARDED
    draft.write(kind, from_opd=from_opd, text=command.text, notice=notice)


def _target(case: Case, wanted: str | None, directory: Directory) -> str:
    if not wanted:
        raise RefusedError("Unit tujuan belum disebut.", "Isi bidang opd.", "opd")
    found = directory.opd(wanted)
    if found is None or found.region != case.region:
        raise RefusedError(
            "Unit tujuan tidak ada di daerah ini.", "Pilih unit dari daftar daerah ini.", "opd"
        )
    if found.external:
        raise RefusedError(
            f"{found.short} bukan perangkat daerah.",
            "Tolak dengan alasan bukan_wewenang dan sebutkan instansi yang dituju.",
            "opd",
        )
    if found.code == case.opd:
        raise RefusedError("Kasus sudah di unit ini.", "Pilih unit lain.", "opd")
    if case.restricted and found.code != inspectorate(case.region):
        raise RefusedError(
            "Kasus terbatas hanya dipegang Inspektorat.",
            "Koreksi dahulu bila ternyata bukan laporan tentang petugas.",
            "opd",
        )
    return found.code


def _ask(draft: Draft, staff: Staff, command: Command, directory: Directory) -> None:
    draft.change(
        status=Status.DITANGGAPI,
        paused=True,
        question=draft.case.version + 1,
        replied_at=draft.now,
        window_from=draft.now,
    )
    draft.write(
        CaseEventType.ASKED, text=command.text, public=True, notice=NotificationPurpose.ASKED
    )


def _reply(draft: Draft, staff: Staff, command: Command, directory: Directory) -> None:
    draft.change(status=Status.DITANGGAPI, replied_at=draft.now, window_from=draft.now)
    draft.write(
        CaseEventType.REPLIED, text=command.text, public=True, notice=NotificationPurpose.REPLIED
    )


def _note(draft: Draft, staff: Staff, command: Command, directory: Directory) -> None:
    draft.write(CaseEventType.NOTED, text=command.text)


def _correct(draft: Draft, staff: Staff, command: Command, directory: Directory) -> None:
    case = draft.case
    wanted = {
        "kind": command.kind,
        "category": command.category,
        "urgency": command.urgency,
        "berkadar_pengawasan": command.berkadar_pengawasan,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    if not given:
        raise RefusedError("Tidak ada yang dikoreksi.", "Isi kind, category atau urgency.", "kind")
    by_coordinator = staff.role is Role.COORDINATOR
    changed = {name: value for name, value in given.items() if getattr(case, name) != value}
    if not changed and not by_coordinator:
        raise RefusedError("Nilai itu sudah berlaku.", "Isi nilai yang berbeda.", next(iter(given)))
    draft.change(**changed)
    draft.change(
        restricted=is_restricted(draft.case.berkadar_pengawasan, draft.case.category),
    )
    urgent = Urgency.DARURAT in changed.values()
    draft.write(
        CaseEventType.CORRECTED,
        notice=NotificationPurpose.EMERGENCY if urgent else None,
        **_corrected_fields(case, draft.case, by_coordinator),
    )
    if draft.case.restricted and draft.case.opd != inspectorate(case.region):
        _hand_to_inspectorate(draft)


def _corrected_fields(before: Case, after: Case, confirmed: bool) -> dict[str, Any]:
    return {
        "kind": after.kind,
        "category": after.category,
        "urgency": after.urgency,
        "berkadar_pengawasan": after.berkadar_pengawasan,
        "before_kind": before.kind,
        "before_category": before.category,
        "before_urgency": before.urgency,
        "before_berkadar_pengawasan": before.berkadar_pengawasan,
        "confirmed": confirmed,
    }


def _hand_to_inspectorate(draft: Draft) -> None:
    """A correction made the case an accusation: it leaves the unit's queue in the same step."""
    from_opd = draft.case.opd
    draft.change(
        opd=inspectorate(draft.case.region),
        accused=draft.case.accused or from_opd,
        assignee=None,
        status=Status.DITERUSKAN,
        forwarded=False,
        refusals=0,
    )
    draft.write(CaseEventType.FORWARDED, from_opd=from_opd)


def _link(draft: Draft, staff: Staff, command: Command, directory: Directory) -> None:
    if not command.lapor_id:
        raise RefusedError("Nomor LAPOR! belum diisi.", "Isi bidang lapor_id.", "lapor_id")
    draft.change(lapor=True, lapor_id=command.lapor_id.lstrip("#"))
    draft.write(CaseEventType.LINKED)


_ACTIONS: dict[Action, Callable[[Draft, Staff, Command, Directory], None]] = {
    Action.VERIFY: _verify,
    Action.TAKE: _take,
    Action.ASSIGN: _assign,
    Action.ASK: _ask,
    Action.REPLY: _reply,
    Action.NOTE: _note,
    Action.CORRECT: _correct,
    Action.FORWARD: _forward,
    Action.RESOLVE: closing.resolve,
    Action.REJECT: closing.reject,
    Action.POSTPONE: closing.postpone,
    Action.ARCHIVE: closing.archive,
    Action.REOPEN: closing.reopen_by_staff,
    Action.LINK: _link,
}
