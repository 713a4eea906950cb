"""Which figures to close so that no subtraction tells what fewer than five people said. Pure.

Figures of answers add up: units to their OPD, OPDs to the region, services to their office, months
to quarters and years. A small one is closed, and then as many others as are needed that each sum
leaves at least two of its figures unknown, and what it leaves unknown of its parts is not small.

LIMIT: one sum at a time is looked at, and only what can be asked for now; who writes down the
figures of today can compare them with those of tomorrow.
"""

from collections import deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)
_Sum = tuple[K, Sequence[K]]


class Cell(NamedTuple):
    """A figure: of a region, an OPD with its units or (`own`) without, of a service, in a time.

    `service`: none says all of them; `time` is a period's code or a window's name.
    """

    unit: str
    time: str
    service: str | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """Whose answers and ratings a reader does not see in a score, by code of OPD and region.

    `region_rating`: the region's own mean rating is closed, so nobody's share of it is shown.
    """

    answers: frozenset[str] = frozenset()
    ratings: frozenset[str] = frozenset()
    region_rating: bool = False


NOTHING_CLOSED = Closed()


def closed_cells(sizes: Mapping[K, int], sums: Iterable[_Sum[K]], below: int) -> frozenset[K]:
    """The figures to close: those of 1 to `below` - 1 people and those that would tell them.

    `sizes`: how many people each is made of; what is missing has none. `sums`: a whole with the
    parts that add up to it. Of equally good ones the smallest is closed, parts before the whole.
    """
    known = [(whole, [part for part in parts if sizes.get(part)]) for whole, parts in sums]
    known = [(whole, parts) for whole, parts in known if parts]
    where: dict[K, list[int]] = {}
    for place, (whole, parts) in enumerate(known):
        for cell in (whole, *parts):
            where.setdefault(cell, []).append(place)
    closed = {cell for cell, n in sizes.items() if 0 < n < below}
    # In the order of the sums: what one closes often serves the next as well.
    waiting = deque(sorted({place for cell in closed for place in where.get(cell, ())}))
    while waiting:
        whole, parts = known[waiting[0]]
        more = _needed(whole, parts, sizes, closed, below)
        if more is None:
            waiting.popleft()
        else:
            closed.add(more)
            waiting += where[more]
    return frozenset(closed)


def _needed(
    whole: K, parts: Sequence[K], sizes: Mapping[K, int], closed: set[K], below: int
) -> K | None:
    """One more figure that must be closed of a sum in which some are; none if it tells nothing."""
    hidden = [part for part in parts if part in closed]
    told = whole not in closed
    alone = len(hidden) + (not told) < 2
    few = told and sum(sizes[part] for part in hidden) < below
    if not alone and not few:
        return None
    seen = [part for part in parts if part not in closed]
    if seen:
        return min(seen, key=lambda part: sizes[part])
    return whole if told else None
