"""What the classifier asks of the outside, and what it promises: any model can stand behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from shared.contracts.classification import Classification
from shared.contracts.enums import Category, Form

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Unit(Protocol):
    """An entry of a region's list of OPDs, units and external bodies."""

    @property
    def code(self) -> str:
        """Full code, `<region>/<name>`."""
        ...

    @property
    def name(self) -> str:
        """Official name."""
        ...

    @property
    def short(self) -> str:
        """Short name that people use."""
        ...

    @property
    def parent(self) -> str | None:
        """The unit above."""
        ...

    @property
    def internal_only(self) -> bool:
        """Serves other units, hardly ever citizens."""
        ...

    @property
    def external(self) -> bool:
        """A body outside the region's government."""
        ...

    @property
    def is_triage(self) -> bool:
        """Where unclear cases wait: never an answer of the classifier."""
        ...

    @property
    def handles(self) -> tuple[Category, ...]:
        """Categories that belong here, the likeliest first."""
        ...

    @property
    def keywords(self) -> tuple[str, ...]:
        """Phrases that point here."""
        ...


@dataclass(frozen=True, slots=True)
class ClassificationRequest:
    """One text to classify, with what the citizen said beside it.

    `units` is the region's list; without it no OPD is named.
    """

    text: str
    units: tuple[Unit, ...] = ()
    service: str | None = None
    opd_asked: str | None = None
    category_asked: Category | None = None
    form: Form = Form.COMPLAINT


class Classifier(Protocol):
    """Classifies a batch; one answer a request, in order, whatever the texts hold."""

    @property
    def version(self) -> str:
        """Name of the model, written into every answer."""
        ...

    def classify(self, requests: Sequence[ClassificationRequest]) -> list[Classification]:
        """The answers; never raises because of a text."""
        ...


class UnitSource(Protocol):
    """Reads the regions' lists of units in force now."""

    def __call__(self, conn: "Connection") -> Mapping[str, tuple[Unit, ...]]:
        """By region code; equal lists are the same object, so that models may cache by it."""
        ...


class ObserveClassified(Protocol):
    """Told of each answer once it is committed."""

    def __call__(self, form: Form, found: Classification) -> None:
        """Count it."""
        ...
