"""Small worked examples of what is else reached by random values, or through a database, alone."""

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from shared.policy.load import load_policies
from shared.scores.bursts import Burst
from shared.scores.differences import applied, differences
from shared.scores.explain import index_figures, share_figures
from shared.scores.figures import hide_small_figures, walk
from shared.scores.hiding import Closed
from shared.scores.history import Change, Day, sweep
from shared.scores.index import ClockTally, Index, Tally, opd_index, region_index
from shared.scores.periods import BY_DAY, Period, Steps, named, period, steps_of
from shared.scores.register import FollowUpRow
from shared.scores.skm import Answers, skm_result, together
from shared.scores.skm_document import burst_json, span_json
from shared.scores.skm_figures import skm_figures
from shared.scores.sums import state_ranges, step_ranges

WITA = ZoneInfo("Asia/Makassar")
POLICY = load_policies().at(date(2026, 11, 21))
INDEX = POLICY.index


# -- documents that are signed --------------------------------------------------------------------


def test_differences_add_change_and_take_away_and_leave_the_old_document_alone() -> None:
    before = {"a": 1, "b": {"x": 1, "y": [1, 2]}, "c": "gone"}
    after = {"a": 1, "b": {"x": 2, "y": [1, 2], "z": {"new": True}}, "d": None}
    found = differences(before, after)
    assert [(one["label"], "before" in one, "after" in one) for one in found] == [
        ("b/x", True, True), ("b/z", False, True), ("c", True, False), ("d", False, True),
    ]  # fmt: skip
    assert applied(before, found) == after
    assert before["b"] == {"x": 1, "y": [1, 2]}


def test_a_follow_up_is_done_or_withdrawn_from_its_day_on() -> None:
    day = date(2026, 6, 10)
    planned = FollowUpRow(1, "paser/x", "", 2026, day, "waktu", "", "", "", day, day)
    done = replace(planned, started_on=day, done_on=date(2026, 6, 12))
    assert [done.state(date(2026, 6, d)) for d in (10, 11, 12)] == ["berjalan", "lewat", "selesai"]
    assert replace(done, withdrawn_on=day).state(date(2026, 6, 30)) == "ditarik"


# -- a score day by day ---------------------------------------------------------------------------


def on_days(codes: tuple[str, ...] | None, *starts: int) -> list[Day]:
    return [Day(day, start, 2 * day + 1, INDEX, codes) for day, start in enumerate(starts, 101)]


def test_the_sweep_counts_from_the_tick_on_and_only_in_the_window() -> None:
    changes = [
        Change(202, 101, "x", "finish.on_time", 1),
        Change(204, 0, "x", "finish.missed", 1),
        Change(204, 100, "x/unit", "finish.late", 2),
        Change(206, 103, "y", "finish.on_time", 4),
    ]
    starts = (100, 101, 101, 100)  # the window moves on, stays, and goes back

    def counts(found: Index | None) -> tuple[int, int, int]:
        assert found is not None
        finish = found.tally.finish
        return finish.on_time, finish.late, finish.missed

    own = [counts(index) for _, index in sweep(on_days(("x", "x/unit"), *starts), changes)]
    assert own == [(1, 0, 0), (1, 0, 1), (1, 0, 1), (1, 2, 1)]
    whole = [counts(index) for _, index in sweep(on_days(None, *starts), changes)]
    assert whole == [(1, 0, 0), (1, 0, 1), (5, 0, 1), (5, 2, 1)]
    assert [index for _, index in sweep(on_days((), 100), changes)] == [None]


# -- figures --------------------------------------------------------------------------------------


def test_the_shares_are_told_as_figures() -> None:
    found = {one["id"]: one["value"] for one in share_figures({"received": 7}, POLICY)}
    assert found["shares.received"] == 7
    assert set(found.values()) == {0, 7}


RATED = Tally(ClockTally(9), ClockTally(9), ClockTally(9), 9, 9, ratings=9, rating_sum=27)


