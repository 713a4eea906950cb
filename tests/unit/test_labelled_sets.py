"""The labelled sets keep to their guide: closed sets, offsets, splits and sizes."""

import csv
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import chain, pairwise
from pathlib import Path

import pytest

from services.classifier.training.sets import statements
from shared.contracts.enums import Category, Kind, Language, Maladministration, PIIType, Urgency
from shared.directory.seed import load_seed

FOLDER = Path(__file__).parents[2] / "services" / "classifier" / "labelled"
Row = dict[str, str]
SPLITS = {"train", "dev", "test"}
REGISTERS = {"formal_letter", "web", "chat", "sms", "angry", "elderly"}
DIALECTS = {"banjar_hulu", "banjar_kuala", "papua", "jawa_ngoko", "jawa_krama", "campur"} | {
    "kutai",
    "dayak",
}
HARD = {
    "sideways", "lookalike", "false_alarm", "understated", "several", "wrong_agency", "short",
    "complaint_as_question", "question_as_complaint", "typo", "thanks", "greeting", "spam", "past",
}  # fmt: skip

TEST_ROWS = "381a151067bec2590726c98e4842d952a91c876860cc13fa4bbd2147f99c9ac4"
"""SHA-256 of ids and texts of the reports that measure; their labels may be corrected."""


def _read(name: str) -> list[Row]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


REPORTS = _read("reports.csv")
PERSONAL = _read("personal_data.csv")
NEAR = _read("near_duplicates.csv")
SEED = load_seed()
REGIONS = {row["code"] for row in SEED.regions}
UNITS = {row["code"]: row for row in SEED.opds}


def _parts(cell: str) -> list[str]:
    return [part for part in cell.split("|") if part]


def _columns(rows: list[Row], names: str) -> None:
    assert list(rows[0]) == names.split(",")
    assert all(None not in row and None not in row.values() for row in rows)


def test_columns_and_ids() -> None:
    _columns(
        REPORTS,
        "id,group,split,source,language,dialect,register,region,text,kind,berkadar_pengawasan,"
        "category,opd,external,urgency,maladministration,accuses,spam,hard",
    )
    _columns(PERSONAL, "id,group,split,text,spans,lookalike,own_address")
    _columns(NEAR, "id,group,split,text,region,place,received_at,lookalike_of")
    ids = [row["id"] for row in chain(REPORTS, PERSONAL, NEAR)]
    assert len(ids) == len(set(ids))
    assert all(row["source"] == "own" for row in REPORTS)


@pytest.mark.parametrize(
    ("column", "allowed"),
    [
        ("split", SPLITS),
        ("language", set(Language)),
        ("dialect", DIALECTS | {""}),
        ("register", REGISTERS),
        ("region", REGIONS),
        ("kind", {*Kind, ""}),
        ("category", set(Category)),
        ("urgency", set(Urgency)),
        ("external", {"", "ext-pln", "ext-bpn", "ext-provinsi", "ext-pusat"}),
        ("berkadar_pengawasan", {"0", "1"}),
        ("accuses", {"0", "1"}),
        ("spam", {"0", "1"}),
    ],
)
def test_closed_sets(column: str, allowed: set[str]) -> None:
    assert {row[column] for row in REPORTS} <= allowed


def test_lists_hold_known_values() -> None:
    for row in REPORTS:
        assert set(_parts(row["maladministration"])) <= set(Maladministration), row["id"]
        assert set(_parts(row["hard"])) <= HARD, row["id"]
        for unit in _parts(row["opd"]):
            assert f"{row['region']}/{unit}" in UNITS, (row["id"], unit)


