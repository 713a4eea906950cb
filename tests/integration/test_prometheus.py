"""Rules and dashboards on a real Prometheus that scrapes the running services."""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from shared.contracts.enums import SKMElement
from tests.reference import all_metrics
from tests.servers import PrometheusServer, wait_until
from tests.stack import SERVICES, Stack, running

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))

# A healthy installation, some seconds old, shows nothing here, and why.
EMPTY = {
    "tanggap_dead_letters)": "no event was bad",
    'outcome=~"retried|dead|duplicate"': "no event was bad or came twice",
    "tanggap_relay_failures_total": "no batch failed",
    "tanggap_deliveries)": "no citizen was written to",
    "tanggap_delivery_attempts_total": "no citizen was written to",
    "tanggap_state_read_failures_total": "the database was never away",
    "tanggap_ipp_nowcast": "null until F-02 and F-03 are imported",
    "ALERTS": "nothing is wrong",
}

# Longer than the slowest scrape takes on a machine that is busy with other tests.
PULSE = "4s"

pytestmark = pytest.mark.slow


def _promtool(promtool: str, *arguments: str | Path) -> None:
    done = subprocess.run([promtool, *arguments], cwd=PROMETHEUS, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_accepts_configuration_and_rules(promtool: str) -> None:
    _promtool(promtool, "check", "config", "prometheus.yml")
    _promtool(promtool, "check", "rules", *RULES)


def test_the_rules_pass_their_tests(promtool: str) -> None:
    _promtool(promtool, "test", "rules", *sorted((PROMETHEUS / "tests").glob("*.yml")))


# -- On the running services ----------------------------------------------------------------------


@dataclass(frozen=True)
class Watched:
    """An installation with some life in it, and the Prometheus that scrapes it."""

    stack: Stack
    client: httpx.Client
    region: str

    def get(self, path: str, **parameters: str) -> Any:
        """What Prometheus answers; an error is an assertion."""
        answer = self.client.get(f"/api/v1/{path}", params=parameters).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression: str) -> list[Any]:
        """The series of an instant query."""
        return list(self.get("query", query=expression)["result"])


def _configuration(stack: Stack) -> str:
    """The delivered configuration, with the addresses of this installation and a quicker pulse."""
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    config["global"] = dict.fromkeys(config["global"], PULSE)
    config["rule_files"] = [str(rules) for rules in RULES]
    jobs = [job for job in config["scrape_configs"] if job["job_name"] in SERVICES]
    for job in jobs:
        address = stack.url(job["job_name"]).removeprefix("http://")
        job["static_configs"] = [{"targets": [address]}]
    config["scrape_configs"] = jobs
    return yaml.safe_dump(config)


def _live(stack: Stack) -> str:
    """A citizen reports and answers a survey, the OPD's handler verifies; returns the region."""
    accounts = json.loads((stack.data / "demo-accounts.json").read_text())
    handlers = [a for a in accounts if a["role"] == "handler" and "inspektorat" not in a["opd"]]
    handler = min(handlers, key=lambda account: str(account["opd"]))
    place = {"region": handler["region"], "opd": handler["opd"]}
    report = {**place, "text": "Mohon jalan berlubang di depan pasar segera diperbaiki."}
    survey = {**place, "answers": dict.fromkeys(SKMElement, 3)}
    with httpx.Client(base_url=stack.url("ingest"), timeout=20) as citizen:
        for path, body in (("complaints", report), ("complaints", report), ("surveys", survey)):
            assert citizen.post(f"/api/v1/{path}", json=body).status_code == 202
    stack.settle(2, seconds=60)
    with httpx.Client(base_url=stack.url("desk"), timeout=20) as desk:
        login = {name: handler[name] for name in ("username", "password")}
        session = desk.post("/api/v1/session", json=login).raise_for_status().json()
        case = desk.get("/api/v1/queue").raise_for_status().json()["items"][0]
        desk.post(
            f"/api/v1/cases/{case['ticket']}/actions",
            json={"action": "verify", "version": case["version"]},
            headers={"X-CSRF-Token": session["csrf_token"]},
        ).raise_for_status()
    return str(handler["region"])


