"""Ranks a region's own units for a text; a new unit or a reorganisation needs data, not code."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.classifier.chances import odds
from services.classifier.lexicons import PhraseIndex
from services.classifier.ports import Unit
from shared.contracts.classification import OPDGuess
from shared.contracts.enums import Category

Phrase = Callable[[str], tuple[str, ...]]
Doubles = NDArray[np.float64]
Profile = Callable[[Sequence[Unit]], Doubles]
"""How likely each unit (a row) does each of `MATTERS`."""
_HANDLES = 4.0
_LATER_HANDLES = 0.9  # of the first category a unit lists
_INTERNAL = 0.6
_NAMED = 5.0
_NAMED_PARENTLESS = 2.0
_ASKED = 3.0
_DOUBT = 1.2
_EXTERNAL_LEAD = 1.15
_ELSEWHERE = 4.0  # points of a keyword that points outside
_NOT_OURS = 0.6
_LEAST_SHARE = 0.05
_FLOOR = 0.003  # the chance of what no matter speaks for
_ONLY_WHERE = 0.25  # of a keyword that only says where ("di depan SD")
_SURE = 0.95
_MOST_ROUTERS = 64
MATTERS = (
    "dpupr", "disperkim", "dlh", "dinkes", "rsud", "disdik", "disdukcapil", "dinsos", "dp3ap2kb",
    "disnaker", "dpmptsp", "dishub", "diskominfo", "diskopperindag", "distan", "satpolpp", "damkar",
    "bpbd", "dpmd", "bapenda", "bappeda", "bpkad", "bkpsdm", "kesbangpol", "inspektorat", "setda",
    "setda-kesra", "setda-organisasi", "setda-hukum", "setda-pbj", "perumdam",
    "ext-pln", "ext-bpn", "ext-provinsi", "ext-pusat", "puskesmas", "kecamatan",
)  # fmt: skip
"""What a text may be a matter of, named after the unit of the start that does it. A region's own
units are matched to matters by their name and keywords, so they may be called and cut otherwise."""
ACCUSATIONS = MATTERS.index("inspektorat")
_PREFIXES = {"pkm": "puskesmas", "kec": "kecamatan", "dis": "kecamatan"}
# Words that look like a keyword and are none.
_SHADOWS = ("polisi tidur", "operasi pasar")


def matter_of(path: str) -> str:
    """The matter of a unit of the start, by its code without the region."""
    return path if path in MATTERS else _PREFIXES.get(path.partition("-")[0], path)


@dataclass(frozen=True, slots=True)
class Route:
    """Where a text should go; `external` names the outside body it is really for."""

    opd: tuple[OPDGuess, ...] = ()
    external: str | None = None
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Weights:
    """What speaks for a unit: the matter, its keywords, and being named below an OPD.

    For the one that handles accusations speak head `accuses` and its matter, together with an
    offset: what raises one mostly raises the other, so they are no two reasons. Fitted on reports
    that the heads had not seen, so that chances are true; artefacts from before they were fitted
    take the mean of both.
    """

    matter: float
    keywords: float
    named: float
    accused_head: float = 0.5
    accused_matter: float = 0.5
    accused_offset: float = 0.0

    @property
    def values(self) -> Doubles:
        """Of the features of `Router.features`, in their order."""
        return np.array([self.matter, self.keywords, self.named])

    def accused_chance(self, accuses: float, matters: Doubles) -> float:
        """How likely a text is for who handles accusations, by the head and the matters."""
        said = odds(np.array([accuses, matters[ACCUSATIONS]]))
        whole = said @ [self.accused_head, self.accused_matter] + self.accused_offset
        return float(1.0 / (1.0 + np.exp(-whole)))


@dataclass(frozen=True)
class Router:
    """A region's units with their phrases, compiled once for many texts."""

    units: tuple[Unit, ...]
    index: PhraseIndex[tuple[tuple[int, float], ...]]
    handlers: dict[Category, tuple[tuple[int, float], ...]] = field(hash=False)
    doers: Doubles = field(hash=False)  # a row a matter, a column a unit: how much it does of it
    below: Doubles = field(hash=False)  # 1 for a unit below an OPD

    def route(
        self,
        tokens: Sequence[str],
        places: Set[int],
        scores: Mapping[Category, float],
        asked: str | None,
    ) -> Route:
        """The three likeliest units with their confidence, and the outside body if that leads."""
        points: dict[int, float] = {}
        because: list[str] = []
        for hit in {hit.phrase: hit for hit in self.index.scan(tokens)}.values():
            if hit.start in places:
                continue
            because.append(hit.phrase)
            for place, weight in hit.value:
                points[place] = points.get(place, 0.0) + weight
        total = sum(scores.values()) + 1.0
        for category, score in scores.items():
            for place, weight in self.handlers.get(category, ()):
                points[place] = points.get(place, 0.0) + weight * score / total
        for place, unit in enumerate(self.units):
            if unit.code == asked:
                points[place] = points.get(place, 0.0) + _ASKED
        if any(self.units[place].external and points[place] >= _ELSEWHERE for place in points):
            # "SMA", "jalan nasional": the category is the region's, the matter is not.
            for place in points:
                if not self.units[place].external:
                    points[place] *= _NOT_OURS
        return self._ranked(points, tuple(because))

    def accused(self) -> Route:
        """Where accusations go: whoever handles them, never the unit that is accused."""
        units = [self.units[place] for place in self._accused()]
        return Route(tuple(OPDGuess(opd=unit.code, confidence=_SURE) for unit in units))

    def features(
        self, tokens: Sequence[str], places: Set[int], matters: Doubles
    ) -> tuple[Doubles, tuple[str, ...]]:
        """What speaks for each unit, in the order of `Weights`, and the keywords that were found.

        `matters` tells how likely the text is each of `MATTERS`. For who handles accusations
        these are no reason here: see `Weights.accused_chance`.
        """
        found = np.zeros((len(self.units), 3))
        because: list[str] = []
        for hit in {hit.phrase: hit for hit in self.index.scan(tokens)}.values():
            somewhere = hit.start in places
            if not somewhere:
                because.append(hit.phrase)
            for place, weight in hit.value:
                found[place, 1] += weight * (_ONLY_WHERE if somewhere else 1.0)
        found[:, 2] = found[:, 1] * self.below
        found[:, 1] = np.log1p(found[:, 1])
        found[:, 0] = np.log(matters @ self.doers + _FLOOR)
        return found, tuple(because)

    def likeliest(
        self,
        features: Doubles,
        because: tuple[str, ...],
        weights: Weights,
        accused: float,
        asked: str | None,
        *,
        restricted: bool = False,
    ) -> Route:
        """The three likeliest units with their chance, and the outside body if that leads.

        `accused` is the chance that the text is for who handles accusations. If it is
        `restricted` to them they come first, whatever is likelier: the others are where it belongs
        should it accuse nobody.
        """
        accusations = self._accused()
        if not self.units or (restricted and not accusations):
            return Route()
        speaks = features @ weights.values
        if asked:
            speaks += [_ASKED if unit.code == asked else 0.0 for unit in self.units]
        grown = np.exp(speaks - speaks.max())
        theirs = accused if accusations else 0.0
        chances = grown / grown.sum() * (1.0 - theirs)
        chances[accusations] += theirs
        order = np.argsort(-chances, kind="stable").tolist()
        if restricted:
            order.sort(key=lambda place: place not in accusations)
            chances = np.minimum(chances, chances[accusations])
        first = self.units[order[0]]
        inside = [place for place in order if not self.units[place].external][:3]
        return Route(
            tuple(
                OPDGuess(opd=self.units[place].code, confidence=round(float(chances[place]), 3))
                for place in inside
            ),
            first.code if first.external else None,
            because,
        )

    def _accused(self) -> list[int]:
        """The place of the region's own unit that handles accusations, if there is one."""
        return _handling_accusations(self.units, self.handlers)

    def _ranked(self, points: dict[int, float], because: tuple[str, ...]) -> Route:
        total = sum(points.values()) + _DOUBT
        order = sorted(points, key=lambda place: (-points[place], self.units[place].code))
        inside = [place for place in order if not self.units[place].external]
        outside = [place for place in order if self.units[place].external]
        external = None
        if outside:
            lead = points[outside[0]]
            if lead > 1.5 and (not inside or lead > _EXTERNAL_LEAD * points[inside[0]]):
                external = self.units[outside[0]].code
        return Route(
            tuple(
                OPDGuess(opd=self.units[place].code, confidence=_confidence(points[place], total))
                for place in inside[:3]
            ),
            external,
            because,
        )