@pytest.mark.parametrize(
    ("closed", "hidden"),
    [
        (Closed(), set()),
        (Closed(ratings=frozenset({"paser/x"})), {"responsiveness.satisfaction"}),
        (Closed(ratings=frozenset({"paser/y"})), set()),
        (Closed(region_rating=True), {"responsiveness.satisfaction"}),
        (Closed(answers=frozenset({"paser/x"})), {"skm.ikm"}),
    ],
)
def test_what_is_closed_of_a_unit_is_hidden_among_its_figures(
    closed: Closed, hidden: set[str]
) -> None:
    answers = Answers({}, {}, 0)
    survey = skm_figures(skm_result(answers, POLICY.skm), POLICY.skm, answers)
    survey["value"] = 75.0
    figures = [*index_figures(opd_index(RATED, RATED, INDEX), RATED, POLICY, 1, 1), survey]
    seen = {found["id"]: found for found in walk(hide_small_figures(figures, 5, closed, "paser/x"))}
    empty = {
        id_ for id_ in ("responsiveness.satisfaction", "skm.ikm") if seen[id_]["value"] is None
    }
    assert empty == hidden
    assert region_index(RATED, INDEX).n == 9


def test_the_answers_of_one_are_those_of_all() -> None:
    one = Answers({}, {}, 3, 1)
    assert together([one]) is one
    assert together([one, one]).respondents == 6


def test_bursts_and_spans_are_told_in_local_time() -> None:
    late = datetime(2026, 3, 1, 15, 55, tzinfo=UTC)
    burst = Burst("paser/x", "KTP-el", late, late.replace(hour=16, minute=5), 12)
    told = burst_json(burst, WITA)
    assert (told["day"], told["from"], told["to_day"], told["to"]) == (
        "2026-03-01", "23:55", "2026-03-02", "00:05",
    )  # fmt: skip
    assert span_json(date(2026, 1, 1), date(2026, 3, 31), "2026-Q1", "Triwulan I 2026") == {
        "from": "2026-01-01", "to": "2026-03-31", "period": "2026-Q1",
        "period_name": "Triwulan I 2026",
    }  # fmt: skip


# -- periods --------------------------------------------------------------------------------------


def test_days_that_make_up_a_calendar_period_go_by_its_code() -> None:
    for code in ("2026", "2026-S2", "2026-Q1", "2026-11"):
        found = period(code)
        assert named(Period(found.first, found.last)).code == code
    odd = Period(date(2026, 1, 2), date(2026, 3, 31))
    assert named(odd) is odd
    with pytest.raises(ValueError, match="lies before"):
        Period(date(2026, 1, 2), date(2026, 1, 1))
    with pytest.raises(ValueError, match="lie outside"):
        Period(date(1999, 12, 31), date(2026, 1, 1))


def test_less_than_a_month_is_read_by_day() -> None:
    first, last = date(2026, 1, 20), date(2026, 2, 10)
    assert steps_of(first, last) == (Steps(BY_DAY, first.toordinal(), last.toordinal()),)


def test_today_is_read_as_its_month_less_the_days_to_come() -> None:
    first, last = date(2026, 1, 20), date(2026, 3, 10)
    found = steps_of(first, last, newest=True)
    assert found[-1] == Steps(BY_DAY, last.toordinal() + 1, date(2026, 3, 31).toordinal(), -1)
    assert found[:-1] == steps_of(first, date(2026, 3, 31))
    end = date(2026, 3, 31)
    assert steps_of(first, end, newest=True) == steps_of(first, end)
    within = date(2026, 3, 2)
    assert steps_of(within, last, newest=True) == steps_of(within, last)


@pytest.mark.parametrize(
    ("day", "over", "states", "steps"),
    [
        (2, False, 1, -1),  # hardly a step lies ahead of today, and some states do
        (12, False, -1, -1),
        (12, True, 1, 1),  # a day that is over knows all that came after
        (20, True, -1, -1),
    ],
)
def test_of_a_month_the_lesser_part_is_read(day: int, over: bool, states: int, steps: int) -> None:
    tick = 2 * date(2026, 10, day).toordinal() + over
    begin, end = (2 * date(2026, month, 1).toordinal() for month in (10, 11))
    for sign, found in (
        (states, state_ranges(tick)[0]),
        (steps, step_ranges(date(2026, 10, 1), tick)[0]),
    ):
        read = (begin, tick) if sign == 1 else (tick + 1, end - 1)
        assert (found.sign, found.tick_from, found.tick_to) == (sign, *read)


def test_a_mean_of_ratings_is_exact() -> None:
    found = opd_index(RATED, RATED, INDEX)
    part = next(part for part in found.parts if part.name == "satisfaction")
    assert part.successes == Fraction(27, 4)
