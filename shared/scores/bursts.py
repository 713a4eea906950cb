"""Bursts: many equal SKM answers in a short time, as a robot or somebody filling a stack leaves.

Pure. A burst is a flag for a person to look at; its answers count like all others. It names a
service, a time and a count, never who answered.

The rule (docs/adr/0046): in the order of arrival at one service, an unbroken run of answers that
are equal in every element; dense (each of them stands among `answers` of the run that lie within
`minutes`); and longer than luck makes runs of such answers. With n answers in the period, of which
a share p outside the flagged runs is like these, luck makes n·p^length runs of that length; a run
is flagged where that is at most `chance`. So where half of all people answer "4" everywhere, a busy
morning is not flagged, and where nobody else does, ten of them are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import groupby

from shared.contracts.enums import SKMElement
from shared.policy.model import BurstPolicy

Vector = tuple[int | None, ...]
"""One respondent's answers in the order of the elements; none where one is missing."""
_ORDER = tuple(element.value for element in SKMElement)


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that was filled in: where, when and how."""

    receipt: str
    opd: str
    service: str
    at: datetime
    vector: Vector


@dataclass(frozen=True, slots=True)
class Burst:
    """A flagged run: `count` equal answers between two moments, both included."""

    opd: str
    service: str
    first: datetime
    last: datetime
    count: int


@dataclass(frozen=True, slots=True)
class _Run:
    vector: Vector
    first: datetime
    last: datetime
    length: int


def vector_of(answers: Mapping[str, int]) -> Vector:
    """The answers as they are compared."""
    return tuple(map(answers.get, _ORDER))


def bursts(filled: Iterable[Filled], policy: BurstPolicy) -> list[Burst]:
    """The flagged runs of a period, oldest first; a receipt that comes twice counts once."""
    services: dict[tuple[str, str], dict[str, Filled]] = {}
    for form in filled:
        services.setdefault((form.opd, form.service), {})[form.receipt] = form
    found = [
        Burst(opd, service, run.first, run.last, run.length)
        for (opd, service), forms in services.items()
        for run in _flagged(sorted(forms.values(), key=_arrival), policy)
    ]
    return sorted(found, key=lambda burst: (burst.first, burst.opd, burst.service, burst.last))


def _arrival(form: Filled) -> tuple[datetime, str]:
    return form.at, form.receipt


def _flagged(forms: Sequence[Filled], policy: BurstPolicy) -> list[_Run]:
    """The runs that luck does not explain.

    What a flagged run holds says nothing of what people usually answer, so it is left out of the
    share. All dense runs are suspects at first; each that luck explains joins the others, which
    may explain more, until nothing changes.
    """
    alike: dict[Vector, int] = {}
    for form in forms:
        alike[form.vector] = alike.get(form.vector, 0) + 1
    runs = list(_dense_runs(forms, policy))
    while True:
        suspect: dict[Vector, int] = {}
        for run in runs:
            suspect[run.vector] = suspect.get(run.vector, 0) + run.length
        others = len(forms) - sum(suspect.values())
        kept = [
            run
            for run in runs
            if _unlikely(
                len(forms),
                _share(alike[run.vector] - suspect[run.vector], others),
                run.length,
                policy.chance,
            )
        ]
        if len(kept) == len(runs):
            return runs
        runs = kept


def _share(like: int, others: int) -> Fraction:
    """How common an answer is among the others; taken as a quarter while nothing is known."""
    return Fraction(like + 1, others + 4)


def _unlikely(n: int, share: Fraction, length: int, chance: Fraction) -> bool:
    return n * share**length <= chance


def _dense_runs(forms: Sequence[Filled], policy: BurstPolicy) -> Iterator[_Run]:
    """The stretches of equal answers in which each lies among enough others in time."""
    within = timedelta(minutes=policy.minutes)
    for vector, group in groupby(forms, key=lambda form: form.vector):
        times = [form.at for form in group]
        begin, end = 0, 0
        for start in range(len(times) - policy.answers + 1):
            stop = start + policy.answers
            if times[stop - 1] - times[start] > within:
                continue
            if start >= end:
                if end:
                    yield _Run(vector, times[begin], times[end - 1], end - begin)
                begin = start
            end = stop
        if end:
            yield _Run(vector, times[begin], times[end - 1], end - begin)
