"""What nobody types by hand: odd addresses, text that would run, and two people at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from tests.deskroom import PASSWORD, Deskroom, Staff, deskroom, standard_staff

FOLLOWUPS = "/api/v1/opds/paser/dinkes/followups"
EDITIONS = "/api/v1/regions/paser/editions"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
PLAN = {
    "year": 2026, "service": HOSTILE, "element": "waktu", "finding": HOSTILE, "plan": HOSTILE,
    "owner": HOSTILE, "due_on": "2026-12-31", "result_on": "2026-10-01",
}  # fmt: skip
SIGNING = {
    "kind": "laporan", "period": "2026-10", "signer_name": f"Budi {HOSTILE}",
    "signer_post": HOSTILE, "note": HOSTILE, "password": PASSWORD,
}  # fmt: skip


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Deskroom]:
    with deskroom(database_url, tmp_path) as found:
        standard_staff(found)
        yield found


def at_once(staff: list[Staff], path: str, body: dict[str, Any]) -> list[int]:
    """The answers to the same call by all of them in the same moment."""
    ready = Barrier(len(staff))

    def call(person: Staff) -> int:
        ready.wait()
        return int(person.client.post(path, json=body).status_code)

    with ThreadPoolExecutor(len(staff)) as pool:
        return sorted(pool.map(call, staff))


def test_two_at_once_make_one_edition_and_one_step(room: Deskroom) -> None:
    """Two coordinators, or a double click: one signs, the other is told, nobody gets an error."""
    both = [room.login("koordinator"), room.login("koordinator")]
    assert at_once(both, EDITIONS, SIGNING) == [201, 409]
    assert len(both[0].call("GET", EDITIONS).json()["items"]) == 1
    entry = both[0].call("POST", FOLLOWUPS, json=PLAN).json()["id"]
    step = {"act": "start", "version": 1}
    assert at_once(both, f"{FOLLOWUPS}/{entry}", step) == [200, 409]
    assert both[0].call("GET", FOLLOWUPS).json()["items"][0]["version"] == 2


def test_odd_addresses_are_refused_and_never_break_a_page(room: Deskroom) -> None:
    boss = room.login("koordinator")
    odd = {
        "/laporan/paser?sebelum=99999999999999999999": 422,
        "/laporan/paser?sebelum=0": 422,
        "/laporan/paser?unit=%00": 422,
        "/skm/paser/dinkes?service=%00": 422,
        "/api/v1/opds/paser/dinkes/skm?service=%00": 422,
        "/api/v1/regions/paser/editions?scope=%00": 422,
        "/api/v1/regions/%00/skm": 404,
        "/api/v1/opds/paser/%00/score": 404,
        "/api/v1/editions/99999999999999999999": 422,
        "/api/v1/evidence/99999999999999999999/0": 422,
        "/api/v1/opds/paser/dinkes/explain/cases?figure=shares.received&what=value"
        "&after=9999999.999999999.Z": 200,
    }  # fmt: skip
    assert {path: boss.call("GET", path).status_code for path in odd} == odd


def test_text_is_shown_never_run(room: Deskroom) -> None:
    boss = room.login("koordinator")
    assert boss.call("POST", FOLLOWUPS, json=PLAN).status_code == 201
    entered = {"year": 2026, "item": "25", "value": 3, "reason": HOSTILE,
               "links": ["https://bukti.example/%22%3E%3Cscript%3E"]}  # fmt: skip
    path = "/api/v1/opds/paser/dinkes/assessments"
    assert boss.call("POST", path, json=entered).status_code == 201
    for link in ("javascript:alert(1)", "data:text/html,x", 'https://x.example/"><script>'):
        assert boss.call("POST", path, json=entered | {"links": [link]}).status_code == 422
    turned = SIGNING | {"signer_name": "Budi \u202eisutnaS"}
    assert boss.call("POST", EDITIONS, json=turned).status_code == 422
    signed = boss.call("POST", EDITIONS, json=SIGNING).json()["id"]
    for page in (
        "/penilaian/paser/dinkes", "/tindak-lanjut/paser/dinkes",
        "/wilayah/paser/dinkes/penjelasan",
        "/laporan/paser", f"/laporan/edisi/{signed}", f"/editions/{signed}/print",
    ):  # fmt: skip
        text = boss.call("GET", page).text
        assert "alert(1)" in text or "penjelasan" in page, page
        assert "<script>alert" not in text, page
        assert "<img src=x" not in text, page
