"""Problem documents, health routes, headers and body limits, without a socket."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry, Counter
from pydantic import BaseModel, Field
from sqlalchemy.exc import IntegrityError, OperationalError
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

from shared.errors import TransientError
from shared.logs import configure
from shared.web.health import health_routes
from shared.web.problem import ProblemError, install_problems
from shared.web.security import BodyLimit, SecurityHeaders

SECRET = "Rumah Budi 081234567890"


class Item(BaseModel):
    count: int = Field(ge=1, le=4)


def page(request: Request, error: ProblemError) -> Response | None:
    if "text/html" in request.headers.get("accept", ""):
        return PlainTextResponse(f"halaman {error.status_code}", error.status_code)
    return None


def build() -> FastAPI:
    app = FastAPI()
    install_problems(app, page)
    registry = CollectorRegistry()
    Counter("tanggap_trial", "Trial.", registry=registry).inc()

    def away() -> bool:
        raise TransientError("away")

    health_routes(app, {"database": lambda: True, "files": lambda: "full", "b": away}, registry)

    @app.post("/items")
    def items(item: Item) -> int:
        return item.count

    @app.get("/items")
    def count() -> int:
        return 4

    @app.get("/raise/{kind}")
    def fail(kind: str) -> None:
        raise {
            "bug": RuntimeError(SECRET),
            "away": OperationalError("select", {"text": SECRET}, Exception(SECRET)),
            "wrong": IntegrityError("insert", {"text": SECRET}, Exception(SECRET)),
            "transient": TransientError(SECRET),
            "said": ProblemError(418, "Teko", "Ini teko.", "cup", "Pakai cangkir."),
        }[kind]

    app.mount("/static", StaticFiles(directory=Path(__file__).parent), name="static")
    app.add_middleware(BodyLimit, max_bytes=100, multipart_bytes=1000, prefixes=("/items",))
    app.add_middleware(SecurityHeaders, https=True)
    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build())
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


async def test_a_wrong_field_is_named_with_its_remedy(client: httpx.AsyncClient) -> None:
    answer = await client.post("/items", json={"count": 5})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["field"], body["remedy"]) == ("count", "Isi paling besar 4.")
    for content in (b"{", b'{"count": "\xff"}'):
        answer = await client.post(
            "/items", content=content, headers={"content-type": "application/json"}
        )
        assert (answer.status_code, answer.json()["field"]) == (422, "body")


async def test_an_unknown_method_is_told_all_that_there_are(client: httpx.AsyncClient) -> None:
    answer = await client.put("/items", json={"count": 1})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize("prefix", ["", "/satu"])  # as a reverse proxy may tell
async def test_what_is_mounted_is_only_read_whatever_the_app_has_by_that_name(prefix: str) -> None:
    transport = httpx.ASGITransport(app=build(), root_path=prefix)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://test{prefix}") as client:
        for path, methods in (("/static/items", "GET, HEAD"), ("/items", "GET, POST")):
            answer = await client.put(path)
            assert (answer.status_code, answer.headers["allow"]) == (405, methods)


@pytest.mark.parametrize(
    ("kind", "status"), [("bug", 500), ("away", 503), ("wrong", 500), ("transient", 503)]
)
async def test_no_trouble_tells_what_a_citizen_wrote(
    client: httpx.AsyncClient, kind: str, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    previous = logging.getLogger().handlers[:]
    configure("trial")
    try:
        answer = await client.get(f"/raise/{kind}")
    finally:
        logging.getLogger().handlers[:] = previous
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert ("retry-after" in answer.headers) is (status == 503)
    shown = answer.text + "".join(capfd.readouterr())
    assert "Budi" not in shown
    assert "0812" not in shown


async def test_what_a_service_says_is_passed_on(client: httpx.AsyncClient) -> None:
    body = (await client.get("/raise/said")).json()
    assert body == {
        "type": "about:blank",
        "title": "Teko",
        "status": 418,
        "detail": "Ini teko.",
        "field": "cup",
        "remedy": "Pakai cangkir.",
    }


async def test_a_browser_gets_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere", headers={"accept": "text/html"})
    assert (answer.status_code, answer.text) == (404, "halaman 404")
    assert (await client.get("/nowhere")).json()["status"] == 404


async def test_bodies_are_limited_by_kind_and_path(client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 60

    assert (await client.post("/items", content=b"x" * 101)).status_code == 413
    assert (await client.post("/items", content=pieces())).status_code == 413
    upload = {"content-type": "multipart/form-data; boundary=a"}
    assert (await client.post("/items", content=b"x" * 900, headers=upload)).status_code == 422
    assert (await client.post("/items", content=b"x" * 1001, headers=upload)).status_code == 413
    assert (await client.post("/other", content=b"x" * 101, headers=upload)).status_code == 413


async def test_headers_are_strict_everywhere(client: httpx.AsyncClient) -> None:
    for path in ("/healthz", "/nowhere", "/raise/bug"):
        headers = (await client.get(path)).headers
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["strict-transport-security"]
        assert headers["cache-control"] == "no-store"


async def test_readiness_names_each_dependency(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    ready = await client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["checks"] == {
        "database": "ok",
        "files": "full",
        "b": "failed: TransientError",
    }
    assert "tanggap_trial_total 1.0" in (await client.get("/metrics")).text
