"""F-02, F-03 and IPP of a unit and a region, what would raise them, and how they are opened."""

import json
from datetime import UTC, date, datetime
from fractions import Fraction as F
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.policy.load import load_policies
from shared.scores.estimate import UnitEstimate, group_estimate, unit_estimate
from shared.scores.evaluation import NO_INPUTS, Assessed, FollowUpEntry, UnitInputs
from shared.scores.figures import hide_small_figures, walk
from shared.scores.gains import gain_json, gains
from shared.scores.nowcast import group_figure, live_figure, pekppp_figures
from shared.scores.pekppp import NOTICE
from shared.scores.pekppp_document import (
    group_json,
    pekppp_json,
    region_pekppp_json,
    without_names,
)

POLICY = load_policies().at(date(2026, 1, 1))
INSTRUMENT = POLICY.instrument
DAY = date(2026, 11, 21)
AT = datetime(2026, 5, 1, tzinfo=UTC)
NUMBERS = [indicator.no for indicator in INSTRUMENT.indicators]
FIVE = {"year.in": 10, "year.done": 10, "year.lapor_in": 10, "year.lapor_done": 10}
"""Ten LAPOR! cases, all finished: no. 28 is level 5."""
Levels = dict[int | str, int | F]
LAST, THIS = 2025, 2026


def inputs(items: Levels, *, year: int = THIS, n: int = 40, source: str = "import") -> UnitInputs:
    return UnitInputs(
        {
            (year, str(item)): Assessed(
                F(value), n if item == "f03" else None, source, AT, "rini", "surat 12", 2
            )
            for item, value in items.items()
        }
    )


def unit(
    items: Levels | None = None,
    sums: dict[str, int] | None = None,
    *,
    kode: str | None = "A",
    followups: tuple[FollowUpEntry, ...] = (),
    n: int = 40,
    carried: Levels | None = None,
) -> UnitEstimate:
    now, then = inputs(items or {}, n=n), inputs(carried or {}, year=LAST, n=n)
    said = UnitInputs({**then.assessed, **now.assessed}, followups)
    return unit_estimate(THIS, kode, sums or {}, said, DAY, POLICY)


def document(*args: Any, **options: Any) -> dict[str, Any]:
    found = pekppp_json(unit(*args, **options), POLICY)
    assert json.loads(json.dumps(found)) == found
    return found


OTHERS: Levels = dict.fromkeys("abcdf", 4)


def test_the_vector_of_the_domain() -> None:
    """25=4, 26=4, 27=3, 28=5: aspect 4.05, share of F-02 0.405, of the IPP 0.30375."""
    zero: Levels = {**dict.fromkeys("abcdf", 0), "f03": 0, 25: 4, 26: 4, 27: 3}
    found = unit(zero, FIVE).estimate
    assert found.aspects["e"].value == F(405, 100)
    assert found.f02.value == F(405, 1000)
    assert found.ipp.value == F(30375, 100000)
    assert found.rule == "f02_f03"
    assert (found.missing, found.reason) == ((), None)
    assert document(zero, FIVE)["ipp"]["value"] == 0.3


def test_a_level_of_an_evaluator_holds_and_the_computed_one_stays_visible() -> None:
    found = document({28: 2, 25: 3}, FIVE)["aspect_e"]["indicators"]
    assert (found["28"]["level"], found["28"]["computed"], found["28"]["source"]) == (
        2,
        5,
        "import",
    )
    entered = {"at": "2026-05-01T00:00:00+00:00", "by": "rini", "reason": "surat 12", "evidence": 2}
    assert found["28"]["entered"] == entered
    assert found["28"]["counts"]["lapor_finished"] == 10
    assert (found["25"]["level"], found["25"]["computed"]) == (3, None)
    assert (found["26"]["level"], found["26"]["source"]) == (None, "unknown")
    assert "entered" not in found["26"]


def test_no_case_at_all_is_not_a_level_unless_the_evaluator_decides() -> None:
    asked: Levels = {25: 5, 26: 5, 27: 5}
    found = document(asked)["aspect_e"]
    assert (found["value"], found["low"], found["high"]) == (None, 3.5, 5.0)
    assert found["source"] == "unknown"
    decided = document({**asked, 28: 3})["aspect_e"]
    assert (decided["value"], decided["low"], decided["high"]) == (4.4, 4.4, 4.4)
    assert decided["source"] == "indicators"


