"""Working days and the two clocks of hours: the vectors of the field (domain.md §8)."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clocks.region import RegionRules
from shared.clocks.worktime import (
    FIRST_DAY,
    LAST_DAY,
    WorkCalendar,
    deadline_in_working_days,
    end_of_day,
    in_range,
    local_day,
    pdp_deadline,
    within_clock_hours,
)
from shared.policy.load import load_policies
from tanggap.commands import erase as erasing
from tests.casebook import WITA, at, rules
from tests.vectors import COUNTS, VECTORS

BOOK = load_policies()
FULL = WorkCalendar(d.date for d in BOOK.days_off)
HOLIDAYS_ONLY = WorkCalendar(d.date for d in BOOK.days_off if d.category == "libur_nasional")


@pytest.mark.parametrize("received", VECTORS)
def test_the_vectors_hold_with_and_without_cuti_bersama(received: str) -> None:
    start = date.fromisoformat(received).toordinal()
    for calendar, expected in zip((FULL, HOLIDAYS_ONLY), VECTORS[received], strict=True):
        found = [date.fromordinal(calendar.add_working_days(start, n)) for n in COUNTS]
        assert [day.isoformat() for day in found] == expected


def test_receipt_on_a_free_day_is_receipt_on_the_next_working_day() -> None:
    deadline = deadline_in_working_days(at("2025-12-20"), 3, FULL, WITA)
    assert deadline == datetime(2025, 12, 30, tzinfo=WITA)
    assert deadline == deadline_in_working_days(at("2025-12-22"), 3, FULL, WITA)


@pytest.mark.parametrize(
    ("year", "months"),
    [
        (2025, [19, 20, 19, 16, 17, 18, 23, 20, 21, 23, 20, 21]),
        (2026, [20, 18, 17, 21, 16, 20, 23, 19, 22, 22, 21, 21]),
    ],
)
def test_the_working_days_of_each_month(year: int, months: list[int]) -> None:
    ends = [date(year + month // 12, month % 12 + 1, 1).toordinal() for month in range(13)]
    assert [len(FULL.between(a, b)) for a, b in pairwise(ends)] == months


@pytest.mark.parametrize(
    ("year", "weekdays", "holidays_only", "both"), [(2025, 261, 248, 237), (2026, 261, 248, 240)]
)
def test_the_working_days_of_each_year(
    year: int, weekdays: int, holidays_only: int, both: int
) -> None:
    first, end = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
    found = [len(c.between(first, end)) for c in (WorkCalendar([]), HOLIDAYS_ONLY, FULL)]
    assert found == [weekdays, holidays_only, both]


def test_a_cuti_bersama_published_later_counts_from_its_publication_on() -> None:
    known = rules()
    monday = date(2025, 8, 18).toordinal()
    assert known.calendar(date(2025, 8, 6).toordinal()).is_working(monday)
    assert not known.calendar(date(2025, 8, 7).toordinal()).is_working(monday)


def test_days_begin_at_local_midnight() -> None:
    late = datetime(2026, 3, 16, 16, 30, tzinfo=UTC)
    assert local_day(late, WITA) == date(2026, 3, 17).toordinal()
    assert local_day(late, ZoneInfo("Asia/Jakarta")) == date(2026, 3, 16).toordinal()
    assert end_of_day(local_day(late, WITA), WITA) == datetime(2026, 3, 17, 16, tzinfo=UTC)


def test_skipped_days_are_not_counted() -> None:
    monday = date(2026, 9, 7).toordinal()
    skipped = [monday, monday + 1, monday + 2]
    assert FULL.add_working_days(monday, 3, skipped) == monday + 7
    assert FULL.count_after(monday, monday + 7, skipped) == 3
    assert FULL.count_after(monday, monday) == 0


@given(
    start=st.integers(FIRST_DAY + 400, LAST_DAY - 4000),
    n=st.integers(1, 60),
    offsets=st.sets(st.integers(1, 90), max_size=15),
)
def test_counting_agrees_with_walking_the_days(start: int, n: int, offsets: set[int]) -> None:
    skipped = [d for d in sorted(start + o for o in offsets) if FULL.is_working(d)]
    day = FULL.effective(start)
    left = n
    while left:
        day += 1
        if FULL.is_working(day) and day not in skipped:
            left -= 1
    assert FULL.add_working_days(start, n, skipped) == day
    assert FULL.count_after(start, day, skipped) == n


FRIDAY = at("2026-09-11 15:00")
DAY = timedelta(hours=24)


@pytest.mark.parametrize("periods", [1, 3, 5, 7, 14])
def test_n_times_24_hours_run_through_nights_and_free_days(periods: int) -> None:
    limit = periods * DAY
    assert within_clock_hours(FRIDAY, FRIDAY + limit, limit)
    assert not within_clock_hours(FRIDAY, FRIDAY + limit + timedelta(microseconds=1), limit)


def test_three_times_24_hours_of_the_privacy_law_end_on_a_monday_in_the_middle_of_the_day() -> None:
    assert pdp_deadline(FRIDAY) == at("2026-09-14 15:00")
    assert pdp_deadline(FRIDAY.astimezone(UTC)) == at("2026-09-14 15:00")


def test_the_three_clocks_are_three_rules() -> None:
    # Friday 15:00 plus "three days": Wednesday's end, Monday 15:00, and so says the privacy law.
    assert deadline_in_working_days(FRIDAY, 3, FULL, WITA) == at("2026-09-17 00:00")
    assert not within_clock_hours(FRIDAY, at("2026-09-14 15:01"), 3 * DAY)
    assert pdp_deadline(FRIDAY) < at("2026-09-14 15:01")


def test_whoever_erases_is_told_whether_it_was_in_time() -> None:
    assert erasing._in_time(FRIDAY, at("2026-09-14 15:00")).startswith("in time")
    late = erasing._in_time(FRIDAY, at("2026-09-14 15:01"))
    assert late.startswith("LATE")
    assert "2026-09-14 15:00" in late


def test_a_time_that_no_calendar_reaches_is_refused() -> None:
    assert in_range(date(2026, 1, 1).toordinal())
    with pytest.raises(ValueError, match="no calendar"):
        rules().day(datetime(1970, 1, 1, tzinfo=UTC))


def test_limits_are_kept_for_the_case_and_the_cache_stays_small() -> None:
    known = RegionRules("paser", "Asia/Makassar")
    for number in range(10_002):
        limits = known.limits("2024-1", f"paser/u{number}", None, 739000)
    assert limits.verify == 3
    assert known.backlog_days("no such policy", 739000) == 365
