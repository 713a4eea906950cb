"""No complaint vanishes: what nobody could handle shows for its citizen and its coordinator."""

from pathlib import Path

import pytest

from services.ingest.cases import read_case
from shared.contracts.codec import RawMessage
from shared.contracts.topics import Service, Topic
from shared.dead_letters import Failure, record, replay
from tests.deskroom import MASTER_KEY, MONDAY, deskroom, standard_staff
from tests.intake_site import open_site

READABLE = b'{"region": "paser"}'
GARBAGE = b"\x00\xff no JSON"


@pytest.mark.parametrize("value", [READABLE, GARBAGE])
def test_a_dead_letter_is_shown_until_it_is_sent_again(tmp_path: Path, value: bytes) -> None:
    url = f"sqlite:///{tmp_path / 'town.db'}"
    with (
        deskroom(url, tmp_path) as room,
        open_site(url, tmp_path, reader=read_case, master_key=MASTER_KEY) as site,
    ):
        standard_staff(room)
        filed = site.complain().json()
        ticket, code = filed["ticket"], filed["tracking_code"]
        raw = RawMessage(Topic.FEEDBACK_RECEIVED.value, 0, 7, 0, ticket.encode(), value, {})
        with room.db.write() as conn:
            assert record(conn, Service.CLASSIFIER, raw, Failure("bug", "here"), MONDAY, 1)
        staff, neighbour = room.login("koordinator"), room.login("tetangga")

        def dead() -> list[str]:
            return [
                letter["ticket"] for letter in staff.call("GET", "/api/v1/triage").json()["dead"]
            ]

        def checking() -> bool:
            found = site.client.get(f"/api/v1/complaints/{ticket}", params={"code": code})
            return bool(found.json()["checking"])

        assert dead() == [ticket]
        assert ticket in staff.client.get("/triase").text
        assert neighbour.call("GET", "/api/v1/triage").json()["dead"] == []
        assert checking()
        with room.db.write() as conn:
            assert replay(conn, [1], MONDAY) == 1
        assert dead() == []
        assert not checking()
