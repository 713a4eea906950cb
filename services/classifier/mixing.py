"""Decides from what the rules and the linear heads say together; pure.

The heads were trained with the rules' findings among their features, so they mostly have the say.
Where a miss costs most, an accusation and a danger, the rules' plain words count beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.classifier.judgement import IMPLYING
from services.classifier.linear.features import Floats
from services.classifier.ports import ClassificationRequest
from services.classifier.reading import Judged
from shared.contracts.classification import (
    LanguageGuess,
    SentimentGuess,
    SentimentProbs,
    UrgencyGuess,
)
from shared.contracts.enums import (
    Category,
    Kind,
    Language,
    Maladministration,
    Sentiment,
    Urgency,
)

_SEVERITY = {
    Urgency.RENDAH: 0.1,
    Urgency.BIASA: 0.35,
    Urgency.MENDESAK: 0.75,
    Urgency.DARURAT: 0.97,
}
_ASKED = 0.6  # what the citizen's own choice of a category adds to its probability
_LEAST_TAG = 0.4
_EVEN = 0.5  # an accusation likelier than not is a complaint, whatever else it asks
_NOISE = 0.5  # from here on the rules see noise or promotion by themselves
_OF_THRESHOLD = 0.5  # how far below it the rules' plain words still decide
_SETS: Mapping[str, type[StrEnum]] = {
    "tone": Sentiment,
    "language": Language,
    "kind": Kind,
    "category": Category,
    "urgency": Urgency,
    "tags": Maladministration,
}


@dataclass(frozen=True, slots=True)
class Guess:
    """Probabilities of one text by head, in the order of the head's `labels`."""

    rows: Mapping[str, Floats]
    labels: Mapping[str, tuple[Any, ...]]
    urgent: float  # of `urgent_chances`

    def by_label(self, head: str) -> dict[Any, float]:
        """Probability of each label, which are members of the head's closed set (`members`)."""
        return dict(zip(self.labels[head], self.rows[head].tolist(), strict=True))

    def alone(self, head: str) -> float:
        """Probability of a head of one label."""
        return float(self.rows[head][0])


def members(labels: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[Any, ...]]:
    """The labels of the heads as members of their closed sets, where they have one."""
    return {head: tuple(map(_SETS.get(head, str), named)) for head, named in labels.items()}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability a text accuses, is berkadar pengawasan, is urgent."""

    accuses: float
    berkadar: float
    urgent: float


@dataclass(frozen=True, slots=True)
class Mixed:
    """What was decided of a text, its unit aside."""

    language: LanguageGuess
    sentiment: SentimentGuess
    accused: bool
    accused_chance: float
    berkadar: bool
    kind: Kind
    category: Category
    urgency: UrgencyGuess
    tags: list[Maladministration]
    spam: float


def urgent_chances(found: Mapping[str, Floats]) -> Floats:
    """How likely texts are mendesak or darurat, a row a text, from what a model's heads say.

    A head of that name has the say; without one it is the upper two levels of head `urgency`.
    """
    if "urgent" in found:
        return found["urgent"][:, 0]
    return grave(found["urgency"])


def grave(levels: Floats) -> Floats:
    """The chance of the upper two of the levels."""
    chance: Floats = levels[:, -2:].sum(axis=1)
    return chance


def mixed(
    request: ClassificationRequest, judged: Judged, guess: Guess, thresholds: Thresholds
) -> Mixed:
    """Decide everything about one text that has words."""
    chance = guess.alone("accuses")
    asked = request.category_asked
    plain = judged.verdict.accused.value and chance >= _OF_THRESHOLD * thresholds.accuses
    accused = chance >= thresholds.accuses or plain or asked is Category.PERILAKU_PETUGAS_PUNGLI
    berkadar = accused and guess.alone("berkadar") >= thresholds.berkadar
    surely = accused and (plain or chance >= _EVEN or asked is Category.PERILAKU_PETUGAS_PUNGLI)
    kind = _kind(guess, accused=surely)
    return Mixed(
        language=_language(guess),
        sentiment=_sentiment(guess),
        accused=accused,
        accused_chance=chance,
        berkadar=berkadar,
        kind=kind,
        category=_category(guess, asked, accused=accused),
        urgency=_urgency(judged, guess, kind, thresholds),
        tags=_tags(judged, guess, accused=accused),
        spam=_spam(judged, guess),
    )


def _language(guess: Guess) -> LanguageGuess:
    likely = guess.by_label("language")
    best = max(likely, key=likely.__getitem__)
    return LanguageGuess(code=best, confidence=round(likely[best], 3))


def _sentiment(guess: Guess) -> SentimentGuess:
    likely = guess.by_label("tone")
    probs = {tone.value: round(chance, 4) for tone, chance in likely.items()}
    best = max(likely, key=likely.__getitem__)
    return SentimentGuess(label=best, probs=SentimentProbs(**probs))


def _kind(guess: Guess, *, accused: bool) -> Kind:
    if accused:
        return Kind.PENGADUAN
    likely: dict[Kind, float] = guess.by_label("kind")
    return max(likely, key=likely.__getitem__)


def _category(guess: Guess, asked: Category | None, *, accused: bool) -> Category:
    """An accusation has its own category, and nothing else has it."""
    if accused:
        return Category.PERILAKU_PETUGAS_PUNGLI
    likely: dict[Category, float] = guess.by_label("category")
    del likely[Category.PERILAKU_PETUGAS_PUNGLI]
    if asked in likely and asked is not Category.LAINNYA:
        likely[asked] += _ASKED
    return max(likely, key=likely.__getitem__)


def _urgency(judged: Judged, guess: Guess, kind: Kind, thresholds: Thresholds) -> UrgencyGuess:
    likely: dict[Urgency, float] = guess.by_label("urgency")
    score = round(min(1.0, sum(_SEVERITY[level] * chance for level, chance in likely.items())), 3)
    chance = guess.urgent
    named = judged.verdict.urgency.level is Urgency.DARURAT
    if chance >= thresholds.urgent or (named and chance >= _OF_THRESHOLD * thresholds.urgent):
        grave = likely[Urgency.DARURAT] >= likely[Urgency.MENDESAK]
        return UrgencyGuess(level=Urgency.DARURAT if grave else Urgency.MENDESAK, score=score)
    calm = kind is not Kind.PENGADUAN
    return UrgencyGuess(level=Urgency.RENDAH if calm else Urgency.BIASA, score=score)


def _tags(judged: Judged, guess: Guess, *, accused: bool) -> list[Maladministration]:
    likely: dict[Maladministration, float] = guess.by_label("tags")
    for tag in judged.verdict.tags:
        likely[tag] += _LEAST_TAG / 2  # the rules saw its words
    found = [tag for tag, chance in likely.items() if chance >= _LEAST_TAG]
    return sorted(
        (tag for tag in found if accused or tag not in IMPLYING), key=lambda tag: -likely[tag]
    )


def _spam(judged: Judged, guess: Guess) -> float:
    rules = judged.verdict.spam
    return round(max(rules, guess.alone("spam")) if rules >= _NOISE else guess.alone("spam"), 3)
