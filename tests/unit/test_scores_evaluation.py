"""The register's levels (no. 8 and 9) at every border, and which of several inputs holds."""

from datetime import UTC, date, datetime
from fractions import Fraction as F

import pytest

from shared.policy.load import load_policies
from shared.scores.evaluation import (
    NO_INPUTS,
    Assessed,
    FollowUpEntry,
    Register,
    UnitInputs,
    months_after,
    register_on,
    survey_share_level,
    survey_speed_level,
    year_inputs,
)

INSTRUMENT = load_policies().at(date(2026, 1, 1)).instrument
RESULT = date(2026, 1, 31)
AT = datetime(2026, 5, 1, tzinfo=UTC)


def entry(value: str | F, n: int | None = None, source: str = "evaluator") -> Assessed:
    return Assessed(F(value), n, source, AT, "rini", "", 1)


def plan(done: date | None = None, started: date | None = None, **more: date) -> FollowUpEntry:
    return FollowUpEntry(
        2026, RESULT, RESULT, started, done, more.get("withdrawn"), date(2026, 6, 30)
    )


# -- no. 8 and 9 ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plans", "started", "done", "level"),
    [
        (0, 0, 0, None),
        (10, 0, 0, 1),
        (10, 1, 0, 2),
        (10, 2, 2, 2),
        (100, 29, 29, 2),
        (100, 30, 30, 3),
        (10, 8, 8, 3),
        (5, 5, 4, 3),
        (1000, 801, 801, 4),
        (1000, 999, 999, 4),
        (10, 0, 10, 5),
        (1, 1, 1, 5),
    ],
)
def test_no_8_by_the_share_that_is_done(
    plans: int, started: int, done: int, level: int | None
) -> None:
    assert survey_share_level(plans, started, done, INSTRUMENT.survey_share) == level


@pytest.mark.parametrize(
    ("end", "level"),
    [
        (date(2025, 12, 1), 5),
        (date(2026, 2, 28), 5),
        (date(2026, 3, 1), 4),
        (date(2026, 4, 30), 4),
        (date(2026, 5, 1), 3),
        (date(2026, 7, 31), 3),
        (date(2026, 8, 1), 2),
        (date(2026, 10, 31), 2),
        (date(2026, 11, 1), 1),
        (date(2027, 1, 31), 1),
        (date(2028, 1, 1), 1),
    ],
)
def test_no_9_by_the_slowest(end: date, level: int) -> None:
    rule = INSTRUMENT.survey_speed
    assert survey_speed_level([(RESULT, end)], rule) == level
    assert survey_speed_level([(RESULT, end), (RESULT, RESULT)], rule) == level
    assert survey_speed_level([(RESULT, date(2028, 1, 1)), (RESULT, end)], rule) == 1


