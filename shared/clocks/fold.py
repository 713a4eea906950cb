"""Folding a case's facts into the state of its clocks (design §4); pure, and independent of the
order in which the facts became known.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from shared.clocks.facts import CaseFact
from shared.clocks.ledger import Ledger
from shared.clocks.reckoning import reckon
from shared.clocks.region import RegionRules
from shared.clocks.state import CaseClocks
from shared.contracts.case import CaseEventType


def fold(facts: Iterable[CaseFact], rules: RegionRules) -> CaseClocks | None:
    """The case after all its facts; none while its opening is not known."""
    ordered = sorted(facts, key=_by_sequence)
    if not ordered or ordered[0].opening is None:
        return None
    return _fold(ordered, rules)


def snapshots(
    facts: Iterable[CaseFact], rules: RegionRules
) -> Iterator[tuple[int, CaseClocks | None]]:
    """For each local day on which something happened: the case as of that day's end.

    That is the fold of all facts whose own time lies before that end.
    """
    ordered = sorted(facts, key=_by_sequence)
    if not ordered or ordered[0].opening is None:
        return
    days = [rules.day(fact.at) for fact in ordered]
    steady = all(first <= second for first, second in pairwise(days))
    if steady and not _unsent(ordered):
        running = Ledger(rules, ordered[0], frozenset())
        last = len(ordered) - 1
        for index, fact in enumerate(ordered):
            if index:
                running.apply(fact, days[index])
            if index == last or days[index + 1] != days[index]:
                yield days[index], reckon(running)
        return
    # Own times that contradict the sequence, or a question that proved unsent afterwards: what is
    # known of a day is then not a beginning of what is known in the end.
    for day in sorted(set(days)):
        known = [fact for fact, own in zip(ordered, days, strict=True) if own <= day]
        yield day, _fold(known, rules) if known[0].opening else None


def _by_sequence(fact: CaseFact) -> int:
    return fact.sequence


def _unsent(facts: Sequence[CaseFact]) -> frozenset[int]:
    return frozenset(
        fact.number
        for fact in facts
        if fact.type is CaseEventType.UNSENT and fact.number is not None
    )


def _fold(ordered: Sequence[CaseFact], rules: RegionRules) -> CaseClocks:
    running = Ledger(rules, ordered[0], _unsent(ordered))
    for fact in ordered[1:]:
        running.apply(fact, rules.day(fact.at))
    return reckon(running)
