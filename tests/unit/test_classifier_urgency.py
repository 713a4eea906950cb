"""How the two heads that tell of urgency decide together, and what an artefact says of it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from services.classifier.choosing import artefacts, chosen, newest
from services.classifier.layered import LayeredClassifier
from services.classifier.linear.model import MANIFEST, ArtefactError, LinearModel
from services.classifier.mixing import urgent_chances
from services.classifier.ports import ClassificationRequest
from tanggap.__main__ import app

URGENT = np.array([[0.2], [0.9], [0.0], [1.0]], np.float32)
LEVELS = np.array(
    [[0.1, 0.1, 0.3, 0.5], [0.5, 0.4, 0.1, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]],
    np.float32,
)


def test_a_share_of_nothing_and_of_all_are_the_heads_themselves() -> None:
    assert urgent_chances(URGENT, LEVELS, 0.0).tolist() == URGENT[:, 0].tolist()
    assert np.allclose(urgent_chances(URGENT, LEVELS, 1.0), LEVELS[:, 2:].sum(axis=1), atol=1e-5)


def test_half_of_each_is_the_mean_of_their_odds() -> None:
    found = urgent_chances(URGENT, LEVELS, 0.5)
    # Odds of 1/4 and 4, and of 9 and 1/9.
    assert found[:2] == pytest.approx([0.5, 0.5], abs=1e-5)
    assert found[2] < 1e-5 < 1 - 1e-5 < found[3]
    assert np.isfinite(found).all()
    assert urgent_chances(URGENT[:0], LEVELS[:0], 0.5).shape == (0,)


@pytest.fixture
def artefact(tmp_path: Path) -> Path:
    """A copy of the newest linear models."""
    return Path(shutil.copytree(artefacts() / str(newest(artefacts())), tmp_path / "linear-9"))


def _manifest(artefact: Path, change: Callable[[dict[str, Any]], object]) -> LinearModel:
    manifest = json.loads((artefact / MANIFEST).read_text())
    change(manifest)
    (artefact / MANIFEST).write_text(json.dumps(manifest))
    return LinearModel.load(artefact)


def test_an_artefact_from_before_needs_no_share(artefact: Path) -> None:
    model = _manifest(artefact, lambda told: told["thresholds"].pop("levels", None))
    assert len(LayeredClassifier(model).classify([ClassificationRequest("tolong")])) == 1


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
