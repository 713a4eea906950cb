"""The classifier of rules and word lists behind the port: always there, needs no training."""

import re
from collections.abc import Sequence

from services.classifier.judgement import Reading, judge
from services.classifier.languages import guess_language
from services.classifier.lexicons import Lexicons, load_lexicons
from services.classifier.ports import ClassificationRequest, Unit
from services.classifier.routing import Route, Router, router_of
from services.classifier.rules import (
    best_category,
    category_scores,
    pairs_near,
    place_words,
    relevant,
)
from services.classifier.sentiment import NO_TONE, ToneReader
from services.classifier.tokens import raw_words
from shared.contracts.classification import Classification
from shared.privacy.mask import mask

VERSION = "rules-1"
_PLACEHOLDERS = re.compile(r"\[[A-Z]{3,8}\]")
_LINK = re.compile(r"https?://|www\.|bit\.ly|wa\.me|t\.me/")
_MOST_REASONS = 12
_MOST_ROUTERS = 64


class RuleClassifier:
    """Implements `ports.Classifier`; the same text gives the same answer, always."""

    def __init__(self, lexicons: Lexicons | None = None) -> None:
        self._lexicons = lexicons or load_lexicons()
        self._tone = ToneReader(self._lexicons)
        self._routers: dict[int, tuple[tuple[Unit, ...], Router]] = {}

    @property
    def version(self) -> str:
        """Name of the model."""
        return VERSION

    def classify(self, requests: Sequence[ClassificationRequest]) -> list[Classification]:
        """One answer a request, in order."""
        return [self._one(request) for request in requests]

    def _one(self, request: ClassificationRequest) -> Classification:
        masked = mask(request.text)
        read = self._read(request, masked.text)
        sentiment = NO_TONE
        language = guess_language(read.words, self._lexicons.languages)
        if read.words:
            sentiment = self._tone.read(masked.text, read.tokens, language.code)
        verdict = judge(read, sentiment, request)
        route = self._route(request, read, accused=verdict.accused.value)
        return Classification(
            language=language,
            kind=verdict.kind,
            berkadar_pengawasan=verdict.accused.value,
            category=verdict.category,
            opd=list(route.opd),
            external=route.external,
            urgency=verdict.urgency,
            sentiment=sentiment,
            maladministration=verdict.tags,
            pii=masked.pii(),
            masked_text=masked.text,
            spam=verdict.spam,
            reasons=_reasons(
                dugaan=verdict.accused.because,
                kategori=read.phrases.get(read.topic, ()),
                urgensi=verdict.danger,
                jenis=verdict.kind_words,
                opd=() if verdict.accused.value else route.because,
            ),
            model_version=VERSION,
        )

    def _read(self, request: ClassificationRequest, text: str) -> Reading:
        """Cut the text and find the phrases of the lists in it."""
        lexicons = self._lexicons
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

    def _route(self, request: ClassificationRequest, read: Reading, *, accused: bool) -> Route:
        if not request.units:
            return Route()
        router = self._router(request.units)
        if accused:
            return router.accused()
        return router.route(read.subject, read.places, relevant(read.scores), request.opd_asked)

    def _router(self, units: tuple[Unit, ...]) -> Router:
        # By identity, with the list kept alive: comparing forty units a text would cost more.
        known = self._routers.get(id(units))
        if known is None or known[0] is not units:
            if len(self._routers) >= _MOST_ROUTERS:
                self._routers.clear()
            known = (units, router_of(units, self._lexicons.normaliser.phrase))
            self._routers[id(units)] = known
        return known[1]


def _reasons(**found: Sequence[str]) -> list[str]:
    """The phrases of the lists that decided, never words of the text that no list holds."""
    reasons = [
        f"{what}: {phrase}"
        for what, phrases in found.items()
        for phrase in list(dict.fromkeys(phrases))[:3]
    ]
    return reasons[:_MOST_REASONS]
