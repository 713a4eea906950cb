"""The shape of the repository: what is declared once, documented, and kept small (style.md 41)."""

import ast
import re
from pathlib import Path

import pytest

from shared.contracts.topics import TOPICS, Topic, dead_letter_topic
from shared.settings import Settings
from tests.reference import (
    METRICS_PAGE,
    OTHER_VARIABLES,
    PREFIX,
    SETTINGS_PAGE,
    all_metrics,
    all_settings,
    metrics_page,
    modules,
    named_variables,
    settings_page,
)

ROOT = Path(__file__).parents[2]
# A migration is as long as what it changes, and is never touched again.
PRODUCT = [(path, tree) for path, tree in modules() if path.parent.name != "versions"]
PYTHON = [path for path, _ in PRODUCT] + [
    path for folder in ("tests", "bench") for path in sorted((ROOT / folder).rglob("*.py"))
]
MAX_LINES = 400
MAX_TEST_LINES = 600
MAX_FUNCTION = 40
# One statement each, with many columns, keys or gauges in it: parted they would read worse.
ONE_STATEMENT = {"record", "pekppp_json", "score_metrics"}
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
# The tables that every service writes; `common` is the design's own word for them.
ALLOWED = {"shared/db/tables/common.py"}
SERVICE_FILES = {
    "__main__.py",
    "app.py",
    "handlers.py",
    "metrics.py",
    "ports.py",
    "README.md",
    "rules.py",
    "settings.py",
}
SERVICES = ("ingest", "classifier", "scoring", "desk")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


# -- Topics ---------------------------------------------------------------------------------------


def test_every_topic_is_declared_and_nobody_spells_one_out() -> None:
    assert set(TOPICS) == set(Topic)
    names = {topic.value for topic in Topic} | {dead_letter_topic(topic) for topic in Topic}
    for path, tree in modules():
        if path.name == "topics.py" and path.parent.name == "contracts":
            continue
        spelled = {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert spelled & names == set(), _name(path)


def test_the_topics_that_are_applied_are_those_that_are_declared() -> None:
    from shared.kafka.topics import wanted_topics

    names = {topic.value for topic in Topic}
    assert set(wanted_topics(Settings())) == names | {dead_letter_topic(name) for name in names}


def test_every_topic_has_a_reader_or_is_a_hint() -> None:
    unread = {spec.topic for spec in TOPICS.values() if not spec.groups}
    assert unread == {Topic.SCORE_UPDATED}


# -- Pages made from the code ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "made"),
    [(SETTINGS_PAGE, settings_page), (METRICS_PAGE, metrics_page)],
    ids=["settings", "metrics"],
)
def test_a_page_made_from_the_code_is_up_to_date(page: Path, made: object) -> None:
    assert callable(made)
    assert page.read_text() == made(), "run: python -m tests.reference"


def test_every_setting_is_described() -> None:
    for model in all_settings():
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"


def test_every_variable_in_the_code_is_a_setting_or_listed() -> None:
    settings = {
        f"{PREFIX}{name.upper()}" for model in all_settings() for name in model.model_fields
    }
    assert named_variables() - settings - set(OTHER_VARIABLES) == set()


def test_metrics_have_our_prefix_a_meaning_and_closed_labels() -> None:
    closed = {
        *("aspect", "band", "bound", "channel", "clock", "collector", "field", "group"),
        *(
            "indicator",
            "kind",
            "model",
            "opd",
            "outcome",
            "reason",
            "region",
            "service",
            "stage",
            "state",
        ),
        *("topic", "window"),
    }
    names = [metric.name for metric in all_metrics()]
    assert len(names) == len(set(names))
    for metric in all_metrics():
        assert re.fullmatch(r"tanggap_[a-z_]+", metric.name)
        assert metric.meaning.endswith("."), metric.name
        assert set(metric.labels) <= closed, metric.name


# -- Files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_files(service: str) -> None:
    found = {path.name for path in (ROOT / "services" / service).iterdir()}
    assert SERVICE_FILES - found == set()


@pytest.mark.parametrize("service", SERVICES)
def test_handlers_know_neither_faust_nor_fastapi(service: str) -> None:
    names = _imported(_tree(ROOT / "services" / service / "handlers.py"))
    assert not any(name.split(".")[0] in {"faust", "fastapi"} for name in names)


@pytest.mark.parametrize("service", SERVICES)
def test_rules_reach_nothing_outside(service: str) -> None:
    names = _imported(_tree(ROOT / "services" / service / "rules.py"))
    outside = {"sqlalchemy", "faust", "fastapi", "kafka", "random", "time", "logging", "structlog"}
    assert not any(name.split(".")[0] in outside for name in names)


def _imported(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("service", SERVICES)
def test_the_shell_of_a_service_is_thin(service: str) -> None:
    lines = (ROOT / "services" / service / "app.py").read_text().splitlines()
    assert len(lines) <= 150


def test_modules_are_short() -> None:
    sizes = {_name(path): len(path.read_text().splitlines()) for path in PYTHON}
    allowed = {name: MAX_TEST_LINES if name.startswith("tests/") else MAX_LINES for name in sizes}
    assert {name: size for name, size in sizes.items() if size > allowed[name]} == {}


def test_every_module_begins_with_what_it_promises() -> None:
    silent = [_name(path) for path, tree in PRODUCT if tree.body and not ast.get_docstring(tree)]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = {_name(path) for path, _ in PRODUCT if path.stem in VAGUE}
    assert vague - ALLOWED == set()


def test_functions_are_short() -> None:
    long = [
        f"{_name(path)}:{node.lineno} {node.name}: {node.end_lineno - node.lineno + 1} lines"
        for path, tree in PRODUCT
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name not in ONE_STATEMENT
        and node.end_lineno
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION
    ]
    assert long == []
