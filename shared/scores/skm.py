"""Survei Kepuasan Masyarakat: NRR, IKM, grade and the sample that is needed (domain.md §2).

Exact fractions throughout; only the grade looks at the rounded IKM. Knows sums, never a respondent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from shared.contracts.enums import Sentiment, SKMElement
from shared.policy.model import SamplePolicy, SKMPolicy, grade_of
from shared.scores.numbers import rounded

EXACT = "1/9"
OWN = "own"
"""The rule of a unit with weights of its own."""
RESPONDENTS = ""
"""The counters' pseudo-element of respondents; of their total, those with a visit token."""
_COMMENT = "~"


def of_comment(sentiment: str) -> str:
    """The counters' pseudo-element of comments of a sentiment."""
    return f"{_COMMENT}{sentiment}"


class UnknownRuleError(ValueError):
    """The rule names no weight of the policy."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Sums over the respondents of an OPD, a service or a region.

    `comments`: how many wrote words of which sentiment; it never enters a figure.
    """

    totals: Mapping[SKMElement, int]
    answered: Mapping[SKMElement, int]
    respondents: int
    with_token: int = 0
    comments: Mapping[Sentiment, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SKMResult:
    """An IKM with what it was made of; null while an element has no answer at all."""

    ikm: Fraction | None
    grade: str | None
    label: str | None
    n: int
    n_required: int
    rule: str
    nrr: dict[SKMElement, Fraction | None]
    missing: tuple[SKMElement, ...]
    with_token: int

    @property
    def without_token(self) -> Fraction | None:
        """The share of respondents who came without a visit token; none without respondents."""
        return 1 - Fraction(self.with_token, self.n) if self.n else None

    @property
    def enough(self) -> bool:
        """Whether as many answered as the sample needs."""
        return self.n >= self.n_required


def answers_of(elements: Mapping[str, tuple[int, int]]) -> Answers:
    """Answers from counters: (total, n) by element and pseudo-element."""
    known = {element: elements[element] for element in SKMElement if element in elements}
    with_token, respondents = elements.get(RESPONDENTS, (0, 0))
    comments = {
        sentiment: elements[of_comment(sentiment)][1]
        for sentiment in Sentiment
        if of_comment(sentiment) in elements
    }
    return Answers(
        {element: found[0] for element, found in known.items()},
        {element: found[1] for element, found in known.items()},
        respondents,
        with_token,
        comments,
    )


def together(parts: Iterable[Answers]) -> Answers:
    """The answers of several services or units as one."""
    found = list(parts)
    if len(found) == 1:  # most OPDs have no units
        return found[0]
    return Answers(
        {e: sum(a.totals.get(e, 0) for a in found) for e in SKMElement},
        {e: sum(a.answered.get(e, 0) for a in found) for e in SKMElement},
        sum(a.respondents for a in found),
        sum(a.with_token for a in found),
        {s: sum(a.comments.get(s, 0) for a in found) for s in Sentiment},
    )


def rules_of(policy: SKMPolicy) -> tuple[str, ...]:
    """The rules that can be asked for; the default first."""
    return (EXACT, *policy.printed)


def skm_result(
    answers: Answers, policy: SKMPolicy, population: int | None = None, rule: str = EXACT
) -> SKMResult:
    """The result; `rule` names the weight: exact by default, or a printed one.

    `population`: users a year, unknown where none. Raises `UnknownRuleError`.
    """
    if rule not in rules_of(policy):
        raise UnknownRuleError(f"{rule} is no rule: choose {', '.join(rules_of(policy))}")
    nrr: dict[SKMElement, Fraction | None] = {
        element: _ratio(answers.totals.get(element, 0), answers.answered.get(element, 0))
        for element in policy.weights
    }
    missing = tuple(element for element, value in nrr.items() if value is None)
    required = sample_size(population, policy.sample)
    ikm: Fraction | None = None
    grade: str | None = None
    label: str | None = None
    if not missing:
        ikm = _ikm(answers, policy, rule)
        band = grade_of(policy.grades, rounded(ikm))
        grade, label = band.grade, band.label
    return SKMResult(
        ikm, grade, label, answers.respondents, required, _named(policy, rule), nrr, missing,
        answers.with_token,
    )  # fmt: skip


def _ikm(answers: Answers, policy: SKMPolicy, rule: str) -> Fraction:
    """Scale · Σ weight · NRR, in whole numbers under one line: a page needs some forty."""
    above, below = 0, 1
    for element in policy.weights:
        part, whole = weight(policy, element, rule).as_integer_ratio()
        line = whole * answers.answered[element]
        above, below = above * line + part * answers.totals[element] * below, below * line
    return Fraction(policy.scale * above, below)


def _ratio(total: int, n: int) -> Fraction | None:
    return Fraction(total, n) if n else None


def weight(policy: SKMPolicy, element: SKMElement, rule: str = EXACT) -> Fraction:
    """The weight of an element under a rule."""
    return policy.printed[rule] if rule in policy.printed else policy.weights[element]


def _named(policy: SKMPolicy, rule: str) -> str:
    first, *others = policy.weights.values()
    equal = len(policy.weights) == len(SKMElement) and all(found == first for found in others)
    return rule if equal else OWN


@lru_cache(maxsize=4096)
def sample_size(population: int | None, policy: SamplePolicy) -> int:
    """Krejcie and Morgan, rounded to the nearest; an unknown population needs the most."""
    spread = policy.chi_square * policy.share * (1 - policy.share)
    square = policy.error * policy.error
    if population is None:
        return _nearest(spread / square)
    if population <= 0:
        return 0
    return _nearest(spread * population / (square * (population - 1) + spread))


def _nearest(value: Fraction) -> int:
    return int(Decimal(rounded(value, 0)))