def test_an_ipp_with_every_input() -> None:
    found = document({**OTHERS, 25: 4, 26: 4, 27: 3, "f03": F(35, 10)}, FIVE)["ipp"]
    # F-02 = 0.9·4 + 0.405 = 4.005; IPP = 0.75·4.005 + 0.25·3.5 = 3.87875.
    assert (found["f02"]["value"], found["value"], found["grade"]) == (4.01, 3.88, "B")
    assert found["f03"] == {"value": 3.5, "n": 40, "source": "import", "year": 2026}
    assert (found["missing"], found["carried"]) == ([], [])
    assert "with_f03" not in found


def test_few_respondents_leave_f02_alone_and_the_other_value_beside_it() -> None:
    items: Levels = {**OTHERS, 25: 4, 26: 4, 27: 3, "f03": 1}
    few = document(items, FIVE, n=29)["ipp"]
    assert (few["rule"], few["value"], few["grade"]) == ("f02_only", 4.01, "A-")
    assert few["with_f03"]["value"] == 3.25
    enough = document(items, FIVE, n=30)["ipp"]
    assert (enough["rule"], enough["value"]) == ("f02_f03", 3.25)


def test_without_f03_there_is_no_value() -> None:
    found = document({**OTHERS, 25: 4, 26: 4, 27: 3}, FIVE)["ipp"]
    assert (found["value"], found["grade"], found["missing"]) == (None, None, ["F-03"])
    assert (found["low"], found["high"]) == (3.0, 4.25)
    assert found["f03"] == {"value": None, "n": None, "source": "unknown", "year": None}


def test_last_years_inputs_are_carried_by_name() -> None:
    before: Levels = {**dict.fromkeys(range(1, 25), 3), 29: 2, 30: 2, "f03": 4, 25: 5}
    found = document({29: 5, 26: 4, 27: 3, 28: 5}, carried=before)["ipp"]
    assert found["carried"] == [
        {"item": "a", "from_year": 2025},
        {"item": "b", "from_year": 2025},
        {"item": "c", "from_year": 2025},
        {"item": "d", "from_year": 2025},
        {"item": "30", "from_year": 2025},
        {"item": "f03", "from_year": 2025},
    ]
    # 25 is of the live aspect: last year's entry says nothing of this year.
    assert found["missing"] == ["aspect e"]
    assert document({"f": 3}, carried={"b": 4, "f": 1})["ipp"]["carried"] == [
        {"item": "b", "from_year": 2025}
    ]


def test_an_online_unit_has_f03_but_no_f02() -> None:
    found = document({**OTHERS, 25: 4, 27: 3, "f03": 4}, {"year.in": 2, "year.within_24": 2},
                     kode="B")  # fmt: skip
    assert found["aspect_e"]["indicators"]["26"] == {
        "level": 5, "computed": 5, "source": "computed", "counts": {},
    }  # fmt: skip
    ipp = found["ipp"]
    assert (ipp["value"], ipp["f02"]["value"], ipp["f03"]["value"]) == (None, None, 4.0)
    assert (ipp["low"], ipp["high"], ipp["missing"]) == (1.0, 4.75, ["F-02"])
    assert "Kode B" in ipp["reason"]
    assert document(kode="B")["ipp"]["missing"] == ["F-02", "F-03"]
    assert gains(unit(kode="B"), POLICY) == ()


def test_a_unit_without_kode_is_not_evaluated() -> None:
    ipp = document({"f03": 4}, kode=None)["ipp"]
    assert (ipp["value"], ipp["low"], ipp["high"]) == (None, 0.0, 5.0)
    assert (ipp["missing"], ipp["reason"]) == (["kode"], "unit tanpa kode PEKPPP tidak dinilai")


# -- the region -----------------------------------------------------------------------------------


