"""Bursts of equal answers: stacks and robots are flagged, a busy day and a lone person are not."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.enums import SKMElement
from shared.policy.load import load_policies
from shared.scores.bursts import Filled, Vector, bursts, vector_of

POLICY = load_policies().at(date(2026, 1, 1)).skm.bursts
START = datetime(2026, 3, 2, 1, tzinfo=UTC)
ALL_FOUR: Vector = (4,) * 9
ALL_THREE: Vector = (3,) * 9


def stack(
    count: int, seconds: float, start: datetime = START, vector: Vector = ALL_FOUR, name: str = "s"
) -> list[Filled]:
    return [
        Filled(
            f"{name}{start}{n}", "paser/x", "KTP", start + timedelta(seconds=seconds * n), vector
        )
        for n in range(count)
    ]


def crowd(share: float, count: int, minutes: float, seed: int = 1) -> list[Filled]:
    """People, of whom a share answers 4 everywhere; the others as they find it."""
    rng, at, found = random.Random(seed), START, []
    for n in range(count):
        at += timedelta(minutes=rng.expovariate(1 / minutes))
        vector = ALL_FOUR if rng.random() < share else tuple(rng.randint(2, 4) for _ in range(9))
        found.append(Filled(f"c{seed}-{n}", "paser/x", "KTP", at, vector))
    return found


def counts(filled: list[Filled]) -> list[int]:
    return [burst.count for burst in bursts(filled, POLICY)]


def test_a_stack_filled_in_is_flagged_from_ten_within_ten_minutes() -> None:
    found = bursts(stack(12, 45), POLICY)
    assert [(b.opd, b.service, b.first, b.count) for b in found] == [("paser/x", "KTP", START, 12)]
    assert found[0].last == START + timedelta(seconds=11 * 45)
    assert counts(stack(9, 1)) == []
    assert counts(stack(10, 60 * 10 / 9)) == [10]
    assert counts(stack(10, 67)) == []
    assert counts(stack(40, 50)) == [40]


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_a_busy_day_is_not_flagged_though_many_answer_four_everywhere(share: float) -> None:
    """Two a minute for hours: ten equal answers within ten minutes come all the time."""
    for seed in range(8):
        assert counts(crowd(share, 600, 0.5, seed)) == []


def test_a_robot_among_people_is_flagged() -> None:
    people = crowd(0.5, 300, 5)
    robot = stack(40, 3, START + timedelta(hours=2, seconds=1), name="robot")
    found = bursts(people + robot, POLICY)
    assert 30 <= sum(burst.count for burst in found) <= 44


def test_stacks_are_flagged_even_where_nobody_else_answered() -> None:
    days = [start for n in range(60) for start in stack(10, 30, START + timedelta(days=n))]
    assert counts(days) == [10] * 60


def test_another_answer_parts_a_run_and_services_are_apart() -> None:
    middle = START + timedelta(seconds=9 * 30 + 1)
    other = [Filled("other", "paser/x", "KTP", middle, ALL_THREE)]
    assert counts(stack(18, 30)) == [18]
    assert counts(stack(18, 30) + other) == []
    elsewhere = [Filled(o.receipt, o.opd, "KK", o.at, o.vector) for o in other]
    assert counts(stack(18, 30) + elsewhere) == [18]


def test_two_stacks_of_one_morning_are_two_bursts() -> None:
    both = stack(12, 20) + stack(15, 20, START + timedelta(hours=1))
    assert counts(both) == [12, 15]


def test_what_was_not_answered_is_part_of_the_answer() -> None:
    full = dict.fromkeys((e.value for e in SKMElement), 4)
    assert vector_of(full) == ALL_FOUR
    partial = {name: n for name, n in full.items() if name != "biaya"}
    assert vector_of(partial) == (4, 4, 4, None, 4, 4, 4, 4, 4)


FORMS = st.lists(
    st.tuples(st.integers(0, 1500), st.sampled_from([ALL_FOUR, ALL_THREE])),
    max_size=60,
).map(
    lambda rows: [
        Filled(f"r{n}", "paser/x", "", START + timedelta(seconds=second), vector)
        for n, (second, vector) in enumerate(rows)
    ]
)


@given(FORMS, st.randoms(use_true_random=False))
def test_neither_order_nor_a_receipt_that_comes_twice_matters(
    forms: list[Filled], rng: random.Random
) -> None:
    again = forms + rng.sample(forms, len(forms) // 2)
    rng.shuffle(again)
    found = bursts(forms, POLICY)
    assert bursts(again, POLICY) == found
    assert all(burst.count >= POLICY.answers for burst in found)
    assert sum(burst.count for burst in found) <= len(forms)


@given(st.integers(1, 9), st.integers(0, 3600))
def test_a_few_people_are_never_flagged(count: int, seconds: int) -> None:
    """Not even when they answer alike and at once; a lone respondent least of all."""
    assert counts(stack(count, seconds)) == []
