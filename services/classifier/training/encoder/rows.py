"""What the encoder learns from: texts, each with the labels somebody gave it, by head."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from services.classifier.routing import MATTERS, matter_of
from services.classifier.training.corpus import HEADS, HeadPlan
from services.classifier.training.linear import LANGUAGES, TONES, Taught
from services.classifier.training.sets import Report, Row, public_rows, smsa_rows
from shared.contracts.enums import Sentiment

ALL_HEADS = (
    HeadPlan("tone", TONES, "softmax"),
    HeadPlan("language", LANGUAGES, "softmax"),
    *HEADS,
)
"""Every head, in the order of the encoder's columns."""
OFTEN = 3
"""How often a report of the own set is seen in one pass: there are few."""


def columns_of() -> dict[str, slice]:
    """Where each head's columns are."""
    found, start = {}, 0
    for plan in ALL_HEADS:
        found[plan.name] = slice(start, start + len(plan.labels))
        start += len(plan.labels)
    return found


@dataclass(frozen=True, slots=True)
class Item:
    """A text; `wanted` has, by head, what each label should get. `two`: the tone is not neutral.

    `file_language` is what the set's file says of it, by which figures of the set are told apart.
    """

    text: str
    wanted: Mapping[str, Sequence[float]] = field(default_factory=dict)
    two: bool = False
    file_language: str = ""

    def without_language(self, text: str) -> "Item":
        """The same in other words, whose language nobody told."""
        kept = {head: found for head, found in self.wanted.items() if head != "language"}
        return replace(self, text=text, wanted=kept)


def public_items(folder: Path) -> list[Item]:
    """The public sets of a data folder: tone and language."""
    two = public_rows(folder, "nusatranslation_senti_train")
    return [
        *(_spoken(row, "ind") for row in smsa_rows(folder)),
        *(_spoken(row, row["lang"]) for row in public_rows(folder, "nusax_senti_train")),
        *(replace(_spoken(row, row["lang"]), two=True) for row in two),
    ]


def _spoken(row: Row, language: str) -> Item:
    wanted = {"tone": _one(TONES, row["label"])}
    if language in LANGUAGES:
        wanted["language"] = _one(LANGUAGES, language)
    return Item(row["text"], wanted)


def _one(labels: Sequence[str], label: str) -> list[float]:
    return [float(one == label) for one in labels]


def report_items(reports: Iterable[Report]) -> list[Item]:
    """Reports and statements, as the own sets label them."""
    return [Item(report.text, _wanted(report)) for report in reports]


def own_items(taught: Taught) -> list[Item]:
    """The train rows of the own set `OFTEN`, and every statement once."""
    train = report_items(one for one in taught.reports if one.split == "train")
    return [*train * OFTEN, *report_items(taught.statements)]


def _wanted(report: Report) -> dict[str, list[float]]:
    single = {
        "language": report.language,
        "kind": report.kind,
        "category": report.category,
        "urgency": report.urgency,
    }
    labels = {plan.name: plan.labels for plan in ALL_HEADS}
    found = {head: _one(labels[head], label) for head, label in single.items() if label}
    flags = {
        "accuses": report.accuses,
        "berkadar": report.berkadar,
        "spam": report.spam,
    }
    found |= {head: [float(flag)] for head, flag in flags.items() if flag is not None}
    if report.tags is not None:
        found["tags"] = [float(tag in report.tags) for tag in labels["tags"]]
    matters = list(dict.fromkeys(map(matter_of, report.units)))
    shares = {matter: 1.0 / (rank + 1) for rank, matter in enumerate(matters) if matter in MATTERS}
    if shares:
        # The first is the best, the others are right, too.
        found["matter"] = [shares.get(m, 0.0) / sum(shares.values()) for m in MATTERS]
    return found


NEUTRAL = TONES.index(Sentiment.NEUTRAL.value)
"""The tone that the set of two tones does not know."""
