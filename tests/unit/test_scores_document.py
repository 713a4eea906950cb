"""Windows, and the Score JSON: every field of the contract, numbers as numbers, bounds, hiding."""

import json
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.contracts.enums import SKMElement
from shared.policy.load import load_policies
from shared.scores.document import Head, hide_small, region_document, score_document
from shared.scores.estimate import unit_estimate
from shared.scores.evaluation import NO_INPUTS
from shared.scores.explain import index_figures
from shared.scores.figures import Figure, hide_small_figures, walk
from shared.scores.index import ClockTally, Tally, opd_index, region_index
from shared.scores.pekppp_document import pekppp_json
from shared.scores.skm import Answers, skm_result
from shared.scores.windows import Span, Window, span

WITA = ZoneInfo("Asia/Makassar")
NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)  # 01:00 of the 21st in WITA
POLICY = load_policies().at(date(2026, 11, 21))


@pytest.mark.parametrize(
    ("window", "as_of", "start", "end", "live"),
    [
        (Window.DAYS_90, None, "2026-08-24", "2026-11-21", True),
        (Window.DAYS_90, date(2026, 11, 21), "2026-08-24", "2026-11-21", True),
        (Window.MONTH, None, "2026-11-01", "2026-11-21", True),
        (Window.YEAR, date(2025, 12, 31), "2025-01-01", "2025-12-31", False),
        (Window.MONTH, date(2024, 2, 29), "2024-02-01", "2024-02-29", False),
    ],
)
def test_windows_end_with_the_local_day(
    window: Window, as_of: date | None, start: str, end: str, live: bool
) -> None:
    found = span(window, as_of, NOW, WITA, 90)
    assert (found.start.isoformat(), found.end.isoformat()) == (start, end)
    assert found.tick == 2 * found.end.toordinal() + (0 if live else 1)
    assert (found.end - span(Window.DAYS_90, found.end, NOW, WITA, 90).start).days == 89


def test_a_day_that_has_not_begun_has_no_score() -> None:
    with pytest.raises(ValueError, match="2026-11-22 has not begun"):
        span(Window.YEAR, date(2026, 11, 22), NOW, WITA, 90)
    with pytest.raises(ValueError, match="calendars begin"):
        span(Window.DAYS_90, date(1, 1, 2), NOW, WITA, 90)


def pekppp(kode: str | None, sums: dict[str, int]) -> dict[str, Any]:
    unit = unit_estimate(2026, kode, sums, NO_INPUTS, date(2026, 11, 21), POLICY)
    return pekppp_json(unit, POLICY)


def document(tally: Tally, answers: int = 0, **sums: int) -> dict[str, Any]:
    region = tally.plus(Tally(ClockTally(50), ClockTally(40, 5, 5), ClockTally(30, 10, 10)))
    skm = Answers(
        dict.fromkeys(SKMElement, 3 * answers), dict.fromkeys(SKMElement, answers), answers
    )
    return score_document(
        Head("paser/dlh", "DLH", None, "A"),
        Span(Window.DAYS_90, date(2026, 8, 24), date(2026, 11, 21), 0),
        POLICY,
        opd_index(tally, region, POLICY.index),
        2,
        pekppp("A", sums),
        skm_result(skm, POLICY.skm),
        {"received": 9, "ended.rejected": 2},
    )


SOME = Tally(
    ClockTally(5, 1, 0, 2), ClockTally(4), ClockTally(3, 0, 1), 3, 2, ratings=2, rating_sum=7
)


def test_the_contract_of_the_document() -> None:
    found = document(SOME, answers=6)
    assert json.loads(json.dumps(found)) == found
    assert {
        "opd",
        "as_of",
        "window",
        "policy",
        "estimate",
        "responsiveness",
        "pekppp",
        "skm",
    } <= set(found)
    index = found["responsiveness"]
    assert (index["state"], index["n"], index["rank"]) == ("ok", 6, 2)
    assert index["interval"][0] < index["value"] < index["interval"][1]
    assert list(index["parts"]) == [
        "verify", "first_response", "finish", "not_reopened", "satisfaction",
    ]  # fmt: skip
    for part in index["parts"].values():
        assert {"p", "n", "on_time", "late", "missed", "running"} <= set(part)
        assert part["p"] == round(part["p"], 4)
    assert index["parts"]["verify"]["running"] == 2
    assert (index["parts"]["not_reopened"]["n"], index["parts"]["not_reopened"]["good"]) == (4, 2)
    assert index["parts"]["satisfaction"]["mean"] == 4.5
    assert (found["shares"]["received"], found["shares"]["rejected"]) == (9, 2)
    assert (found["skm"]["ikm"], found["skm"]["grade"], found["skm"]["n"]) == (75.0, "C", 6)


def test_nothing_known_is_null_not_zero() -> None:
    found = document(Tally())
    index = found["responsiveness"]
    assert (index["value"], index["state"]) == (None, "none")
    assert index["parts"]["satisfaction"]["p"] is None
    assert index["parts"]["satisfaction"]["mean"] is None
    assert found["skm"]["ikm"] is None
    assert found["pekppp"]["aspect_e"]["indicators"]["28"]["level"] is None


