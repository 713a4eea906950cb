"""`tanggap up --demo` as a person uses it: one command, addresses, Ctrl-C; and a sudden end."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.servers.process import wait_until
from tests.stack import SERVICES, Stack

_STOP_SECONDS = 20.0

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def taken_port() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield int(other.getsockname()[1])


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, taken_port: int) -> Iterator[Stack]:
    env = {"TANGGAP_DESK_PORT": str(taken_port), "TANGGAP_EMBEDDED_BROKER_PORT": str(taken_port)}
    found = Stack(tmp_path_factory.mktemp("up") / "var", env)
    yield found.start()
    found.stop()


def _gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _said(stack: Stack, what: str) -> bool:
    return what in stack.tail(200)


def _command(stack: Stack, *words: str) -> tuple[int | None, str]:
    child = stack.command(*words)
    child.wait(90)
    return child.returncode, child.tail()


def test_it_prints_the_addresses_once_everything_is_ready(stack: Stack, taken_port: int) -> None:
    wait_until(lambda: _said(stack, "Tanggap is ready"), seconds=30, what="the line of readiness")
    run = stack.run()
    assert set(run["services"]) == set(SERVICES)
    for service in ("ingest", "desk"):
        assert _said(stack, f"{stack.url(service)}/")
    assert _said(stack, f"port {taken_port} is taken: desk answers on ")
    assert str(taken_port) not in stack.url("desk") + run["broker_url"]
    pids = {entry["pid"] for entry in run["services"].values()} | {run["broker"]["pid"]}
    assert pids <= {child.pid for child in stack.children()}


def test_a_complaint_is_opened_scored_and_seen(stack: Stack) -> None:
    body = {"text": "Jalan berlubang besar di depan pasar Kuaro", "region": "paser"}
    with httpx.Client(base_url=stack.url("ingest"), timeout=30) as client:
        accepted = client.post("/api/v1/complaints", json=body)
        assert accepted.status_code == 202
        ticket, code = accepted.json()["ticket"], accepted.json()["tracking_code"]

        def opened() -> bool:
            seen = client.get(f"/api/v1/complaints/{ticket}", params={"code": code}).json()
            return bool(seen["opd"])

        wait_until(opened, seconds=60, what="the opening of the case")
    stack.settle(1, seconds=60)
    code_, said = _command(stack, "score", "verify")
    assert code_ == 0, said
    assert "agrees: 1 cases" in said


def test_a_second_one_on_the_same_folder_is_refused(stack: Stack) -> None:
    code, said = _command(stack, "up", "--demo")
    assert code == 1
    assert "already" in said
    assert stack.run()["pid"] == stack.pid


def test_simulated_citizens_and_staff_are_taken(stack: Stack) -> None:
    before = stack.count("SELECT count(*) FROM ingest_complaints")
    code, said = _command(stack, "simulate", "--rate", "4", "--seconds", "4", "--seed", "1")
    assert code == 0, said
    assert stack.count("SELECT count(*) FROM ingest_complaints") > before
    mimika = "SELECT count(*) FROM ingest_surveys WHERE region = 'mimika'"
    assert stack.count(mimika) == 0


@pytest.mark.parametrize("victim", ["scoring", "broker"])
def test_what_is_killed_comes_back(stack: Stack, victim: str) -> None:
    def pid() -> int | None:
        run = stack.run()
        found = run["broker"] if victim == "broker" else run["services"][victim]
        return found["pid"] if isinstance(found["pid"], int) else None

    before = pid()
    stack.kill(victim)
    wait_until(lambda: pid() not in (None, before), seconds=30, what=f"the return of {victim}")
    stack.wait_ready()


def test_sigterm_stops_everything_in_time(stack: Stack) -> None:
    children = stack.children()
    assert len(children) >= len(SERVICES) + 1
    os.kill(stack.pid, signal.SIGTERM)
    everyone = [psutil.Process(stack.pid), *children]
    wait_until(
        lambda: all(map(_gone, everyone)), seconds=_STOP_SECONDS, what="the end of everything"
    )
    assert not (stack.data / "run.json").exists()
    assert stack.stop() == 0


def test_an_existing_folder_starts_again_and_a_kill_leaves_nobody(stack: Stack) -> None:
    cases = "SELECT count(*) FROM desk_cases"
    stack.start()
    assert stack.count(cases) >= 1
    children = stack.children()
    os.kill(stack.pid, signal.SIGKILL)
    wait_until(lambda: all(map(_gone, children)), seconds=10, what="the end of the children")


def test_a_demo_s_folder_is_refused_without_demo(stack: Stack, tmp_path: Path) -> None:
    code, said = _command(stack, "up")
    assert code == 1
    assert "made with --demo" in said.splitlines()[-1]