def test_a_region_is_the_simple_mean_of_its_units() -> None:
    whole: Levels = {**OTHERS, 25: 4, 26: 4, 27: 3, "f03": 4}
    known = unit(whole, FIVE).estimate
    less = unit({**whole, 25: 1}, FIVE).estimate
    both = group_estimate({"paser/a": known, "paser/b": less}, INSTRUMENT)
    assert known.ipp.value is not None
    assert less.ipp.value is not None
    assert both.ipp.value == (known.ipp.value + less.ipp.value) / 2
    assert group_json(both) == {
        "value": 3.98, "low": 3.98, "high": 3.98, "grade": "B", "rule": "mean", "missing": [],
        "units": 2, "missing_units": [],
    }  # fmt: skip
    lacking = unit({25: 5}).estimate
    one = group_json(group_estimate({"paser/a": known, "paser/c": lacking}, INSTRUMENT))
    assert (one["value"], one["grade"], one["missing_units"]) == (None, None, ["paser/c"])
    assert one["missing"] == ["F-03", *(f"aspect {code}" for code in "abcdef")]
    assert 0 < one["low"] < 4.0 < one["high"] < 5
    nobody = group_json(group_estimate({}, INSTRUMENT))
    assert (nobody["value"], nobody["low"], nobody["high"], nobody["units"]) == (None, 0.0, 5.0, 0)
    assert nobody["missing"] == ["locus"]


# -- what would it take ---------------------------------------------------------------------------


def gain_of(found: UnitEstimate, no: int, locus_units: int = 0) -> dict[str, Any]:
    gained = gains(found, POLICY, locus_units)
    return next(gain_json(gain) for gain in gained if gain.indicator.no == no)


@pytest.mark.parametrize(
    ("no", "f02", "ipp"), [(25, 0.02, 0.015), (26, 0.025, 0.01875), (27, 0.025, 0.01875)]
)
def test_the_gain_of_one_level_is_that_of_the_domain(no: int, f02: float, ipp: float) -> None:
    for found in (unit({"f03": 4}), unit({no: 2, "f03": 4})):
        gain = gain_of(found, no)
        assert (gain["f02_gain"], gain["ipp_gain"], gain["region_gain"]) == (f02, ipp, None)
    assert gain_of(unit({no: 2, "f03": 4}), no, 5)["region_gain"] == round(ipp / 5, 6)
    assert gain_of(unit({no: 2, "f03": 4}, n=29), no)["ipp_gain"] == f02
    assert gain_of(unit({no: 2}), no)["next_level"] == 3
    assert gain_of(unit(), no)["next_level"] is None


def test_no_28_says_how_many_more_finished_cases_it_takes() -> None:
    running = {"year.in": 10, "year.done": 4, "year.lapor_in": 10, "year.lapor_done": 4}
    gain = gain_of(unit({"f03": 4}, running), 28)
    assert (gain["level"], gain["next_level"], gain["more"], gain["more_of"]) == (3, 4, 1, "cases")
    assert (gain["f02_gain"], gain["ipp_gain"]) == (0.03, 0.0225)
    set_by_hand = gain_of(unit({28: 1}, running), 28)
    assert (set_by_hand["next_level"], set_by_hand["more"]) == (2, None)
    capped = gain_of(unit({}, {"year.in": 10, "year.done": 9}), 28)
    assert (capped["level"], capped["next_level"], capped["more"]) == (2, 3, None)
    assert "LAPOR" in capped["note"]
    no_case = gain_of(unit(), 28)
    assert (no_case["level"], no_case["next_level"], no_case["f02_gain"]) == (None, None, 0.03)
    assert 28 not in {gain.indicator.no for gain in gains(unit({}, FIVE), POLICY)}


def plan(done: date | None, result: date = date(2026, 10, 1)) -> FollowUpEntry:
    return FollowUpEntry(2026, result, result, None, done, None, date(2026, 12, 1))


