"""Random but possible cases: any acts, in any order of own times, by Hypothesis or by a seed."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from shared.clocks.facts import CaseFact, Opening
from shared.contracts.case import CaseEventType
from shared.contracts.enums import Actor, CloseReason, Kind
from tests.casebook import TRIAGE, T, X, Y, at

START = at("2025-12-01 10:00")
UNITS = (X, Y, TRIAGE)
ACTS = tuple(type_ for type_ in CaseEventType if type_ is not T.OPENED)
# What often comes next, so that questions are answered and finished cases come back.
FOLLOWS = {
    T.ASKED: (T.ANSWERED, T.UNSENT, T.ASKED),
    T.RESOLVED: (T.REOPENED, T.RATED, T.ASKED),
    T.REOPENED: (T.ASSIGNED, T.RESOLVED, T.WITHDRAWN),
    T.REPLIED: (T.AUTO_RESOLVED, T.ADDED, T.FORWARDED),
}
YES_NO = (False, True)
Pick = Callable[[Sequence[Any]], Any]
"""Chooses one of several."""


@st.composite
def cases(draw: st.DrawFn) -> list[CaseFact]:
    """The facts of one case, by sequence."""
    return make_case(lambda choices: draw(st.sampled_from(choices)), most=9)


def seeded_cases(seed: int, events: int) -> list[list[CaseFact]]:
    """Cases with at least so many events in all."""
    chance = random.Random(seed)
    found: list[list[CaseFact]] = []
    while sum(map(len, found)) < events:
        found.append(make_case(chance.choice, most=12))
    return found


def make_case(pick: Pick, most: int) -> list[CaseFact]:
    """The facts of one case; half of them have own times that contradict the sequence."""
    steady = pick(YES_NO)
    received = START + timedelta(hours=pick(range(4000)))
    opened = received + timedelta(hours=pick((0, 0, 0, 1, 30, 700)))
    opening = Opening(received, "2024-1", None, pick(YES_NO), False)
    holder = pick(UNITS)
    facts = [
        CaseFact(
            T.OPENED, opened, 1, holder, None, Actor.SYSTEM, pick(tuple(Kind)), pick(YES_NO),
            opening=opening,
        )
    ]  # fmt: skip
    clock = opened
    for sequence in range(2, 2 + pick(range(most + 1))):
        clock += timedelta(hours=pick((0, 0, 1, 5, 20, 26, 50, 100, 300, 600, 9000)))
        likely = FOLLOWS.get(facts[-1].type)
        type_ = pick(likely if likely and pick(YES_NO) else ACTS)
        if type_ in (T.FORWARDED, T.ASSIGNED):
            holder = pick(UNITS)
        elif type_ is T.REOPENED:
            holder = TRIAGE
        when = clock if steady else clock - timedelta(hours=pick((0, 0, 40)))
        number = _number(pick, type_, facts)
        facts.append(_fact(pick, type_, sequence, holder, when, number))
    return facts


def _number(pick: Pick, type_: CaseEventType, before: list[CaseFact]) -> int | None:
    """A rating's score, or which question proved unsent: mostly one that was asked."""
    if type_ is T.RATED:
        return int(pick(range(1, 6)))
    if type_ is T.UNSENT:
        asked = [fact.sequence for fact in before if fact.type is T.ASKED]
        return int(pick([*asked, len(before)]))
    return None


def _fact(
    pick: Pick,
    type_: CaseEventType,
    sequence: int,
    holder: str,
    when: datetime,
    number: int | None,
) -> CaseFact:
    actor = _actor(pick, type_)
    staff = actor in (Actor.HANDLER, Actor.COORDINATOR)
    corrected = type_ is T.CORRECTED
    return CaseFact(
        type_,
        when,
        sequence,
        holder,
        pick((holder, holder, *UNITS)) if staff else None,
        actor,
        pick(tuple(Kind)) if corrected else None,
        corrected and pick(YES_NO),
        (corrected or type_ is T.RESOLVED) and pick(YES_NO),
        number,
        CloseReason.SPAM if type_ is T.REJECTED else None,
    )


def _actor(pick: Pick, type_: CaseEventType) -> Actor:
    if type_ in (T.ANSWERED, T.ADDED, T.RATED, T.WITHDRAWN):
        return Actor.CITIZEN
    if type_ in (T.AUTO_RESOLVED, T.UNSENT):
        return Actor.SYSTEM
    found: Actor = pick((Actor.HANDLER, Actor.HANDLER, Actor.COORDINATOR, Actor.SYSTEM))
    return found
