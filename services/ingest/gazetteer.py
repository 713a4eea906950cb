"""Places of a region by their names: kecamatan, kelurahan, desa. Pure: a list in, a place out.

Promises: a name is taken for a place only where it can be one (an address, a word such as "desa" or
"di" before it), the narrowest that is certain, and none when two would fit. Knows no file.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from services.ingest.commands import FileComplaint
from services.ingest.commands import Place as Location
from shared.contracts.enums import LocationSource


class PlaceKind(StrEnum):
    """What a place is; a distrik of Papua is a kecamatan, a kampung a desa."""

    KECAMATAN = "kecamatan"
    KELURAHAN = "kelurahan"
    DESA = "desa"


WORDS: dict[str, PlaceKind] = {
    "kecamatan": PlaceKind.KECAMATAN,
    "kec": PlaceKind.KECAMATAN,
    "distrik": PlaceKind.KECAMATAN,
    "kelurahan": PlaceKind.KELURAHAN,
    "kel": PlaceKind.KELURAHAN,
    "desa": PlaceKind.DESA,
    "ds": PlaceKind.DESA,
    "kampung": PlaceKind.DESA,
    "kmp": PlaceKind.DESA,
}
"""Words before a name that say what it is, and how a file may call the kinds."""
_VILLAGES = frozenset({PlaceKind.KELURAHAN, PlaceKind.DESA})
# Before a name in a sentence: what follows is where something is.
_WHERE = frozenset(["di", "ke", "dari", "daerah", "wilayah", "sekitar", "pasar", "puskesmas"])
# A street may be called after a place that is far away.
_STREETS = frozenset(["jalan", "jl", "jln", "gang", "gg", "perumahan"])
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Place:
    """A place: its middle in degrees (WGS 84), and how far it reaches, in metres.

    `parent` is the kecamatan of a village.
    """

    kind: PlaceKind
    name: str
    parent: str
    lat: float
    lon: float
    radius: float


@dataclass(frozen=True, slots=True)
class _Named:
    """Places of one name, where it stands in the text."""

    places: tuple[Place, ...]


@dataclass(frozen=True)
class Gazetteer:
    """The places of one region."""

    places: tuple[Place, ...] = ()
    _by_name: dict[tuple[str, ...], list[Place]] = field(init=False, default_factory=dict)
    _longest: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        for place in self.places:
            self._by_name.setdefault(_key(place.name), []).append(place)
        longest = max((len(key) for key in self._by_name), default=0)
        object.__setattr__(self, "_longest", longest)

    def find(self, text: str, *, address: bool = False) -> Place | None:
        """The place a text tells; `address`: the text is one, so every name in it counts."""
        named = list(self._named(_key(text), address=address))
        districts = {p.name for one in named for p in one.places if p.kind not in _VILLAGES}
        villages = [_within(one.places, districts) for one in named]
        meant = _one([village for village in villages if village])
        if meant is not None:
            return meant
        if any(villages):
            # Two villages were told: certain is at most the kecamatan they have in common.
            return self._common([place for one in villages for place in one])
        return _one([one.places for one in named])

    def _named(self, words: Sequence[str], *, address: bool) -> Iterable[_Named]:
        """The names in the text, from the left, each the longest that fits."""
        at = 0
        while at < len(words):
            for size in range(min(self._longest, len(words) - at), 0, -1):
                places = self._by_name.get(tuple(words[at : at + size]))
                if places is None:
                    continue
                before = words[at - 1] if at else ""
                meant = _meant(places, before, sure=address or size > 1)
                if meant:
                    yield _Named(meant)
                    at += size - 1
                    break
            at += 1

    def _common(self, places: Sequence[Place]) -> Place | None:
        parents = {_key(place.parent) for place in places}
        if len(parents) != 1:
            return None
        above = self._by_name.get(parents.pop(), ())
        return next((place for place in above if place.kind not in _VILLAGES), None)


def located(command: FileComplaint, gazetteer: Gazetteer) -> FileComplaint:
    """The complaint with the point of the place it names, if it has no point of its own."""
    given = command.location
    if given is not None and given.lat is not None:
        return command
    found = gazetteer.find(given.address or "", address=True) if given else None
    found = found or gazetteer.find(command.text)
    if found is None:
        return command
    place = Location(
        lat=found.lat,
        lon=found.lon,
        address=given.address if given else None,
        precision=found.radius,
        source=LocationSource.GAZETTEER,
    )
    return command.model_copy(update={"location": place})


def _meant(places: Sequence[Place], before: str, *, sure: bool) -> tuple[Place, ...]:
    """Those of one name that are meant, by the word before it."""
    if before in _STREETS:
        return ()
    kind = WORDS.get(before)
    if kind is not None:
        exact = tuple(place for place in places if place.kind is kind)
        # People say "desa" of a kelurahan, and the other way round.
        same = tuple(p for p in places if (p.kind in _VILLAGES) == (kind in _VILLAGES))
        return exact or same or tuple(places)
    if not sure and before not in _WHERE:
        return ()
    # A kecamatan and its village often share a name: without a word for it, the wider is certain.
    districts = tuple(place for place in places if place.kind not in _VILLAGES)
    return districts or tuple(places)


def _within(places: Sequence[Place], districts: set[str]) -> tuple[Place, ...]:
    """Villages among the places; of several, those in a kecamatan that the text names too."""
    villages = tuple(place for place in places if place.kind in _VILLAGES)
    wanted = {_key(name) for name in districts}
    inside = tuple(place for place in villages if _key(place.parent) in wanted)
    return inside or villages


def _one(groups: Sequence[Sequence[Place]]) -> Place | None:
    """The only place of all groups, however often it is told."""
    found = {place for group in groups for place in group}
    return found.pop() if len(found) == 1 else None


def _key(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))
