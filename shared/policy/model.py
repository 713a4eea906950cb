"""The shapes of the policy files; every check that a file must pass is here, none is in the code
that uses it. Figures are exact: TOML decimals become fractions. PEKPPP is in `instrument`.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shared.contracts.enums import Kind, SKMElement

BERKADAR = "berkadar_pengawasan"
FinishKind = Literal["permintaan_informasi", "aspirasi", "pengaduan", "berkadar_pengawasan"]
PartName = Literal["verify", "first_response", "finish", "satisfaction", "not_reopened"]
CLOCK_PARTS: tuple[PartName, ...] = ("verify", "first_response", "finish")


def _exact(value: Any) -> Any:
    return Fraction(value) if isinstance(value, int | str | Decimal) else value


# The name under which a field called `date` can still be typed.
Day = date
Exact = Annotated[Fraction, BeforeValidator(_exact)]
Days = Annotated[int, Field(ge=1, le=3650)]


def finish_kind(kind: Kind, berkadar_pengawasan: bool) -> FinishKind:
    """Which finish deadline applies: only a complaint can be berkadar pengawasan."""
    if kind is Kind.PENGADUAN and berkadar_pengawasan:
        return "berkadar_pengawasan"
    return kind.value


class PolicyModel(BaseModel):
    """What every shape of a policy file has in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Limits(PolicyModel):
    """How many working days each step may take."""

    verify: Days
    first_response: Days
    reply_window: Days
    pause_max: Annotated[int, Field(ge=0, le=3650)]
    reopened: Days
    mark_day: Days
    finish: dict[FinishKind, Days]

    @model_validator(mode="after")
    def _all_kinds(self) -> Self:
        missing = {"permintaan_informasi", "aspirasi", "pengaduan", BERKADAR} - set(self.finish)
        if missing:
            raise ValueError(f"finish lacks {', '.join(sorted(missing))}")
        return self


class LimitsOverride(PolicyModel):
    """What differs for a region, an OPD or a service, by the local day of receipt."""

    region: str | None = None
    opd: str | None = None
    service: str | None = None
    effective_from: date
    effective_to: date | None = None
    verify: Days | None = None
    first_response: Days | None = None
    reply_window: Days | None = None
    pause_max: Annotated[int, Field(ge=0, le=3650)] | None = None
    reopened: Days | None = None
    mark_day: Days | None = None
    finish: dict[FinishKind, Days] = {}

    @model_validator(mode="after")
    def _has_scope(self) -> Self:
        if not (self.region or self.opd or self.service):
            raise ValueError("an override names a region, an opd or a service")
        if self.effective_to and self.effective_to < self.effective_from:
            raise ValueError("effective_to lies before effective_from")
        return self

    @property
    def scope(self) -> tuple[str | None, str | None, str | None]:
        """What it applies to."""
        return (self.service, self.opd, self.region)

    def applies(self, region: str, opd: str, service: str | None, received: date) -> bool:
        """Whether a case received there on that day is meant."""
        return (
            self.region in (None, region)
            and self.opd in (None, opd)
            and self.service in (None, service)
            and self.effective_from <= received
            and (self.effective_to is None or received <= self.effective_to)
        )

    def overlaps(self, other: "LimitsOverride") -> bool:
        """Whether both could apply to the same case with the same right."""
        return (
            self.scope == other.scope
            and self.effective_from <= (other.effective_to or date.max)
            and other.effective_from <= (self.effective_to or date.max)
        )


class CalendarTerms(PolicyModel):
    """What is counted in calendar days."""

    backlog_days: Days


class DeadlinePolicy(PolicyModel):
    """The deadlines of one version."""

    name: str
    limits: Limits
    calendar: CalendarTerms
    override: tuple[LimitsOverride, ...] = ()

    @model_validator(mode="after")
    def _no_overlap(self) -> Self:
        for number, first in enumerate(self.override):
            if any(first.overlaps(second) for second in self.override[number + 1 :]):
                raise ValueError(f"two overrides of {first.scope} overlap in time")
        return self

    def limits_for(self, region: str, opd: str, service: str | None, received: date) -> Limits:
        """The limits of a case; of several overrides the narrowest wins."""
        found = self.limits
        meant = [o for o in self.override if o.applies(region, opd, service, received)]
        for override in sorted(meant, key=lambda o: tuple(part is not None for part in o.scope)):
            changed = override.model_dump(
                exclude={"region", "opd", "service", "effective_from", "effective_to", "finish"},
                exclude_none=True,
            )
            changed["finish"] = {**found.finish, **override.finish}
            found = found.model_copy(update=changed)
        return found


