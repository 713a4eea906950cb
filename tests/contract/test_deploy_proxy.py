"""The proxy sends every address of the two HTTP services to the one that has it (ADR 0009)."""

import ast
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CADDYFILE = (ROOT / "deploy" / "caddy" / "Caddyfile").read_text()
METHODS = {"get", "post", "put", "patch", "delete", "api_route"}
# Both have these; from outside they answer 404, or (the descriptions of the interface) desk does.
SHARED = {"/healthz", "/readyz", "/metrics", "/openapi.json"}


def _matcher(name: str) -> list[str]:
    [line] = re.findall(rf"^\s*@{name} path (.*)$", CADDYFILE, re.MULTILINE)
    return list(line.split())


def _to_ingest(path: str) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in _matcher("citizens"))


def _paths(service: str) -> set[str]:
    """Every path a route of the service is declared with, its router's prefix included."""
    found = set()
    for module in (ROOT / "services" / service).rglob("*.py"):
        tree = ast.parse(module.read_text())
        named = {
            node.targets[0].id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        prefix = ""
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "APIRouter":
                given = [k.value for k in node.keywords if k.arg == "prefix"]
                spelt = [named.get(getattr(value, "id", ""), value) for value in given]
                prefix = str(ast.literal_eval(spelt[0])) if spelt else ""
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "attr", "") in METHODS
                and getattr(getattr(node.func, "value", None), "id", "") in {"router", "app"}
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                found.add(prefix + str(node.args[0].value))
    return found - SHARED


def test_the_routes_were_found() -> None:
    assert {"/api/v1/complaints", "/hooks/{channel}/{secret}"} <= _paths("ingest")
    assert "/api/v1/queue" in _paths("desk")


@pytest.mark.parametrize("path", sorted(_paths("ingest")))
def test_every_address_of_ingest_reaches_it(path: str) -> None:
    assert _to_ingest(path)


@pytest.mark.parametrize("path", sorted(_paths("desk") - {"/"}))
def test_no_address_of_desk_is_taken_by_ingest(path: str) -> None:
    assert not _to_ingest(path)


def test_the_front_page_of_desk_has_another_name() -> None:
    assert "/" in _paths("desk")
    assert re.search(r"handle /wilayah \{\s+rewrite \* /\s+reverse_proxy desk:8000", CADDYFILE)


def test_static_files_of_ingest_reach_it() -> None:
    from services.ingest.pages.render import STATIC_PATH

    assert _to_ingest(f"{STATIC_PATH}/tanggap.css")


def test_operators_pages_stay_inside() -> None:
    assert set(_matcher("internal")) == {"/healthz", "/readyz", "/metrics"}
    internal, citizens = (CADDYFILE.index(f"handle @{name}") for name in ("internal", "citizens"))
    assert internal < citizens
    assert "{$TANGGAP_PUBLIC_URL} {" in CADDYFILE
