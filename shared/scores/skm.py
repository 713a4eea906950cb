"""Survei Kepuasan Masyarakat: NRR, IKM, grade and the sample that is needed (domain.md §2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared.contracts.enums import SKMElement
from shared.policy.model import SamplePolicy, SKMPolicy, grade_of
from shared.scores.numbers import rounded

EXACT = "1/9"


@dataclass(frozen=True, slots=True)
class Answers:
    """Sums over the respondents of an OPD, a service or a region."""

    totals: Mapping[SKMElement, int]
    answered: Mapping[SKMElement, int]
    respondents: int
    with_token: int = 0


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


def skm_result(
    answers: Answers, policy: SKMPolicy, population: int | None = None, rule: str = EXACT
) -> SKMResult:
    """The result; `rule` names the weight: exact by default, or a printed one."""
    nrr: dict[SKMElement, Fraction | None] = {
        element: _ratio(answers.totals.get(element, 0), answers.answered.get(element, 0))
        for element in policy.weights
    }
    weights = {element: _weight(policy, element, rule) for element in policy.weights}
    missing = tuple(element for element, value in nrr.items() if value is None)
    required = sample_size(population, policy.sample)
    ikm: Fraction | None = None
    grade: str | None = None
    label: str | None = None
    if not missing:
        known = (weights[element] * (nrr[element] or 0) for element in nrr)
        ikm = policy.scale * sum(known, Fraction(0))
        band = grade_of(policy.grades, rounded(ikm))
        grade, label = band.grade, band.label
    return SKMResult(
        ikm, grade, label, answers.respondents, required, rule, nrr, missing, answers.with_token
    )


def _ratio(total: int, n: int) -> Fraction | None:
    return Fraction(total, n) if n else None


def _weight(policy: SKMPolicy, element: SKMElement, rule: str) -> Fraction:
    return policy.weights[element] if rule == EXACT else policy.printed[rule]


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
