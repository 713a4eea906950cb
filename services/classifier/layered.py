"""The classifier of rules and a model's heads behind the port: linear ones, or those of a blend.

Every answer names the layers that gave it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from services.classifier.cues import Cuer
from services.classifier.lexicons import Lexicons
from services.classifier.linear.features import Floats
from services.classifier.linear.model import ArtefactError, Document, Head, LinearModel
from services.classifier.mixing import Guess, Mixed, Thresholds, members, mixed, urgent_chances
from services.classifier.ports import ClassificationRequest, Unit
from services.classifier.reading import Judged, RuleReader
from services.classifier.routing import MATTERS, Doubles, Route, Router, Routers, Weights
from services.classifier.ruled import VERSION, RuleClassifier, reasons_of
from shared.contracts.classification import Classification
from shared.contracts.enums import Kind, Urgency

_MOST_WORDS = 3


class Model(Protocol):
    """What has heads; the same text has the same answer in any batch."""

    @property
    def version(self) -> str:
        """Name of the artefact, or names joined by `+`."""
        ...

    @property
    def heads(self) -> Mapping[str, Head]:
        """The heads by name, with their labels."""
        ...

    @property
    def manifest(self) -> Mapping[str, Any]:
        """Holds `thresholds` and `routing`."""
        ...

    @property
    def quick(self) -> LinearModel:
        """The linear heads in it, which read the names and keywords of units."""
        ...

    def predict(
        self, documents: Sequence[Document], names: Sequence[str] | None = None
    ) -> dict[str, Floats]:
        """Probabilities by head: a row a document, a column a label; all heads, or those named."""
        ...

    def token_weights(self, group: str, tokens: Sequence[str]) -> Floats:
        """What each token alone adds to each column of a group of heads."""
        ...


class LayeredClassifier:
    """Implements `ports.Classifier` with a model; the same text gives the same answer, always."""

    def __init__(self, model: Model, lexicons: Lexicons | None = None) -> None:
        self._model = model
        self._reader = RuleReader(lexicons)
        self._rules = RuleClassifier(self._reader.lexicons)
        normaliser = self._reader.lexicons.normaliser
        self._cuer = Cuer(normaliser.phrase)
        self._routers = Routers(normaliser.phrase, self._profiles)
        self._thresholds = Thresholds(**model.manifest["thresholds"])
        self._weights = Weights(**model.manifest["routing"])
        if model.heads["matter"].labels != MATTERS:
            raise ArtefactError("other matters than these routes know")
        if model.heads["urgency"].labels != tuple(Urgency):
            raise ArtefactError("other levels of urgency than there are")
        self._labels = members({name: head.labels for name, head in model.heads.items()})
        self._words = _Words(model, sorted(normaliser.vocabulary))

    @property
    def model(self) -> Model:
        """The heads."""
        return self._model

    @property
    def version(self) -> str:
        """Name of the model."""
        return f"{self._model.version}+{VERSION}"

    def classify(self, requests: Sequence[ClassificationRequest]) -> list[Classification]:
        """One answer a request, in order."""
        judged = [self._reader.judged(request) for request in requests]
        found = self._model.predict([self._cuer.document(one) for one in judged])
        return list(self.answers(requests, judged, found))

    def document(self, request: ClassificationRequest) -> Document:
        """What the heads look at."""
        return self._cuer.document(self._reader.judged(request))

    def answers(
        self,
        requests: Sequence[ClassificationRequest],
        judged: Sequence[Judged],
        found: Mapping[str, Floats],
    ) -> Iterator[Classification]:
        """The answers from what the rules and the heads found."""
        urgent = urgent_chances(found)
        for number, (request, one) in enumerate(zip(requests, judged, strict=True)):
            if not one.read.words:
                yield self._rules.answer(request, one, self.version)
                continue
            chances = {name: rows[number] for name, rows in found.items()}
            guess = Guess(chances, self._labels, float(urgent[number]))
            yield self._answer(request, one, guess)

    def _answer(self, request: ClassificationRequest, one: Judged, guess: Guess) -> Classification:
        decided = mixed(request, one, guess, self._thresholds)
        route = self._route(request, one, guess, decided)
        return Classification(
            language=decided.language,
            kind=decided.kind,
            berkadar_pengawasan=decided.berkadar,
            category=decided.category,
            opd=list(route.opd),
            external=route.external,
            urgency=decided.urgency,
            sentiment=decided.sentiment,
            maladministration=decided.tags,
            pii=one.masked.pii(),
            masked_text=one.masked.text,
            spam=decided.spam,
            reasons=self._reasons(one, decided, route),
            model_version=self.version,
        )

    def _route(
        self, request: ClassificationRequest, one: Judged, guess: Guess, decided: Mixed
    ) -> Route:
        if not request.units:
            return Route()
        router = self.router(request.units)
        read = one.read
        matters = guess.rows["matter"].astype(np.float64)
        features, because = router.features(read.subject, read.places, matters)
        return router.likeliest(
            features,
            because,
            self._weights,
            self._weights.accused_chance(decided.accused_chance, matters),
            request.opd_asked,
            restricted=decided.accused,
        )

    def router(self, units: tuple[Unit, ...]) -> Router:
        """The compiled router of a region's list."""
        return self._routers.of(units)

    def _profiles(self, units: Sequence[Unit]) -> Doubles:
        """What each unit does, read off its name and keywords."""
        texts = [", ".join((unit.name, unit.short, *unit.keywords)) for unit in units]
        judged = [self._reader.judged(ClassificationRequest(text)) for text in texts]
        documents = [self._cuer.document(one) for one in judged]
        found = self._model.quick.predict(documents, ["matter"])
        return found["matter"].astype(np.float64)

    def _reasons(self, one: Judged, decided: Mixed, route: Route) -> list[str]:
        read, verdict, words = one.read, one.verdict, self._words
        urgent = decided.urgency.level in (Urgency.MENDESAK, Urgency.DARURAT)
        accused = ("accuses", "accuses") if decided.accused else None
        topic = None if decided.accused else ("category", decided.category.value)
        danger = words.danger(decided.urgency.level.value) if urgent else None
        kind = ("kind", decided.kind.value)
        asks = decided.kind is not Kind.PENGADUAN
        return reasons_of(
            dugaan=words.told(read.tokens, accused, verdict.accused.because),
            kategori=words.told(read.subject, topic, read.phrases.get(decided.category, ())),
            urgensi=words.told(read.tokens, danger, verdict.danger),
            jenis=words.told(
                read.tokens,
                kind if asks else None,
                verdict.kind_words if verdict.kind is decided.kind else (),
            ),
            opd=() if decided.accused else route.because,
        )