@pytest.fixture(scope="module")
def watched(prometheus_binary: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    assert prometheus_binary
    with (
        running(tmp_path_factory.mktemp("watched") / "var") as stack,
        PrometheusServer(_configuration(stack)) as server,
        httpx.Client(base_url=server.url, timeout=20) as client,
    ):
        found = Watched(stack, client, _live(stack))
        wait_until(
            lambda: len(found.query("count_over_time(up[5m]) > 2 and up == 1")) == len(SERVICES),
            seconds=60,
            what="several scrapes of every service",
            every=0.5,
        )
        wait_until(
            lambda: bool(
                found.query("tanggap_responsiveness_index") and found.query("tanggap_skm_ikm")
            ),
            seconds=60,
            what="the first scores",
            every=0.5,
        )
        yield found


def _offered(variable: dict[str, Any], watched: Watched) -> set[str]:
    """What Grafana offers to choose from for a variable that asks for labels."""
    query = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["definition"])
    assert query
    pattern = re.compile(variable["regex"].strip("/").replace("\\/", "/"))
    labels = [series["metric"][query[2]] for series in watched.query(query[1])]
    return {match[1] for label in labels if (match := pattern.fullmatch(label))}


def _values(board: dict[str, Any], watched: Watched) -> dict[str, str]:
    """A value of each of the dashboard's variables: for the region, one with some life in it."""
    values = {}
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            assert watched.region in _offered(variable, watched)
            values[variable["name"]] = watched.region
        else:
            values[variable["name"]] = variable["current"]["value"]
    return values


def _queries(board: dict[str, Any], values: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every panel's title with each of its queries, the variables replaced."""
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            expression = str(target["expr"])
            for name, value in values.items():
                expression = re.sub(rf"\$\{{?{name}\}}?", value, expression)
            assert "$" not in expression, "a variable that the dashboard does not have"
            yield panel["title"], expression


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_every_panel_shows_something(dashboard: Path, watched: Watched) -> None:
    board = json.loads(dashboard.read_text())
    empty = [
        f"{title}: {expression}"
        for title, expression in _queries(board, _values(board, watched))
        if not watched.query(expression) and not any(part in expression for part in EMPTY)
    ]
    assert empty == []


def test_the_list_of_empty_panels_is_not_longer_than_needed() -> None:
    queries = "".join(path.read_text() for path in DASHBOARDS).replace('\\"', '"')
    assert [part for part in EMPTY if part not in queries] == []


def test_every_rule_is_evaluated_without_error(watched: Watched) -> None:
    def rules() -> list[dict[str, Any]]:
        groups = watched.get("rules")["groups"]
        return [rule for group in groups for rule in group["rules"]]

    wait_until(
        lambda: all(rule["health"] != "unknown" for rule in rules()),
        seconds=30,
        what="an evaluation of every rule",
    )
    assert {rule["name"]: rule.get("lastError", "") for rule in rules()} == {
        rule["alert"]: ""
        for file in RULES
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    }


def test_a_healthy_installation_alerts_nobody(watched: Watched) -> None:
    firing = watched.query('ALERTS{alertstate="firing", severity!="info"}')
    assert [series["metric"]["alertname"] for series in firing] == []
    assert [s["value"][1] for s in watched.query("max by (kind) (tanggap_unaccounted)")] == [
        "0"
    ] * 3


def test_what_is_shown_is_documented_and_tells_nothing_of_a_person(watched: Watched) -> None:
    documented = {metric.name: set(metric.labels) for metric in all_metrics()}
    foreign = {"__name__", "job", "instance", "le"}
    for series in watched.query('{__name__=~"tanggap_.*"}'):
        labels = series["metric"]
        name = re.sub(r"_(bucket|sum|count|created)$", "", labels["__name__"])
        name = name if name in documented else f"{name}_total"
        assert name in documented, labels["__name__"]
        assert set(labels) - foreign <= documented[name], labels


def test_an_ended_service_is_noticed(watched: Watched) -> None:
    """Last in this module: it kills a service, which the supervisor starts again."""
    watched.stack.kill("scoring")
    restarted = 'changes(process_start_time_seconds{job="scoring"}[5m]) > 0'
    wait_until(
        lambda: bool(watched.query(f'up{{job="scoring"}} == 0 or {restarted}')),
        seconds=60,
        what="Prometheus noticing the end of scoring",
        every=0.5,
    )
