"""The intake's API over real HTTP, on SQLite and PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from services.ingest.erasure import erase
from services.ingest.tokens import issue_tokens
from services.ingest.tracking import CaseView, Due, Entry
from shared.contracts.enums import Category, CitizenAct, Form, SKMElement, Status
from shared.contracts.feedback import CitizenActed, FeedbackReceived
from shared.contracts.topics import Topic
from shared.db.tables.common import dead_letters, outbox
from shared.db.tables.ingest import (
    ingest_acts,
    ingest_complaints,
    ingest_idempotency,
    ingest_keys,
    ingest_surveys,
    ingest_tokens,
)
from shared.errors import TanggapError
from tests.intake_site import NOW, Site, open_site

PROBLEM = "application/problem+json"
SURVEY: dict[str, Any] = {
    "region": "paser",
    "opd": "paser/disdukcapil",
    "answers": {element.value: 4 for element in SKMElement},
}


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    with open_site(database_url, tmp_path) as opened:
        yield opened


def count(site: Site, *tables: Any) -> list[int]:
    with site.database.read() as conn:
        return [
            conn.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
        ]


def assert_problem(answer: httpx.Response, status: int, field: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    body: dict[str, Any] = answer.json()
    assert body["field"] == field, body
    assert body["detail"]
    assert body["remedy"]
    assert body["status"] == status
    return body


def opened(status: Status, *allowed: CitizenAct, question: str | None = None) -> CaseView:
    return CaseView(
        status,
        "paser/dpupr",
        Due(NOW, None, NOW + timedelta(days=14)),
        [Entry(NOW, "opened", "system", opd="paser/dpupr")],
        question,
        frozenset(allowed),
    )


# -- complaints -----------------------------------------------------------------------------------


def test_an_accepted_complaint_is_stored_with_its_event_and_can_be_tracked(site: Site) -> None:
    answer = site.complain(
        text="Lampu jalan mati di depan SD, hubungi 081234567890",
        opd="paser/dishub",
        category="penerangan_jalan",
        service="Lampu jalan",
        occurred_on="2026-11-20",
        location={"lat": -1.9, "lon": 116.2, "address": "Jalan Sudirman"},
        reporter={"name": "Siti Aminah", "phone": "0812 3456 7890", "nik": "6401015708900003"},
        language="bjn",
    )
    assert answer.status_code == 202
    accepted = answer.json()
    assert set(accepted) == {"ticket", "tracking_code", "status_url", "due_at"}
    assert accepted["due_at"] == "2026-12-03T16:00:00Z"
    assert accepted["tracking_code"] not in accepted["status_url"]
    [event] = site.events()
    data = event.data
    assert isinstance(data, FeedbackReceived)
    assert (event.raw.topic, event.raw.key) == (
        Topic.FEEDBACK_RECEIVED.value,
        accepted["ticket"].encode(),
    )
    assert event.envelope.type == "tanggap.feedback.received.v1"
    assert data.form is Form.COMPLAINT
    assert data.category_asked is Category.PENERANGAN_JALAN
    assert (data.opd_asked, data.has_contact, data.received_at) == ("paser/dishub", True, NOW)
    assert "081234567890" not in data.text
    assert b"Siti" not in (event.raw.value or b"")
    assert site.relay.pokes == 1

    view = site.client.get(
        f"/api/v1/complaints/{accepted['ticket'].replace('-', '').lower()}",
        params={"code": f" {accepted['tracking_code'].lower()} "},
    )
    assert view.status_code == 200
    body = view.json()
    assert (body["status"], body["opd"], body["checking"]) == ("diterima", None, False)
    assert body["due"]["verify"] == "2026-11-26T16:00:00Z"
    assert body["due"]["first_response"] == accepted["due_at"]
    assert body["timeline"][0]["type"] == "received"


@pytest.mark.parametrize("opd", ["paser/setda-organisasi", "paser/pkm-senaken"])
def test_any_unit_of_the_regions_own_list_may_be_named(site: Site, opd: str) -> None:
    assert site.complain(opd=opd).status_code == 202


BAD: list[tuple[dict[str, Any], str]] = [
    ({"text": None}, "text"),
    ({"text": ""}, "text"),
    ({"text": "  \n "}, "text"),
    ({"text": "a" * 10_001}, "text"),
    ({"text": "nul \x00"}, "text"),
    ({"text": 7}, "text"),
    ({"region": None}, "region"),
    ({"region": "jakarta"}, "region"),
    ({"region": "'; DROP TABLE outbox;--"}, "region"),
    ({"opd": "paser/tidak-ada"}, "opd"),
    ({"opd": "ppu/dinkes"}, "opd"),
    ({"opd": "paser/ext-pln"}, "opd"),
    ({"occurred_on": "2026-11-24"}, "occurred_on"),
    ({"occurred_on": "kemarin"}, "occurred_on"),
    ({"category": "jalan"}, "category"),
    ({"location": {"lat": 100}}, "location.lat"),
    ({"location": {"lat": float(10**9)}}, "location.lat"),
    ({"reporter": {"phone": "1708"}}, "reporter.phone"),
    ({"reporter": {"nik": "123"}}, "reporter.nik"),
    ({"reporter": {"email": "x"}}, "reporter.email"),
    ({"anonymous": "ya"}, "anonymous"),
    ({"language": "xxx"}, "language"),
    ({"tiket": "x"}, "tiket"),
]


def test_bad_complaints_name_field_and_remedy_and_leave_nothing_behind(site: Site) -> None:
    for changes, field in BAD:
        assert_problem(site.complain(**changes), 422, field)
    for raw in (b"", b"{", b"null", b"[]", b'{"text": "\xff\xfe"}', b'{"a":' * 5000):
        answer = site.client.post(
            "/api/v1/complaints", content=raw, headers={"content-type": "application/json"}
        )
        assert_problem(answer, 422, "body")
    answer = site.client.post(
        "/api/v1/complaints", content=b"x", headers={"content-type": "text/csv"}
    )
    assert_problem(answer, 415, "Content-Type")
    assert count(site, ingest_complaints, ingest_keys, outbox) == [0, 0, 0]
    assert site.relay.pokes == 0


def test_errors_speak_english_to_who_asks_for_it(site: Site) -> None:
    answer = site.client.post(
        "/api/v1/complaints",
        json={"text": "", "region": "paser"},
        headers={"accept-language": "en-GB,en"},
    )
    assert answer.json()["detail"] == "The text is empty."


def test_a_body_over_a_megabyte_is_refused_declared_or_not(site: Site) -> None:
    big = b'{"text": "' + b"a" * 1_000_001 + b'", "region": "paser"}'
    headers = {"content-type": "application/json"}
    assert_problem(
        site.client.post("/api/v1/complaints", content=big, headers=headers), 413, "body"
    )
    chunks = (big[start : start + 100_000] for start in range(0, len(big), 100_000))
    assert_problem(
        site.client.post("/api/v1/complaints", content=chunks, headers=headers), 413, "body"
    )
    assert count(site, ingest_complaints, outbox) == [0, 0]


# -- idempotency ----------------------------------------------------------------------------------


def test_the_same_key_and_body_give_the_same_answer_another_body_a_conflict(site: Site) -> None:
    headers = {"Idempotency-Key": "satu"}
    body = {"text": "Jalan rusak", "region": "paser", "reporter": {"phone": "081234567890"}}
    first = site.client.post("/api/v1/complaints", json=body, headers=headers)
    site.clock.advance(timedelta(days=3))
    again = site.client.post(
        "/api/v1/complaints", json=dict(reversed(body.items())), headers=headers
    )
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    other = site.client.post("/api/v1/complaints", json=body | {"text": "Lain"}, headers=headers)
    assert_problem(other, 409, "Idempotency-Key")
    # The key belongs to its endpoint: the same one is free for surveys.
    survey = site.client.post("/api/v1/surveys", json=SURVEY, headers=headers)
    assert survey.status_code == 202
    assert site.client.post("/api/v1/surveys", json=SURVEY, headers=headers).json() == survey.json()
    assert count(site, ingest_complaints, ingest_surveys, outbox) == [1, 1, 2]
    for key in ("", "k" * 129):
        answer = site.client.post("/api/v1/complaints", json=body, headers={"Idempotency-Key": key})
        assert_problem(answer, 422, "Idempotency-Key")
    assert (
        site.client.post(
            "/api/v1/complaints", json=body, headers={"Idempotency-Key": "k" * 128}
        ).status_code
        == 202
    )


def test_twenty_repeats_at_once_make_one_ticket(site: Site) -> None:
    def send(_: int) -> tuple[int, str]:
        answer = httpx.post(
            f"{site.url}/api/v1/complaints",
            json={"text": "Jalan rusak", "region": "paser"},
            headers={"Idempotency-Key": "klik-ganda"},
            timeout=20,
            trust_env=False,
        )
        return answer.status_code, answer.text

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(send, range(20)))
    assert len(answers) == 1
    assert answers.pop()[0] == 202
    assert count(site, ingest_complaints, ingest_keys, ingest_idempotency, outbox) == [1, 1, 1, 1]


def test_keys_and_tokens_are_stored_as_hashes_only(site: Site) -> None:
    site.client.post(
        "/api/v1/complaints",
        json={"text": "Jalan rusak", "region": "paser"},
        headers={"Idempotency-Key": "budi-0812"},
    )
    with site.database.read() as conn:
        row = conn.execute(select(ingest_idempotency)).one()
    assert "budi" not in " ".join(map(str, row))


# -- tracking and acts ----------------------------------------------------------------------------


def test_wrong_ticket_and_wrong_code_look_alike_and_guessing_is_slowed(site: Site) -> None:
    ticket = site.complain().json()["ticket"]
    answers = [
        site.client.get(f"/api/v1/complaints/{wanted}", params={"code": "ZZZZZZ"})
        for wanted in (ticket, "2222-2222", "entah")
    ]
    bodies = [assert_problem(answer, 404, "code") for answer in answers]
    assert bodies[0] == bodies[1] == bodies[2]
    for _ in range(9):
        site.client.get(f"/api/v1/complaints/{ticket}", params={"code": "ZZZZZZ"})
    slowed = site.client.get(f"/api/v1/complaints/{ticket}", params={"code": "ZZZZZZ"})
    assert_problem(slowed, 429, "code")
    assert 0 < int(slowed.headers["retry-after"]) <= 901
    site.clock.advance(timedelta(minutes=16))
    assert_problem(
        site.client.get(f"/api/v1/complaints/{ticket}", params={"code": "ZZZZZZ"}), 404, "code"
    )


def test_a_dead_letter_is_told_kindly(site: Site) -> None:
    accepted = site.complain().json()
    with site.database.write() as conn:
        conn.execute(
            dead_letters.insert().values(
                group="classifier",
                event_id="e",
                topic="feedback.received.v1",
                partition=0,
                offset=1,
                headers={},
                reason="bug",
                error="ValueError",
                attempts=1,
                ticket=accepted["ticket"],
                failed_at=NOW,
            )
        )
    view = site.client.get(
        f"/api/v1/complaints/{accepted['ticket']}", params={"code": accepted["tracking_code"]}
    ).json()
    assert (view["status"], view["checking"]) == ("diterima", True)


def test_acts_reach_the_outbox_masked_and_only_when_the_case_allows_them(site: Site) -> None:
    accepted = site.complain(reporter={"name": "Siti Aminah"}).json()
    ticket, code = accepted["ticket"], accepted["tracking_code"]
    url = f"/api/v1/complaints/{ticket}/acts"

    def act(kind: str, **values: Any) -> httpx.Response:
        return site.client.post(url, json={"code": code, "act": kind} | values)

    assert act("add", text="Foto menyusul, ini Siti Aminah 081234567890").status_code == 202
    assert_problem(act("rate", score=5), 422, "act")
    site.cases.views[ticket] = opened(Status.SELESAI, CitizenAct.RATE, CitizenAct.NOT_DONE)
    assert act("rate", score=5).json()["act"] == "rate"
    assert_problem(act("rate"), 422, "score")
    assert_problem(act("rate", score=6), 422, "score")
    assert_problem(act("menari"), 422, "act")
    assert_problem(act("answer", text="ya"), 422, "act")
    assert_problem(
        site.client.post(url, json={"code": "AAAAAA", "act": "rate", "score": 5}), 404, "code"
    )
    acts = [e.data for e in site.events() if isinstance(e.data, CitizenActed)]
    assert [(a.act.value, a.score) for a in acts] == [("add", None), ("rate", 5)]
    assert acts[0].text is not None
    assert "Siti" not in acts[0].text
    assert "081234567890" not in acts[0].text
    assert all(event.raw.key == ticket.encode() for event in site.events())
    assert count(site, ingest_acts) == [2]


def test_an_act_with_a_key_is_done_once(site: Site) -> None:
    accepted = site.complain().json()
    url = f"/api/v1/complaints/{accepted['ticket']}/acts"
    body = {"code": accepted["tracking_code"], "act": "withdraw"}
    answers = [
        site.client.post(url, json=body, headers={"Idempotency-Key": "tarik"}) for _ in range(2)
    ]
    assert answers[0].status_code == 202
    assert answers[0].json() == answers[1].json()
    changed = body | {"text": "alasan"}
    assert_problem(
        site.client.post(url, json=changed, headers={"Idempotency-Key": "tarik"}),
        409,
        "Idempotency-Key",
    )
    assert count(site, ingest_acts) == [1]


def test_an_opened_case_is_shown_as_desk_has_it(site: Site) -> None:
    accepted = site.complain().json()
    site.cases.views[accepted["ticket"]] = opened(
        Status.DIPROSES, CitizenAct.ANSWER, question="Di mana?"
    )
    view = site.client.get(
        f"/api/v1/complaints/{accepted['ticket']}", params={"code": accepted["tracking_code"]}
    ).json()
    assert (view["status"], view["opd"]) == ("diproses", "paser/dpupr")
    assert (view["question"], view["allowed"]) == ("Di mana?", ["answer"])
    assert view["due"]["first_response"] is None


# -- surveys --------------------------------------------------------------------------------------


def test_a_survey_is_accepted_once_a_token(site: Site) -> None:
    [token, unused] = issue_tokens(site.database, site.vault, site.clock, SURVEY["opd"], 2)
    answer = site.client.post(
        "/api/v1/surveys",
        json=SURVEY
        | {
            "token": token.lower().replace("-", " "),
            "comment": "Loketnya ramah",
            "respondent": {"sex": "P", "age": 34, "education": "sma", "occupation": "tani"},
        },
    )
    assert answer.status_code == 202
    [event] = site.events()
    data = event.data
    assert isinstance(data, FeedbackReceived)
    assert data.receipt == answer.json()["receipt"]
    assert event.raw.key == str(data.receipt).encode()
    assert (data.form, data.token_used, data.text) == (Form.SURVEY, True, "Loketnya ramah")
    assert data.answers is not None
    assert set(data.answers) == set(SKMElement)
    assert_problem(
        site.client.post("/api/v1/surveys", json=SURVEY | {"token": token}), 409, "token"
    )
    assert_problem(
        site.client.post("/api/v1/surveys", json=SURVEY | {"token": "K-2222-2222"}), 422, "token"
    )
    elsewhere = SURVEY | {"opd": "paser/dinkes", "token": unused}
    assert_problem(site.client.post("/api/v1/surveys", json=elsewhere), 422, "token")
    assert count(site, ingest_surveys, outbox) == [1, 1]
    with site.database.read() as conn:
        used = conn.execute(select(ingest_tokens).order_by(ingest_tokens.c.used_at)).all()
    assert token not in " ".join(map(str, used))


def test_one_token_used_by_many_at_once_is_used_once(site: Site) -> None:
    [token] = issue_tokens(site.database, site.vault, site.clock, SURVEY["opd"], 1)

    def send(_: int) -> int:
        body = SURVEY | {"token": token}
        url = f"{site.url}/api/v1/surveys"
        return httpx.post(url, json=body, timeout=20, trust_env=False).status_code

    with ThreadPoolExecutor(10) as pool:
        answers = sorted(pool.map(send, range(10)))
    assert answers == [202] + [409] * 9
    assert count(site, ingest_surveys, ingest_keys, outbox) == [1, 1, 1]


def test_bad_surveys_name_the_field(site: Site) -> None:
    for changes, field in (
        ({"answers": {"waktu": 0}}, "answers.waktu"),
        ({"answers": {"waktu": 5}}, "answers.waktu"),
        ({"answers": {"harga": 1}}, "answers.harga"),
        ({"answers": {}}, "answers"),
        ({"opd": "paser/xx"}, "opd"),
        ({"opd": "ppu/dinkes"}, "opd"),
        ({"region": "xx"}, "region"),
        ({"comment": "\x00"}, "comment"),
        ({"comment": "a" * 10_001}, "comment"),
        ({"respondent": {"age": 3}}, "respondent.age"),
        ({"respondent": {"nik": "6401015708900003"}}, "respondent.nik"),
    ):
        assert_problem(site.client.post("/api/v1/surveys", json=SURVEY | changes), 422, field)
    assert count(site, ingest_surveys, ingest_keys, outbox) == [0, 0, 0]


def test_an_element_left_out_is_missing_not_zero(site: Site) -> None:
    body = SURVEY | {"answers": {"waktu": 3}}
    assert site.client.post("/api/v1/surveys", json=body).status_code == 202
    [event] = site.events()
    assert isinstance(event.data, FeedbackReceived)
    assert event.data.answers == {SKMElement.WAKTU: 3}


# -- erasure --------------------------------------------------------------------------------------


def test_erasing_a_reporter_leaves_nothing_to_open(site: Site) -> None:
    headers = {"Idempotency-Key": "k"}
    body = {"text": "Jalan rusak", "region": "paser", "reporter": {"phone": "081234567890"}}
    accepted = site.client.post("/api/v1/complaints", json=body, headers=headers).json()
    ticket = accepted["ticket"]
    done = erase(site.database, site.store, site.clock, ticket.lower(), by="admin")
    assert done.reference == ticket
    with site.database.read() as conn:
        row = conn.execute(select(ingest_complaints)).one()
    assert (row.sealed_text, row.sealed_identity, row.phone_hash) == (None, None, None)
    assert count(site, ingest_keys) == [0]
    assert_problem(
        site.client.get(f"/api/v1/complaints/{ticket}", params={"code": accepted["tracking_code"]}),
        404,
        "code",
    )
    repeat = site.client.post("/api/v1/complaints", json=body, headers=headers)
    assert_problem(repeat, 410, "Idempotency-Key")
    with pytest.raises(TanggapError, match="erased before"):
        erase(site.database, site.store, site.clock, ticket, by="admin")
