"""The responsiveness index of design §4: exact fractions, roots with 34 digits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache, reduce

from shared.policy.model import CLOCK_PARTS, IndexPolicy, PartName
from shared.scores.measures import Measure, of_clock
from shared.scores.numbers import DIGITS, rounded, to_decimal

PARTS: tuple[PartName, ...] = (*CLOCK_PARTS, "not_reopened", "satisfaction")
_RATING_STEPS = 4
_NONE, _HALF = Decimal(0), Decimal("0.5")


@dataclass(frozen=True, slots=True)
class ClockTally:
    """Counts of one clock."""

    on_time: int = 0
    late: int = 0
    missed: int = 0
    running: int = 0
    backlog: int = 0

    @property
    def n(self) -> int:
        """Steps done or missed."""
        return self.on_time + self.late + self.missed

    def plus(self, other: "ClockTally") -> "ClockTally":
        """Both together."""
        return ClockTally(
            self.on_time + other.on_time,
            self.late + other.late,
            self.missed + other.missed,
            self.running + other.running,
            self.backlog + other.backlog,
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """What one OPD, or several together, did in a window."""

    verify: ClockTally = ClockTally()
    first_response: ClockTally = ClockTally()
    finish: ClockTally = ClockTally()
    closed: int = 0
    never_reopened: int = 0
    ratings: int = 0
    rating_sum: int = 0

    def plus(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(
            self.verify.plus(other.verify),
            self.first_response.plus(other.first_response),
            self.finish.plus(other.finish),
            self.closed + other.closed,
            self.never_reopened + other.never_reopened,
            self.ratings + other.ratings,
            self.rating_sum + other.rating_sum,
        )

    def clock(self, name: PartName) -> ClockTally:
        """The counts of a clock."""
        if name == "verify":
            return self.verify
        return self.first_response if name == "first_response" else self.finish

    @property
    def n(self) -> int:
        """The largest of the clocks' numbers: how much is known of the OPD."""
        return max(self.clock(name).n for name in CLOCK_PARTS)

    @property
    def backlog(self) -> int:
        """Steps undone for so long that they are no longer misses but block the rank."""
        return sum(self.clock(name).backlog for name in CLOCK_PARTS)


def tally_of(sums: Mapping[str, int]) -> Tally:
    """The tally of an OPD's measures."""

    def clock(name: str) -> ClockTally:
        return ClockTally(
            *(sums.get(of_clock(name, field.name), 0) for field in fields(ClockTally))
        )

    return Tally(
        clock("verify"),
        clock("first_response"),
        clock("finish"),
        sums.get(Measure.CLOSED, 0),
        sums.get(Measure.NEVER_REOPENED, 0),
        sums.get(Measure.RATINGS, 0),
        sums.get(Measure.RATING_SUM, 0),
    )


def total(tallies: Iterable[Tally]) -> Tally:
    """All together."""
    found = list(tallies)
    return reduce(Tally.plus, found) if found else Tally()


class State(StrEnum):
    """Whether a value says something."""

    OK = "ok"
    FEW = "few"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an index; `ratio` is its weight among the parts that count."""

    name: PartName
    p: Fraction
    n: int
    successes: Fraction
    running: int
    weight: Fraction
    ratio: Fraction
    region_p: Fraction


@dataclass(frozen=True, slots=True)
class Index:
    """An index with everything it was made of."""

    value: Fraction
    low: Decimal
    high: Decimal
    n: int
    state: State
    parts: tuple[Part, ...]
    tally: Tally


def counts(tally: Tally, name: PartName, policy: IndexPolicy) -> tuple[Fraction, int, int]:
    """K, n and u of a part."""
    above, below, n, running = _counts(tally, name, policy)
    return Fraction(above, below), n, running


def _counts(tally: Tally, name: PartName, policy: IndexPolicy) -> tuple[int, int, int, int]:
    """K above and below its line, n and u."""
    if name == "satisfaction":
        return tally.rating_sum, _RATING_STEPS, tally.ratings, 0
    if name == "not_reopened":
        return tally.never_reopened, 1, tally.closed + tally.finish.missed, 0
    clock, (late, whole) = tally.clock(name), policy.late.as_integer_ratio()
    return clock.on_time * whole + late * clock.late, whole, clock.n, clock.running


@dataclass(frozen=True, slots=True)
class SharedPart:
    """What all indexes of a region have in common in one part: its weight and its share p0."""

    name: PartName
    weight: Fraction
    ratio: Fraction
    p: Fraction


def shared_parts(region: Tally, policy: IndexPolicy) -> tuple[SharedPart, ...]:
    """The parts that count in the region: measured anywhere in it, or always."""
    found = []
    for name in PARTS:
        successes, n, _ = counts(region, name, policy)
        if n or name in policy.always:
            found.append((name, policy.weights[name], (successes + 1) / (n + 2)))
    weights = sum((weight for _, weight, _ in found), Fraction(0))
    return tuple(SharedPart(name, weight, weight / weights, p) for name, weight, p in found)


def opd_index(
    tally: Tally,
    region: Tally,
    policy: IndexPolicy,
    shared: tuple[SharedPart, ...] | None = None,
) -> Index:
    """The index of an OPD among its region; `shared` saves computing the region's part again."""
    parts = []
    for part in shared or shared_parts(region, policy):
        above, below, n, running = _counts(tally, part.name, policy)
        strength = policy.prior + running
        of_region, whole = part.p.as_integer_ratio()
        # (K + strength · p0) ÷ (n + strength), as one division.
        p = Fraction(above * whole + strength * of_region * below, below * whole * (n + strength))
        parts.append(_part(part, p, n, Fraction(above, below), running))
    return _index(parts, tally, policy)


