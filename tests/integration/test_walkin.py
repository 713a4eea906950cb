"""Reports that staff take in: who may, by which pass, and that the secret stays the citizen's."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from shared.contracts.enums import Channel
from shared.contracts.feedback import FeedbackReceived
from shared.db.read.intake import open_identity
from shared.db.tables.desk import desk_audit
from shared.web.passes import LIFETIME, new_pass, read_pass
from tests.deskroom import MASTER_KEY, Deskroom, deskroom, standard_staff
from tests.intake_site import Site, open_site

REPORT = {"text": "Lampu jalan mati di depan SD", "region": "paser"}


@dataclass
class Counter:
    """A desk with its intake."""

    room: Deskroom
    site: Site

    def file(self, token: str, **changes: Any) -> Any:
        headers = {"X-Walkin-Pass": token}
        return self.site.client.post("/api/v1/complaints", json=REPORT | changes, headers=headers)


@pytest.fixture
def counter(database_url: str, tmp_path: Path) -> Iterator[Counter]:
    with (
        deskroom(database_url, tmp_path) as room,
        open_site(database_url, tmp_path, master_key=MASTER_KEY) as site,
    ):
        standard_staff(room)
        yield Counter(room, site)


def test_staff_file_for_a_citizen_by_api_and_page(counter: Counter) -> None:
    staff = counter.room.login("jalan")
    given = staff.call("POST", "/api/v1/walkins").json()
    assert given["region"] == "paser"
    who = {"name": "Siti Aminah", "phone": "081234567890"}
    accepted = counter.file(given["token"], reporter=who)
    assert accepted.status_code == 202, accepted.text
    [event] = counter.site.events()
    assert isinstance(event.data, FeedbackReceived)
    assert (event.data.channel, event.data.has_contact) == (Channel.WALKIN, True)
    assert b"Siti" not in (event.raw.value or b"")
    with counter.site.database.read() as conn:
        identity = open_identity(conn, counter.site.vault, accepted.json()["ticket"])
        issued = select(desk_audit.c.username).where(desk_audit.c.action == "walkin")
        trail = conn.execute(issued).scalars().all()
    assert identity is not None
    assert (identity.name, identity.phone) == ("Siti Aminah", "+6281234567890")
    assert trail == ["jalan"]

    page = staff.call("GET", "/loket")
    [address] = re.findall(r'href="http://desk:8001(/lapor\?[^"]+)"', page.text)
    form = counter.site.client.get(address.replace("&amp;", "&"))
    assert "Dicatat oleh petugas" in form.text
    fields = dict(re.findall(r'name="(petugas|nonce|region)" value="([^"]+)"', form.text))
    done = counter.site.client.post("/lapor", data=fields | {"text": "Air mati", "mode": "anonim"})
    assert (done.status_code, "Berikan tiket dan kode" in done.text) == (200, True)
    data = counter.site.events()[-1].data
    assert isinstance(data, FeedbackReceived)
    assert (data.channel, data.anonymous) == (Channel.WALKIN, True)


def test_nobody_else_and_nothing_else_gets_in_that_way(counter: Counter) -> None:
    for name in ("pantau", "pengelola"):
        staff = counter.room.login(name)
        assert staff.call("POST", "/api/v1/walkins").status_code == 403
        assert staff.call("GET", "/loket").status_code == 403
    assert counter.room.client.post("/api/v1/walkins").status_code == 401
    vault, now = counter.site.vault, counter.site.clock.now()
    token, until = new_pass(vault, "jalan", "paser", now)
    assert until == now + LIFETIME
    flipped = token[:-1] + ("0" if token[-1] != "0" else "1")
    for wrong in ("x", flipped, "." + token, token.upper(), "\xff", "a" * 700):
        assert read_pass(vault, wrong, now) is None
        answer = counter.file(wrong.encode("latin-1"))  # type: ignore[arg-type]  # as sent
        assert (answer.status_code, answer.json()["field"]) == (422, "X-Walkin-Pass")
    foreign, _ = new_pass(vault, "tetangga", "kutim", now)
    assert counter.file(foreign).json()["field"] == "region"
    counter.site.clock.advance(LIFETIME + timedelta(seconds=1))
    assert counter.file(token).status_code == 422
    form = counter.site.client.get("/lapor", params={"wilayah": "paser", "petugas": token})
    assert (form.status_code, "sudah berakhir" in form.text) == (422, True)
    assert counter.site.events() == []
