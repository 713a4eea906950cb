"""Measures a classifier on the sets: the public valid files, the own test rows, planted data."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from services.classifier.evaluation import (
    Figure,
    f1_figure,
    figure,
    label_figure,
    mean_f1_figure,
    report_figures,
)
from services.classifier.layered import Model
from services.classifier.linear.model import Document
from services.classifier.masking import masking_recall
from services.classifier.ports import Classifier, Unit
from services.classifier.training.sets import OWN, Report, own_reports, public_rows, read_rows
from shared.contracts.enums import Language, Sentiment
from shared.db.read.directory import directory_of_seed

TEST, DEV = "test", "dev"
"""Splits of the own sets: choose on dev, look at test once."""
WITH_ENCODER = {
    "tone, SmSA": 0.88,
    "tone, NusaX, mean of 12": 0.80,
    f"tone, NusaX, {Language.BJN}": 0.78,
    f"tone, NusaX, {Language.JAV}": 0.78,
    "tone, NusaTranslation, mean": 0.78,
    f"tone, NusaTranslation, {Language.ABS}": 0.75,
    "language, 12 and Ambonese Malay": 0.985,
    "LAPOR! sector, accuracy": 0.68,
    "LAPOR! sector, macro-F1": 0.60,
    "unit, first named": 0.80,
    "unit, among three": 0.93,
    "unit, most confident half": 0.97,
    "urgent, recall": 0.97,
    "kind": 0.83,
    "berkadar pengawasan, yes and no": 0.83,
}
"""Levels that encoder and linear heads have to reach together; the other tasks keep theirs."""
_NUMBERS = ("nik", "phone", "email", "plate")


def units_of_seed() -> dict[str, tuple[Unit, ...]]:
    """The units of every region as they are at the start."""
    directory = directory_of_seed()
    return {region.code: directory.opds(region.code) for region in directory.regions}


def levelled(figures: Sequence[Figure], version: str) -> list[Figure]:
    """The figures beside the levels of the layers that made them, by the model's name."""
    if not version.startswith("encoder-"):
        return list(figures)
    return [replace(one, must=WITH_ENCODER.get(one.task, one.must)) for one in figures]


def public_figures(model: Model, folder: Path) -> list[Figure]:
    """Tone and language on the valid files of a data folder."""
    return [*_tone(model, folder), *_language(model, folder)]


def _tone(model: Model, folder: Path) -> list[Figure]:
    found = []
    rows = public_rows(folder, "smsa_valid")
    truth, guessed = [row["label"] for row in rows], _labels(model, "tone", rows)
    found.append(f1_figure("tone, SmSA", truth, guessed, 0.84))
    rows = public_rows(folder, "nusax_senti_valid")
    truth, guessed = [row["label"] for row in rows], _labels(model, "tone", rows)
    spoken = [row["lang"] for row in rows]
    found.append(mean_f1_figure("tone, NusaX, mean of 12", truth, guessed, spoken, 0.75))
    for language in (Language.BJN, Language.JAV):
        found.append(_part(f"tone, NusaX, {language}", truth, guessed, spoken, language, 0.74))
    rows = public_rows(folder, "nusatranslation_senti_valid")
    # The set has two tones only.
    truth, guessed = [row["label"] for row in rows], _labels(model, "tone", rows, two=True)
    spoken = [row["lang"] for row in rows]
    found.append(mean_f1_figure("tone, NusaTranslation, mean", truth, guessed, spoken, 0.75))
    name = f"tone, NusaTranslation, {Language.ABS}"
    found.append(_part(name, truth, guessed, spoken, Language.ABS, 0.72))
    return found


def _part(
    task: str, truth: Sequence[str], found: Sequence[str], spoken: Sequence[str],
    language: str, must: float,
) -> Figure:  # fmt: skip
    places = [place for place, one in enumerate(spoken) if one == language]
    return f1_figure(task, [truth[p] for p in places], [found[p] for p in places], must)


def _language(model: Model, folder: Path) -> list[Figure]:
    rows = public_rows(folder, "nusax_senti_valid")
    rows += [
        row
        for row in public_rows(folder, "nusatranslation_senti_valid")
        if row["lang"] == Language.ABS
    ]
    truth, found = [row["lang"] for row in rows], _labels(model, "language", rows)
    return [
        f1_figure("language, 12 and Ambonese Malay", truth, found, 0.98),
        label_figure("language, Banjarese", truth, found, Language.BJN.value, 0.96),
    ]


def _labels(
    model: Model, head: str, rows: Sequence[dict[str, str]], *, two: bool = False
) -> list[str]:
    chances = model.predict([Document(row["text"]) for row in rows], [head])[head]
    labels = model.heads[head].labels
    if two:
        chances = chances.copy()
        chances[:, labels.index(Sentiment.NEUTRAL.value)] = -1.0
    return [labels[place] for place in chances.argmax(axis=1)]


def own_figures(classifier: Classifier, reports: Sequence[Report] | str = TEST) -> list[Figure]:
    """The reports' tasks, on these reports or on the rows of a split of the own set."""
    if isinstance(reports, str):
        reports = [report for report in own_reports() if report.split == reports]
    return report_figures(classifier, reports, units_of_seed())


def masking_figures(split: str = TEST) -> list[Figure]:
    """What the masker hides of planted data."""
    rows = [row for row in read_rows(OWN / "personal_data.csv") if row["split"] == split]
    recall = masking_recall(rows)
    hidden = sum(recall[name].hidden for name in _NUMBERS)
    planted = sum(recall[name].n for name in _NUMBERS)
    return [
        _hidden("masked: NIK, phone, e-mail, plate", hidden, planted, 0.98),
        _hidden("masked: names after cue words", recall["name"].hidden, recall["name"].n, 0.90),
    ]


def _hidden(task: str, hidden: int, planted: int, must: float) -> Figure:
    return figure(task, planted, lambda rows: float((rows < hidden).mean()), must)
