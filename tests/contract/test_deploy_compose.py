"""docker-compose.yml, the image and the proxy name only what the code has (design §5)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import typer
import yaml

from shared.contracts.topics import Service
from shared.settings import Settings
from tests.reference import all_settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: found for name, found in SERVICES.items() if "build" in found}
LASTING = {name: found for name, found in SERVICES.items() if found.get("restart") != "no"}
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
HEALTHCHECK = "/opt/tanggap/healthcheck.py"
PORTS = {
    Service.DESK: "desk_port",
    Service.INGEST: "ingest_port",
    Service.CLASSIFIER: "classifier_port",
    Service.SCORING: "scoring_port",
}


def _port(service: str) -> int:
    return int(Settings.model_fields[PORTS[Service(service)]].default)


def _variables(service: str = "") -> set[str]:
    """Those that `service` reads; with no name, those that any part reads."""
    return {
        f"TANGGAP_{name.upper()}"
        for model in all_settings()
        if model is Settings
        or model.__module__.startswith(f"services.{service}" if service else "")
        for name in model.model_fields
    }


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
    else:
        yield str(value)


def _example(name: str) -> set[str]:
    text = (ROOT / "deploy" / name).read_text()
    return set(re.findall(r"^#? ?([A-Z_]+)=", text, re.MULTILINE))


def test_it_holds_what_production_needs() -> None:
    assert {service.value for service in Service} <= set(OURS)
    assert {"postgres", "kafka", "migrate", "topics", "proxy", "prometheus", "grafana"} <= set(
        SERVICES
    )


@pytest.mark.parametrize("name", OURS)
def test_every_command_exists(name: str) -> None:
    from tanggap.__main__ import app

    command: Any = typer.main.get_command(app)
    words = list(OURS[name]["command"])
    while words and hasattr(command, "commands"):
        word = words.pop(0)
        assert word in command.commands
        command = command.commands[word]
    # Parses what is left as a start would, and runs nothing.
    command.make_context(name, words)


def test_the_services_run_themselves() -> None:
    for service in Service:
        assert OURS[service.value]["command"] == ["run", service.value]


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_ours_is_a_setting_of_the_service(name: str) -> None:
    named = {v for v in OURS[name].get("environment", {}) if v.startswith("TANGGAP_")}
    service = name if name in set(Service) else ""
    assert named - _variables(service) == set()


def test_every_variable_of_the_image_and_the_example_is_a_setting() -> None:
    named = set(re.findall(r"\b(TANGGAP_[A-Z_]+)=", DOCKERFILE))
    named |= {v for v in _example("env.example") if v.startswith("TANGGAP_")}
    assert named - _variables() == set()


def test_every_interpolated_variable_is_in_the_example() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert used - _example("env.example") == {"KAFKA_CLUSTER_ID"}
    assert _example("env.example") - used == set()


def test_keys_lie_apart_from_the_database() -> None:
    holders = {name for name, found in OURS.items() if "deploy/keys.env" in _strings(found)}
    assert holders == {"ingest", "desk"}
    assert "TANGGAP_MASTER_KEY" in _example("keys.env.example")
    assert "TANGGAP_MASTER_KEY" not in _example("env.example")
    assert "TANGGAP_MASTER_KEY" not in (ROOT / "docker-compose.yml").read_text()
    ignored = (ROOT / ".gitignore").read_text().split()
    assert {".env", "deploy/keys.env"} <= set(ignored)
    data = {volume for found in (SERVICES["postgres"],) for volume in found["volumes"]}
    assert data == {"postgres:/var/lib/postgresql/data"}


@pytest.mark.parametrize("service", list(Service))
def test_health_is_asked_where_the_service_answers(service: Service) -> None:
    test = OURS[service.value]["healthcheck"]["test"]
    assert test == ["CMD", "python", HEALTHCHECK, f"http://127.0.0.1:{_port(service)}/readyz"]
    assert f"COPY deploy/healthcheck.py {HEALTHCHECK}" in DOCKERFILE
    assert str(_port(service)) in re.findall(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE)[0].split()


def test_the_image_asks_every_port_when_no_address_is_given() -> None:
    source = (ROOT / "deploy" / "healthcheck.py").read_text()
    numbers = {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value > 1000
    }
    assert numbers == {_port(service) for service in Service}


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_restarts_is_watched_and_ends_in_order(name: str) -> None:
    found = LASTING[name]
    assert found["restart"] == "unless-stopped"
    assert found["healthcheck"]["test"]
    assert int(found["stop_grace_period"].removesuffix("s")) >= 60


def test_nobody_starts_before_what_he_needs() -> None:
    for name, found in SERVICES.items():
        for needed, how in found.get("depends_on", {}).items():
            once = SERVICES[needed].get("restart") == "no"
            wanted = "service_completed_successfully" if once else "service_healthy"
            assert how["condition"] == wanted, (name, needed)
    for service in Service:
        assert {"topics", "postgres", "kafka"} <= set(OURS[service.value]["depends_on"])


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned(name: str) -> None:
    assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?", SERVICES[name]["image"])


def test_kafka_is_the_version_the_tests_run_on() -> None:
    pom = ElementTree.parse(ROOT / "deploy" / "kafka" / "pom.xml")
    version = pom.findtext(".//{*}kafka.version")
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{version}"


def test_every_volume_and_mounted_file_exists() -> None:
    used = set()
    for found in SERVICES.values():
        for mount in found.get("volumes", []):
            source, target, *_ = mount.split(":")
            assert target.startswith("/")
            if source.startswith("./"):
                assert (ROOT / source).exists(), source
            else:
                used.add(source)
    assert used == set(COMPOSE["volumes"])


def test_only_the_proxy_is_open_to_the_world() -> None:
    for name, found in SERVICES.items():
        for port in found.get("ports", []):
            assert name == "proxy" or str(port).startswith("127.0.0.1:"), name


def test_the_proxy_is_the_one_that_is_believed() -> None:
    address = SERVICES["proxy"]["networks"]["tanggap"]["ipv4_address"]
    assert OURS["ingest"]["environment"]["TANGGAP_TRUSTED_PROXIES"] == address
    assert OURS["desk"]["environment"]["TANGGAP_TRUSTED_PROXIES"] == address


# -- The image ------------------------------------------------------------------------------------


def test_everything_copied_into_the_image_exists() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    allowed = (ROOT / ".dockerignore").read_text().split()
    for line in copied:
        *sources, _ = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert f"!{source}" in allowed, source


def test_the_image_is_pinned_locked_and_not_root() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 2
    assert all(re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", base) for base in bases)
    assert "pip install --require-hashes --requirement requirements/run.txt" in DOCKERFILE
    user = re.findall(r"^USER (\d+):\d+$", DOCKERFILE, re.MULTILINE)
    assert [int(found) for found in user] == [10001]
    assert re.search(r"^HEALTHCHECK", DOCKERFILE, re.MULTILINE)
    assert re.search(r'^ENTRYPOINT \["tanggap"\]$', DOCKERFILE, re.MULTILINE)
    assert all("user" not in found for found in OURS.values())


def test_files_are_kept_where_the_volume_is() -> None:
    for name in ("ingest", "desk"):
        data = OURS[name]["environment"]["TANGGAP_DATA_DIR"]
        assert any(mount.split(":")[1] == f"{data}/files" for mount in OURS[name]["volumes"])
        assert f"{data}/files" in DOCKERFILE


def test_backups_use_the_tools_of_the_servers_version() -> None:
    major = re.findall(r"postgres:(\d+)", SERVICES["postgres"]["image"])
    assert re.findall(r"postgresql-client-(\d+)", DOCKERFILE) == major
