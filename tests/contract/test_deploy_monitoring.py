"""Scrape targets, alerts and dashboards name only what exists; every alert has its runbook."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.contracts.topics import Service
from shared.settings import Settings
from tests.reference import all_metrics

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
RUNBOOKS = ROOT / "docs" / "runbooks"
# What Prometheus and prometheus_client give by themselves.
FOREIGN = {
    "up",
    "ALERTS",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_cpu_seconds_total",
}


def _rules() -> list[dict[str, Any]]:
    files = sorted((PROMETHEUS / "rules").glob("*.yml"))
    groups = [group for file in files for group in yaml.safe_load(file.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"]]


def _expressions(dashboard: Path) -> Iterator[str]:
    board = json.loads(dashboard.read_text())
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield str(variable["definition"])
    for panel in board["panels"]:
        yield from (str(target["expr"]) for target in panel.get("targets", []))


RULES = _rules()
EXPRESSIONS = [str(rule["expr"]) for rule in RULES] + [
    expression for dashboard in DASHBOARDS for expression in _expressions(dashboard)
]


def _series() -> set[str]:
    names = set(FOREIGN)
    for metric in all_metrics():
        if metric.kind == "histogram":
            names |= {f"{metric.name}_{part}" for part in ("bucket", "sum", "count")}
        else:
            names.add(metric.name)
    return names


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_in_a_query_exists(expression: str) -> None:
    named = set(re.findall(r"\b(?:tanggap|process)_[a-z_]+|\bup\b|\bALERTS\b", expression))
    assert named
    assert named - _series() == set()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_label_in_a_query_is_one_of_the_metric(expression: str) -> None:
    labels = {m.name: set(m.labels) for m in all_metrics()}
    for name, matchers in re.findall(r"\b(tanggap_[a-z_]+)\{([^}]*)\}", expression):
        used = set(re.findall(r"([a-z_]+)\s*(?:=~|!~|!=|=)\s*\"", matchers))
        assert used - labels[re.sub(r"_(bucket|sum|count)$", "", name)] == {"job"} & used


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_says_how_bad_what_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["runbook"] == f"docs/runbooks/{rule['alert']}.md"
    page = (RUNBOOKS / f"{rule['alert']}.md").read_text()
    assert page.startswith(f"# {rule['alert']}\n")
    assert all(part in page for part in ("**What it means.**", "**Look at**", "**Do**"))


def test_every_runbook_has_its_alert() -> None:
    pages = {page.stem for page in RUNBOOKS.glob("*.md")} - {"README"}
    assert pages == {rule["alert"] for rule in RULES}


def test_every_alert_has_a_test_of_its_own() -> None:
    tests = "".join(file.read_text() for file in (PROMETHEUS / "tests").glob("*.yml"))
    tested = set(re.findall(r"alertname: (\w+)", tests))
    assert tested == {rule["alert"] for rule in RULES}


def test_what_must_be_watched_is_watched() -> None:
    assert {rule["alert"] for rule in RULES} >= {
        "AcceptedNotAccounted",
        "CasesOverdue",
        "ConsumerLagGrowing",
        "DeadLetters",
        "OutboxAgeing",
        "ServiceDown",
    }


def test_every_service_is_scraped_where_it_answers() -> None:
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    targets = {
        job["job_name"]: job["static_configs"][0]["targets"] for job in config["scrape_configs"]
    }
    for service in Service:
        port = Settings.model_fields[f"{service.value}_port"].default
        assert targets[service.value] == [f"{service.value}:{port}"]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_provisioned_and_sound(dashboard: Path) -> None:
    folder = ROOT / "deploy" / "grafana" / "provisioning"
    [source] = yaml.safe_load((folder / "datasources" / "prometheus.yml").read_text())[
        "datasources"
    ]
    board = json.loads(dashboard.read_text())
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            assert target["datasource"]["uid"] == source["uid"]


def test_the_leaders_dashboard_says_that_its_figures_are_estimates() -> None:
    text = (ROOT / "deploy" / "grafana" / "dashboards" / "leaders.json").read_text()
    assert "Perkiraan, bukan nilai resmi" in text
    board = json.loads(text)
    estimates = ("tanggap_pekppp", "tanggap_ipp", "tanggap_responsiveness")
    for panel in board["panels"]:
        queries = json.dumps(panel.get("targets", []))
        if any(name in queries for name in estimates):
            assert "Perkiraan, bukan nilai resmi" in panel["description"], panel["title"]
