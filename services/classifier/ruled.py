"""The classifier of rules and word lists behind the port: always there, needs no training."""

from collections.abc import Sequence

from services.classifier.lexicons import Lexicons
from services.classifier.ports import ClassificationRequest
from services.classifier.reading import Judged, RuleReader
from services.classifier.routing import Route, Routers
from services.classifier.rules import relevant
from shared.contracts.classification import Classification

VERSION = "rules-1"
_MOST_REASONS = 12


class RuleClassifier:
    """Implements `ports.Classifier`; the same text gives the same answer, always."""

    def __init__(self, lexicons: Lexicons | None = None) -> None:
        self._reader = RuleReader(lexicons)
        self._routers = Routers(self._reader.lexicons.normaliser.phrase)

    @property
    def version(self) -> str:
        """Name of the model."""
        return VERSION

    def classify(self, requests: Sequence[ClassificationRequest]) -> list[Classification]:
        """One answer a request, in order."""
        return [self.answer(request, self._reader.judged(request)) for request in requests]

    def answer(
        self, request: ClassificationRequest, found: Judged, version: str = VERSION
    ) -> Classification:
        """The answer to a text that was read."""
        verdict, read = found.verdict, found.read
        route = self._route(request, found)
        return Classification(
            language=found.language,
            kind=verdict.kind,
            berkadar_pengawasan=verdict.accused.value,
            category=verdict.category,
            opd=list(route.opd),
            external=route.external,
            urgency=verdict.urgency,
            sentiment=found.sentiment,
            maladministration=verdict.tags,
            pii=found.masked.pii(),
            masked_text=found.masked.text,
            spam=verdict.spam,
            reasons=reasons_of(
                dugaan=verdict.accused.because,
                kategori=read.phrases.get(read.topic, ()),
                urgensi=verdict.danger,
                jenis=verdict.kind_words,
                opd=() if verdict.accused.value else route.because,
            ),
            model_version=version,
        )

    def _route(self, request: ClassificationRequest, found: Judged) -> Route:
        if not request.units:
            return Route()
        router = self._routers.of(request.units)
        if found.verdict.accused.value:
            return router.accused()
        read = found.read
        return router.route(read.subject, read.places, relevant(read.scores), request.opd_asked)


def reasons_of(**found: Sequence[str]) -> list[str]:
    """The phrases of the lists that decided, never words of the text that no list holds."""
    reasons = [
        f"{what}: {phrase}"
        for what, phrases in found.items()
        for phrase in list(dict.fromkeys(phrases))[:3]
    ]
    return reasons[:_MOST_REASONS]
