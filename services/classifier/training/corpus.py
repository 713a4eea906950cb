"""What the report heads are trained on: documents with the labels somebody gave them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.classifier.corrections import CorrectedText
from services.classifier.cues import Cuer
from services.classifier.linear.model import Document
from services.classifier.ports import ClassificationRequest
from services.classifier.reading import RuleReader
from services.classifier.routing import MATTERS, matter_of
from services.classifier.training.sets import Report
from shared.contracts.enums import Category, Kind, Maladministration, Urgency
from shared.db.read.directory import directory_of_seed

Bools = NDArray[np.bool_]
_KEYWORDS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class HeadPlan:
    """A head of the reports' group: its labels, and how its columns become probabilities."""

    name: str
    labels: tuple[str, ...]
    form: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns among those of the group."""
        return tuple(f"{self.name}:{label}" for label in self.labels)


HEADS = (
    HeadPlan("kind", tuple(kind.value for kind in Kind), "softmax"),
    HeadPlan("category", tuple(category.value for category in Category), "softmax"),
    HeadPlan("urgency", tuple(level.value for level in Urgency), "softmax"),
    HeadPlan("accuses", ("accuses",), "logistic"),
    HeadPlan("berkadar", ("berkadar",), "logistic"),
    HeadPlan("spam", ("spam",), "logistic"),
    HeadPlan("tags", tuple(tag.value for tag in Maladministration), "logistic"),
    HeadPlan("matter", MATTERS, "softmax"),
)
COLUMNS = tuple(column for head in HEADS for column in head.columns)


def documents_of(reader: RuleReader, reports: Iterable[Report]) -> list[Document]:
    """The reports as the classifier would read them."""
    cuer = Cuer(reader.lexicons.normaliser.phrase)
    judged = (reader.judged(ClassificationRequest(report.text)) for report in reports)
    return [cuer.document(found) for found in judged]


@dataclass(frozen=True, slots=True)
class Targets:
    """Which reports a column is true of, and of which it is known, by name of the column."""

    truth: dict[str, Bools]
    known: dict[str, Bools]
    weights: NDArray[np.float64]


def targets_of(reports: Sequence[Report]) -> Targets:
    """What each column should say of each report."""
    single = {
        "kind": [report.kind for report in reports],
        "category": [report.category for report in reports],
        "urgency": [report.urgency for report in reports],
    }
    flags = {
        "accuses": [report.accuses for report in reports],
        "berkadar": [report.berkadar for report in reports],
        "spam": [report.spam for report in reports],
    }
    several = {
        "tags": [report.tags for report in reports],
        "matter": [_matters(report) for report in reports],
    }
    truth: dict[str, Bools] = {}
    known: dict[str, Bools] = {}
    for head in HEADS:
        for label, column in zip(head.labels, head.columns, strict=True):
            if head.name in single:
                values = single[head.name]
                truth[column] = np.array([value == label for value in values])
                known[column] = np.array([value is not None for value in values])
            elif head.name in flags:
                given = flags[head.name]
                truth[column] = np.array([value is True for value in given])
                known[column] = np.array([value is not None for value in given])
            else:
                sets = several[head.name]
                truth[column] = np.array([label in (found or ()) for found in sets])
                known[column] = np.array([found is not None for found in sets])
    return Targets(truth, known, np.array([report.weight for report in reports]))


def _matters(report: Report) -> tuple[str, ...] | None:
    # A unit of a later list may be nobody's matter: that says nothing about the known ones.
    return tuple(one for one in map(matter_of, report.units) if one in MATTERS) or None


def unit_reports() -> list[Report]:
    """The units of the start by name and keywords: a matter is known by its unit's words, too."""
    directory = directory_of_seed()
    found: dict[tuple[str, str], Report] = {}
    for region in directory.regions:
        for unit in directory.opds(region.code):
            if unit.is_triage:
                continue
            path = unit.code.partition("/")[2]
            words = unit.keywords
            texts = [f"{unit.name} {unit.short}"] + [
                ", ".join(words[start : start + _KEYWORDS_AT_ONCE])
                for start in range(0, len(words), _KEYWORDS_AT_ONCE)
            ]
            for text in texts:
                found[path, text] = Report(text, f"unit{path}", units=(path,), weight=0.5)
    return list(found.values())


def corrected_reports(corrections: Iterable[CorrectedText]) -> list[Report]:
    """People's corrections, each with the one label it is about."""
    return [report for one in corrections if (report := _corrected(one))]


def _corrected(one: CorrectedText) -> Report | None:
    group = f"corrected {one.text}"
    if one.field == "kind":
        return Report(one.text, group, kind=one.corrected)
    if one.field == "category":
        return Report(one.text, group, category=one.corrected)
    if one.field == "urgency":
        return Report(one.text, group, urgency=one.corrected)
    if one.field == "berkadar_pengawasan":
        alleges = one.corrected == "1"
        # What is not berkadar may accuse all the same (rude, ignoring).
        return Report(one.text, group, accuses=alleges or None, berkadar=alleges)
    if one.field == "opd":
        return Report(one.text, group, units=(one.corrected.partition("/")[2],))
    return None