class _Words:
    """What each word of the lists adds to each label: reasons tell no other word of a text."""

    def __init__(self, model: Model, vocabulary: Sequence[str]) -> None:
        self._places = {word: place for place, word in enumerate(vocabulary)}
        self._weights = model.token_weights("report", vocabulary)
        self._columns = {
            (head.name, label): head.columns.start + step
            for head in model.heads.values()
            if head.group == "report"
            for step, label in enumerate(head.labels)
        }

    def danger(self, level: str) -> tuple[str, str]:
        """The label that speaks of danger: of the head that says so alone, else the level."""
        alone = ("urgent", "urgent")
        return alone if alone in self._columns else ("urgency", level)

    def told(
        self, tokens: Sequence[str], label: tuple[str, str] | None, phrases: Sequence[str]
    ) -> list[str]:
        """The phrases, then the words that speak most for the label; none without a label."""
        if label is None:
            return []
        column = self._columns[label]
        known = {token: self._places[token] for token in tokens if token in self._places}
        found = [(float(self._weights[place, column]), word) for word, place in known.items()]
        within = {part for phrase in phrases for part in phrase.split()}
        best = sorted(((-add, word) for add, word in found if add > 0 and word not in within))
        return [*phrases, *(word for _, word in best)][:_MOST_WORDS]