class IndexPolicy(PolicyModel):
    """Weights and strengths of the responsiveness index."""

    name: str
    late: Exact
    prior: Annotated[int, Field(ge=1)]
    few_below: Annotated[int, Field(ge=1)]
    hide_below: Annotated[int, Field(ge=1)]
    interval: Exact
    days: Days
    always: tuple[PartName, ...]
    weights: dict[PartName, Exact]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if set(self.weights) != {*CLOCK_PARTS, "satisfaction", "not_reopened"}:
            raise ValueError("weights names each of the five parts once")
        if sum(self.weights.values()) != 1:
            raise ValueError(f"weights add up to {sum(self.weights.values())}, not to 1")
        if min(self.weights.values()) < 0 or not 0 <= self.late <= 1:
            raise ValueError("weights and late lie between 0 and 1")
        return self


class Band(PolicyModel):
    """A grade and the rounded values it spans, both ends included."""

    grade: str
    low: Annotated[Exact, Field(alias="from")]
    high: Annotated[Exact, Field(alias="to")]
    label: str


def check_bands(bands: tuple[Band, ...]) -> None:
    """Raise `ValueError` unless the bands touch without a gap or an overlap at two decimals."""
    ordered = sorted(bands, key=lambda band: band.low)
    for band in ordered:
        if band.high < band.low:
            raise ValueError(f"band {band.grade} ends before it begins")
    for lower, upper in pairwise(ordered):
        if upper.low <= lower.high:
            raise ValueError(f"bands {lower.grade} and {upper.grade} overlap")
        if upper.low - lower.high != Fraction(1, 100):
            raise ValueError(f"between bands {lower.grade} and {upper.grade} lies a gap")


def grade_of(bands: tuple[Band, ...], rounded: Decimal) -> Band:
    """The band of a value that was rounded to two decimals before; below all, the lowest."""
    ordered = sorted(bands, key=lambda band: band.low, reverse=True)
    reached = (band for band in ordered if band.low <= Fraction(rounded))
    return next(reached, ordered[-1])


class SamplePolicy(PolicyModel):
    """Constants of the Krejcie and Morgan formula."""

    chi_square: Exact
    share: Exact
    error: Exact


class BurstPolicy(PolicyModel):
    """When answers that are all alike are flagged (`shared/scores/bursts.py`)."""

    answers: Annotated[int, Field(ge=2)]
    minutes: Annotated[int, Field(ge=1)]
    chance: Annotated[Exact, Field(gt=0, lt=1)]


LastElements = Literal["pengaduan-sarana", "sarana-pengaduan"]
"""Which of the two elements a source numbers U8 and which U9 (domain.md §2.1)."""


class UnitWeights(PolicyModel):
    """An OPD's own weights, which hold for its services and units too."""

    opd: str
    weights: dict[SKMElement, Exact]


class SKMPolicy(PolicyModel):
    """How answers become an IKM."""

    name: str
    lowest_answer: int
    highest_answer: int
    scale: int
    weights: dict[SKMElement, Exact]
    printed: dict[str, Exact] = {}
    unit: tuple[UnitWeights, ...] = ()
    sources: dict[str, LastElements] = {}
    sample: SamplePolicy
    bursts: BurstPolicy
    grades: tuple[Band, ...]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for weights in (self.weights, *(unit.weights for unit in self.unit)):
            if sum(weights.values()) != 1:
                raise ValueError(f"weights add up to {sum(weights.values())}, not to 1")
        check_bands(self.grades)
        return self

    def of(self, opd: str) -> "SKMPolicy":
        """The policy of an OPD: with its own weights, which no form prints, if it has any."""
        own = next((unit.weights for unit in self.unit if unit.opd == opd), None)
        return self.model_copy(update={"weights": own, "printed": {}}) if own else self


class PolicyNames(PolicyModel):
    """Which versions are in force together, and from when."""

    name: Annotated[str, Field(max_length=64)]
    effective_from: date
    deadlines: str
    index: str
    skm: str
    pekppp: str


class DayOff(PolicyModel):
    """A day that is not worked, for all or for one region."""

    date: Day
    name: str
    category: Literal["libur_nasional", "cuti_bersama", "hari_daerah"]
    estimate: bool = False
    published: Day | None = None
    region: str | None = None
