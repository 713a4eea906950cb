"""Periods of a survey by their codes, and how they part."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.scores.measures import month_of
from shared.scores.periods import (
    BY_MONTH,
    Period,
    Steps,
    parts_of,
    period,
    quarters,
    steps_of,
)


@pytest.mark.parametrize(
    ("code", "first", "last", "name"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31), "Tahun 2026"),
        ("2026-S1", date(2026, 1, 1), date(2026, 6, 30), "Semester I 2026"),
        ("2026-s2", date(2026, 7, 1), date(2026, 12, 31), "Semester II 2026"),
        ("2024-Q1", date(2024, 1, 1), date(2024, 3, 31), "Triwulan I 2024"),
        ("2026-TW4", date(2026, 10, 1), date(2026, 12, 31), "Triwulan IV 2026"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "2024-02-01 s.d. 2024-02-29"),
    ],
)
def test_codes(code: str, first: date, last: date, name: str) -> None:
    found = period(code)
    assert (found.first, found.last, found.name) == (first, last, name)
    assert period(found.code) == found


@pytest.mark.parametrize("code", ["", "26", "2026-Q5", "2026-S3", "2026-13", "1999", "2026-00"])
def test_what_is_no_period(code: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        period(code)


def test_days_must_be_in_order() -> None:
    with pytest.raises(ValueError, match="before the first"):
        Period(date(2026, 2, 1), date(2026, 1, 31))


def test_a_period_parts_at_the_calendar_and_is_cut_at_its_ends() -> None:
    assert parts_of(period("2026"), 3) == quarters(2026)
    assert [p.code for p in parts_of(period("2026"), 6)] == ["2026-S1", "2026-S2"]
    cut = parts_of(Period(date(2025, 12, 15), date(2026, 4, 1)), 3)
    assert [(p.first, p.last, p.code) for p in cut] == [
        (date(2025, 12, 15), date(2025, 12, 31), ""),
        (date(2026, 1, 1), date(2026, 3, 31), "2026-Q1"),
        (date(2026, 4, 1), date(2026, 4, 1), ""),
    ]
    assert len(parts_of(period("2026"), 1)) == 12
    assert parts_of(period("2026-Q2"), 12) == (Period(date(2026, 4, 1), date(2026, 6, 30)),)


DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@given(DAYS, st.integers(0, 800), st.booleans())
def test_the_steps_hold_each_day_once_and_no_other(first: date, days: int, newest: bool) -> None:
    last = first + timedelta(days=days)
    held: Counter[int] = Counter()
    for steps in steps_of(first, last, newest=newest):
        for step in range(steps.low, steps.high + 1):
            covered = [step]
            if steps.grain == BY_MONTH:
                begin = date(step // 12, step % 12 + 1, 1).toordinal()
                covered = [day for day in range(begin, begin + 31) if month_of(day) == step]
            held.update(dict.fromkeys(covered, steps.sign))
    days_held = {day: n for day, n in held.items() if n}
    assert days_held == dict.fromkeys(range(first.toordinal(), last.toordinal() + 1), 1)


def test_whole_months_are_read_by_month() -> None:
    assert steps_of(date(2026, 1, 1), date(2026, 3, 31)) == (
        Steps(BY_MONTH, 2026 * 12, 2026 * 12 + 2),
    )
    assert [s.grain for s in steps_of(date(2026, 1, 2), date(2026, 4, 1))] == [0, 1, 0]
