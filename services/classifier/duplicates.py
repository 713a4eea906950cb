"""Whether two reports may tell of the same incident: by what happened, where and when; pure.

A report becomes a `Signature` of hashed words; `likeness` compares two; `bands` names the few lists
in which the signature of a like report is to be found. Must not know where these are kept.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import pairwise
from math import asin, cos, floor, radians, sin, sqrt
from typing import Any
from zlib import crc32

from services.classifier.lexicons import PhraseIndex
from services.classifier.tokens import raw_words
from shared.contracts.enums import Category

WINDOW = timedelta(days=7)
"""Reports further apart are two incidents, however alike they are."""
ALIKE = 1.5
"""Least likeness of two reports that are suggested as one incident; measured in `evaluation`."""
MOST = 5
"""Most tickets suggested for a report: the earliest. Who has so many joins no list any more."""
FULL = 6
"""A list of so many reports within the window says nothing, so it is neither read nor longer."""

_NEAR_METRES, _FAR_METRES = 300.0, 2_000.0
_EARTH_METRES = 6_371_000.0
_CELL_DEGREES = 0.005
_MOST_WORDS = 40
_MOST_PLACES = 6
_BAND_WORDS = 3
_SALT = 2_654_435_761
_MASK = 0xFFFFFFFF
_SAME_WORDS = 0.75
_LEAST_WORDS = 4
_LEAST_PLACE = 0.55
_LEAST_SHARED = 60
_NUMBERED = {"km": "km", "kilometer": "km", "rt": "rt", "rw": "rw", "sp": "sp", "blok": "blok"}
_GROUPS = (
    frozenset({Category.JALAN_JEMBATAN, Category.DRAINASE_BANJIR, Category.TRANSPORTASI_PARKIR}),
    frozenset({Category.PENERANGAN_JALAN, Category.LISTRIK_EKSTERNAL}),
    frozenset({Category.AIR_BERSIH, Category.DRAINASE_BANJIR, Category.SAMPAH_LINGKUNGAN}),
    frozenset({Category.KETERTIBAN, Category.TRANSPORTASI_PARKIR}),
)


@dataclass(frozen=True, slots=True)
class Report:
    """What is compared of a report; the text is masked."""

    reference: str
    region: str
    received_at: datetime
    text: str
    category: Category
    address: str | None = None
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """A report without its words: `words` and `place` are hashes with weights of 1 to 100.

    `place`: those of the address; `names`: the words of the text that could be names;
    `happenings`: what happened, `numbers`: "RT 5" and the like, by what they number.
    """

    reference: str
    region: str
    received_at: datetime
    category: Category
    words: Mapping[int, int]
    place: Mapping[int, int]
    names: tuple[int, ...]
    happenings: frozenset[int]
    numbers: Mapping[int, tuple[int, ...]]
    lat: float | None = None
    lon: float | None = None

    def marks(self) -> list[Any]:
        """All but reference and moment, as JSON."""
        return [
            self.region,
            self.category.value,
            [*self.words.items()],
            [*self.place.items()],
            self.names,
            sorted(self.happenings),
            [*self.numbers.items()],
            self.lat,
            self.lon,
        ]

    @classmethod
    def of(cls, reference: str, received_at: datetime, marks: Sequence[Any]) -> "Signature":
        """The signature that gave the marks."""
        region, category, words, place, names, happenings, numbers, lat, lon = marks
        return cls(
            reference=reference,
            region=region,
            received_at=received_at,
            category=Category(category),
            words=dict(words),
            place=dict(place),
            names=tuple(names),
            happenings=frozenset(happenings),
            numbers={what: tuple(found) for what, found in numbers},
            lat=lat,
            lon=lon,
        )


def word_key(text: str) -> int:
    """The hash of a word."""
    return crc32(text.encode())


class Signer:
    """Makes signatures; the same report gives the same one, always."""

    def __init__(
        self,
        tokens: Callable[[Iterable[str]], list[str]],
        common: Mapping[str, int],
        vague: frozenset[str],
        happenings: PhraseIndex[tuple[str, ...]],
    ) -> None:
        self._tokens = tokens
        self._common = common
        self._vague = vague
        self._happenings = happenings

    def sign(self, report: Report) -> Signature:
        """The signature of a report of any text."""
        words = self._tokens(raw_words(report.text))
        where = self._tokens(raw_words(report.address or ""))
        hits = self._happenings.scan(words)
        told = {place for hit in hits for place in range(hit.start, hit.end)}
        place = self._place(where)
        addressed = frozenset(where)
        names = [
            word
            for index, word in enumerate(words)
            if index not in told and len(word) > 2 and word.isalpha() and word not in self._common
        ]
        happenings = {
            name
            for hit in hits
            for name in hit.value
            if not addressed.issuperset(words[hit.start : hit.end])
        }
        return Signature(
            reference=report.reference,
            region=report.region,
            received_at=report.received_at,
            category=report.category,
            words=self._weighed(words),
            place=place,
            names=tuple(map(word_key, list(dict.fromkeys(names))[:_MOST_PLACES])),
            happenings=frozenset(map(word_key, happenings)),
            numbers=_numbers(words, where),
            lat=report.lat,
            lon=report.lon,
        )

    def _weighed(self, words: Sequence[str]) -> dict[int, int]:
        found: dict[int, int] = {}
        for word in words:
            weight = self._common.get(word, 100)
            if weight and len(word) > 1 and not word.isdigit():
                found[word_key(word)] = weight
                if len(found) == _MOST_WORDS:
                    break
        return found

    def _place(self, where: Sequence[str]) -> dict[int, int]:
        """The words of an address that tell the place, or all of them if none does by itself."""
        proper = [word for word in where if word not in self._vague and not word.isdigit()]
        return {
            word_key(word): max(self._common.get(word, 100), _LEAST_SHARED)
            for word in (proper or where)[:_MOST_PLACES]
        }


def _numbers(*parts: Sequence[str]) -> dict[int, tuple[int, ...]]:
    """The numbers after "RT", "km" and the like."""
    found: dict[int, set[int]] = {}
    for words in parts:
        for word, following in pairwise(words):
            what = _NUMBERED.get(word)
            if what and following.isdecimal() and len(following) < 5:
                found.setdefault(word_key(what), set()).add(int(following))
    return {what: tuple(sorted(numbers)) for what, numbers in found.items()}


def bands(signature: Signature) -> list[int]:
    """The lists the report joins: 9 at most, by place, by place and happening, and by its words."""
    names = list(dict.fromkeys((*signature.place, *signature.names)))[:_BAND_WORDS]
    found = [("name", word, 0) for word in names]
    happenings = sorted(signature.happenings)[:2]
    found += [("both", word, what) for word in names[:2] for what in happenings]
    if len(signature.words) >= _LEAST_WORDS:
        found.append(("words", min(word * _SALT & _MASK for word in signature.words), 0))
    return _hashed(signature.region, found + _cells(signature)[:1])


def looked_up(signature: Signature) -> list[int]:
    """The lists in which like reports are: those it joins, and those of the cells around it."""
    return bands(signature) + _hashed(signature.region, _cells(signature)[1:])


def _cells(signature: Signature) -> list[tuple[str, int, int]]:
    """The cell of the point, then the nearest three beside it."""
    if signature.lat is None or signature.lon is None:
        return []
    row, column = signature.lat / _CELL_DEGREES, signature.lon / _CELL_DEGREES
    up = 1 if row % 1 >= 0.5 else -1
    side = 1 if column % 1 >= 0.5 else -1
    return [
        ("cell", floor(row) + high * up, floor(column) + wide * side)
        for high in (0, 1)
        for wide in (0, 1)
    ]


def _hashed(region: str, keys: Iterable[tuple[str, int, int]]) -> list[int]:
    return [
        int.from_bytes(
            blake2b(f"{region} {kind} {one} {two}".encode(), digest_size=8).digest(), signed=True
        )
        for kind, one, two in keys
    ]


def likeness(one: Signature, other: Signature) -> float:
    """How likely both tell of one incident, from 0; from `ALIKE` on they are suggested as one."""
    apart = abs(one.received_at - other.received_at)
    if one.region != other.region or apart > WINDOW or _elsewhere(one, other):
        return 0.0
    where = _place(one, other)
    if where < _LEAST_PLACE:
        if (one.place and other.place) or _overlap(one.words, other.words) < _SAME_WORDS:
            return 0.0
        where = 1.0
    return where + _subject(one, other) + _time(apart)


def _time(apart: timedelta) -> float:
    hours = apart.total_seconds() / 3600
    return 0.4 if hours <= 6 else 0.25 if hours <= 24 else 0.1 if hours <= 72 else -0.1


def _elsewhere(one: Signature, other: Signature) -> bool:
    """Whether the places cannot be one: far apart, or RT 5 here and RT 12 there."""
    metres = distance(one, other)
    if metres is not None and metres > _FAR_METRES:
        return True
    return any(
        what in other.numbers and not set(numbers) & set(other.numbers[what])
        for what, numbers in one.numbers.items()
    )


def distance(one: Signature, other: Signature) -> float | None:
    """Metres between both points; none without two points."""
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return None
    lat1, lat2 = radians(one.lat), radians(other.lat)
    half = sin((lat2 - lat1) / 2) ** 2
    half += cos(lat1) * cos(lat2) * sin(radians(other.lon - one.lon) / 2) ** 2
    return 2 * _EARTH_METRES * asin(sqrt(min(1.0, half)))


def _place(one: Signature, other: Signature) -> float:
    """How far the places agree, 0 to 1."""
    metres = distance(one, other)
    if metres is not None and metres <= _NEAR_METRES:
        return 1.0
    if not one.place and not other.place:
        return min(1.0, 0.6 * len(set(one.names) & set(other.names)))
    return max(_named(one.place, other), _named(other.place, one))


def _named(place: Mapping[int, int], other: Signature) -> float:
    """Share of an address's words that the other report has too."""
    if not place:
        return 0.0
    shared = sum(
        weight for word, weight in place.items() if word in other.place or word in other.words
    )
    return shared / sum(place.values())


def _subject(one: Signature, other: Signature) -> float:
    """How far what happened agrees: from -0.4 (two different things) to 1."""
    shared = one.words.keys() & other.words.keys()
    common = (
        sum(one.words[word] for word in shared if word not in one.place and word not in other.place)
        / 100
    )
    points = min(0.4, 0.2 * common)
    if one.happenings and other.happenings:
        points += 0.6 if one.happenings & other.happenings else -0.4
    points += _category(one.category, other.category)
    return min(1.0, points)


def _category(one: Category, other: Category) -> float:
    if Category.LAINNYA in (one, other):
        return 0.1
    if one is other:
        return 0.3
    return 0.1 if any(one in group and other in group for group in _GROUPS) else -0.1


def _overlap(one: Mapping[int, int], other: Mapping[int, int]) -> float:
    """Share of the words that both have, by weight; 0 when there are too few to tell."""
    if min(len(one), len(other)) < _LEAST_WORDS:
        return 0.0
    both = sum(weight for word, weight in one.items() if word in other)
    return both / sum({**one, **other}.values())
