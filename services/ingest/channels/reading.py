"""What providers send, read without trusting it: any value gives a plain one or none.

Total: of all bytes only those that are no document at all raise, and only `MalformedError`. Knows
no provider.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import orjson

from services.ingest.channels.message import Aside, Item, MalformedError, Point, Why
from services.ingest.channels.signatures import raw

Document = Mapping[str, object]
EMPTY: Document = {}
_FIELDS_MAX = 1000
_DIGITS_MAX = 19  # more is no id and no time of anybody
# Nobody sees them, and a complaint with them would be refused by the rules of the intake.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
# An escaped backslash and a whole pair are kept; half a pair is what is looked for.
_HALVES = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def document(body: bytes) -> Document:
    """The JSON object of a body; of a key that is there twice, the last."""
    found = parsed(body)
    if not isinstance(found, dict):
        raise MalformedError("not-an-object")
    return found


def parsed(body: bytes) -> object:
    """The JSON value of a body.

    Providers cut texts, and a cut emoji is half a pair: it becomes the replacement mark instead of
    costing the whole batch.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        whole = _HALVES.sub(lambda half: rb"\ufffd" if half[1] else half[0], body)
    try:
        return orjson.loads(whole)
    except orjson.JSONDecodeError as error:
        raise MalformedError("not-json") from error


def form(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form in their order, empty ones too."""
    try:
        return parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_FIELDS_MAX
        )
    except ValueError as error:
        raise MalformedError("too-many-fields") from error


def is_form(headers: Mapping[str, str]) -> bool:
    """Whether the body is said to be a form."""
    return media_type(headers) == "application/x-www-form-urlencoded"


def media_type(headers: Mapping[str, str]) -> str:
    """What the body is said to be, without its parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def inner(value: object, *keys: str) -> Document:
    """The object under the keys; an empty one where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else EMPTY


def listed(value: object) -> list[Document]:
    """The objects of a list; what is none of its members an empty one, so that it still counts."""
    if not isinstance(value, list):
        return []
    return [member if isinstance(member, dict) else EMPTY for member in value]


def words(value: object) -> str:
    """A text as people wrote it, without control characters; empty for anything else."""
    if isinstance(value, str):
        return _CONTROLS.sub("", value)
    return str(value) if _is_whole(value) else ""


def line(value: object) -> str:
    """A text of one line: an id, a name, a number; empty for anything else."""
    return " ".join(words(value).split())


def code(value: object) -> str | None:
    """A provider's code of a failure; none for a sentence, which could hold anything."""
    found = line(value)
    return found if _CODE.fullmatch(found) else None


def whole(value: object) -> int | None:
    """A whole number, also one written as a text."""
    if isinstance(value, str) and len(value) <= _DIGITS_MAX and value.strip().isdecimal():
        return int(value)
    return value if isinstance(value, int) and _is_whole(value) else None


def real(value: object) -> float | None:
    """A finite number, also one written as a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def from_unix(value: object, per_second: int = 1) -> datetime | None:
    """A time counted since 1970, in UTC; none outside the years 2000 to 2100."""
    count = whole(value)
    try:
        return (
            None if count is None else _plausible(datetime.fromtimestamp(count / per_second, UTC))
        )
    except (OverflowError, OSError, ValueError):
        return None


def from_iso(value: object, zone: str = "UTC") -> datetime | None:
    """A written time in UTC; one that names no offset is of the zone."""
    try:
        time = datetime.fromisoformat(line(value))
        if time.tzinfo is None:
            time = time.replace(tzinfo=ZoneInfo(zone))
        return _plausible(time.astimezone(UTC))
    except (ValueError, OverflowError, OSError, LookupError):
        return None


def from_pattern(value: object, pattern: str, zone: str = "UTC") -> datetime | None:
    """A time written by a pattern of `strptime`, in UTC."""
    try:
        time = datetime.strptime(line(value), pattern)  # noqa: DTZ007 - its zone comes next
        if time.tzinfo is None:
            time = time.replace(tzinfo=ZoneInfo(zone))
        return _plausible(time.astimezone(UTC))
    except (ValueError, OverflowError, OSError, LookupError, re.error):
        return None


def point(
    lat: object,
    lon: object,
    *,
    name: object = None,
    address: object = None,
    precision: object = None,
) -> Point | None:
    """The point on the globe; none when it is off it."""
    north, east = real(lat), real(lon)
    if north is None or east is None or abs(north) > 90 or abs(east) > 180:
        return None
    return Point(north, east, line(name) or None, line(address) or None, real(precision))


def digest(*parts: object) -> str:
    """An id for what has none, made of what tells it apart."""
    joined = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(raw(joined)).hexdigest()


def or_aside(items: Iterable[Item]) -> Sequence[Item]:
    """The items; a call in which nothing was found counts as one of unknown type."""
    return tuple(items) or (Aside(Why.UNKNOWN),)


def _is_whole(value: object) -> bool:
    """Whether it is a whole number of a size that is sent; `True` is none."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**_DIGITS_MAX


def _plausible(time: datetime) -> datetime | None:
    return time if 2000 <= time.year <= 2100 else None