def _confidence(points: float, total: float) -> float:
    return round(min(0.97, points / total), 3)


def router_of(units: tuple[Unit, ...], phrase: Phrase, profile: Profile | None = None) -> Router:
    """The compiled router of a region's list; `profile` tells what its units do."""
    # By code: among equally likely units the order is always the same.
    listed = tuple(sorted((u for u in units if not u.is_triage), key=lambda unit: unit.code))
    weights: dict[tuple[str, ...], dict[int, float]] = {}
    for place, unit in enumerate(listed):
        factor = _INTERNAL if unit.internal_only else 1.0
        for keyword in unit.keywords:
            plain = 1.0 if " " not in keyword else 1.6
            _add(weights, phrase(keyword), place, _ELSEWHERE if unit.external else factor * plain)
        named = _NAMED if unit.parent else _NAMED_PARENTLESS
        for name in (unit.name, unit.short):
            _add(weights, phrase(name), place, factor * named)
    for shadow in _SHADOWS:
        weights.setdefault(phrase(shadow), {})
    shared = {
        tokens: tuple((place, weight / len(known) ** 0.5) for place, weight in known.items())
        for tokens, known in weights.items()
    }
    doers = _doers(profile(listed)) if profile and listed else np.zeros((len(MATTERS), len(listed)))
    below = np.array([float(unit.parent is not None) for unit in listed])
    handlers = _handlers(listed)
    doers[ACCUSATIONS, _handling_accusations(listed, handlers)] = 0.0
    return Router(listed, PhraseIndex(shared), handlers, doers, below)


