"""What invented handlers and coordinators decide: pure; `run` carries it out."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from shared.contracts.enums import Action, CloseReason, Role, Status
from shared.db.read.directory import Directory, triage_unit
from tanggap.simulation.accounts import DemoAccount
from tanggap.simulation.compose import phrase, quality, unit_for

_BEST = 4.0
# What a handler does next, by status, with weights.
_NEXT: dict[str, tuple[tuple[Action, int], ...]] = {
    Status.DITERIMA: ((Action.VERIFY, 7), (Action.ASK, 2), (Action.TAKE, 1), (Action.REJECT, 1)),
    Status.DITERUSKAN: ((Action.VERIFY, 6), (Action.TAKE, 3), (Action.REPLY, 1)),
    Status.DIVERIFIKASI: ((Action.TAKE, 4), (Action.REPLY, 5), (Action.ASK, 1)),
    Status.DIPROSES: ((Action.REPLY, 5), (Action.RESOLVE, 5), (Action.POSTPONE, 1)),
    Status.DITANGGAPI: ((Action.RESOLVE, 7), (Action.NOTE, 3)),
    Status.DITUNDA: ((Action.TAKE, 1),),
    Status.DIBUKA_KEMBALI: ((Action.RESOLVE, 3), (Action.REPLY, 1)),
}
_WITH_TEXT = frozenset({Action.ASK, Action.REPLY, Action.NOTE, Action.RESOLVE, Action.POSTPONE})


def decide(
    rng: Random, account: DemoAccount, items: Sequence[Mapping[str, Any]], directory: Directory
) -> tuple[str, dict[str, Any]] | None:
    """A ticket of the queue and the action on it; none when there is nothing to do."""
    if account.role is Role.COORDINATOR:
        return _assign(rng, account, items, directory)
    if rng.random() > quality(account.opd or "") / _BEST:
        return None
    waiting = [item for item in items if item["status"] in _NEXT and not item["paused"]]
    if not waiting:
        return None
    item = rng.choice(waiting)
    choices = _NEXT[item["status"]]
    action = rng.choices([a for a, _ in choices], [weight for _, weight in choices])[0]
    body: dict[str, Any] = {"action": action.value, "version": item["version"]}
    if action in _WITH_TEXT:
        body["text"] = phrase(rng, "staff", action.value)
    if action is Action.REJECT:
        body |= {
            "reason": CloseReason.BUKAN_WEWENANG.value,
            "external": f"{account.region}/ext-provinsi",
            "text": phrase(rng, "staff", "reject"),
        }
    return item["ticket"], body


def _assign(
    rng: Random, account: DemoAccount, items: Sequence[Mapping[str, Any]], directory: Directory
) -> tuple[str, dict[str, Any]] | None:
    """The coordinator gives a case that waits in triage to an OPD."""
    region = account.region or ""
    unit = triage_unit(region)
    waiting = [item for item in items if item["opd"] == unit]
    if not waiting:
        return None
    item = rng.choice(waiting)
    guesses = [code for code in item["suggestions"] if directory.accepts(code, region)]
    found = unit_for(rng, directory, region, item["category"])
    opd = guesses[0] if guesses else found.code if found else f"{region}/diskominfo"
    if opd == unit:
        return None
    return item["ticket"], {"action": Action.ASSIGN.value, "version": item["version"], "opd": opd}
