"""SKM arithmetic against the vectors of domain.md §2."""

from datetime import date
from fractions import Fraction

import pytest

from shared.contracts.enums import Sentiment, SKMElement
from shared.policy.load import load_policies
from shared.policy.model import UnitWeights
from shared.scores.numbers import figure
from shared.scores.skm import (
    OWN,
    Answers,
    UnknownRuleError,
    answers_of,
    sample_size,
    skm_result,
    together,
)

POLICY = load_policies().at(date(2026, 1, 1)).skm
ELEMENTS = tuple(SKMElement)
# Ten answers each give NRR 3.5, 3.4, 3.2, 3.9, 3.5, 3.4, 3.6, 3.3, 3.1.
TOTALS = (35, 34, 32, 39, 35, 34, 36, 33, 31)


def answers(totals: tuple[int, ...], n: int = 10) -> Answers:
    return Answers(
        dict(zip(ELEMENTS, totals, strict=True)), dict.fromkeys(ELEMENTS, n), n, with_token=4
    )


@pytest.mark.parametrize(
    ("rule", "ikm", "grade"), [("1/9", 85.83, "B"), ("0.11", 84.98, "B"), ("0.111", 85.75, "B")]
)
def test_the_vector_holds_with_each_weight(rule: str, ikm: float, grade: str) -> None:
    found = skm_result(answers(TOTALS), POLICY, rule=rule)
    assert (figure(found.ikm), found.grade, found.rule) == (ikm, grade, rule)


@pytest.mark.parametrize(("rule", "ikm"), [("1/9", 100.0), ("0.11", 99.0), ("0.111", 99.9)])
def test_only_the_exact_weight_gives_a_perfect_hundred(rule: str, ikm: float) -> None:
    assert figure(skm_result(answers((40,) * 9), POLICY, rule=rule).ikm) == ikm


@pytest.mark.parametrize(
    ("points", "ikm", "grade"),
    # Sums of 900 answers in all, so that one answer moves the IKM by 1/36.
    [
        (2339, 64.97, "D"), (2340, 65.0, "C"), (2757, 76.58, "C"), (2758, 76.61, "B"),
        (3178, 88.28, "B"), (3179, 88.31, "A"), (900, 25.0, "D"),
    ],
)  # fmt: skip
def test_grades_after_rounding(points: int, ikm: float, grade: str) -> None:
    totals = tuple(points // 9 + (i < points % 9) for i in range(9))
    found = skm_result(answers(totals, 100), POLICY)
    assert (figure(found.ikm), found.grade) == (ikm, grade)


def test_the_lowest_grade_holds_below_its_band_too() -> None:
    assert skm_result(answers((10,) * 9), POLICY, rule="0.11").grade == "D"


def test_a_missing_answer_is_left_out_and_a_missing_element_leaves_no_ikm() -> None:
    some = Answers({**dict.fromkeys(ELEMENTS, 4), SKMElement.BIAYA: 7},
                   {**dict.fromkeys(ELEMENTS, 1), SKMElement.BIAYA: 2}, 2)  # fmt: skip
    assert skm_result(some, POLICY).nrr[SKMElement.BIAYA] == 3.5
    nobody = Answers({SKMElement.WAKTU: 8}, {SKMElement.WAKTU: 2}, 2)
    found = skm_result(nobody, POLICY)
    assert (found.ikm, found.grade, len(found.missing)) == (None, None, 8)


SIZES = {
    10: 10, 20: 19, 30: 28, 50: 44, 100: 80, 150: 108, 200: 132, 250: 152, 300: 169, 400: 196,
    500: 217, 750: 254, 1000: 278, 1200: 291, 1500: 306, 2000: 322, 3000: 341, 5000: 357,
    10000: 370, 20000: 377, 50000: 381, 75000: 382, 100000: 383,
}  # fmt: skip


@pytest.mark.parametrize("population", SIZES)
def test_the_sample_of_krejcie_and_morgan(population: int) -> None:
    assert sample_size(population, POLICY.sample) == SIZES[population]


def test_an_unknown_population_needs_the_largest_sample() -> None:
    assert sample_size(None, POLICY.sample) == 384
    assert sample_size(0, POLICY.sample) == 0


def test_a_unit_may_have_weights_of_its_own() -> None:
    heavy = {**dict.fromkeys(ELEMENTS, Fraction(1, 10)), SKMElement.WAKTU: Fraction(2, 10)}
    policy = POLICY.model_copy(update={"unit": (UnitWeights(opd="paser/rsud", weights=heavy),)})
    found = skm_result(answers(TOTALS), policy.of("paser/rsud"))
    # (3.5 + 3.4 + 2·3.2 + 3.9 + 3.5 + 3.4 + 3.6 + 3.3 + 3.1) / 10 · 25
    assert (found.ikm, found.rule) == (Fraction("85.25"), OWN)
    assert policy.of("paser/dinkes") is policy
    with pytest.raises(UnknownRuleError):
        skm_result(answers(TOTALS), policy.of("paser/rsud"), rule="0.11")
    with pytest.raises(UnknownRuleError, match="choose 1/9"):
        skm_result(answers(TOTALS), policy, rule="0.12")


def test_counters_become_answers_and_services_add_up() -> None:
    counters = {"": (3, 8), "waktu": (24, 8), "biaya": (21, 7), "~negative": (0, 2)}
    found = answers_of(counters)
    assert (found.respondents, found.with_token) == (8, 3)
    assert found.comments == {Sentiment.NEGATIVE: 2}
    both = together([found, found])
    assert (both.totals[SKMElement.BIAYA], both.answered[SKMElement.BIAYA]) == (42, 14)
    assert both.comments[Sentiment.NEGATIVE] == 4
    result = skm_result(both, POLICY, population=30)
    assert (result.n, result.n_required, result.enough) == (16, 28, False)
    assert result.without_token == Fraction(10, 16)
    assert skm_result(answers_of({}), POLICY).without_token is None
