"""An accusation is seen by Inspektorat and the coordinator's restricted list, by nobody else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from services.desk.live import Hint, Listener
from services.desk.permissions import Viewer
from shared.contracts.case import CaseEventType as Type
from shared.contracts.enums import Category
from shared.db.tables.desk import desk_audit
from tests.deskroom import Deskroom, deskroom, standard_staff


@pytest.fixture(params=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deskroom]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'desk.db'}"
    else:
        url = request.getfixturevalue("postgres_url")
    with deskroom(url, tmp_path) as found:
        standard_staff(found)
        yield found


ACCUSATIONS = [
    {"berkadar": True, "guess": "paser/pkm-kuaro"},
    {"category": Category.PERILAKU_PETUGAS_PUNGLI, "opd_asked": "paser/pkm-kuaro"},
    {"category_asked": Category.PERILAKU_PETUGAS_PUNGLI, "opd_asked": "paser/pkm-kuaro"},
    {
        "category": Category.PERILAKU_PETUGAS_PUNGLI,
        "guess": "paser/inspektorat",
        "others": ("paser/pkm-kuaro", "paser/dinkes"),
    },
]


@pytest.mark.parametrize("fields", ACCUSATIONS)
def test_hidden_from_the_accused_unit_and_its_parent(
    room: Deskroom, fields: dict[str, object]
) -> None:
    ticket = room.complaint(**fields)
    for name in ("puskesmas", "kesehatan", "jalan"):
        staff = room.login(name)
        assert staff.tickets() == []
        assert staff.tickets(closed=True) == []
        assert staff.client.get(f"/api/v1/cases/{ticket}").status_code == 404
        assert staff.client.get("/api/v1/queue", params={"restricted": True}).status_code == 403
        for page in ("/antrean", "/antrean?ditutup=1"):
            answer = staff.client.get(page)
            assert answer.status_code == 200
            assert ticket not in answer.text
        explained = staff.client.get("/api/v1/opds/paser/pkm-kuaro/explain")
        assert ticket not in explained.text


def test_only_in_the_restricted_list_of_the_coordinator(room: Deskroom) -> None:
    ticket = room.complaint(berkadar=True)
    coordinator = room.login("koordinator")
    assert coordinator.tickets() == []
    assert coordinator.tickets(restricted=True) == [ticket]
    assert ticket not in coordinator.client.get("/api/v1/triage").text
    assert coordinator.case(ticket)["opd"] == "paser/inspektorat"
    assert room.login("pengawas").tickets() == [ticket]
    with room.db.read() as conn:
        looks = conn.execute(
            select(desk_audit.c.username).where(
                desk_audit.c.action == "look", desk_audit.c.ticket == ticket
            )
        ).scalars()
        assert set(looks) == {"koordinator"}


def test_accusing_the_triage_unit_stays_hidden_from_the_coordinator(room: Deskroom) -> None:
    ticket = room.complaint(berkadar=True, opd_asked="paser/setda-organisasi")
    coordinator = room.login("koordinator")
    assert coordinator.tickets(restricted=True) == []
    assert coordinator.client.get(f"/api/v1/cases/{ticket}").status_code == 404
    assert room.login("pengawas").tickets() == [ticket]


def test_never_forwarded_to_another_unit(room: Deskroom) -> None:
    ticket = room.complaint(berkadar=True)
    room.login("pengawas").act(ticket, "forward", opd="paser/dpupr", expect=422)
    room.login("koordinator").act(ticket, "assign", opd="paser/dpupr", expect=422)


def test_what_accuses_nobody_is_sent_on_by_inspektorat_alone(room: Deskroom) -> None:
    pungli = Category.PERILAKU_PETUGAS_PUNGLI
    ticket = room.complaint(category=pungli, guess="paser/inspektorat", others=("paser/dpupr",))
    oversight, road = room.login("pengawas"), room.login("jalan")
    oversight.act(ticket, "correct", category="jalan_jembatan")
    # The other guess is for Inspektorat to see; nothing moves by it.
    assert oversight.case(ticket)["suggestions"] == ["paser/inspektorat", "paser/dpupr"]
    assert road.tickets() == []
    oversight.act(ticket, "forward", opd="paser/dpupr")
    assert road.tickets() == [ticket]


def test_a_correction_to_an_accusation_takes_the_case_away(room: Deskroom) -> None:
    ticket = room.complaint()
    accused = room.login("jalan")
    accused.act(ticket, "correct", category="perilaku_petugas_pungli")
    assert accused.tickets() == []
    assert accused.client.get(f"/api/v1/cases/{ticket}").status_code == 404
    assert room.login("pengawas").tickets() == [ticket]
    kinds = [kind for kind, _ in room.published(ticket)]
    assert kinds == [Type.OPENED, Type.CORRECTED, Type.FORWARDED]


@pytest.mark.asyncio
async def test_live_pages_of_the_accused_hear_nothing(room: Deskroom) -> None:
    import asyncio

    loop = asyncio.get_running_loop()
    with room.db.read() as conn:
        directory = room.context.directory(conn)
    listeners = {}
    for name in ("puskesmas", "kesehatan", "jalan", "koordinator", "pengawas"):
        account = room.accounts[name]
        viewer = Viewer(name, account.role, account.region, account.opd)
        listeners[name] = Listener(loop, viewer, frozenset({"paser"}), directory)
        assert room.context.hub.join(listeners[name])
    await asyncio.to_thread(room.complaint, berkadar=True, guess="paser/pkm-kuaro")
    heard = {name: await listener.next(0.05) for name, listener in listeners.items()}
    assert {name for name, hint in heard.items() if hint} == {"pengawas"}
    await asyncio.to_thread(room.complaint, guess="paser/pkm-kuaro")
    heard = {name: await listener.next(0.05) for name, listener in listeners.items()}
    assert {name for name, hint in heard.items() if hint} == {
        "puskesmas",
        "kesehatan",
        "koordinator",
    }
    room.context.hub.score_changed("paser", "paser/dlh")
    assert await listeners["jalan"].next(0.05) == Hint("score", "paser", "paser/dlh")
