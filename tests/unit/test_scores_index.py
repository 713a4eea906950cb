"""The index: its formula, its states and ranks, and the cases whose outcome is fixed."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.policy.load import load_policies
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

POLICY = load_policies().at(date(2026, 1, 1)).index
# 500 cases: verify .9, first response .8, finish .7, not reopened .92, satisfaction .65.
REGION = Tally(
    ClockTally(450, 0, 50),
    ClockTally(400, 0, 100),
    ClockTally(350, 0, 150),
    closed=350,
    never_reopened=460,
    ratings=500,
    rating_sum=1300,
)
GOOD = ClockTally(20)


def index(tally: Tally, region: Tally = REGION) -> Index:
    return opd_index(tally, region, POLICY)


def value(tally: Tally, region: Tally = REGION) -> F:
    return index(tally, region).value


def finishing(**finish: int) -> Tally:
    return Tally(GOOD, GOOD, ClockTally(**finish))


def test_closing_nothing_does_not_beat_closing_late() -> None:
    nothing = finishing(missed=20)
    late = replace(finishing(late=20), closed=20, never_reopened=20, ratings=20, rating_sum=0)
    assert value(nothing) < value(late)


@pytest.mark.parametrize("mean", [F(65, 100), F(3, 4), F(1)])
def test_asking_for_ratings_costs_nothing_when_they_are_the_regions_or_better(mean: F) -> None:
    silent = replace(finishing(on_time=20), closed=20, never_reopened=20)
    asking = replace(silent, ratings=20, rating_sum=int(mean * 80))
    assert value(asking) >= value(silent)


def test_a_region_with_one_fast_case_reads_about_72() -> None:
    one = Tally(ClockTally(1), ClockTally(1), ClockTally(1), closed=1, never_reopened=1)
    found = opd_index(one, one, POLICY)
    assert figure(found.value) == 72.22
    assert found.low < found.value < found.high
    assert found.high - found.low > 20
    assert found.state is State.FEW
    assert figure(region_index(one, POLICY).value) == 66.67


def test_five_of_five_ranks_below_200_at_90_percent() -> None:
    five, many = ClockTally(5), ClockTally(180, 0, 20)
    lucky = Tally(five, five, five, closed=5, never_reopened=5)
    steady = Tally(many, many, many, closed=180, never_reopened=180)
    assert ranks({"lucky": index(lucky), "steady": index(steady)}) == {"steady": 1, "lucky": 2}


def test_reopenings_cost() -> None:
    fast = replace(finishing(on_time=20), closed=20, never_reopened=20)
    open_again = replace(finishing(running=20), closed=20)
    late_again = replace(finishing(late=20), closed=20)
    assert value(fast) > 90
    assert value(open_again) < 80
    assert value(late_again) < 70


def test_arrivals_that_are_not_due_leave_the_finish_near_the_region() -> None:
    parts = {p.name: p for p in index(finishing(on_time=5, running=95)).parts}
    assert abs(parts["finish"].p - F(7, 10)) < F(2, 100)


@pytest.mark.parametrize("alone", [True, False])
def test_rejecting_everything_never_reads_above_95(alone: bool) -> None:
    for n in (20, 200, 20_000):
        rejecting = Tally(ClockTally(n), ClockTally(n), ClockTally())
        region = rejecting if alone else total([REGION, rejecting])
        assert value(rejecting, region) < 95


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
    assert tally.backlog == 1


def test_rounding_is_half_up_and_exact() -> None:
    assert rounded(F(4505, 1000)) == Decimal("4.51")
    assert rounded(Decimal("2.675")) == Decimal("2.68")
    assert rounded(F(-5, 1000)) == Decimal("-0.01")
    assert figure(F(1, 3), 4) == 0.3333
    assert figure(None) is None


counts = st.integers(0, 400)
clock = st.builds(ClockTally, counts, counts, counts, counts)


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
