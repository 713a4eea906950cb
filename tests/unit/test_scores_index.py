"""The index: its formula, its states and ranks; the cases whose outcome is fixed stand beside."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.scores.index import (
    ClockTally,
    Index,
    State,
    Tally,
    opd_index,
    ranks,
    region_index,
    tally_of,
    total,
)
from shared.scores.numbers import figure, rounded
from tests.tallied import POLICY, REGION

GOOD = ClockTally(20)


def index(tally: Tally) -> Index:
    return opd_index(tally, REGION, POLICY)


def finishing(**finish: int) -> Tally:
    return Tally(GOOD, GOOD, ClockTally(**finish))


def test_a_part_measured_nowhere_is_left_out_but_finish_counts() -> None:
    tally = Tally(ClockTally(10), ClockTally(), ClockTally(running=4))
    found = opd_index(tally, tally, POLICY)
    assert [p.name for p in found.parts] == ["verify", "finish"]
    assert found.parts[1].p == F(1, 2)
    measured = index(Tally())
    assert [p.p for p in measured.parts] == [p.region_p for p in measured.parts]
    assert (measured.n, measured.state) == (0, State.NONE)


def test_the_formula_of_a_part_and_of_the_interval() -> None:
    tally = Tally(ClockTally(3, 2, 1, 4), ClockTally(), ClockTally())
    region = Tally(ClockTally(6, 4, 2, 9), ClockTally(), ClockTally())
    part = opd_index(tally, region, POLICY).parts[0]
    shared = (F(72, 10) + 1) / 14
    assert part.region_p == shared
    assert part.p == (F(36, 10) + 9 * shared) / 15


def test_the_interval_of_equal_parts_by_hand() -> None:
    only = Tally(finish=ClockTally(100))
    found = opd_index(only, only, POLICY)
    names = {p.name for p in found.parts}
    assert names == {"finish"} | ({"not_reopened"} if only.finish.missed else set())
    p = (100 + 5 * F(101, 102)) / F(105)
    middle = (p * 105 + 1) / 107
    variance = float(middle * (1 - middle) / 108)
    assert float(found.low) == pytest.approx(float(100 * p) - 164.5 * variance**0.5)
    assert found.high == Decimal(100)


def test_states_by_the_largest_of_the_three() -> None:
    assert index(Tally(ClockTally(4))).state is State.FEW
    assert index(Tally(ClockTally(4), ClockTally(5))).state is State.OK
    assert index(Tally(finish=ClockTally(late=6))).n == 6


def test_equals_share_a_rank_and_backlog_blocks_it() -> None:
    good = index(replace(finishing(on_time=20), closed=20, never_reopened=20))
    worse = index(finishing(missed=20))
    stuck = index(finishing(on_time=20, backlog=1))
    few = index(Tally(ClockTally(4)))
    found = ranks({"a": good, "b": good, "c": worse, "d": stuck, "e": few})
    assert found == {"a": 1, "b": 1, "c": 3}


def test_tallies_come_from_measures() -> None:
    sums = {"verify.on_time": 3, "finish.missed": 2, "closed.n": 4, "closed.good": 3,
            "rating.n": 2, "rating.sum": 5, "finish.backlog": 1}  # fmt: skip
    tally = tally_of(sums)
    assert tally == Tally(ClockTally(3), ClockTally(), ClockTally(missed=2, backlog=1), 4, 3, 2, 5)
    assert tally.plus(tally).closed == 8
    assert total([tally, tally, Tally()]) == tally.plus(tally)
    assert total([]) == Tally()
    assert tally.backlog == 1


def test_rounding_is_half_up_and_exact() -> None:
    assert rounded(F(4505, 1000)) == Decimal("4.51")
    assert rounded(Decimal("2.675")) == Decimal("2.68")
    assert rounded(F(-5, 1000)) == Decimal("-0.01")
    assert figure(F(1, 3), 4) == 0.3333
    assert figure(None) is None


# Few, some, and more than a country ever had.
counts = st.one_of(st.integers(0, 6), st.integers(0, 400), st.integers(0, 10**9))
clock = st.builds(ClockTally, counts, counts, counts, counts, counts)


@given(
    verify=clock, response=clock, finish=clock, good=counts, bad=counts, ratings=counts,
    share=st.integers(0, 4), others=clock,
)  # fmt: skip
def test_every_figure_stays_in_its_bounds(
    verify: ClockTally,
    response: ClockTally,
    finish: ClockTally,
    good: int,
    bad: int,
    ratings: int,
    share: int,
    others: ClockTally,
) -> None:
    own = Tally(verify, response, finish, good + bad, good, ratings, ratings * share)
    region = own.plus(Tally(others, others, others))
    for found in (opd_index(own, region, POLICY), region_index(region, POLICY)):
        assert 0 <= found.low <= found.value <= found.high <= 100
        assert all(0 < part.p < 1 for part in found.parts)