def test_no_8_and_9_say_how_many_follow_ups_it_takes() -> None:
    register = (plan(date(2026, 10, 20)), plan(None), plan(None), plan(None))
    found = unit(followups=register)
    eight, nine = gain_of(found, 8), gain_of(found, 9)
    # One of four is below 30 %, two are half of them.
    assert (eight["level"], eight["next_level"], eight["more"]) == (2, 3, 1)
    assert (nine["level"], nine["next_level"], nine["more"]) == (0, 4, 3)
    assert nine["more_of"] == "follow_ups"
    assert nine["f02_gain"] == round(0.24 * 0.07 * 4, 6)
    quarter = unit(followups=(plan(date(2026, 10, 20)), *(plan(None),) * 9))
    assert (gain_of(quarter, 8)["next_level"], gain_of(quarter, 8)["more"]) == (3, 2)
    done = unit(followups=(plan(date(2026, 11, 20)),))
    assert "paling lambat" in gain_of(done, 9)["note"]
    assert 8 not in {gain.indicator.no for gain in gains(done, POLICY)}
    late = unit(followups=(plan(None, date(2020, 1, 1)),))
    assert (gain_of(late, 9)["next_level"], gain_of(late, 9)["more"]) == (1, 1)


def test_the_greatest_gain_comes_first() -> None:
    found = gains(unit({**dict.fromkeys(NUMBERS, 3), 29: 5}), POLICY)
    assert [gain.indicator.no for gain in found[:1]] == [14]
    assert [gain.ipp for gain in found] == sorted((g.ipp for g in found), reverse=True)
    assert 29 not in {gain.indicator.no for gain in found}


# -- opened, and for the public -------------------------------------------------------------------


def test_every_figure_opens_into_its_inputs() -> None:
    found = unit({**OTHERS, 25: 4, 26: 4, 27: 3, "f03": F(35, 10)}, FIVE, carried={10: 3})
    figures = pekppp_figures(found, POLICY)
    assert json.loads(json.dumps(figures)) == figures
    by_id = {figure["id"]: figure for figure in walk(figures)}
    assert [figure["id"] for figure in figures] == ["pekppp.ipp", "pekppp.f02", "pekppp.f03"]
    assert {f"pekppp.{key}" for key in [*"abcdef", *NUMBERS]} <= set(by_id)
    assert len(by_id) == len(walk(figures)) == 3 + 6 + 30
    assert all(NOTICE in figure["name"] for figure in by_id.values())
    ipp, e = by_id["pekppp.ipp"], by_id["pekppp.e"]
    assert (ipp["formula"], ipp["inputs"]["f02"], ipp["inputs"]["f03"]) == (
        "IPP = 0,75 × F-02 + 0,25 × F-03", 4.005, 3.5,
    )  # fmt: skip
    assert (e["value"], e["inputs"]["levels"]) == (4.05, {"25": 4, "26": 4, "27": 3, "28": 5})
    assert sum(part["inputs"]["weight"] * part["value"] for part in e["parts"]) == e["value"]
    no28 = by_id["pekppp.28"]
    assert (no28["value"], no28["n"], no28["inputs"]["lapor_finished"]) == (5, 10, 10)
    assert by_id["pekppp.b"]["formula"] == "nilai aspek dimasukkan utuh"
    assert by_id["pekppp.25"]["formula"] == "tingkat ditetapkan penilai"


def test_the_formula_says_what_is_not_known_and_what_was_carried() -> None:
    register = (plan(date(2026, 11, 1)), plan(None))
    figures = pekppp_figures(unit(carried={29: 3}, followups=register), POLICY, under="was")
    by_id = {figure["id"]: figure for figure in walk(figures)}
    assert by_id["was.29"]["formula"] == "tingkat tahun 2025 dipakai kembali"
    assert by_id["was.30"]["formula"] == "belum diisi: antara 0 dan 5"
    assert by_id["was.30"]["inputs"]["low"] == 0.0
    assert by_id["was.28"]["formula"] == "tidak ada kasus yang diterima: tidak dapat dihitung"
    assert (by_id["was.8"]["value"], by_id["was.8"]["inputs"]["done"], by_id["was.8"]["n"]) == (
        3, 1, 2,
    )  # fmt: skip
    assert (by_id["was.9"]["value"], by_id["was.9"]["inputs"]["if_done_today"]) == (0, 4)
    online = pekppp_figures(unit({}, {"year.in": 1}, kode="B"), POLICY)
    speed = next(figure for figure in walk(online) if figure["id"] == "pekppp.26")
    assert (speed["value"], speed["n"]) == (0, 1)
    assert "Kode B" in online[0]["formula"]


