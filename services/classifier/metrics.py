"""Counts answers once they are committed; the metrics themselves are listed in shared.metrics."""

from shared.contracts.classification import Classification
from shared.contracts.enums import Form
from shared.metrics import CLASSIFICATIONS, CLASSIFIER_CONFIDENCE


def observe_classified(form: Form, found: Classification) -> None:
    """Implements `ports.ObserveClassified`; only complaints are sent to an OPD."""
    CLASSIFICATIONS.labels(form.value, _outcome(found)).inc()
    if form is Form.COMPLAINT and found.opd:
        CLASSIFIER_CONFIDENCE.observe(found.opd[0].confidence)


def _outcome(found: Classification) -> str:
    if found.berkadar_pengawasan:
        return "restricted"
    if found.external:
        return "external"
    return "named" if found.opd else "unclear"
