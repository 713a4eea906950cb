"""Random but possible cases for property tests: any acts, in any order of own times."""

from datetime import datetime, timedelta

from hypothesis import strategies as st

from shared.clocks.facts import CaseFact, Opening
from shared.contracts.case import CaseEventType
from shared.contracts.enums import Actor, CloseReason, Kind
from tests.casebook import TRIAGE, T, X, Y, at

START = at("2025-12-01 10:00")
UNITS = (X, Y, TRIAGE)
ACTS = tuple(type_ for type_ in CaseEventType if type_ is not T.OPENED)


@st.composite
def cases(draw: st.DrawFn, *, steady: bool | None = None, most: int = 9) -> list[CaseFact]:
    """The facts of one case, by sequence; steady: own times never contradict the sequence."""
    monotone = draw(st.booleans()) if steady is None else steady
    received = START + timedelta(hours=draw(st.integers(0, 4000)))
    opened = received + timedelta(hours=draw(st.sampled_from((0, 0, 0, 1, 30, 700))))
    opening = Opening(received, "2024-1", None, draw(st.booleans()), False)
    holder = draw(st.sampled_from(UNITS))
    kind = draw(st.sampled_from(tuple(Kind)))
    facts = [
        CaseFact(T.OPENED, opened, 1, holder, None, Actor.SYSTEM, kind, draw(st.booleans()),
                 opening=opening)
    ]  # fmt: skip
    clock = opened
    for sequence in range(2, 2 + draw(st.integers(0, most))):
        gap = draw(st.sampled_from((0, 0, 1, 5, 20, 26, 50, 100, 300, 600, 9000)))
        clock += timedelta(hours=gap)
        type_ = draw(st.sampled_from(ACTS))
        holder = _holder(draw, type_, holder)
        when = clock if monotone else clock - timedelta(hours=draw(st.sampled_from((0, 0, 40))))
        facts.append(_fact(draw, type_, sequence, holder, when))
    return facts


def _holder(draw: st.DrawFn, type_: CaseEventType, holder: str) -> str:
    if type_ in (T.FORWARDED, T.ASSIGNED):
        return draw(st.sampled_from(UNITS))
    return TRIAGE if type_ is T.REOPENED else holder


def _fact(
    draw: st.DrawFn, type_: CaseEventType, sequence: int, holder: str, when: datetime
) -> CaseFact:
    citizen = type_ in (T.ANSWERED, T.ADDED, T.RATED, T.WITHDRAWN)
    system = type_ in (T.AUTO_RESOLVED, T.UNSENT)
    actor = (
        Actor.CITIZEN if citizen else Actor.SYSTEM if system else draw(
            st.sampled_from((Actor.HANDLER, Actor.HANDLER, Actor.COORDINATOR, Actor.SYSTEM))
        )
    )  # fmt: skip
    number = None
    if type_ is T.RATED:
        number = draw(st.integers(1, 5))
    if type_ is T.UNSENT:
        number = draw(st.integers(1, sequence))
    return CaseFact(
        type_,
        when,
        sequence,
        holder,
        None if citizen or system else draw(st.sampled_from((holder, holder, *UNITS))),
        actor,
        draw(st.sampled_from(tuple(Kind))) if type_ is T.CORRECTED else None,
        type_ is T.CORRECTED and draw(st.booleans()),
        type_ in (T.CORRECTED, T.RESOLVED) and draw(st.booleans()),
        number,
        CloseReason.SPAM if type_ is T.REJECTED else None,
    )
