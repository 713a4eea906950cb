"""The classifier of rules and word lists behind the port: always there, needs no training."""

import re
from collections.abc import Sequence

from services.classifier.languages import guess_language
from services.classifier.lexicons import Lexicons, load_lexicons
from services.classifier.ports import ClassificationRequest, Unit
from services.classifier.routing import Route, Router, router_of
from services.classifier.rules import (
    Decision,
    accusation,
    best_category,
    category_scores,
    kind_of,
    maladministration_of,
    only_asks,
    pairs_near,
    place_words,
    relevant,
    spam_score,
    urgency_of,
)
from services.classifier.sentiment import NO_TONE, ToneReader
from services.classifier.tokens import raw_words
from shared.contracts.classification import Classification
from shared.contracts.enums import Category, Form, Kind, Maladministration
from shared.privacy.mask import mask

VERSION = "rules-1"
_PLACEHOLDERS = re.compile(r"\[[A-Z]{3,8}\]")
_LINK = re.compile(r"https?://|www\.|bit\.ly|wa\.me|t\.me/")
_MOST_REASONS = 12
_MOST_ROUTERS = 64
_IMPLYING = frozenset(
    {Maladministration.PERMINTAAN_IMBALAN, Maladministration.PENYALAHGUNAAN_WEWENANG}
)


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
        survey = request.form is Form.SURVEY
        words = raw_words(_PLACEHOLDERS.sub(" ", masked.text))
        tokens = self._lexicons.normaliser.tokens(words)
        signals = self._lexicons.signals.scan(tokens)
        subject = self._with_service(tokens, request.service)
        places = place_words(subject)
        scores, phrases = category_scores(
            self._lexicons.categories.scan(subject),
            pairs_near(subject, self._lexicons.near),
            places,
            request.category_asked,
        )
        question = "?" in masked.text
        topic = best_category(scores)
        tags = maladministration_of(signals)
        asks = only_asks(signals, question_mark=question)
        accused = accusation(signals, topic, asks=asks)
        if request.category_asked is Category.PERILAKU_PETUGAS_PUNGLI:
            accused = Decision(True, accused.because)
        if not accused.value:
            tags = [tag for tag in tags if tag not in _IMPLYING]
        category = Category.PERILAKU_PETUGAS_PUNGLI if accused.value else topic
        language = guess_language(words, self._lexicons.languages)
        sentiment = self._tone.read(masked.text, tokens, language.code) if words else NO_TONE
        kind, kind_words = kind_of(
            signals, sentiment.label, question_mark=question, accused=accused.value
        )
        if survey and not words:
            kind = Kind.ASPIRASI  # an answer without a comment complains of nothing
        urgency, danger = urgency_of(signals, kind, sentiment.probs.negative)
        route = self._route(request, subject, places, relevant(scores), accused=accused.value)
        return Classification(
            language=language,
            kind=kind,
            berkadar_pengawasan=accused.value,
            category=category,
            opd=list(route.opd),
            external=route.external,
            urgency=urgency,
            sentiment=sentiment,
            maladministration=tags,
            pii=masked.pii(),
            masked_text=masked.text,
            spam=0.0
            if survey and not words
            else spam_score(
                signals,
                words,
                links=len(_LINK.findall(masked.text)),
                category_points=scores.get(topic, 0.0),
            ),
            reasons=_reasons(
                dugaan=accused.because,
                kategori=phrases.get(topic, ()),
                urgensi=danger,
                jenis=kind_words,
                opd=() if accused.value else route.because,
            ),
            model_version=VERSION,
        )

    def _router(self, units: tuple[Unit, ...]) -> Router:
        # By identity, with the list kept alive: comparing forty units a text would cost more.
        known = self._routers.get(id(units))
        if known is None or known[0] is not units:
            if len(self._routers) >= _MOST_ROUTERS:
                self._routers.clear()
            known = (units, router_of(units, self._lexicons.normaliser.phrase))
            self._routers[id(units)] = known
        return known[1]

    def _with_service(self, tokens: list[str], service: str | None) -> list[str]:
        if not service:
            return tokens
        return [*tokens, *self._lexicons.normaliser.tokens(raw_words(service))]

    def _route(
        self,
        request: ClassificationRequest,
        tokens: Sequence[str],
        places: frozenset[int],
        scores: dict[Category, float],
        *,
        accused: bool,
    ) -> Route:
        if not request.units:
            return Route()
        router = self._router(request.units)
        if accused:
            return router.accused()
        return router.route(tokens, places, scores, request.opd_asked)


def _reasons(**found: Sequence[str]) -> list[str]:
    """The phrases of the lists that decided, never words of the text that no list holds."""
    reasons = [
        f"{what}: {phrase}"
        for what, phrases in found.items()
        for phrase in list(dict.fromkeys(phrases))[:3]
    ]
    return reasons[:_MOST_REASONS]
