"""Limits, outages and what the outside may know of the intake."""

import socket
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from shared.db.tables.common import outbox
from tests.databases import new_sqlite
from tests.intake_site import open_site


def test_a_sender_who_is_too_fast_waits_others_do_not(tmp_path: Path) -> None:
    with open_site(new_sqlite(tmp_path), tmp_path, intake_per_minute=3) as site:
        statuses = [site.complain(reporter={"phone": "081234567890"}).status_code for _ in range(4)]
        assert statuses == [202, 202, 202, 429]
        limited = site.complain(reporter={"phone": "+62 812-3456-7890"})
        assert limited.headers["content-type"] == "application/problem+json"
        assert 0 < int(limited.headers["retry-after"]) <= 61
        assert site.complain(reporter={"phone": "081234567891"}).status_code == 202
        assert site.complain().status_code == 202


def test_a_repeat_with_its_key_is_never_limited(tmp_path: Path) -> None:
    with open_site(new_sqlite(tmp_path), tmp_path, intake_per_minute=1) as site:
        body = {"text": "a", "region": "paser", "reporter": {"phone": "081234567890"}}
        answers = [
            site.client.post("/api/v1/complaints", json=body, headers={"Idempotency-Key": "k"})
            for _ in range(5)
        ]
        assert {answer.status_code for answer in answers} == {202}


def test_an_address_has_a_high_limit_of_its_own(tmp_path: Path) -> None:
    options: dict[str, Any] = {"intake_per_minute": 1, "intake_per_minute_address": 5}
    with open_site(new_sqlite(tmp_path), tmp_path, **options) as site:
        assert [site.complain().status_code for _ in range(6)] == [202] * 5 + [429]


def test_the_database_away_is_503_with_nothing_promised(tmp_path: Path) -> None:
    with open_site(new_sqlite(tmp_path), tmp_path) as site:
        assert site.complain().status_code == 202
        with site.database.engine.connect() as conn:
            conn.exec_driver_sql("ALTER TABLE outbox RENAME TO away")
        bug = site.complain()
        assert bug.status_code == 503
        assert bug.headers["retry-after"]
        assert bug.headers["content-type"] == "application/problem+json"
        page = site.client.post(
            "/lapor",
            data={"text": "a", "region": "paser", "nonce": "n"},
            headers={"accept": "text/html"},
        )
        assert page.status_code == 503
        assert "Layanan sedang tidak tersedia" in page.text
        with site.database.engine.connect() as conn:
            conn.exec_driver_sql("ALTER TABLE away RENAME TO outbox")
        assert site.complain().status_code == 202
        with site.database.read() as conn:
            assert len(conn.execute(select(outbox.c.id)).all()) == 2


def test_postgres_away_and_back(
    postgres_server: Any, migrated_postgres_url: str, tmp_path: Path
) -> None:
    with open_site(migrated_postgres_url, tmp_path) as site:
        assert site.complain().status_code == 202
        postgres_server.stop()
        away = site.complain()
        assert away.status_code == 503
        assert int(away.headers["retry-after"]) > 0
        assert site.client.get("/healthz").status_code == 200
        ready = site.client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["checks"]["database"].startswith("failed")
        postgres_server.start()
        assert site.complain().status_code == 202
        assert len(site.events()) == 2


def test_a_body_that_dribbles_in_is_given_up(tmp_path: Path) -> None:
    with open_site(new_sqlite(tmp_path), tmp_path, body_seconds=0.2) as site:
        host, port = site.url.removeprefix("http://").split(":")
        for kind in ("application/json", "multipart/form-data; boundary=b"):
            with socket.create_connection((host, int(port)), timeout=10) as line:
                line.sendall(
                    f"POST /api/v1/complaints HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}"
                    "\r\nContent-Length: 1000\r\n\r\n--b".encode()
                )
                assert line.recv(4096).startswith(b"HTTP/1.1 408")


def test_every_answer_carries_strict_headers(tmp_path: Path) -> None:
    with open_site(new_sqlite(tmp_path), tmp_path) as site:
        answers: list[httpx.Response] = [
            site.client.get("/lapor?wilayah=paser"),
            site.client.get("/api/v1/complaints/x?code=y"),
            site.client.get("/nowhere"),
            site.complain(),
        ]
        for answer in answers:
            assert "default-src 'self'" in answer.headers["content-security-policy"]
            assert "unsafe" not in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cache-control"] == "no-store"


def test_the_openapi_document_holds_every_call_and_its_problems(tmp_path: Path) -> None:
    with open_site(new_sqlite(tmp_path), tmp_path) as site:
        document = site.client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    paths = document["paths"]
    assert "/hooks/{channel}" in paths
    assert {path for path in paths if path.startswith("/api/")} == {
        "/api/v1/complaints",
        "/api/v1/complaints/{ticket}",
        "/api/v1/complaints/{ticket}/acts",
        "/api/v1/surveys",
    }
    post = paths["/api/v1/complaints"]["post"]
    assert set(post["requestBody"]["content"]) == {"application/json", "multipart/form-data"}
    assert set(post["responses"]) >= {"202", "409", "413", "422", "429", "503"}
    assert "application/problem+json" in post["responses"]["422"]["content"]
    schemas = document["components"]["schemas"]
    assert {"FileComplaint", "AnswerSurvey", "ActOnComplaint"} <= set(schemas)
    assert "HTTPValidationError" not in schemas
    _assert_references(document, document)


def _assert_references(node: object, document: dict[str, object]) -> None:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            found: object = document
            for part in reference.removeprefix("#/").split("/"):
                assert isinstance(found, dict)
                found = found[part]
        for value in node.values():
            _assert_references(value, document)
    elif isinstance(node, list):
        for value in node:
            _assert_references(value, document)
