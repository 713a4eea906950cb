"""Exact arithmetic and the one rounding: half up, and only for display and JSON."""

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

DIGITS = Context(prec=34)
_WIDE = Context(prec=200, rounding=ROUND_HALF_UP)


def to_decimal(value: Fraction) -> Decimal:
    """The value with 34 digits."""
    return DIGITS.divide(Decimal(value.numerator), Decimal(value.denominator))


def rounded(value: Fraction | Decimal, places: int = 2) -> Decimal:
    """The value rounded half up, exactly."""
    return Decimal(_scaled(value, places)).scaleb(-places, _WIDE)


def figure(value: Fraction | Decimal | None, places: int = 2) -> float | None:
    """The rounded value as JSON shows it: the float nearest to it."""
    return None if value is None else _scaled(value, places) / 10**places


def _scaled(value: Fraction | Decimal, places: int) -> int:
    """The rounded value in units of its last place."""
    above, below = value.as_integer_ratio()
    scaled: int = (2 * abs(above) * 10**places + below) // (2 * below)
    return -scaled if above < 0 else scaled