def test_labels_agree_with_each_other() -> None:
    for row in REPORTS:
        accuses = row["accuses"] == "1"
        assert accuses >= (row["berkadar_pengawasan"] == "1"), row["id"]
        assert accuses == (row["category"] == Category.PERILAKU_PETUGAS_PUNGLI), row["id"]
        if accuses:
            assert (row["kind"], row["opd"]) == (Kind.PENGADUAN, "inspektorat"), row["id"]
        elif row["external"]:
            assert _parts(row["opd"])[0] == row["external"], row["id"]
        if row["kind"] != Kind.PENGADUAN:
            assert row["urgency"] == Urgency.RENDAH, row["id"]
        assert bool(row["kind"]) == bool(row["opd"]), row["id"]
        assert (row["spam"] == "1") == ("spam" in _parts(row["hard"])), row["id"]
        assert row["spam"] == "0" or not row["kind"], row["id"]


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [(REPORTS, (0.52, 0.20, 0.28)), (PERSONAL, (0.60, 0.15, 0.25)), (NEAR, (0.60, 0.15, 0.25))],
    ids=["reports", "personal", "near"],
)
def test_a_group_lies_in_one_split(rows: list[Row], wanted: tuple[float, ...]) -> None:
    splits = defaultdict(set)
    for row in rows:
        assert row["split"] in SPLITS
        splits[row["group"]].add(row["split"])
    assert all(len(found) == 1 for found in splits.values())
    shares = Counter(row["split"] for row in rows)
    for split, share in zip(("train", "dev", "test"), wanted, strict=True):
        assert abs(shares[split] / len(rows) - share) < 0.05


def test_what_chooses_is_the_last_round_and_what_measures_stays() -> None:
    # A model learns on from one that has seen the train rows: none of them may measure again.
    assert all((row["split"] == "dev") == (row["id"] >= "r1539") for row in REPORTS)
    texts = (f"{row['id']} {row['text']}" for row in REPORTS if row["split"] == "test")
    measuring = "\n".join(texts)
    assert hashlib.sha256(measuring.encode()).hexdigest() == TEST_ROWS


