"""Reads one text by rules and word lists: masked, cut, its phrases found, judged; pure."""

import re
from dataclasses import dataclass

from services.classifier.judgement import Reading, Verdict, judge
from services.classifier.languages import guess_language
from services.classifier.lexicons import Lexicons, load_lexicons
from services.classifier.ports import ClassificationRequest
from services.classifier.rules import best_category, category_scores, pairs_near, place_words
from services.classifier.sentiment import NO_TONE, ToneReader
from services.classifier.tokens import raw_words
from shared.contracts.classification import LanguageGuess, SentimentGuess
from shared.privacy.mask import Masked, mask

_PLACEHOLDERS = re.compile(r"\[[A-Z]{3,8}\]")
_LINK = re.compile(r"https?://|www\.|bit\.ly|wa\.me|t\.me/")


@dataclass(frozen=True, slots=True)
class Judged:
    """A text with all that rules and lists say of it."""

    masked: Masked
    read: Reading
    language: LanguageGuess
    sentiment: SentimentGuess
    verdict: Verdict


class RuleReader:
    """Holds the lists; the same text is read the same, always."""

    def __init__(self, lexicons: Lexicons | None = None) -> None:
        self.lexicons = lexicons or load_lexicons()
        self._tone = ToneReader(self.lexicons)

    def judged(self, request: ClassificationRequest) -> Judged:
        """What the rules say; never raises because of a text."""
        masked = mask(request.text)
        read = self._read(request, masked.text)
        sentiment = NO_TONE
        language = guess_language(read.words, self.lexicons.languages)
        if read.words:
            sentiment = self._tone.read(masked.text, read.tokens, language.code)
        return Judged(masked, read, language, sentiment, judge(read, sentiment, request))

    def _read(self, request: ClassificationRequest, text: str) -> Reading:
        """Cut the text and find the phrases of the lists in it."""
        lexicons = self.lexicons
        words = raw_words(_PLACEHOLDERS.sub(" ", text))
        tokens = lexicons.normaliser.tokens(words)
        subject = tokens
        if request.service:
            subject = [*tokens, *lexicons.normaliser.tokens(raw_words(request.service))]
        places = place_words(subject)
        scores, phrases = category_scores(
            lexicons.categories.scan(subject),
            pairs_near(subject, lexicons.near),
            places,
            request.category_asked,
        )
        return Reading(
            words=words,
            tokens=tokens,
            subject=subject,
            places=places,
            signals=lexicons.signals.scan(tokens),
            scores=scores,
            phrases=phrases,
            topic=best_category(scores),
            asks="?" in text,
            links=len(_LINK.findall(text)),
        )
