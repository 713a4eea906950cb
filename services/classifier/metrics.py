"""Counts answers once they are committed; the metrics themselves are listed in shared.metrics."""

from shared.contracts.classification import Classification
from shared.contracts.enums import Form
from shared.metrics import CLASSIFICATIONS, CLASSIFIER_CONFIDENCE


def observe_classified(form: Form, found: Classification) -> None:
    """Implements `ports.ObserveClassified`; only complaints are sent to an OPD."""
    CLASSIFICATIONS.labels(form, found.language.code, found.model_version).inc()
    if form is Form.COMPLAINT and found.opd:
        CLASSIFIER_CONFIDENCE.observe(found.opd[0].confidence)
