"""What a benchmark found: figures with their ratio to a reference of the same run.

Machines differ and are noisy, so an absolute figure alone says little; the ratio carries over.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Reference:
    """What a ratio compares with: a loop of known work, measured in the same run."""

    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `ratio` is to `reference`, `goal` what the product promises."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    reference: str = ""
    goal: str = ""


@dataclass(slots=True)
class Result:
    """The figures of one set-up, in the order in which they are shown."""

    title: str
    references: dict[str, Reference] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(
        self, name: str, value: float, unit: str, *, of: str = "", goal: str = "", by: float = 1.0
    ) -> None:
        """Keep a figure; `of` names the reference, `by` scales the ratio."""
        base = self.references[of].value if of else 0.0
        ratio = by * value / base if base else None
        self.figures.append(Figure(name, value, unit, ratio, of, goal))

    def add_beside(
        self, name: str, value: float, unit: str, ratio: float, *, of: str, goal: str = ""
    ) -> None:
        """Keep a figure whose reference was measured beside it."""
        self.figures.append(Figure(name, value, unit, ratio, of, goal))

    def add_time(self, name: str, seconds: float, *, of: str, goal: str = "") -> None:
        """Keep a duration; its ratio is how many units of the reference fit into it."""
        self.figures.append(
            Figure(name, seconds, "s", seconds * self.references[of].value, of, goal)
        )


def shown(value: float) -> str:
    """Three significant digits, thousands grouped."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value else "0"


def print_table(console: Console, title: str, results: Sequence[Result]) -> None:
    """One table, a pair of columns a set-up: the figure and its ratio."""
    table = Table(title=title, title_justify="left", header_style="bold")
    table.add_column("")
    for result in results:
        table.add_column(result.title, justify="right")
        table.add_column("ratio", justify="right", style="dim")
    goals = any(figure.goal for result in results for figure in result.figures)
    if goals:
        table.add_column("goal", style="dim")
    names = dict.fromkeys(figure.name for result in results for figure in result.figures)
    found = [{figure.name: figure for figure in result.figures} for result in results]
    for name in names:
        cells = [name]
        for figures in found:
            cells += _cells(figures.get(name))
        if goals:
            cells.append(next((f[name].goal for f in found if name in f and f[name].goal), ""))
        table.add_row(*cells)
    console.print(table)
    for result in results:
        _print_references(console, result)


def _cells(figure: Figure | None) -> list[str]:
    if figure is None:
        return ["", ""]
    ratio = "" if figure.ratio is None else f"{shown(figure.ratio)} {figure.reference}"
    return [f"{shown(figure.value)} {figure.unit}".rstrip(), ratio]


def _print_references(console: Console, result: Result) -> None:
    parts = [f"{name} = {shown(ref.value)} {ref.unit}" for name, ref in result.references.items()]
    if parts:
        console.print(f"[dim]{result.title}: {'; '.join(parts)}[/dim]")
    for note in result.notes:
        console.print(f"[dim]{result.title}: {note}[/dim]")


def write_json(path: Path, found: Mapping[str, Sequence[Result]]) -> None:
    """Write everything for machines."""
    plain: dict[str, Any] = {name: [asdict(r) for r in results] for name, results in found.items()}
    path.write_text(json.dumps(plain, indent=2) + "\n", encoding="utf-8")
