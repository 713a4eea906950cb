"""What the classifier learns from people: texts with the label it gave and the one they chose."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from shared.db.read.corrections import corrected_answers


@dataclass(frozen=True, slots=True)
class CorrectedText:
    """A masked text with one label that people changed.

    `field`: kind, category, urgency, berkadar_pengawasan ("0" or "1") or opd (full codes, of the
    OPD that verified the case; `predicted` is empty where the model named none).
    """

    text: str
    field: str
    predicted: str
    corrected: str
    at: datetime
    model_version: str


def rows(conn: Connection) -> Iterator[CorrectedText]:
    """Each label that people left other than the model gave it, complaint by complaint.

    Nothing of reporters who were erased. Reports about officers are among them: the texts are
    masked and stay inside, but nobody may list them.
    """
    for one in corrected_answers(conn):
        changed = [
            (name, one.predicted[name], label)
            for name, label in one.corrected.items()
            if one.predicted[name] != label
        ]
        if one.opd:
            changed.append(("opd", *one.opd))
        for field, predicted, corrected in changed:
            yield CorrectedText(one.text, field, predicted, corrected, one.at, one.model_version)