def region_index(region: Tally, policy: IndexPolicy) -> Index:
    """The index of a region itself."""
    parts = []
    for part in shared_parts(region, policy):
        successes, n, running = counts(region, part.name, policy)
        parts.append(_part(part, part.p, n, successes, running))
    return _index(parts, region, policy)


def _part(shared: SharedPart, p: Fraction, n: int, successes: Fraction, running: int) -> Part:
    return Part(shared.name, p, n, successes, running, shared.weight, shared.ratio, shared.p)


def _index(parts: Sequence[Part], tally: Tally, policy: IndexPolicy) -> Index:
    value = _value(parts)
    radius = _radius(parts, policy)
    middle = to_decimal(value)
    n = tally.n
    state = State.NONE if n == 0 else State.FEW if n < policy.few_below else State.OK
    return Index(
        value,
        max(DIGITS.subtract(middle, radius), Decimal(0)),
        min(DIGITS.add(middle, radius), Decimal(100)),
        n,
        state,
        tuple(parts),
        tally,
    )


# A page computes some forty indexes: whole numbers under one line take a quarter of the time that
# fractions take, which look for a common divisor at every step.
def _value(parts: Sequence[Part]) -> Fraction:
    """100 · Σ ratio · p."""
    above, below = 0, 1
    for part in parts:
        weight, of_weight = part.ratio.as_integer_ratio()
        share, of_share = part.p.as_integer_ratio()
        whole = of_weight * of_share
        above, below = above * whole + weight * share * below, below * whole
    return Fraction(100 * above, below)


def _radius(parts: Sequence[Part], policy: IndexPolicy) -> Decimal:
    """Half the interval: parts half independent of each other, half in step."""
    apart = together = _NONE
    for part in parts:
        n = part.n + policy.prior
        share, whole = part.p.as_integer_ratio()
        # p̃ = (p·n + 1) ÷ (n + 2), above and below its line.
        above, below = share * n + whole, whole * (n + 2)
        # p̃ · (1 − p̃) ÷ (n + 3), as one division.
        variance = DIGITS.divide(Decimal(above * (below - above)), Decimal(below * below * (n + 3)))
        weight = _weight(part.ratio.numerator, part.ratio.denominator)
        apart = DIGITS.add(apart, DIGITS.multiply(DIGITS.multiply(weight, weight), variance))
        together = DIGITS.add(together, DIGITS.multiply(weight, DIGITS.sqrt(variance)))
    inner = DIGITS.add(
        DIGITS.multiply(_HALF, apart), DIGITS.multiply(_HALF, DIGITS.multiply(together, together))
    )
    width = _weight(100 * policy.interval.numerator, policy.interval.denominator)
    return DIGITS.multiply(width, DIGITS.sqrt(inner))


@lru_cache(maxsize=256)
def _weight(above: int, below: int) -> Decimal:
    return DIGITS.divide(Decimal(above), Decimal(below))


def ranks(candidates: Mapping[str, Index]) -> dict[str, int]:
    """Ranks by the lower end of the interval, rounded; equals share a rank.

    Only entries in state `ok` without backlog take part; who is a candidate at all, the caller
    decides.
    """
    lows = {
        code: rounded(index.low)
        for code, index in candidates.items()
        if index.state is State.OK and index.tally.backlog == 0
    }
    ordered = sorted(lows.values(), reverse=True)
    return {code: ordered.index(low) + 1 for code, low in lows.items()}