def _normal(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


@pytest.mark.parametrize("rows", [REPORTS, PERSONAL, NEAR], ids=["reports", "personal", "near"])
def test_no_text_is_empty_or_there_twice(rows: list[Row]) -> None:
    texts = [_normal(row["text"]) for row in rows]
    assert all(texts)
    assert [text for text, times in Counter(texts).items() if times > 1] == []


def test_groups_of_reports_tell_the_same() -> None:
    groups = defaultdict(list)
    for row in REPORTS:
        groups[row["group"]].append(row)
    several = [rows for rows in groups.values() if len(rows) > 1]
    assert len(several) >= 60
    assert sum(len({row["language"] for row in rows}) > 1 for rows in several) >= 50
    for rows in several:
        for column in ("kind", "berkadar_pengawasan", "spam"):
            assert len({row[column] for row in rows}) == 1, [row["id"] for row in rows]


def test_there_are_enough_of_each() -> None:
    languages = Counter(row["language"] for row in REPORTS)
    hard = Counter(chain.from_iterable(_parts(row["hard"]) for row in REPORTS))
    urgent = [row for row in REPORTS if row["urgency"] in {Urgency.MENDESAK, Urgency.DARURAT}]
    assert len(REPORTS) >= 900
    assert languages["ind"] >= 450
    assert (languages["bjn"] >= 200, languages["abs"] >= 120, languages["jav"] >= 60) == (True,) * 3
    assert sum(row["berkadar_pengawasan"] == "1" for row in REPORTS) >= 150
    assert hard["sideways"] >= 80
    assert min(hard["lookalike"], hard["false_alarm"]) >= 60
    assert len(urgent) >= 120
    assert sum(row["spam"] == "1" for row in REPORTS) >= 30
    assert {row["category"] for row in REPORTS} == set(Category)
    assert max(len(row["text"].split()) for row in REPORTS) <= 120


def test_no_report_carries_a_number_of_a_person() -> None:
    assert [row["id"] for row in REPORTS if re.search(r"\d[\d .-]{7,}\d", row["text"])] == []


def _overlap(spans: Iterable[tuple[int, int]]) -> bool:
    ordered = sorted(spans)
    return any(end > start for (_, end), (start, _) in pairwise(ordered))


def test_spans_lie_in_their_text() -> None:
    types = set()
    for row in PERSONAL:
        spans = json.loads(row["spans"])
        assert bool(spans) == (row["lookalike"] == "0"), row["id"]
        for span in spans:
            shown = row["text"][span["start"] : span["end"]]
            assert 0 <= span["start"] < span["end"] <= len(row["text"]), row["id"]
            assert shown == shown.strip() != "", row["id"]
            types.add(PIIType(span["type"]))
            if span["type"] == PIIType.ADDRESS:
                assert shown == row["own_address"], row["id"]
        assert not _overlap((span["start"], span["end"]) for span in spans), row["id"]
    assert types == set(PIIType)


_SHAPES = {
    PIIType.NIK: r"\d{16}",
    PIIType.NIP: r"\d{18}",
    PIIType.PHONE: r"\d{9,14}",
    PIIType.ACCOUNT: r"\d{10,16}",
}


def test_numbers_have_the_shape_of_their_type() -> None:
    for row in PERSONAL:
        for span in json.loads(row["spans"]):
            shape = _SHAPES.get(PIIType(span["type"]))
            shown = row["text"][span["start"] : span["end"]]
            if shape and span["form"] != "words":
                assert re.fullmatch(shape, re.sub(r"\D", "", shown)), (row["id"], shown)


def test_there_is_enough_personal_data() -> None:
    assert sum(row["lookalike"] == "0" for row in PERSONAL) >= 400
    assert sum(row["lookalike"] == "1" for row in PERSONAL) >= 100


def test_statements_are_labelled_by_the_same_rules() -> None:
    found = statements()
    units = {code.partition("/")[2] for code in UNITS}
    assert len(found) >= 1_400
    for one in found:
        assert one.split == "train"
        assert one.kind in {*Kind, None}, one.text
        assert one.category in set(Category), one.text
        assert one.urgency in set(Urgency), one.text
        assert one.language in {*Language, None}, one.text
        assert set(one.units) <= units, one.text
        assert set(one.tags or ()) <= set(Maladministration), one.text
        assert bool(one.accuses) >= bool(one.berkadar), one.text
        assert one.accuses == (one.category == Category.PERILAKU_PETUGAS_PUNGLI), one.text
        assert not one.accuses or (one.kind, one.units) == (Kind.PENGADUAN, ("inspektorat",))
        assert one.kind == Kind.PENGADUAN or one.urgency == Urgency.RENDAH, one.text
    texts = [_normal(one.text) for one in found]
    assert [text for text, times in Counter(texts).items() if times > 1] == []


def _runs(text: str) -> set[tuple[str, ...]]:
    words = _normal(text).split()
    return {tuple(words[start : start + 5]) for start in range(len(words) - 4)}


def test_no_statement_repeats_a_row_that_measures() -> None:
    measuring = [row["text"] for row in REPORTS if row["split"] != "train"]
    whole = {_normal(text) for text in measuring}
    runs = set[tuple[str, ...]]().union(*map(_runs, measuring))
    for one in statements():
        assert _normal(one.text) not in whole, one.text
        assert runs.isdisjoint(_runs(one.text)), one.text


def test_near_duplicates_and_their_lookalikes() -> None:
    groups = defaultdict(list)
    lone = [row for row in NEAR if row["lookalike_of"]]
    for row in NEAR:
        assert row["region"] in REGIONS
        assert row["place"]
        assert datetime.fromisoformat(row["received_at"]).utcoffset() is not None
        if not row["lookalike_of"]:
            groups[row["group"]].append(row)
    assert len(groups) >= 60
    assert all(2 <= len(rows) <= 5 for rows in groups.values())
    assert len(lone) >= 60
    assert len({row["group"] for row in lone}) == len(lone)
    for row in lone:
        assert row["split"] == groups[row["lookalike_of"]][0]["split"], row["id"]
