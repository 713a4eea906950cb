"""Puts the decisions of `rules` together for one text; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.classifier.ports import ClassificationRequest
from services.classifier.rules import (
    Decision,
    Signals,
    accusation,
    kind_of,
    maladministration_of,
    only_asks,
    spam_score,
    urgency_of,
)
from shared.contracts.classification import SentimentGuess, UrgencyGuess
from shared.contracts.enums import Category, Form, Kind, Maladministration

IMPLYING = frozenset(
    {Maladministration.PERMINTAAN_IMBALAN, Maladministration.PENYALAHGUNAAN_WEWENANG}
)
"""What nobody does without being accused: only accusations have these tags."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text cut into words, with the phrases found; `subject` has the service's words too."""

    words: Sequence[str]
    tokens: Sequence[str]
    subject: Sequence[str]
    places: frozenset[int]
    signals: Signals
    scores: dict[Category, float]
    phrases: Mapping[Category, Sequence[str]]
    topic: Category
    asks: bool
    links: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided, with the phrases that decided it."""

    accused: Decision
    kind: Kind
    kind_words: Sequence[str]
    category: Category
    urgency: UrgencyGuess
    danger: Sequence[str]
    tags: list[Maladministration]
    spam: float


def judge(read: Reading, sentiment: SentimentGuess, request: ClassificationRequest) -> Verdict:
    """Decide kind, accusation, category, urgency, tags and spam of one text."""
    tags = maladministration_of(read.signals)
    accused = accusation(
        read.signals, read.topic, asks=only_asks(read.signals, question_mark=read.asks)
    )
    if request.category_asked is Category.PERILAKU_PETUGAS_PUNGLI:
        accused = Decision(True, accused.because)
    if not accused.value:
        tags = [tag for tag in tags if tag not in IMPLYING]
    kind, kind_words = kind_of(
        read.signals, sentiment.label, question_mark=read.asks, accused=accused.value
    )
    silent = request.form is Form.SURVEY and not read.words
    if silent:
        kind = Kind.ASPIRASI  # an answer without a comment complains of nothing
    urgency, danger = urgency_of(read.signals, kind, sentiment.probs.negative)
    points = read.scores.get(read.topic, 0.0)
    spam = spam_score(read.signals, read.words, links=read.links, category_points=points)
    return Verdict(
        accused=accused,
        kind=kind,
        kind_words=kind_words,
        category=Category.PERILAKU_PETUGAS_PUNGLI if accused.value else read.topic,
        urgency=urgency,
        danger=danger,
        tags=tags,
        spam=0.0 if silent else spam,
    )
