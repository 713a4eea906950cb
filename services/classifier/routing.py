"""Ranks a region's own units for a text; a new unit or a reorganisation needs data, not code."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field

from services.classifier.lexicons import PhraseIndex
from services.classifier.ports import Unit
from shared.contracts.classification import OPDGuess
from shared.contracts.enums import Category

Phrase = Callable[[str], tuple[str, ...]]
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
# Words that look like a keyword and are none.
_SHADOWS = ("polisi tidur", "operasi pasar")


@dataclass(frozen=True, slots=True)
class Route:
    """Where a text should go; `external` names the outside body it is really for."""

    opd: tuple[OPDGuess, ...] = ()
    external: str | None = None
    because: tuple[str, ...] = ()


@dataclass(frozen=True)
class Router:
    """A region's units with their phrases, compiled once for many texts."""

    units: tuple[Unit, ...]
    index: PhraseIndex[tuple[tuple[int, float], ...]]
    handlers: dict[Category, tuple[tuple[int, float], ...]] = field(hash=False)

    def route(
        self,
        tokens: Sequence[str],
        places: Set[int],
        scores: dict[Category, float],
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
        places = self.handlers.get(Category.PERILAKU_PETUGAS_PUNGLI, ())
        units = [self.units[place] for place, _ in places if not self.units[place].external]
        return Route(tuple(OPDGuess(opd=unit.code, confidence=0.95) for unit in units[:1]))

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


def router_of(units: tuple[Unit, ...], phrase: Phrase) -> Router:
    """The compiled router of a region's list."""
    listed = tuple(unit for unit in units if not unit.is_triage)
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
    return Router(listed, PhraseIndex(shared), _handlers(listed))


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
