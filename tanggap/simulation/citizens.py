"""What invented citizens do after they have filed a complaint: pure; `run` carries it out."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from shared.contracts.enums import CitizenAct
from tanggap.simulation.compose import phrase, quality


@dataclass(frozen=True, slots=True)
class Filed:
    """What a citizen keeps in hand."""

    ticket: str
    code: str


def decide(rng: Random, filed: Filed, seen: Mapping[str, Any]) -> dict[str, Any] | None:
    """The act on a complaint as its tracking page shows it; none when the citizen waits."""
    allowed = set(seen["allowed"])
    if seen["question"] and CitizenAct.ANSWER in allowed:
        return _act(filed, CitizenAct.ANSWER, phrase(rng, "citizen", "answer"))
    if CitizenAct.NOT_DONE in allowed and rng.random() < 0.08:
        return _act(filed, CitizenAct.NOT_DONE, phrase(rng, "citizen", "not_done"))
    if CitizenAct.RATE in allowed and rng.random() < 0.7:
        score = max(1, min(5, round(rng.gauss(quality(seen["opd"] or "") + 0.4, 1))))
        text = phrase(rng, "citizen", "rate")
        return _act(filed, CitizenAct.RATE, text or None) | {"score": score}
    chance = rng.random()
    if CitizenAct.ADD in allowed and chance < 0.08:
        return _act(filed, CitizenAct.ADD, phrase(rng, "citizen", "add"))
    if CitizenAct.WITHDRAW in allowed and chance > 0.99:
        return _act(filed, CitizenAct.WITHDRAW, None)
    return None


def _act(filed: Filed, act: CitizenAct, text: str | None) -> dict[str, Any]:
    body: dict[str, Any] = {"code": filed.code, "act": act.value}
    if text:
        body["text"] = text
    return body
