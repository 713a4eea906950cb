"""Random cases as offices produce them: mostly plain, some asked, forwarded, reopened, rated."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.clocks.facts import CaseFact, Opening
from shared.contracts.case import CaseEventType as T
from shared.contracts.enums import Actor, Kind

OPDS = (
    "dpupr", "disperkim", "dlh", "dinkes", "rsud", "disdik", "disdukcapil", "dinsos", "dp3ap2kb",
    "disnaker", "dpmptsp", "dishub", "diskominfo", "diskopperindag", "distan", "satpolpp",
    "damkar", "bpbd", "dpmd", "bapenda", "bappeda", "bpkad", "bkpsdm", "kesbangpol", "perumdam",
)  # fmt: skip
REGION = "paser"
POLICY = "2024-1"
_CITIZEN = frozenset({T.ANSWERED, T.RATED, T.REOPENED})
_HOURS = (1, 4, 20, 30, 50, 75, 120, 200)


def case(rng: random.Random, received: datetime, region: str = REGION) -> list[CaseFact]:
    """The facts of one case, by sequence."""
    triage = f"{region}/setda-organisasi"
    home = f"{region}/{rng.choice(OPDS)}"
    opened_at = home if rng.random() < 0.6 else triage
    facts = [
        CaseFact(
            T.OPENED,
            received,
            1,
            opened_at,
            None,
            Actor.SYSTEM,
            rng.choice(tuple(Kind)),
            opening=Opening(received, POLICY, None, rng.random() < 0.3, False),
        )
    ]
    holder, at = opened_at, received
    for type_ in _steps(rng, opened_at == triage):
        at += timedelta(hours=rng.choice(_HOURS), minutes=rng.randrange(60))
        before = holder
        if type_ is T.ASSIGNED:
            holder = home
        elif type_ is T.FORWARDED:
            holder = f"{region}/{rng.choice(OPDS)}"
        elif type_ is T.REOPENED:
            holder = triage
        facts.append(_fact(rng, type_, at, len(facts) + 1, holder, before))
    return facts


def _steps(rng: random.Random, triage: bool) -> Iterator[T]:
    if rng.random() < 0.1:
        return
    yield T.VERIFIED
    if triage:
        yield T.ASSIGNED
    yield T.TAKEN
    if rng.random() < 0.12:
        yield T.FORWARDED
    if rng.random() < 0.2:
        yield from (T.ASKED, T.ANSWERED)
    if rng.random() < 0.7:
        yield T.REPLIED
    if rng.random() < 0.15:
        return
    yield T.RESOLVED
    if rng.random() < 0.3:
        yield T.RATED
    if rng.random() < 0.06:
        yield from (T.REOPENED, T.ASSIGNED, T.REPLIED, T.RESOLVED)


def _fact(
    rng: random.Random, type_: T, at: datetime, sequence: int, holder: str, before: str
) -> CaseFact:
    citizen = type_ in _CITIZEN
    actor = Actor.CITIZEN if citizen else Actor.HANDLER
    fact = CaseFact(type_, at, sequence, holder, None if citizen else before, actor)
    return replace(fact, number=rng.randint(1, 5)) if type_ is T.RATED else fact


def cases(count: int, *, days: int = 365, seed: int = 7) -> Iterator[list[CaseFact]]:
    """That many cases, received evenly over the days before 1 November 2026."""
    rng = random.Random(seed)
    end = datetime(2026, 11, 1, tzinfo=UTC)
    for number in range(count):
        yield case(rng, end - timedelta(days=days * (count - number) / count))
