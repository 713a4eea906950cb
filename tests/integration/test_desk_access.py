"""Sessions, CSRF, throttling, headers, reveals and score pages of desk."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from services.desk.context import COOKIE
from services.desk.sessions import ThrottledError
from services.desk.users import disable_user, seed_demo, set_password
from shared.contracts.classification import PIISpan
from shared.contracts.enums import PIIType
from shared.db.read import intake
from shared.db.read.directory import Directory
from shared.db.tables.desk import desk_audit, desk_sessions, desk_users
from shared.db.tables.ingest import ingest_complaints, ingest_files, ingest_keys
from tests.deskroom import CHEAP, PASSWORD, Deskroom, deskroom, standard_staff


@pytest.fixture(params=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deskroom]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'desk.db'}"
    else:
        url = request.getfixturevalue("postgres_url")
    with deskroom(url, tmp_path) as found:
        standard_staff(found)
        yield found


def log_in(room: Deskroom, username: str, password: str = PASSWORD) -> Any:
    body = {"username": username, "password": password}
    return room.client.post("/api/v1/session", json=body)


def test_login_names_role_region_and_opd(room: Deskroom) -> None:
    answer = log_in(room, "jalan")
    assert answer.status_code == 200
    assert answer.json() | {"csrf_token": ""} == {
        "csrf_token": "", "username": "jalan", "role": "handler", "region": "paser",
        "opd": "paser/dpupr",
    }  # fmt: skip
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    token = answer.cookies[COOKIE]
    with room.db.read() as conn:
        stored = conn.execute(select(desk_sessions.c.token_hash)).scalars().all()
    assert token not in stored


def test_cookie_is_secure_behind_https(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    with deskroom(url, tmp_path, public_url="https://lapor.example.id") as room:
        standard_staff(room)
        answer = log_in(room, "jalan")
        assert "secure" in answer.headers["set-cookie"].lower()
        assert answer.headers["strict-transport-security"]


def test_wrong_passwords_look_alike_and_are_throttled(room: Deskroom) -> None:
    answers = [log_in(room, name, "salah sekali") for name in ("jalan", "tidakada")]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()
    for _ in range(4):
        assert log_in(room, "jalan", "salah sekali").status_code == 401
    blocked = log_in(room, "jalan")
    assert blocked.status_code == 429
    assert int(blocked.headers["retry-after"]) > 0
    assert log_in(room, "capil").status_code == 200
    room.clock.advance(timedelta(minutes=16))
    assert log_in(room, "jalan").status_code == 200


def test_guesses_from_elsewhere_keep_nobody_out(room: Deskroom) -> None:
    sessions = room.context.sessions
    for _ in range(5):
        assert sessions.login("jalan", "salah sekali", "203.0.113.7") is None
    with pytest.raises(ThrottledError):
        sessions.login("jalan", PASSWORD, "203.0.113.7")
    assert sessions.login("jalan", PASSWORD, "203.0.113.8") is not None
    # A name guessed from everywhere is closed in the end.
    for n in range(45):
        assert sessions.login("jalan", "salah sekali", f"198.51.100.{n}") is None
    with pytest.raises(ThrottledError):
        sessions.login("jalan", PASSWORD, "203.0.113.9")


def test_one_address_trying_many_names_is_throttled(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    with deskroom(url, tmp_path, desk_login_failures_address=10) as room:
        answers = [log_in(room, f"orang{n}", "salah sekali").status_code for n in range(11)]
    assert answers == [401] * 10 + [429]


def test_login_replaces_the_old_session(room: Deskroom) -> None:
    first = log_in(room, "jalan").cookies[COOKIE]
    second = log_in(room, "jalan").cookies[COOKIE]
    assert first != second
    sessions = room.context.sessions
    assert sessions.find(first) is None
    assert sessions.find(second) is not None


def test_sessions_end_idle_absolutely_and_by_logout(room: Deskroom) -> None:
    staff = room.login("jalan")
    room.clock.advance(timedelta(minutes=121))
    assert staff.client.get("/api/v1/queue").status_code == 401
    staff = room.login("jalan")
    for _ in range(8):
        room.clock.advance(timedelta(minutes=89))
        assert staff.client.get("/api/v1/queue").status_code == 200
    room.clock.advance(timedelta(minutes=89))
    assert staff.client.get("/api/v1/queue").status_code == 401
    staff = room.login("jalan")
    assert staff.client.delete("/api/v1/session").status_code == 204
    assert staff.client.get("/api/v1/queue").status_code == 401


def test_unsafe_calls_need_the_csrf_token(room: Deskroom) -> None:
    ticket = room.complaint()
    staff = room.login("jalan")
    other = room.login("capil").session["csrf_token"]
    body = {"action": "verify", "version": 1}
    for headers in ({"X-CSRF-Token": ""}, {"X-CSRF-Token": "salah"}, {"X-CSRF-Token": other}):
        answer = staff.client.post(f"/api/v1/cases/{ticket}/actions", json=body, headers=headers)
        assert answer.status_code == 403
        assert answer.json()["field"] == "X-CSRF-Token"
    form = staff.client.post(f"/kasus/{ticket}/tindakan", data={"action": "verify", "version": "1"})
    assert form.status_code == 403
    assert staff.case(ticket)["version"] == 1


def test_disabled_accounts_and_new_passwords_end_sessions(room: Deskroom) -> None:
    staff, other = room.login("jalan"), room.login("capil")
    with room.db.write() as conn:
        disable_user(conn, "jalan", room.clock.now())
        set_password(conn, "capil", "another good one", CHEAP, room.clock.now())
    assert staff.client.get("/api/v1/queue").status_code == 401
    assert other.client.get("/api/v1/queue").status_code == 401
    assert log_in(room, "jalan").status_code == 401
    assert log_in(room, "capil", "another good one").status_code == 200


def test_odd_characters_are_refused_not_stumbled_over(room: Deskroom) -> None:
    assert log_in(room, "ja\x00lan").status_code == 401
    assert (
        room.client.post("/masuk", data={"username": "a\x00", "password": "b\x00"}).status_code
        == 401
    )
    client = room.login("jalan").client
    cursor = base64.urlsafe_b64encode(b'[1,"2026-11-23T00:00:00+00:00","\\u0000"]').decode()
    edges = [
        base64.urlsafe_b64encode(f'[1,"{at}","x"]'.encode()).decode()
        for at in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")
    ]
    after = [{"after": found} for found in (cursor, *edges, "\x00")]
    for params in ({"opd": "a\x00"}, *after):
        assert client.get("/api/v1/queue", params=params).status_code == 422, params
    assert client.get("/antrean", params={"opd": "\x00"}).status_code == 200
    assert client.get("/wilayah/a%00").status_code == 404
    ticket = room.complaint()
    assert client.get(f"/api/v1/cases/{ticket}/files/a%00").status_code == 422
    half = rb'{"action":"note","version":1,"text":"a\ud800b"}'
    json = {"Content-Type": "application/json"}
    answer = client.post(f"/api/v1/cases/{ticket}/actions", content=half, headers=json)
    assert answer.status_code == 422


def test_security_headers_on_pages_and_answers(room: Deskroom) -> None:
    for path in ("/", "/masuk", "/api/v1/queue", "/wilayah", "/static/style.css"):
        headers = room.client.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    for path in ("/", "/masuk", "/wilayah/paser"):
        page = room.client.get(path).text
        assert "<script>" not in page
        assert " style=" not in page
        assert " onclick=" not in page


@pytest.mark.parametrize("next_", ["https://jahat.example", "//jahat.example", "/\\jahat"])
def test_login_never_leads_to_another_site(room: Deskroom, next_: str) -> None:
    answer = room.client.post(
        "/masuk",
        data={"username": "jalan", "password": PASSWORD, "next": next_},
        follow_redirects=False,
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/antrean"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://jahat.example"}, 403),
        # A sandboxed frame of another site hides where it is from; the browser does not.
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "http://desk"}, 303),
    ],
)
def test_login_form_refuses_other_sites(
    room: Deskroom, headers: dict[str, str], status: int
) -> None:
    answer = room.client.post(
        "/masuk",
        data={"username": "jalan", "password": PASSWORD},
        headers=headers,
        follow_redirects=False,
    )
    assert answer.status_code == status


def sealed_complaint(room: Deskroom, original: str, **fields: Any) -> str:
    span = PIISpan(type=PIIType.PHONE, start=5, end=14)
    ticket = room.complaint(text="Telp [TELEPON]", pii=(span,), **fields)
    vault = room.context.vault
    assert vault is not None
    wrapped, key = vault.new_key()
    context = intake.sealed_context(intake.TEXT_CONTEXT, ticket)
    values: dict[str, Any] = {
        column.name: room.clock.now() if column.name.endswith("_at") else ""
        for column in ingest_complaints.c
        if not column.nullable
    }
    values |= {
        "ticket": ticket, "region": "paser", "channel": "web", "anonymous": False,
        "confidential": False, "has_contact": False, "files": 0,
        "sealed_text": vault.seal(key, original.encode(), context), "sealed_code": b"",
    }  # fmt: skip
    with room.db.write() as conn:
        conn.execute(insert(ingest_complaints).values(values))
        conn.execute(
            insert(ingest_keys).values(
                {
                    column.name: room.clock.now()
                    for column in ingest_keys.c
                    if column.name.endswith("_at") and not column.nullable
                }
                | {"ticket": ticket, "wrapped_key": wrapped}
            )
        )
    return ticket


def test_reveal_is_for_the_holder_and_audited(room: Deskroom) -> None:
    ticket = sealed_complaint(room, "Telp 0812345678")
    staff = room.login("jalan")
    url = f"/api/v1/cases/{ticket}/reveal"
    assert staff.client.post(url, json={"reason": ""}).status_code == 422
    answer = staff.client.post(url, json={"reason": "menghubungi pelapor"})
    assert answer.json() == {"ticket": ticket, "text": "Telp 0812345678"}
    assert (
        room.login("koordinator").client.post(url, json={"reason": "ingin tahu"}).status_code == 422
    )
    with room.db.read() as conn:
        rows = conn.execute(
            select(desk_audit.c.username, desk_audit.c.reason).where(
                desk_audit.c.action == "reveal"
            )
        ).all()
    assert [tuple(row) for row in rows] == [("jalan", "menghubungi pelapor")]
    with room.db.write() as conn:
        conn.execute(ingest_keys.delete())
    assert staff.client.post(url, json={"reason": "sekali lagi"}).status_code == 410


def test_attachments_run_nothing_and_open_for_the_case_alone(room: Deskroom) -> None:
    ticket = sealed_complaint(room, "Telp 081234567")
    vault, store = room.context.vault, room.context.files
    assert vault is not None
    assert store is not None
    with room.db.write() as conn:
        key = intake.data_key(conn, vault, ticket)
        assert key is not None
        for position, media_type in enumerate(("application/pdf", "image/png")):
            name = f"{position}" * 32
            sealed = vault.seal(key, b"isi", intake.sealed_context(intake.FILE_CONTEXT, name))
            store.put(name, sealed)
            row = {
                "file_id": name, "ticket": ticket, "position": position, "object_name": name,
                "media_type": media_type, "size": 3, "created_at": room.clock.now(),
            }  # fmt: skip
            conn.execute(insert(ingest_files).values(row))
    kinds = {"0" * 32: "attachment", "1" * 32: "inline"}
    for name, kind in kinds.items():
        path = f"/api/v1/cases/{ticket}/files/{name}"
        answer = room.login("jalan").client.get(path)
        assert answer.content == b"isi"
        assert answer.headers["content-disposition"].startswith(kind)
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert room.login("capil").client.get(path).status_code == 404
        assert room.client.get(path).status_code == 401


def test_words_of_staff_travel_masked(room: Deskroom) -> None:
    ticket = room.complaint()
    phone = "081298765432"
    room.login("jalan").act(
        ticket,
        "reject",
        text=f"Bukan kami, hubungi {phone}",
        reason="bukan_wewenang",
        external=f"Balai Jalan, {phone}",
    )
    [value] = [value for _, value in room.published(ticket) if b"Balai Jalan" in value]
    assert phone.encode() not in b"".join(value for _, value in room.published(ticket))
    assert b"[TELEPON]" in value


def test_anonymous_reports_stay_masked(room: Deskroom) -> None:
    ticket = sealed_complaint(room, "Telp 0812345678", anonymous=True)
    staff = room.login("jalan")
    assert staff.case(ticket)["may"]["reveal"] is False
    answer = staff.client.post(
        f"/api/v1/cases/{ticket}/reveal", json={"reason": "menghubungi pelapor"}
    )
    assert answer.status_code == 422


def test_demo_accounts_cover_every_region(room: Deskroom) -> None:
    with room.db.write() as conn:
        accounts = seed_demo(conn, CHEAP, Directory.load(conn), room.clock.now())
        again = seed_demo(conn, CHEAP, Directory.load(conn), room.clock.now())
    assert {account.username for account in accounts} == {a.username for a in again}
    regions = {"ppu", "kukar", "paser", "kutim", "mimika"}
    coordinators = {a.region for a in accounts if a.role == "coordinator"}
    assert coordinators == regions
    for region in regions:
        held = {a.opd for a in accounts if a.role == "handler" and a.region == region}
        assert len(held) >= 4
        assert f"{region}/inspektorat" in held
    assert [a.role for a in accounts if a.region is None] == ["monitor", "admin"]
    found = next(a for a in again if a.role == "coordinator" and a.region == "mimika")
    assert log_in(room, found.username, found.password).json()["opd"] == "mimika/setda-organisasi"
    with room.db.read() as conn:
        hashes = conn.execute(select(desk_users.c.password_hash)).scalars().all()
    assert all(value.startswith("$argon2id$") for value in hashes)


def test_scores_are_public_only_where_switched_on(room: Deskroom) -> None:
    paths = (
        "/api/v1/regions/paser/scores",
        "/api/v1/opds/paser/dpupr/score",
        "/api/v1/opds/paser/dpupr/explain",
        "/api/v1/opds/paser/dpupr/history",
        "/wilayah/paser",
        "/wilayah/paser/dpupr",
    )
    for path in paths:
        assert room.client.get(path).status_code == 200, path
    switch = "/api/v1/regions/paser"
    handler, coordinator = room.login("jalan"), room.login("koordinator")
    neighbour = room.login("tetangga")
    off = {"public_scores": False}
    assert handler.client.patch(switch, json=off).status_code == 403
    assert neighbour.client.patch(switch, json=off).status_code == 403
    assert coordinator.client.patch(switch, json=off).status_code == 200
    for path in paths:
        assert room.client.get(path).status_code == 401, path
        assert neighbour.client.get(path).status_code == 403, path
    assert handler.client.get(paths[0]).status_code == 200
    assert "Kabupaten Paser" not in room.client.get("/").text


def test_score_questions_are_checked(room: Deskroom) -> None:
    url = "/api/v1/opds/paser/dpupr/score"
    assert room.client.get(url, params={"window": "minggu"}).json()["field"] == "window"
    assert room.client.get(url, params={"as_of": "2030-01-01"}).json()["field"] == "as_of"
    assert room.client.get(url, params={"as_of": "kemarin"}).json()["field"] == "as_of"
    assert room.client.get("/api/v1/opds/paser/tidak-ada/score").status_code == 404
    assert room.client.get("/api/v1/regions/tidakada/scores").status_code == 404


def test_explanations_name_tickets_only_to_who_may_open_them(room: Deskroom) -> None:
    ticket = room.complaint()
    secret = room.complaint(confidential=True)
    room.clock.advance(timedelta(days=10))
    url = "/api/v1/opds/paser/dpupr/explain"
    assert room.login("jalan").client.get(url).json()["tickets"]["verify"] == [ticket]
    assert room.login("koordinator").client.get(url).json()["tickets"]["verify"] == [ticket]
    for answer in (room.client.get(url), room.login("capil").client.get(url)):
        assert ticket not in answer.text
        assert secret not in answer.text