def test_an_f03_of_few_is_kept_from_the_public() -> None:
    few = unit({**OTHERS, 25: 4, 26: 4, 27: 3, "f03": F(13, 10)}, FIVE, n=4)
    figures = hide_small_figures(pekppp_figures(few, POLICY), 5)
    assert "1.3" not in json.dumps(figures)
    assert "3.33" not in json.dumps(figures)
    seen = without_names({**pekppp_json(few, POLICY), "assessed": pekppp_json(few, POLICY)}, 5)
    for part in (seen, seen["assessed"]):
        f03 = part["ipp"]["f03"]
        assert (f03["value"], f03["n"], f03["hidden"]) == (None, None, True)
        assert "with_f03" not in part["ipp"]
        entered = part["aspect_e"]["indicators"]["25"]["entered"]
        assert set(entered) == {"at", "reason", "evidence"}
    assert pekppp_json(few, POLICY)["ipp"]["with_f03"]["value"] == 3.33


def test_a_region_opens_into_its_loci() -> None:
    group = group_estimate({"paser/a": unit({25: 5}).estimate}, INSTRUMENT)
    found = group_figure(group, "mandiri", THIS, POLICY)
    assert (found["id"], found["value"], found["n"]) == ("pekppp.ipp.mandiri", None, 1)
    assert found["inputs"]["missing_units"] == ["paser/a"]
    whole = unit({}, FIVE, kode=None)
    assert live_figure(whole, POLICY)["id"] == "pekppp.e"
    region = region_pekppp_json(whole, group, group, POLICY)
    assert region["ipp_mandiri"]["units"] == 1
    assert without_names(region, 5)["ipp"] == region["ipp"]


# -- properties -----------------------------------------------------------------------------------

LEVEL = st.integers(0, 5)
ITEMS = st.fixed_dictionaries(
    {}, optional={**dict.fromkeys([*NUMBERS, *"abcdef"], LEVEL), "f03": LEVEL}
)


@settings(max_examples=50)
@given(ITEMS, ITEMS, st.integers(0, 60), st.sampled_from(["A", "B", None]))
def test_a_value_lies_in_its_bounds_and_is_null_exactly_when_something_is_missing(
    items: Levels, carried: Levels, n: int, kode: str | None
) -> None:
    found = unit(items, kode=kode, n=n, carried=carried).estimate
    for bounds in (*found.aspects.values(), found.f02, found.ipp):
        assert 0 <= bounds.low <= bounds.high <= 5
        assert bounds.value is None or bounds.low == bounds.value == bounds.high
    assert (found.ipp.value is None) == bool(found.missing)
    if found.with_f03:
        assert (found.with_f03.value is None) == (found.f02.value is None)


@given(ITEMS, st.integers(0, 60), st.sampled_from(NUMBERS), st.sampled_from(["A", "B"]))
def test_raising_a_level_never_lowers_the_ipp(items: Levels, n: int, no: int, kode: str) -> None:
    before = unit({**items, no: 2}, kode=kode, n=n).estimate
    after = unit({**items, no: 3}, kode=kode, n=n).estimate
    assert before.ipp.low <= after.ipp.low
    assert before.ipp.high <= after.ipp.high
    if before.ipp.value is not None:
        assert after.ipp.value is not None
        assert before.ipp.value <= after.ipp.value


@settings(max_examples=25)  # Each example tries every indicator.
@given(ITEMS, st.integers(0, 60))
def test_a_gain_is_the_difference_that_the_level_makes(items: Levels, n: int) -> None:
    full: Levels = {**dict.fromkeys(NUMBERS, 1), **items, "f03": 3}
    found = unit(full, n=n)
    for gain in gains(found, POLICY):
        assert gain.next_level is not None
        raised = unit({**full, gain.indicator.no: gain.next_level}, n=n).estimate.ipp.value
        assert raised is not None
        assert found.estimate.ipp.value is not None
        assert raised - found.estimate.ipp.value == gain.ipp


def test_nothing_said_is_one_estimate_for_all() -> None:
    first, second = (unit_estimate(THIS, "A", {}, NO_INPUTS, DAY, POLICY) for _ in range(2))
    assert first.estimate is second.estimate
    assert first.estimate.ipp.low == 0
    assert first.estimate.ipp.high == 5
