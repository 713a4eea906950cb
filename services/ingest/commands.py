"""What a citizen may send: the bodies of the HTTP API, checked for shape only (design §3).

Whether a region exists or a date lies in the future is a rule (`rules.py`); here are types,
lengths and closed sets.
"""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.contracts.enums import Category, CitizenAct, Language, LocationSource, SKMElement

TEXT_MAX = 10_000
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]
Long = Annotated[str, StringConstraints(max_length=TEXT_MAX)]
Answer = Annotated[int, Field(ge=1, le=4)]


class Command(BaseModel):
    """Base of the bodies: unknown fields are refused, so a typing error is not lost silently."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _example(**fields: Any) -> ConfigDict:
    """For the OpenAPI document: a body that is accepted, where its region and ticket exist."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


class Place(Command):
    """Place of the problem."""

    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    address: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] | None = None
    precision: Annotated[
        float | None, Field(ge=0, le=100_000, description="Metres that the point may be off.")
    ] = None
    source: Annotated[
        LocationSource | None, Field(description="How the point is known; none: by what is given.")
    ] = None


class Reporter(Command):
    """Who reports; sealed at once and never on a topic."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] | None = None
    phone: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] | None = None
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254)] | None = None
    nik: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] | None = None


class FileComplaint(Command):
    """`POST /api/v1/complaints`."""

    model_config = _example(
        text="Lampu jalan di depan pasar mati sejak Senin.",
        region="paser",
        opd="paser/dishub",
        occurred_on="2026-11-20",
        location={"lat": -1.9, "lon": 116.2, "address": "Jalan Sudirman"},
        reporter={"name": "Siti Aminah", "phone": "081234567890"},
    )

    text: Long
    region: Short
    opd: Short | None = None
    service: Short | None = None
    category: Category | None = None
    occurred_on: date | None = None
    location: Place | None = None
    reporter: Reporter | None = None
    anonymous: bool = False
    confidential: bool = False
    language: Language | None = None


class Statistics(Command):
    """Respondent of a survey: statistics, no identity (domain.md §2.4)."""

    sex: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] | None = None
    age: Annotated[int, Field(ge=5, le=120)] | None = None
    education: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] | None = None
    occupation: Word | None = None


class AnswerSurvey(Command):
    """`POST /api/v1/surveys`; an element left out is missing, never 0."""

    model_config = _example(
        region="paser",
        opd="paser/disdukcapil",
        answers={element.value: 4 for element in SKMElement},
        comment="Petugas ramah.",
        respondent={"sex": "P", "age": 34},
    )

    region: Short
    opd: Short
    service: Short | None = None
    answers: dict[SKMElement, Answer]
    comment: Long | None = None
    respondent: Statistics | None = None
    token: Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)] | None = None


class ActOnComplaint(Command):
    """`POST /api/v1/complaints/{ticket}/acts`."""

    model_config = _example(code="K7QM4X", act="add", text="Lampunya di sisi kiri jalan.")

    code: Annotated[str, StringConstraints(strip_whitespace=True, max_length=32)]
    act: CitizenAct
    text: Long | None = None
    score: Annotated[int, Field(ge=1, le=5)] | None = None
