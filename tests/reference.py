"""Writes docs/settings.md and docs/metrics.md from the code: `python -m tests.reference`.

A contract test compares the pages with what this module makes of the code.
"""

import ast
import importlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from shared.settings import Settings

ROOT = Path(__file__).parents[1]
CODE = ("shared", "services", "tanggap")
SETTINGS_PAGE = ROOT / "docs" / "settings.md"
METRICS_PAGE = ROOT / "docs" / "metrics.md"
PREFIX = "TANGGAP_"

# Variables that are read where no settings exist yet.
OTHER_VARIABLES = {
    "TANGGAP_TRACEBACK": "Set to anything: a failing command shows its Python traceback.",
}
_KINDS = {
    "Counter": "counter",
    "CounterMetricFamily": "counter",
    "Gauge": "gauge",
    "GaugeMetricFamily": "gauge",
    "Histogram": "histogram",
}


@dataclass(frozen=True, slots=True, order=True)
class Metric:
    """A metric as it is declared in the code, under the name a query uses."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str
    source: str


@cache
def modules() -> tuple[tuple[Path, ast.Module], ...]:
    """Every module of the product, parsed once."""
    paths = (path for folder in CODE for path in sorted((ROOT / folder).rglob("*.py")))
    return tuple((path, ast.parse(path.read_text())) for path in paths)


@cache
def all_settings() -> tuple[type[BaseSettings], ...]:
    """The shared settings, then every other class of settings, by name."""
    found: dict[str, type[BaseSettings]] = {}
    for path, tree in modules():
        for node in tree.body:
            bases = node.bases if isinstance(node, ast.ClassDef) else []
            if any(isinstance(b, ast.Name) and b.id.endswith("Settings") for b in bases):
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                model = getattr(importlib.import_module(name), getattr(node, "name", ""))
                if issubclass(model, BaseSettings):
                    found[model.__name__] = model
    found.pop("Settings", None)
    return (Settings, *(found[name] for name in sorted(found)))


def named_variables() -> set[str]:
    """Every `TANGGAP_…` that some string of the code spells out."""
    names = set()
    for _, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                names |= set(re.findall(rf"\b{PREFIX}[A-Z][A-Z_]*[A-Z]\b", node.value))
    return names


@cache
def all_metrics() -> tuple[Metric, ...]:
    """Every metric the code declares, by name."""
    found = set()
    for path, tree in modules():
        kinds = _imported_kinds(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _called(node) in kinds:
                found.add(_metric(node, str(path.relative_to(ROOT))))
    return tuple(sorted(found))


def _imported_kinds(tree: ast.Module) -> set[str]:
    """The kinds of metric that the module has from prometheus_client (not collections.Counter)."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in imports if (node.module or "").startswith("prometheus_client")]
    return {alias.name for node in ours for alias in node.names} & set(_KINDS)


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _metric(node: ast.Call, source: str) -> Metric:
    try:
        name, meaning = (ast.literal_eval(argument) for argument in node.args[:2])
        given = [k.value for k in node.keywords if k.arg in ("labels", "labelnames")]
        labels = ast.literal_eval((given or node.args[2:3] or [ast.List([])])[0])
    except ValueError as error:
        raise ValueError(f"{source}:{node.lineno}: spell out name, meaning and labels") from error
    kind = _KINDS[_called(node)]
    shown = f"{name.removesuffix('_total')}_total" if kind == "counter" else name
    return Metric(shown, kind, tuple(labels), meaning, source)


def settings_page() -> str:
    """docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Made from the settings classes by `python -m tests.reference`; a contract test keeps it",
        "so. Every service reads the variables of the first table and of its own, once, at start.",
    ]
    shared = set(Settings.model_fields)
    for model in all_settings():
        own = model is Settings
        lines += ["", f"## {'Every service' if own else model.__name__}", ""]
        lines += ["| variable | default | meaning |", "|---|---|---|"]
        lines += [
            f"| `{PREFIX}{name.upper()}` | {_default(field)} | {field.description} |"
            for name, field in model.model_fields.items()
            if own or name not in shared
        ]
    lines += ["", "## The command line only", "", "| variable | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in sorted(OTHER_VARIABLES.items())]
    return "\n".join(lines) + "\n"


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, SecretStr) or value is None or value == "":
        return "none"
    return f"`{value}`"


def metrics_page() -> str:
    """docs/metrics.md."""
    lines = [
        "# Metrics",
        "",
        "Made from their declarations by `python -m tests.reference`; a contract test keeps it so.",
        "Labels come from closed sets; no ticket, text, name or number of a person is ever one.",
        "State is read from the database at scrape time and shown alike by several services: ask",
        "for `max by (…)` of a gauge, `sum by (…)` of a rate.",
        "",
        "| metric | kind | labels | meaning | declared in |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{m.name}` | {m.kind} | {', '.join(f'`{x}`' for x in m.labels) or '–'} "
        f"| {m.meaning} | `{m.source}` |"
        for m in all_metrics()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    SETTINGS_PAGE.write_text(settings_page())
    METRICS_PAGE.write_text(metrics_page())
