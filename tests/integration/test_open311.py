"""GeoReport v2 over real HTTP: what other programs may file and read, and what they never see."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from sqlalchemy import func, select

from services.ingest.cases import read_case
from services.ingest.erasure import erase
from shared.contracts.enums import Category, Channel
from shared.contracts.feedback import FeedbackReceived, Location
from shared.db.tables.directory import desk_regions
from shared.db.tables.ingest import ingest_complaints
from tests.deskroom import MASTER_KEY, Deskroom, deskroom, standard_staff
from tests.intake_site import Site, open_site

BASE = "/open311/v2"
KEY = "kunci-uji"
REPORT = {
    "api_key": KEY,
    "jurisdiction_id": "paser",
    "service_code": "jalan_jembatan",
    "lat": "-1.9",
    "long": "116.2",
    "description": "Jalan rusak di Kuaro, hubungi Siti Aminah 081234567890",
    "first_name": "Siti",
    "last_name": "Aminah",
    "email": "siti@example.id",
    "device_id": "hp-7",
}


@dataclass
class Town:
    """An Open311 client, and the desk that works its cases."""

    site: Site
    room: Deskroom

    def get(self, path: str, expect: int = 200, **params: str) -> Any:
        answer = self.site.client.get(
            f"{BASE}/{path}", params={"jurisdiction_id": "paser"} | params
        )
        assert answer.status_code == expect, answer.text
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        return answer.json()

    def post(self, expect: int = 200, /, **changes: str) -> Any:
        answer = self.site.client.post(f"{BASE}/requests.json", data=REPORT | changes)
        assert answer.status_code == expect, answer.text
        return answer.json()

    def count(self) -> int:
        with self.site.database.read() as conn:
            return conn.execute(select(func.count()).select_from(ingest_complaints)).scalar_one()

    def case(self, **fields: Any) -> str:
        """Open a case for the latest submission."""
        ticket = self.post(**fields.pop("report", {}))[0]["service_request_id"]
        told = {"channel": Channel.OPEN311, "location": Location(lat=-1.9, lon=116.2)}
        self.room.complaint(ticket=ticket, text="Jalan rusak", **(told | fields))
        return str(ticket)


@pytest.fixture
def town(database_url: str, tmp_path: Path) -> Iterator[Town]:
    secrets = {"master_key": MASTER_KEY, "hook_open311_secrets": f"baru,{KEY}"}
    with (
        deskroom(database_url, tmp_path) as room,
        open_site(database_url, tmp_path, reader=read_case, **secrets) as site,
    ):
        standard_staff(room)
        yield Town(site, room)


def test_a_report_is_filed_read_and_closed(town: Town) -> None:
    [filed] = town.post()
    ticket = filed["service_request_id"]
    assert ticket in filed["service_notice"]
    [event] = town.site.events()
    assert isinstance(event.data, FeedbackReceived)
    assert (event.data.channel, event.data.has_contact) == (Channel.OPEN311, True)
    assert event.data.category_asked is Category.JALAN_JEMBATAN
    assert event.data.location is not None
    assert event.data.location.lat == -1.9
    assert b"Siti" not in (event.raw.value or b"")
    assert town.get(f"tokens/{ticket}.json") == [{"service_request_id": ticket, "token": ticket}]
    [waiting] = town.get(f"requests/{ticket}.json")
    assert (waiting["status"], waiting["status_notes"]) == ("open", "Diterima")

    town.room.complaint(ticket=ticket, text="Jalan rusak di Kuaro", channel=Channel.OPEN311)
    [case] = town.get(f"requests/{ticket.lower()}.json")
    assert case["agency_responsible"] == "Dinas Pekerjaan Umum dan Penataan Ruang"
    assert case["expected_datetime"].endswith("+08:00")
    assert case["requested_datetime"] == "2026-11-23T10:00:00+08:00"
    assert (case["service_code"], case["description"]) == ("jalan_jembatan", None)
    assert "Siti" not in str(case)
    [known] = town.get(f"requests/{ticket}.json", api_key=KEY)
    assert known["description"] == "Jalan rusak di Kuaro"

    town.room.login("jalan").act(ticket, "resolve", text="Sudah ditambal.")
    [closed] = town.get("requests.json", status="closed")
    assert (closed["status"], closed["status_notes"]) == ("closed", "Selesai")
    assert town.get("requests.json", status="open") == []
    page = town.site.client.get(f"{BASE}/requests/{ticket}.xml")
    assert page.headers["content-type"] == "text/xml; charset=utf-8"
    assert fromstring(page.content).findtext("request/service_request_id") == ticket


def test_a_repeat_of_the_same_sender_is_one_report(town: Town) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: town.post()[0], range(8)))
    assert len({answer["service_request_id"] for answer in answers}) == 1
    assert len({answer["service_notice"] for answer in answers}) == 1
    town.post(device_id="hp-8")
    nameless = {"device_id": "", "email": "", "description": "Lampu mati"}
    town.post(200, **nameless)
    town.post(200, **nameless)
    assert (town.count(), len(town.site.events())) == (4, 4)


def test_what_is_wrong_is_said_in_their_words(town: Town) -> None:
    for key in ("", "salah"):
        assert town.post(403, api_key=key)[0]["code"] == 403
    assert town.post(404, service_code="none")[0]["code"] == 404
    for changes in ({"phone": "12"}, {"lat": "91"}, {"long": ""}, {"attribute[opd]": "kutim/dlh"}):
        [error] = town.post(400, **changes)
        assert next(iter(changes)) in error["description"]
    answer = town.site.client.post(f"{BASE}/requests.xml", json={"api_key": KEY})
    error_list = fromstring(answer.content)
    assert (answer.status_code, error_list.tag) == (400, "errors")
    assert error_list.findtext("error/code") == "400"
    for path in ("requests/2222-2222.json", "tokens/none.json", "services/none.json"):
        assert town.get(path, 404)[0]["description"]
    assert town.count() == 0


def test_what_is_closed_to_others_is_never_listed(town: Town) -> None:
    confidential = town.case(confidential=True)
    accusing = town.case(report={"device_id": "2"}, berkadar=True)
    shown = town.case(report={"device_id": "3"})
    elsewhere = town.room.complaint(channel=Channel.WEB, text="Got mampet di rumah")
    listed = town.get("requests.json", api_key=KEY)
    assert {case["service_request_id"] for case in listed} == {shown, elsewhere}
    words = {case["service_request_id"]: (case["description"], case["lat"]) for case in listed}
    assert words == {shown: ("Jalan rusak", -1.9), elsewhere: (None, None)}
    asked = ",".join([confidential, accusing, shown])
    named = town.get("requests.json", service_request_id=asked, service_code="lainnya")
    assert [case["service_request_id"] for case in named] == [shown]
    for ticket in (confidential, accusing):
        town.get(f"requests/{ticket}.json", 404, api_key=KEY)
    town.get(f"requests/{shown}.json", 404, jurisdiction_id="kutim")
    assert town.get("requests.json", jurisdiction_id="kutim") == []
    assert town.get("requests.json", service_code="lainnya") == []
    assert len(town.get("requests.json", page="2", page_size="1")) == 1
    erase(town.site.database, town.site.store, town.site.clock, shown, "uji")
    [erased] = town.get(f"requests/{shown}.json", api_key=KEY)
    assert (erased["description"], erased["lat"]) == (None, None)


def test_a_region_that_shows_nothing_needs_a_key(town: Town) -> None:
    ticket = town.case()
    with town.site.database.write() as conn:
        conn.execute(desk_regions.update().values(public_scores=False))
    town.site.clock.advance(timedelta(minutes=1))
    town.get("requests.json", 403)
    town.get(f"requests/{ticket}.json", 403)
    assert len(town.get("requests.json", api_key=KEY)) == 1
    town.get("requests.json", 403, api_key="salah")
    assert len(town.get("services.json")) == len(Category)
    [attribute, *_] = town.get("services/kesehatan.json")["attributes"]
    assert "paser/dinkes" in [value["key"] for value in attribute["values"]]
    assert town.get("discovery.json")["endpoints"][0]["formats"][0] == "application/json"