def test_the_aspect_is_an_estimate_with_bounds() -> None:
    found = document(SOME, **{"year.in": 10, "year.done": 10})["pekppp"]
    assert found["notice"] == "perkiraan, bukan nilai resmi"
    assert found["aspect_e"]["indicators"]["28"]["computed"] == 2
    assert found["aspect_e"]["indicators"]["25"]["source"] == "unknown"
    assert (found["aspect_e"]["low"], found["aspect_e"]["high"]) == (0.6, 4.1)
    assert found["ipp"]["grade"] is None
    assert found["ipp"]["missing"] == [f"aspect {code}" for code in "abcdef"] + ["F-03"]
    # 0.75·0.10·0.6 and, with everything else at its best, 5 − 0.75·0.10·0.9.
    assert (found["ipp"]["low"], found["ipp"]["high"]) == (0.05, 4.93)


def test_an_online_unit_has_its_speed_but_no_ipp() -> None:
    sums = {"year.in": 2, "year.within_24": 2, "year.within_72": 2}
    found = pekppp("B", sums)
    assert found["aspect_e"]["indicators"]["26"]["level"] == 5
    assert "Kode B" in found["ipp"]["reason"]
    again = pekppp("B", sums)
    again["ipp"]["missing"].append("spoiled")
    assert "spoiled" not in pekppp("B", sums)["ipp"]["missing"]


def test_small_numbers_are_hidden_and_the_original_stays() -> None:
    whole = region_document(document(SOME, answers=4), [document(SOME, answers=5)])
    seen = hide_small(whole, 5)
    assert seen["responsiveness"]["parts"]["satisfaction"]["n"] is None
    assert seen["skm"]["ikm"] is None
    assert seen["responsiveness"]["value"] == whole["responsiveness"]["value"]
    assert seen["opds"][0]["skm"]["ikm"] == 75.0
    assert seen["opds"][0]["responsiveness"]["parts"]["satisfaction"]["hidden"] is True
    assert whole["skm"]["ikm"] == 75.0
    assert hide_small(document(Tally()), 5)["skm"]["n"] == 0


def opened(tally: Tally, region: Tally) -> dict[str, Figure]:
    figures = index_figures(opd_index(tally, region, POLICY.index), region, POLICY, 2, 7)
    assert json.loads(json.dumps(figures)) == figures
    return {found["id"]: found for found in walk(figures)}


def test_an_explanation_names_every_input() -> None:
    found = opened(SOME, SOME.plus(Tally(ClockTally(50))))
    index = found["responsiveness"]
    points = sum(part["inputs"]["points"] for part in index["parts"])
    assert points == pytest.approx(index["value"], abs=0.03)
    verify = found["responsiveness.verify"]
    assert "(tepat + 0,3·telat + (5 + berjalan)·p0)" in verify["formula"]
    put = verify["inputs"]
    assert (put["on_time"], put["late"], put["missed"], put["running"]) == (5, 1, 0, 2)
    computed = (5 + 0.3 * 1 + (5 + 2) * put["p0"]) / (6 + 5 + 2)
    assert verify["value"] == pytest.approx(computed, abs=0.0001)
    assert found["responsiveness.verify.p0"]["inputs"] == {"k": 55.3, "n": 56}
    assert found["responsiveness.rank"]["value"] == 2
    assert {entry["policy"] for entry in found.values()} == {"index-1"}


def test_the_interval_opens_into_the_spread_of_the_parts() -> None:
    found = opened(SOME, SOME)
    interval, index = found["responsiveness.interval"], found["responsiveness"]
    assert interval["interval"] == index["interval"]
    half = interval["value"]
    assert isinstance(half, float)
    assert index["interval"] is not None
    assert index["interval"][1] - index["interval"][0] == pytest.approx(2 * half, abs=0.02)


def test_a_regions_own_parts_are_its_p0_and_what_nobody_measured_is_named() -> None:
    without = Tally(ClockTally(5, 1, 0, 2), ClockTally(4), ClockTally(3))
    figures = index_figures(region_index(without, POLICY.index), without, POLICY, None, None)
    found = {entry["id"]: entry for entry in walk(figures)}
    assert found["responsiveness.verify"]["value"] == found["responsiveness.verify.p0"]["value"]
    assert found["responsiveness.satisfaction"]["value"] is None
    assert "tidak dihitung bagi siapa pun" in found["responsiveness.satisfaction"]["formula"]
    assert "responsiveness.rank" not in found


def test_small_numbers_stay_hidden_in_an_explanation() -> None:
    figures = index_figures(
        opd_index(SOME, SOME.plus(SOME), POLICY.index), SOME.plus(SOME), POLICY, None, 7
    )
    seen = {found["id"]: found for found in walk(hide_small_figures(figures, 5))}
    few = seen["responsiveness.satisfaction"]
    assert (few["value"], few["n"], few["hidden"]) == (None, None, True)
    assert few["inputs"] == {"prior": 5, "weight": 0.15, "weight_share": 0.15}
    assert seen["responsiveness.satisfaction.p0"]["value"] is None
    assert "satisfaction" not in seen["responsiveness.interval"]["inputs"]["parts"]
    assert seen["responsiveness.verify"]["value"] is not None
    assert figures[0]["parts"][-1]["n"] == 2