def _doers(profiles: Doubles) -> Doubles:
    """For each matter how much each unit does of it, compared with what the unit does most."""
    shares = profiles / profiles.max(axis=1, keepdims=True)
    doers: Doubles = np.where(shares >= _LEAST_SHARE, shares, 0.0).T.copy()
    return doers


class Routers:
    """The routers of the lists in use, compiled once each."""

    def __init__(self, phrase: Phrase, profile: Profile | None = None) -> None:
        self._phrase = phrase
        self._profile = profile
        self._known: dict[int, tuple[tuple[Unit, ...], Router]] = {}

    def of(self, units: tuple[Unit, ...]) -> Router:
        """The router of this list."""
        # By identity, with the list kept alive: comparing forty units a text would cost more.
        known = self._known.get(id(units))
        if known is None or known[0] is not units:
            if len(self._known) >= _MOST_ROUTERS:
                self._known.clear()
            known = (units, router_of(units, self._phrase, self._profile))
            self._known[id(units)] = known
        return known[1]


def _add(
    weights: dict[tuple[str, ...], dict[int, float]],
    tokens: tuple[str, ...],
    place: int,
    weight: float,
) -> None:
    if not tokens:
        return  # an imported keyword of marks only
    known = weights.setdefault(tokens, {})
    known[place] = max(weight, known.get(place, 0.0))


def _handlers(units: Sequence[Unit]) -> dict[Category, tuple[tuple[int, float], ...]]:
    found: dict[Category, list[tuple[int, float]]] = {}
    for place, unit in enumerate(units):
        for rank, category in enumerate(unit.handles):
            weight = _HANDLES * (1.0 if rank == 0 else _LATER_HANDLES)
            found.setdefault(category, []).append((place, weight))
    return {category: tuple(known) for category, known in found.items()}


def _handling_accusations(
    units: Sequence[Unit], handlers: Mapping[Category, tuple[tuple[int, float], ...]]
) -> list[int]:
    """The place of the region's own unit that handles accusations, if there is one."""
    found = handlers.get(Category.PERILAKU_PETUGAS_PUNGLI, ())
    return [place for place, _ in found if not units[place].external][:1]
