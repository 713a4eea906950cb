"""What is urgent: the upper two levels, of the linear heads alone and with the encoder."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from services.classifier.choosing import artefacts, chosen, newest
from services.classifier.encoder.blend import blends_of
from services.classifier.layered import LayeredClassifier
from services.classifier.linear.model import MANIFEST, ArtefactError, Head, LinearModel
from services.classifier.mixing import urgent_chances
from services.classifier.ports import ClassificationRequest
from shared.contracts.enums import Urgency
from tanggap.__main__ import app

LEVELS = np.array([[0.1, 0.1, 0.3, 0.5], [0.5, 0.4, 0.1, 0.0], [1.0, 0.0, 0.0, 0.0]], np.float32)


def test_urgent_are_the_upper_two_levels_unless_a_head_says_so() -> None:
    assert urgent_chances({"urgency": LEVELS}).tolist() == pytest.approx([0.8, 0.1, 0.0])
    by_itself = np.array([[0.2], [0.9], [0.5]], np.float32)
    found = urgent_chances({"urgency": LEVELS, "urgent": by_itself})
    assert found.tolist() == by_itself[:, 0].tolist()
    assert urgent_chances({"urgency": LEVELS[:0]}).shape == (0,)


def test_encoder_and_linear_heads_weigh_the_upper_two_by_themselves() -> None:
    described = {
        "columns": [1, 5], "of": "urgency", "labels": ["urgent"], "form": "logistic",
        "encoder": 0.5, "linear": 0.5, "offsets": [0.0],
    }  # fmt: skip
    urgency = Head("urgency", "report", slice(0, 4), tuple(Urgency), "softmax", 1.0, (0.0,) * 4)
    blend = blends_of({"urgent": described}, {"urgency": urgency})["urgent"]
    sums = np.hstack([np.full((3, 1), 9.0), np.log(np.clip(LEVELS, 1e-9, 1))]).astype(np.float32)
    assert blend.probabilities(sums, LEVELS)[:2, 0] == pytest.approx([0.8, 0.1], abs=1e-4)
    # Odds of 4 and 1/9 by one, of 1/9 and 4 by the other.
    [[chance], _] = blend.probabilities(sums[:2], LEVELS[1::-1])
    assert chance == pytest.approx(0.4, abs=1e-4)
    assert np.isfinite(blend.probabilities(sums, LEVELS)).all()
    with pytest.raises(ArtefactError, match="other labels of urgent"):
        blends_of({"urgent": described}, {})


@pytest.fixture
def artefact(tmp_path: Path) -> Path:
    """A copy of the newest linear models."""
    return Path(shutil.copytree(artefacts() / str(newest(artefacts())), tmp_path / "linear-9"))


def _manifest(artefact: Path, change: Callable[[dict[str, Any]], object]) -> LinearModel:
    manifest = json.loads((artefact / MANIFEST).read_text())
    change(manifest)
    (artefact / MANIFEST).write_text(json.dumps(manifest))
    return LinearModel.load(artefact)


def test_levels_in_another_order_are_refused(artefact: Path) -> None:
    model = _manifest(artefact, lambda told: told["heads"]["urgency"]["labels"].reverse())
    with pytest.raises(ArtefactError, match="levels of urgency"):
        LayeredClassifier(model)


def test_a_fire_is_urgent_and_a_dim_lamp_is_not() -> None:
    found = chosen(newest(artefacts()) or "")
    texts = ["rumah tetangga kebakaran, ada anak di dalam", "tolong lampu jalan diganti, redup"]
    urgent, calm = found.classify([ClassificationRequest(text) for text in texts])
    assert urgent.urgency.level.value == "darurat"
    assert calm.urgency.level.value in ("biasa", "rendah")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--after", "x"], "are for: tanggap train encoder"),
        (["blend", "--short"], "are for: tanggap train encoder"),
        (["encoder", "--after", "x", "--out", "x"], "never changed"),
    ],
)
def test_learning_on_is_asked_of_an_encoder_and_written_elsewhere(
    arguments: list[str], told: str
) -> None:
    found = CliRunner().invoke(app, ["train", *arguments])
    assert found.exit_code != 0
    assert told in f"{found.exception} {found.output}"
