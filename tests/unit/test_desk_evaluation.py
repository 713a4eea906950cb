"""What an evaluator may enter: every refusal names its field, nothing typed is repeated."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.desk.evaluation import (
    MAX_FILES,
    MAX_LINK,
    MAX_LINKS,
    Entry,
    EvaluationError,
    _plain_decimal,
    check_entry,
    is_computed,
    items_of,
    link,
)
from services.desk.pages import evaluation_words
from services.desk.permissions import (
    Viewer,
    may_assess,
    may_backdate,
    may_follow_up,
    may_see_entries,
    may_see_evaluation,
)
from shared.contracts.enums import Role
from shared.db.read.directory import Directory, directory_of_seed
from shared.policy.load import load_policies

TODAY = date(2026, 11, 23)
INSTRUMENT = load_policies().at(TODAY).instrument
SEED = directory_of_seed()
ONLINE = "paser/diskominfo"
DIRECTORY = Directory.of(
    SEED.regions,
    [replace(opd, kode="B") if opd.code == ONLINE else opd for opd in SEED],
)
PROOF = (link("https://example.id/foto"),)
FILE = {"kind": "file", "name": "a.pdf", "object": "evidence/a", "key": "k"}


def entry(**fields: Any) -> Entry:
    values: dict[str, Any] = {
        "opd": "paser/dinkes", "year": 2026, "item": "25", "value": Decimal(4), "evidence": PROOF,
    }  # fmt: skip
    return Entry(**values | fields)


def check(found: Entry, **options: Any) -> None:
    check_entry(found, DIRECTORY, INSTRUMENT, today=TODAY, **options)


def test_items_are_the_thirty_indicators_the_aspects_and_f03() -> None:
    numbers = [str(number) for number in range(1, 31)]
    assert items_of(INSTRUMENT) == (*numbers, *"abcdef", "f03")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"value": Decimal(0)},
        {"value": Decimal("5.0")},
        {"item": "10", "evidence": ()},
        {"item": "a", "value": Decimal("4.1234"), "evidence": ()},
        {"item": "f03", "value": Decimal("3.9"), "n": 0, "evidence": ()},
        {"item": "28", "reason": "Data resmi."},
        {"item": "26", "opd": ONLINE, "reason": "Data resmi."},
        {"value": None, "reason": "Salah unit.", "evidence": ()},
        {"year": 2020},
        {"evidence": (FILE,)},
    ],
)
def test_what_may_stand(fields: dict[str, Any]) -> None:
    check(entry(**fields))


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("opd", {"opd": "paser/tidak-ada"}),
        ("opd", {"opd": "paser/ext-pln"}),
        ("opd", {"opd": "paser/setda-organisasi"}),
        ("year", {"year": 2019}),
        ("year", {"year": 2027}),
        ("item", {"item": "31"}),
        ("item", {"item": "025"}),
        ("item", {"item": "²5"}),
        ("item", {"item": "g"}),
        ("value", {"value": Decimal("4.5")}),
        ("value", {"value": Decimal(6)}),
        ("value", {"value": Decimal(-1)}),
        ("value", {"value": Decimal("NaN")}),
        ("value", {"value": Decimal("Infinity")}),
        ("value", {"item": "a", "value": Decimal("4.12345")}),
        ("n", {"n": 30}),
        ("n", {"item": "a", "n": 30}),
        ("n", {"item": "f03"}),
        ("n", {"item": "f03", "n": -1}),
        ("n", {"item": "f03", "n": 10**12}),
        ("n", {"item": "f03", "value": None, "n": 3, "reason": "x"}),
        ("reason", {"value": None}),
        ("reason", {"value": None, "reason": "  "}),
        ("reason", {"item": "28"}),
        ("reason", {"item": "8"}),
        ("reason", {"item": "9"}),
        ("reason", {"item": "26", "opd": ONLINE}),
        ("reason", {"reason": "a" * 2001}),
        ("reason", {"reason": "a\x00b"}),
        ("evidence", {"evidence": ()}),
        ("evidence", {"item": "26", "evidence": ()}),
        ("evidence", {"item": "27", "evidence": ()}),
        ("evidence", {"item": "28", "reason": "Data resmi.", "evidence": ()}),
        ("evidence", {"item": "9", "reason": "Data resmi.", "evidence": ()}),
        ("evidence", {"evidence": ({"kind": "note"},)}),
        ("evidence", {"evidence": ({"kind": "file", "name": "a"},)}),
        ("files", {"evidence": (FILE,) * (MAX_FILES + 1)}),
        ("links", {"evidence": PROOF * (MAX_LINKS + 1)}),
    ],
)
def test_what_may_not_names_its_field(field: str, fields: dict[str, Any]) -> None:
    with pytest.raises(EvaluationError) as refusal:
        check(entry(**fields))
    assert refusal.value.field == field


@pytest.mark.parametrize(
    "url",
    [
        "http://example.id/a",
        "javascript:alert(1)",
        "https:///jalan",
        "https://petugas:sandi@example.id/",
        "https://example.id/a b",
        "https://example.id/<script>",
        "https://exámple.id/",
        "https://[::1",
        "//example.id",
        "https://example.id/" + "a" * MAX_LINK,
    ],
)
def test_a_link_is_https_and_harmless(url: str) -> None:
    with pytest.raises(EvaluationError) as refusal:
        check(entry(evidence=(link(url),)))
    assert refusal.value.field == "links"
    assert url not in str(refusal.value)


def test_an_import_carries_official_results_but_sets_nothing_computed_aside_unsaid() -> None:
    check(entry(evidence=()), source="import")
    with pytest.raises(EvaluationError):
        check(entry(item="28", evidence=()), source="import")
    with pytest.raises(EvaluationError):
        check(entry(item="28", reason="Hasil resmi.", evidence=()), source="import")


def test_what_is_computed_depends_on_the_kode() -> None:
    assert is_computed("26", "B", INSTRUMENT)
    assert not is_computed("26", "A", INSTRUMENT)
    assert all(is_computed(item, "A", INSTRUMENT) for item in ("8", "9", "28"))


@pytest.mark.parametrize(
    ("written", "kept"),
    [("4.50", "4.5"), ("0E+9999", "0"), ("-0", "0"), ("5", "5"), ("1E-4", "0.0001")],
)
def test_a_value_is_kept_as_a_plain_decimal(written: str, kept: str) -> None:
    assert _plain_decimal(Decimal(written)) == kept


@pytest.mark.parametrize("kode", ["A", "B"])
def test_every_indicator_has_six_levels_in_words_or_bare(kode: str) -> None:
    for indicator in INSTRUMENT.indicators:
        levels = evaluation_words.level_words(str(indicator.no), kode, INSTRUMENT)
        assert [level for level, _ in levels] == list(range(6))
    live = INSTRUMENT.of_aspect(INSTRUMENT.live_aspect)
    for indicator in live:
        assert all(
            text for _, text in evaluation_words.level_words(str(indicator.no), kode, INSTRUMENT)
        )


# -- Who -------------------------------------------------------------------------------------------


def _viewer(role: Role, region: str | None = "paser", opd: str | None = None) -> Viewer:
    return Viewer("seseorang", role, region, opd)


ALL = {"dinkes", "pkm-kuaro", "dpupr"}
HANDLER = _viewer(Role.HANDLER, opd="paser/dinkes")
COORDINATOR = _viewer(Role.COORDINATOR)
NEIGHBOUR = _viewer(Role.COORDINATOR, "kutim")
MONITOR = _viewer(Role.MONITOR, None)
ADMIN = _viewer(Role.ADMIN, None)


@pytest.mark.parametrize(
    ("viewer", "assesses", "oversees", "sees", "keeps"),
    [
        (HANDLER, False, False, {"dinkes", "pkm-kuaro"}, {"dinkes", "pkm-kuaro"}),
        (_viewer(Role.HANDLER, opd="paser/pkm-kuaro"), False, False, {"pkm-kuaro"}, {"pkm-kuaro"}),
        (COORDINATOR, True, True, ALL, ALL),
        (NEIGHBOUR, False, False, set(), set()),
        (MONITOR, False, True, ALL, set()),
        (_viewer(Role.MONITOR, "kutim"), False, False, set(), set()),
        (ADMIN, False, False, set(), set()),
    ],
)  # fmt: skip
def test_who_enters_and_who_sees(
    viewer: Viewer, assesses: bool, oversees: bool, sees: set[str], keeps: set[str]
) -> None:
    assert may_assess(viewer, "paser") is assesses
    assert may_backdate(viewer, "paser") is assesses
    assert may_see_evaluation(viewer, "paser") is oversees
    assert {u for u in ALL if may_see_entries(viewer, f"paser/{u}", DIRECTORY)} == sees
    assert {u for u in ALL if may_follow_up(viewer, f"paser/{u}", DIRECTORY)} == keeps
