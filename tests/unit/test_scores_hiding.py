"""Closed figures: nothing small can be found from what is told, sum by sum."""

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from shared.scores.hiding import closed_cells

Sums = Iterable[tuple[str, Sequence[str]]]


def found_out(sizes: Mapping[str, int], sums: Sums, closed: Iterable[str]) -> set[str]:
    """What an attacker learns who solves every sum with one unknown, again and again."""
    known = {cell for cell in sizes if cell not in set(closed)}
    while True:
        before = len(known)
        for whole, parts in sums:
            unknown = [c for c in (whole, *parts) if sizes.get(c) and c not in known]
            if len(unknown) == 1:
                known.add(unknown[0])
        if len(known) == before:
            return known


def test_the_smallest_others_close_with_what_is_small() -> None:
    sums = [("all", ["a", "b", "c"])]
    assert closed_cells({"all": 40, "a": 2, "b": 20, "c": 18}, sums, 5) == {"a", "c"}
    assert closed_cells({"all": 40, "a": 2, "b": 3, "c": 35}, sums, 5) == {"a", "b"}
    assert closed_cells({"all": 40, "a": 1, "b": 2, "c": 37}, sums, 5) == {"a", "b", "c"}
    assert closed_cells({"all": 12, "a": 12}, sums, 5) == set()
    assert closed_cells({"all": 3, "a": 3}, sums, 5) == {"all", "a"}
    # A whole closed elsewhere must not be told by its parts either.
    chain = [("top", ["all", "x"]), *sums]
    assert closed_cells({"top": 33, "all": 30, "x": 3, "a": 20, "b": 10}, chain, 5) == {
        "x", "all", "b",
    }  # fmt: skip


def test_nothing_closed_is_found_by_one_sum_after_the_other() -> None:
    """Units by months by services, at random: every closed figure stays unknown."""
    random = Random(7)
    for _ in range(200):
        units, months, services = "uvw"[: random.randint(1, 3)], "1234", "ab"
        cells = {
            u + m + s: random.choice((0, 0, 1, 3, 6, 20))
            for u in units for m in months for s in services
        }  # fmt: skip
        sums: dict[str, list[str]] = {}
        sizes = dict(cells)
        for place in range(3):
            for cell, n in [*sizes.items()]:
                if cell[place] != "*":
                    whole = f"{cell[:place]}*{cell[place + 1 :]}"
                    sizes[whole] = sizes.get(whole, 0) + n
        for cell in sizes:
            for place in range(3):
                if cell[place] != "*":
                    whole = f"{cell[:place]}*{cell[place + 1 :]}|{place}"
                    sums.setdefault(whole, []).append(cell)
        equations = [(whole.partition("|")[0], parts) for whole, parts in sums.items()]
        closed = closed_cells(sizes, equations, 5)
        assert closed >= {cell for cell, n in sizes.items() if 0 < n < 5}
        assert not closed & found_out({k: n for k, n in sizes.items() if n}, equations, closed)
