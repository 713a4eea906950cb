"""Reports of one incident: what the rules find in the labelled file, and what they never join."""

import csv
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classifier.duplicates import (
    ALIKE,
    WINDOW,
    Report,
    Signature,
    bands,
    distance,
    likeness,
    looked_up,
)
from services.classifier.incidents import load_signer
from services.classifier.ports import ClassificationRequest
from services.classifier.ruled import RuleClassifier
from shared.contracts.enums import Category

FILE = Path(__file__).parents[2] / "services" / "classifier" / "labelled" / "near_duplicates.csv"
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SIGN = load_signer().sign
FIRE = Report(
    "T1", "paser", NOW, "Pasar Senaken kebakaran", Category.LAINNYA, "Pasar Induk Senaken"
)


def _alike(one: Report, other: Report) -> bool:
    found = likeness(SIGN(one), SIGN(other))
    assert found == likeness(SIGN(other), SIGN(one))
    return found >= ALIKE


@pytest.mark.parametrize("splits", [("train", "dev"), ("test",)], ids=["tuned on", "test"])
def test_the_labelled_incidents_are_found(splits: tuple[str, ...]) -> None:
    with FILE.open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["split"] in splits]
    answers = RuleClassifier().classify([ClassificationRequest(row["text"]) for row in rows])
    signed = [
        SIGN(
            Report(
                row["id"],
                row["region"],
                datetime.fromisoformat(row["received_at"]),
                found.masked_text,
                found.category,
                row["place"],
            )
        )
        for row, found in zip(rows, answers, strict=True)
    ]
    pairs = list(combinations(range(len(rows)), 2))
    same = {(i, j) for i, j in pairs if rows[i]["group"] == rows[j]["group"]}
    found = {(i, j) for i, j in pairs if likeness(signed[i], signed[j]) >= ALIKE}
    assert len(same & found) / len(found) >= 0.9
    assert len(same & found) / len(same) >= 0.9
    # What is alike is also looked for in the right lists.
    shared = {(i, j) for i, j in found if {*bands(signed[i])} & {*looked_up(signed[j])}}
    assert len(shared) >= 0.98 * len(found)


def test_one_incident_in_other_words_and_another_language() -> None:
    later = replace(
        FIRE, text="pasar tabakar pa, matan wadah iwak", received_at=NOW + timedelta(hours=1)
    )
    assert _alike(FIRE, later)


@pytest.mark.parametrize(
    "other",
    [
        replace(FIRE, region="ppu"),
        replace(FIRE, received_at=NOW + WINDOW + timedelta(seconds=1)),
        replace(FIRE, address="Pasar Kuaro", text="Pasar Kuaro kebakaran"),
        replace(FIRE, text="toilet Pasar Senaken kotor sekali", category=Category.KESEHATAN),
        replace(FIRE, text="", address=None),
    ],
    ids=["region", "time", "place", "matter", "nothing"],
)
def test_what_differs_is_not_joined(other: Report) -> None:
    assert not _alike(FIRE, other)


def test_numbers_tell_places_apart() -> None:
    music = replace(FIRE, text="musik keras di RT 5 Girimukti", address="Girimukti RT 5")
    there = replace(music, text="musik keras di RT 12 Girimukti", address="Girimukti RT 12")
    assert _alike(music, replace(music, text="organ tunggal di RT 5 Girimukti, berisik"))
    assert not _alike(music, there)


def test_points_tell_places_apart_or_together() -> None:
    hole = replace(FIRE, text="jalan berlubang besar", category=Category.JALAN_JEMBATAN)
    here = replace(hole, address=None, lat=-1.9100, lon=116.2000)
    near = replace(here, text="ada lubang di jalan, motor jatuh", lat=-1.9112, lon=116.2010)
    assert distance(SIGN(here), SIGN(near)) == pytest.approx(174, abs=2)
    assert _alike(here, near)
    assert {*bands(SIGN(here))} & {*looked_up(SIGN(near))}
    assert not _alike(here, replace(near, lat=-1.9400))
    assert not _alike(replace(here, address="Senaken"), replace(near, address="Senaken", lat=-1.94))


def test_a_copied_text_is_found_without_a_place() -> None:
    text = "Antrean pendaftaran lama sekali, loket cuma satu dan komputer mati, tolong ditambah"
    copied = replace(FIRE, text=text, address=None)
    assert _alike(copied, replace(copied, text=text + " ya"))


@given(
    text=st.text(),
    address=st.none() | st.text(),
    lat=st.none() | st.floats(-90, 90),
    lon=st.none() | st.floats(-180, 180),
)
def test_any_text_has_a_signature_that_can_be_kept(
    text: str, address: str | None, lat: float | None, lon: float | None
) -> None:
    signed = SIGN(Report("T1", "paser", NOW, text, Category.LAINNYA, address, lat, lon))
    kept = Signature.of("T1", NOW, orjson.loads(orjson.dumps(signed.marks())))
    assert kept == signed
    assert len(bands(signed)) <= 9
    assert all(-(2**63) <= band < 2**63 for band in looked_up(signed))
    assert likeness(signed, kept) >= 0
