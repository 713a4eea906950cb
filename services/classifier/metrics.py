"""Counts answers once they are committed (metrics of shared.metrics), and what people kept of them.

`tanggap_classifier_decisions{field,band,outcome}` is read from the database at scrape time.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import Connection

from services.classifier.choosing import REASONS, Degraded
from services.classifier.ports import Classifier
from shared.clock import Clock
from shared.contracts.classification import Classification
from shared.contracts.enums import Category, Form
from shared.db.engine import Database
from shared.db.read.corrections import Decisions, decisions
from shared.db.read.directory import Directory
from shared.metrics import (
    CLASSIFICATIONS,
    CLASSIFIER_ANSWERS,
    CLASSIFIER_CONFIDENCE,
    CLASSIFIER_DEGRADED,
)
from shared.observe.state import StateCollector

EDGES = (0.0, 0.5, 0.7, 0.8, 0.9)
_DAYS = timedelta(days=90)
_KEEP_SECONDS = 300.0
_OUTCOMES = ("kept", "corrected")


def observe_classified(form: Form, found: Classification) -> None:
    """Implements `ports.ObserveClassified`; only complaints are sent to an OPD."""
    CLASSIFICATIONS.labels(form.value, _outcome(found)).inc()
    CLASSIFIER_ANSWERS.labels(found.model_version).inc()
    if form is Form.COMPLAINT and found.opd:
        CLASSIFIER_CONFIDENCE.observe(found.opd[0].confidence)


def show_model(classifier: Classifier) -> None:
    """Show whether a layer is missing or broken; nothing else tells who reads no answers."""
    reason = classifier.reason if isinstance(classifier, Degraded) else None
    for known in REASONS:
        CLASSIFIER_DEGRADED.labels(known).set(known == reason)


def _outcome(found: Classification) -> str:
    if found.berkadar_pengawasan or found.category is Category.PERILAKU_PETUGAS_PUNGLI:
        return "restricted"
    if found.external:
        return "external"
    return "named" if found.opd else "unclear"


def register_decisions(
    db: Database, clock: Clock, registry: CollectorRegistry, keep_seconds: float = _KEEP_SECONDS
) -> None:
    """Show what people kept of the answers; call once a registry."""

    def read(conn: Connection) -> Counter[tuple[str, str, str]]:
        counted = decisions(conn, clock.now() - _DAYS, EDGES)
        return judged(counted, Directory.load(conn))

    registry.register(StateCollector("decisions", db, read, show_decisions, keep_seconds))


def judged(counted: Decisions, directory: Directory) -> Counter[tuple[str, str, str]]:
    """How many by field, band of confidence ("all" where a label has none) and outcome.

    An OPD is kept where it or a unit below it holds the case.
    """
    found = Counter(
        {("opd", band, outcome): 0 for band in map(_band, EDGES) for outcome in _OUTCOMES}
    )
    for (edge, named, holder), n in counted.opd.items():
        kept = holder in directory.with_units(named)
        found["opd", _band(edge), _OUTCOMES[not kept]] += n
    for field, numbers in counted.labels.items():
        for outcome, n in zip(_OUTCOMES, numbers, strict=True):
            found[field, "all", outcome] = n
    return found


def _band(edge: float) -> str:
    following = (*EDGES, 1.0)[EDGES.index(edge) + 1]
    return f"{edge:g}-{following:g}"


def show_decisions(found: Counter[tuple[str, str, str]]) -> Iterable[Metric]:
    """The counts as gauges."""
    family = GaugeMetricFamily(
        "tanggap_classifier_decisions",
        "Answers of the last 90 days whose case a person verified or corrected, by label, band of "
        "confidence (of the OPD) and what people did with it: kept or corrected.",
        labels=["field", "band", "outcome"],
    )
    for labels, n in sorted(found.items()):
        family.add_metric(labels, n)
    return (family,)
