"""Levels of no. 28 and no. 26, the aspect's bounds and the IPP nowcast (domain.md §1)."""

from datetime import date
from fractions import Fraction as F

import pytest

from shared.policy.load import load_policies
from shared.scores.numbers import figure
from shared.scores.pekppp import (
    Bounds,
    FollowUpCounts,
    aspect_bounds,
    f02_bounds,
    follow_up_level,
    ipp_bounds,
    ipp_grade,
    speed_level,
)

INSTRUMENT = load_policies().at(date(2026, 1, 1)).instrument
RULE = INSTRUMENT.follow_up


@pytest.mark.parametrize(
    ("counts", "level", "rule"),
    [
        ((0, 0, 0, 0), None, "no_cases"),
        ((10, 0, 0, 0), 0, "nothing_finished"),
        ((10, 0, 10, 0), 0, "nothing_finished"),
        ((10, 4, 0, 0), 1, "outside"),
        ((10, 5, 0, 0), 2, "outside"),
        ((10, 9, 3, 0), 2, "outside"),
        ((100, 30, 100, 30), 3, "lapor"),
        ((100, 50, 100, 50), 4, "lapor"),
        ((1000, 899, 1000, 899), 4, "lapor"),
        ((1000, 900, 1000, 900), 5, "lapor"),
    ],
)
def test_no_28(counts: tuple[int, int, int, int], level: int | None, rule: str) -> None:
    found = follow_up_level(FollowUpCounts(*counts), RULE)
    assert (found.level, found.rule) == (level, rule)


def test_a_thin_base_is_said() -> None:
    assert follow_up_level(FollowUpCounts(100, 90, 4, 4), RULE).thin
    assert follow_up_level(FollowUpCounts(100, 49, 5, 5), RULE).thin
    assert not follow_up_level(FollowUpCounts(100, 50, 5, 5), RULE).thin


@pytest.mark.parametrize(
    ("counts", "next_level", "more"),
    [
        ((10, 0, 0, 0), 1, 1),
        ((10, 4, 0, 0), 2, 1),
        ((10, 5, 0, 0), None, None),
        ((10, 2, 4, 0), 3, 1),
        ((100, 80, 100, 80), 5, 10),
        ((2, 0, 1, 0), 5, 1),
        ((1, 1, 1, 1), None, None),
    ],
)
def test_how_many_more_finished_cases_reach_the_next_level(
    counts: tuple[int, int, int, int], next_level: int | None, more: int | None
) -> None:
    found = follow_up_level(FollowUpCounts(*counts), RULE)
    assert (found.next_level, found.more) == (next_level, more)
    if more is not None and counts[2] and next_level and next_level > 2:
        done = FollowUpCounts(counts[0], counts[1] + more, counts[2], counts[3] + more)
        assert follow_up_level(done, RULE).level == next_level


def test_no_26_of_an_online_unit_is_the_upper_median() -> None:
    speed = INSTRUMENT.response_speed
    within = {24: 1, 72: 2, 120: 2, 168: 3, 336: 3}
    sums = {f"year.within_{hours}": n for hours, n in within.items()}
    assert speed_level(sums | {"year.in": 3}, speed) == 4
    assert speed_level(sums | {"year.in": 4}, speed) == 2
    assert speed_level(sums | {"year.in": 6}, speed) == 0
    assert speed_level({}, speed) is None


def test_the_vector_of_the_aspect() -> None:
    found = aspect_bounds({25: 4, 26: 4, 27: 3, 28: 5}, "e", INSTRUMENT)
    assert found.value == found.low == found.high == F(405, 100)
    assert found.value * INSTRUMENT.aspect("e").weight == F(405, 1000)
    assert found.value * INSTRUMENT.aspect("e").weight * INSTRUMENT.f02 == F(30375, 100000)


def test_unknown_levels_bound_the_aspect() -> None:
    assert aspect_bounds({28: 5}, "e", INSTRUMENT) == Bounds(None, F(3, 2), F(5))


def test_one_level_gained_moves_the_ipp_as_the_table_says() -> None:
    gains = {25: F(15, 1000), 26: F(1875, 100000), 27: F(1875, 100000), 28: F(225, 10000)}
    others = {code: Bounds(F(3), F(3), F(3)) for code in "abcdf"}
    base = {25: 2, 26: 2, 27: 2, 28: 2}
    for no, gain in gains.items():
        values = []
        for levels in (base, {**base, no: 3}):
            aspect = aspect_bounds(levels, "e", INSTRUMENT)
            f02 = f02_bounds({**others, "e": aspect}, INSTRUMENT)
            bounds, rule = ipp_bounds(f02, F(4), True, INSTRUMENT)
            assert rule == "f02_f03"
            assert bounds.value is not None
            values.append(bounds.value)
        assert values[1] - values[0] == gain


def test_missing_inputs_give_bounds_and_few_answers_f02_alone() -> None:
    full = f02_bounds({code: Bounds(F(4), F(4), F(4)) for code in "abcdef"}, INSTRUMENT)
    assert full == Bounds(F(4), F(4), F(4))
    assert ipp_bounds(full, F(2), True, INSTRUMENT) == (
        Bounds(F(7, 2), F(7, 2), F(7, 2)),
        "f02_f03",
    )
    assert ipp_bounds(full, F(2), False, INSTRUMENT) == (full, "f02_only")
    unknown, rule = ipp_bounds(full, None, False, INSTRUMENT)
    assert (unknown, rule) == (Bounds(None, F(3), F(17, 4)), "f02_f03")
    partly = f02_bounds({"a": Bounds(F(4), F(4), F(4))}, INSTRUMENT)
    assert ipp_bounds(partly, F(2), False, INSTRUMENT)[0] == partly
    assert (partly.value, partly.high) == (None, F(4) * F(24, 100) + 5 * F(76, 100))


@pytest.mark.parametrize(
    ("value", "grade"),
    [
        (F(5), "A"), (F(4505, 1000), "A"), (F(4504, 1000), "A-"), (F(403, 100), "A-"),
        (F(218, 100), "C-"), (F(1005, 1000), "E"), (F(0), "F"), (None, None),
    ],
)  # fmt: skip
def test_grades_are_compared_after_rounding(value: F | None, grade: str | None) -> None:
    assert ipp_grade(value, INSTRUMENT) == grade
    assert figure(value) is None or 0 <= (figure(value) or 0) <= 5
