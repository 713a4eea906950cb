"""The classification of a text (design §3, "Classification JSON")."""

from typing import Annotated

from pydantic import Field

from shared.contracts.base import OPDCode, WireModel
from shared.contracts.enums import (
    Category,
    Kind,
    Language,
    Maladministration,
    PIIType,
    Sentiment,
    Urgency,
)

Probability = Annotated[float, Field(ge=0, le=1)]


class LanguageGuess(WireModel):
    """Language of the text."""

    code: Language
    confidence: Probability


class OPDGuess(WireModel):
    """A responsible OPD with its confidence."""

    opd: OPDCode
    confidence: Probability


class UrgencyGuess(WireModel):
    """How urgent; `score` runs from 0 (can wait) to 1 (danger to life)."""

    level: Urgency
    score: Probability


class SentimentProbs(WireModel):
    """Probabilities of the three tones; they add up to 1."""

    positive: Probability
    neutral: Probability
    negative: Probability


class SentimentGuess(WireModel):
    """Tone of the text."""

    label: Sentiment
    probs: SentimentProbs


class PIISpan(WireModel):
    """A masked span; `start` and `end` are character offsets in the masked text."""

    type: PIIType
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]


class Classification(WireModel):
    """What the classifier says of one text, with the words that decided it (`reasons`)."""

    language: LanguageGuess
    kind: Kind
    berkadar_pengawasan: bool
    category: Category
    opd: Annotated[list[OPDGuess], Field(max_length=3)]
    external: str | None = None
    urgency: UrgencyGuess
    sentiment: SentimentGuess
    maladministration: list[Maladministration] = Field(default_factory=list)
    pii: list[PIISpan] = Field(default_factory=list)
    masked_text: str
    spam: Probability = 0.0
    duplicates: list[str] = Field(default_factory=list)
    reasons: list[str] = Field(default_factory=list)
    model_version: str
    degraded: str | None = None
