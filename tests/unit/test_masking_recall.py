"""What the masker hides of the labelled texts, and that it is measured right; no test rows."""

import csv
import json
from pathlib import Path

import pytest

from services.classifier.masking import (
    UNCUED,
    FalseMasks,
    Recall,
    false_masks,
    masking_recall,
    misses,
)

FILE = Path(__file__).parents[2] / "services/classifier/labelled/personal_data.csv"


def labelled(split: str) -> list[dict[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["split"] == split]


def row(text: str, *planted: tuple[str, str, bool], address: str = "") -> dict[str, str]:
    spans = [
        {"type": kind, "start": (at := text.index(part)), "end": at + len(part), "form": "plain"}
        | ({"cue": cue} if kind == "name" else {})
        for kind, part, cue in planted
    ]
    lookalike = "0" if planted else "1"
    return {
        "id": "x", "text": text, "spans": json.dumps(spans), "lookalike": lookalike,
        "own_address": address,
    }  # fmt: skip


def test_only_what_is_hidden_as_a_whole_counts() -> None:
    rows = [
        row("nama saya Budi Tidak", ("name", "Budi Tidak", True)),
        row("lihat Xyrgo di sana", ("name", "Xyrgo", False)),
        row("hp 0812-3456-7890", ("phone", "0812-3456-7890", False)),
        row("di Jl. Mawar No. 3", ("address", "Jl. Mawar No. 3", False), address="jl mawar no 3"),
        row("nomor antrean A-045"),
    ]
    assert masking_recall(rows) == {
        "name": Recall(0, 1),
        UNCUED: Recall(0, 1),
        "phone": Recall(1, 1),
        "address": Recall(1, 1),
    }
    assert [(miss.type, miss.start, miss.end) for miss in misses(rows)] == [
        ("name", 10, 20),
        (UNCUED, 6, 11),
    ]
    assert (Recall(1, 2).share, Recall(0, 0).share) == (0.5, 1.0)


def test_masks_of_lookalikes_are_counted_by_text() -> None:
    rows = [row("hp 081234567890"), row("RT 02"), row("pak Budi", ("name", "Budi", True))]
    assert false_masks(rows) == FalseMasks(masks=1, texts=2)
    assert (false_masks(rows).per_100_texts, FalseMasks(0, 0).per_100_texts) == (50.0, 0.0)


@pytest.mark.parametrize("split", ["train", "dev"])
def test_recall_keeps_its_floor(split: str) -> None:
    found = masking_recall(labelled(split))
    assert set(found) >= {"nik", "nip", "phone", "email", "plate", "account", "address", "name"}
    for kind, recall in found.items():
        assert recall.share >= {"name": 0.98, UNCUED: 0.0}.get(kind, 1.0), (kind, recall)


@pytest.mark.parametrize("split", ["train", "dev"])
def test_lookalikes_stay(split: str) -> None:
    assert false_masks(labelled(split)).masks == 0
