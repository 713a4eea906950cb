"""The SKM as JSON and as opened figures: what is told, and what is hidden from whom."""

from datetime import date
from fractions import Fraction
from typing import Any

from shared.contracts.enums import Sentiment, SKMElement
from shared.policy.load import load_policies
from shared.scores.hiding import Cell
from shared.scores.skm import Answers, skm_result
from shared.scores.skm_document import Part, hide_small_parts, part_json
from shared.scores.skm_figures import ELEMENT_NAMES, ELEMENT_NUMBERS, skm_figures

POLICY = load_policies().at(date(2026, 1, 1)).skm


def answers(n: int, value: int = 3, comments: int = 0) -> Answers:
    return Answers(
        dict.fromkeys(SKMElement, n * value), dict.fromkeys(SKMElement, n), n, n // 2,
        {Sentiment.NEGATIVE: comments},
    )  # fmt: skip


def entry(n: int, name: str = "", comments: int = 0) -> dict[str, Any]:
    found = answers(n, comments=comments)
    part = Part(name, name, found, skm_result(found, POLICY, 1000), 1000)
    return {"service": name, **part_json(part)}


def document(*services: dict[str, Any], n: int = 40) -> dict[str, Any]:
    head = {"opd": "paser/x", "period": "2026", "service": None}
    return {**head, "skm": entry(n), "services": list(services), "units": [], "history": []}


def test_a_part_tells_its_figures_and_what_stands_beside_them() -> None:
    found = entry(30, comments=4)
    assert (found["ikm"], found["grade"], found["n"]) == (75.0, "C", 30)
    assert (found["n_required"], found["population"], found["enough"]) == (278, 1000, False)
    assert (found["without_token"], found["without_token_share"]) == (15, 0.5)
    assert found["comments"] == {"n": 4, "positive": 0, "neutral": 0, "negative": 4}
    assert entry(0)["without_token_share"] is None


def test_few_answers_and_few_comments_are_hidden() -> None:
    shown = hide_small_parts(document(entry(4, "A"), entry(36, "B", comments=2), n=3), 5)
    assert shown["skm"]["hidden"]
    assert shown["skm"]["ikm"] is shown["skm"]["n"] is None
    assert set(shown["skm"]["nrr"].values()) == {None}
    small, large = shown["services"]
    assert (small["ikm"], small["n"]) == (None, None)
    assert large["comments"]["n"] is None
    units = {
        **document(),
        "units": [{"opd": "paser/x", **entry(4)}, {"opd": "paser/y", **entry(5)}],
        "history": [{"period": "2026-Q1", **entry(0)}],
    }
    seen = hide_small_parts(units, 5)
    assert [u["n"] for u in seen["units"]] == [None, 5]
    assert seen["history"] == units["history"]


def test_what_is_closed_tells_its_number_alone_each_part_under_its_own_name() -> None:
    whole = {
        **document(entry(20, "A", comments=9), entry(20, "B", comments=9)),
        "units": [{"opd": "paser/x", **entry(9)}, {"opd": "paser/y", **entry(9)}],
        "history": [{"period": "2026-Q1", **entry(9)}, {"period": "2026-Q2", **entry(9)}],
    }
    assert hide_small_parts(whole, 5) == whole
    closed = {
        Cell("paser/x", "2026", "A"), Cell("paser/x", "2026", own=True), Cell("paser/y", "2026-Q1"),
        Cell("paser/x", "2026-Q2"),
    }  # fmt: skip
    seen = hide_small_parts(whole, 5, closed, {Cell("paser/x", "2026", "B")})
    assert [s["ikm"] for s in seen["services"]] == [None, 75.0]
    assert [s["n"] for s in seen["services"]] == [20, 20]
    assert [s["comments"]["n"] for s in seen["services"]] == [None, None]
    assert [u["ikm"] for u in seen["units"]] == [None, 75.0]
    assert [q["ikm"] for q in seen["history"]] == [75.0, None]
    assert seen["skm"]["ikm"] == 75.0


def test_the_opened_figure_says_how_it_came_about() -> None:
    found = skm_figures(skm_result(answers(10), POLICY, 200), POLICY, answers(10))
    assert (found["id"], found["value"], found["n"]) == ("skm.ikm", 75.0, 10)
    assert found["formula"] == "IKM = 25 × Σ (bobot × NRR unsur), bobot 1/9"
    parts = {part["id"]: part for part in found["parts"]}
    assert parts["skm.waktu"]["inputs"] == {"weight": "1/9", "total": 30, "answered": 10}
    assert parts["skm.waktu"]["value"] == 3.0
    assert parts["skm.sample"]["value"] == 132
    old = skm_figures(skm_result(answers(10), POLICY, rule="0.11"), POLICY)
    assert {p["inputs"].get("weight") for p in old["parts"]} == {"11/100", None}
    heavy = {**dict.fromkeys(SKMElement, Fraction(1, 10)), SKMElement.WAKTU: Fraction(1, 5)}
    own = POLICY.model_copy(update={"weights": heavy, "printed": {}})
    assert skm_figures(skm_result(answers(10), own), own)["formula"].endswith("bobot unit sendiri")


def test_every_element_has_a_name_and_only_the_last_two_an_open_number() -> None:
    assert set(ELEMENT_NAMES) == set(ELEMENT_NUMBERS) == set(SKMElement)
    assert [ELEMENT_NUMBERS[e] for e in SKMElement][6:] == ["U7", "U8/U9", "U8/U9"]