def test_months_are_those_of_the_calendar() -> None:
    assert months_after(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert months_after(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert months_after(date(2026, 12, 1), 12) == date(2027, 12, 1)


def test_the_register_is_read_as_of_a_day() -> None:
    """Created on 31 January, begun in March, done in April and in June."""
    lines = [
        plan(done=date(2026, 4, 10), started=date(2026, 3, 1)),
        plan(done=date(2026, 6, 5)),
        plan(withdrawn=date(2026, 3, 15)),
    ]

    def on(day: str) -> Register:
        return register_on(lines, 2026, date.fromisoformat(day), INSTRUMENT)

    assert on("2026-01-30") == Register()
    assert register_on(lines, 2025, date(2026, 12, 1), INSTRUMENT) == Register()
    assert on("2026-01-31") == Register(3, 0, 0, 1, 0, 5)
    assert on("2026-03-01") == Register(3, 1, 0, 2, 0, 4)
    assert on("2026-03-15") == Register(2, 1, 0, 2, 0, 4)
    assert on("2026-04-10") == Register(2, 1, 1, 3, 0, 4)
    assert on("2026-06-04") == Register(2, 1, 1, 3, 0, 3)
    assert on("2026-06-05") == Register(2, 2, 2, 5, 3, 3)
    assert on("2027-06-05") == Register(2, 2, 2, 5, 3, 3)
    assert register_on([plan(withdrawn=RESULT)], 2026, RESULT, INSTRUMENT).share is None


# -- which value holds ----------------------------------------------------------------------------


def levels(code: str, inputs: UnitInputs, **computed: int) -> dict[int, tuple[object, str, int]]:
    known = {int(no[1:]): level for no, level in computed.items()}
    found = year_inputs(inputs, 2026, {2026: known}, INSTRUMENT).aspects[code]
    return {
        no: (level.value, level.source, level.year)
        for no, level in zip(INSTRUMENT.numbers[code], found.levels, strict=True)
        if level
    }


def said(**items: str) -> UnitInputs:
    """Of 2026 by `i25="3"`, of the year before by `was_i25="3"`."""
    held = {}
    for name, value in items.items():
        year = 2025 if name.startswith("was_") else 2026
        item = name.removeprefix("was_")
        held[year, item[1:] if item[0] == "i" else item] = entry(value, 40, "import")
    return UnitInputs(held)


def test_an_entry_goes_before_what_is_computed() -> None:
    assert levels("e", NO_INPUTS, n28=4) == {28: (4, "computed", 2026)}
    assert levels("e", said(i28="2", i25="3"), n28=4) == {
        25: (3, "import", 2026),
        28: (2, "import", 2026),
    }
    assert levels("a", said(i8="0"), n8=5, n9=3) == {
        8: (0, "import", 2026),
        9: (3, "computed", 2026),
    }


def test_the_live_aspect_is_never_carried() -> None:
    assert levels("e", said(was_i25="3", was_i28="5", was_e="4")) == {}
    found = year_inputs(said(was_e="4"), 2026, {}, INSTRUMENT)
    assert found.aspects["e"].own is None


def test_gaps_of_the_other_aspects_are_filled_from_the_year_before() -> None:
    inputs = said(i10="5", was_i10="1", was_i11="2")
    assert levels("b", inputs) == {10: (5, "import", 2026), 11: (2, "import", 2025)}
    found = year_inputs(UnitInputs(), 2026, {2026: {8: 3}, 2025: {8: 5, 9: 2}}, INSTRUMENT)
    a = dict(zip(INSTRUMENT.numbers["a"], found.aspects["a"].levels, strict=True))
    assert a[8] is not None
    assert a[9] is not None
    assert (a[8].value, a[8].year, a[9].value, a[9].year) == (3, 2026, 2, 2025)


def test_an_aspect_is_made_of_the_best_that_is_known() -> None:
    def of(inputs: UnitInputs) -> tuple[object, ...]:
        found = year_inputs(inputs, 2026, {}, INSTRUMENT).aspects["f"]
        own = (found.own.value, found.own.year) if found.own else None
        return own, [level.value if level else None for level in found.levels]

    assert of(said(i29="3", i30="4", f="1.25")) == (None, [3, 4])
    assert of(said(i29="3", f="1.25", was_i30="2")) == ((F(5, 4), 2026), [3, None])
    assert of(said(i29="3", was_i30="2", was_f="1")) == (None, [3, 2])
    assert of(said(i29="3", was_f="1.5")) == ((F(3, 2), 2025), [3, None])
    assert of(said(i29="3")) == (None, [3, None])
    assert of(NO_INPUTS) == (None, [None, None])


def test_f03_is_carried_for_one_year_with_its_respondents() -> None:
    found = year_inputs(said(was_f03="4.1"), 2026, {}, INSTRUMENT)
    assert found.f03 is not None
    assert (found.f03.value, found.f03.year, found.f03_n) == (F(41, 10), 2025, 40)
    assert year_inputs(said(was_f03="4.1"), 2027, {}, INSTRUMENT).f03 is None
    both = year_inputs(said(was_f03="4.1", f03="3"), 2026, {}, INSTRUMENT)
    assert both.f03 is not None
    assert both.f03.value == 3
