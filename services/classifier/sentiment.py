"""Tone of a text through TextBlob: a lexicon for Indonesian and its kin, Pattern for English.

Needs no downloaded corpora. The tone is shown beside the figures, never inside them.
"""

from collections.abc import Sequence
from math import exp
from typing import NamedTuple

from services.classifier.blob import (
    CONTINUOUS,
    BaseSentimentAnalyzer,
    Blobber,
    PatternAnalyzer,
)
from services.classifier.lexicons import INTENSIFIER, NEGATION, Lexicons
from services.classifier.tokens import PlainTokenizer, raw_words
from shared.contracts.classification import SentimentGuess, SentimentProbs
from shared.contracts.enums import Language, Sentiment

_REACH = 3  # a negation turns the tone of the next words
_MOST_CHARACTERS = 20_000
_NEUTRAL_WEIGHT = 1.2
_ENGLISH_SCALE = 2.5


class Tone(NamedTuple):
    """What the lexicon says: polarity from -1 to 1, and how many tone words spoke."""

    polarity: float
    words: int


class LexiconAnalyzer(BaseSentimentAnalyzer):  # type: ignore[misc]  # TextBlob carries no types
    """TextBlob's analyzer for Indonesian and the regional languages."""

    kind = CONTINUOUS
    RETURN_TYPE = Tone

    def __init__(self, lexicons: Lexicons) -> None:
        super().__init__()
        self._lexicons = lexicons
        self._known: tuple[str, Sequence[str]] = ("", ())

    def prime(self, text: str, tokens: Sequence[str]) -> None:
        """Hand over the tokens of a text that is analysed next, so that it is not cut twice."""
        self._known = (text, tokens)

    def analyze(self, text: str) -> Tone:
        """Sum of the tone words, a negation before one turning it, an intensifier raising it."""
        known, tokens = self._known
        if known != text:
            tokens = self._lexicons.normaliser.tokens(raw_words(text))
        total, spoken, negated_at, raised_at = 0.0, 0, -9, -9
        for hit in self._lexicons.tone.scan(tokens):
            if hit.value == NEGATION:
                negated_at = hit.end
            elif hit.value == INTENSIFIER:
                raised_at = hit.end
            else:
                value = hit.value * (1.3 if hit.start - raised_at < 1 else 1.0)
                if 0 <= hit.start - negated_at < _REACH:
                    # "tidak bagus" is bad, "tidak rusak" is hardly praise.
                    value = -0.8 * value if value > 0 else -0.3 * value
                    negated_at = -9
                total += value
                spoken += 1
        return Tone(total / (abs(total) + 2.0), spoken)


class ToneReader:
    """Chooses the analyzer by language and turns its answer into three probabilities."""

    def __init__(self, lexicons: Lexicons) -> None:
        tokenizer = PlainTokenizer()
        self._lexicon = LexiconAnalyzer(lexicons)
        self._local = Blobber(tokenizer=tokenizer, analyzer=self._lexicon)
        self._english = Blobber(tokenizer=tokenizer, analyzer=PatternAnalyzer())

    def read(self, text: str, tokens: Sequence[str], language: Language) -> SentimentGuess:
        """The tone of the text, whose `tokens` are at hand."""
        blob = self._english if language is Language.ENG else self._local
        opening = text[:_MOST_CHARACTERS]
        if opening == text:
            self._lexicon.prime(text, tokens)
        sentiment = blob(opening).sentiment
        scale = _ENGLISH_SCALE if language is Language.ENG else 2.0
        return guess_of(sentiment.polarity * scale)


NO_TONE = SentimentGuess(
    label=Sentiment.NEUTRAL, probs=SentimentProbs(positive=0.1, neutral=0.8, negative=0.1)
)
"""The tone of a text without words."""


def guess_of(strength: float) -> SentimentGuess:
    """Probabilities of the three tones from a strength of about -2 to 2."""
    positive, neutral, negative = exp(strength * 1.6), exp(_NEUTRAL_WEIGHT), exp(-strength * 1.6)
    total = positive + neutral + negative
    probs = SentimentProbs(
        positive=round(positive / total, 4),
        neutral=round(neutral / total, 4),
        negative=round(negative / total, 4),
    )
    ranked = [
        (probs.neutral, Sentiment.NEUTRAL),
        (probs.positive, Sentiment.POSITIVE),
        (probs.negative, Sentiment.NEGATIVE),
    ]
    return SentimentGuess(label=max(ranked, key=lambda pair: pair[0])[1], probs=probs)
