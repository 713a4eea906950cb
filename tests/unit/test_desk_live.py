"""Live pages hear of a case once: from their own process, or by Kafka from another one."""

import asyncio
from typing import Any

import pytest

from services.desk.live import Hint, Hub, Listener
from services.desk.permissions import Viewer
from shared.contracts.case import CaseCorrected, CaseForwarded, CaseVerified
from shared.contracts.enums import Actor, Category, Kind, Role, Urgency
from shared.contracts.topics import Topic
from shared.db.read.directory import directory_of_seed
from tests.deskroom import MONDAY, event

HERE: dict[str, Any] = {
    "ticket": "7KQ4-2MXR",
    "region": "paser",
    "opd": "paser/dpupr",
    "actor": Actor.HANDLER,
}


@pytest.fixture
def hub() -> Hub:
    return Hub(limit=10)


def listen(hub: Hub, opd: str) -> Listener:
    viewer = Viewer("petugas", Role.HANDLER, "paser", opd)
    found = Listener(asyncio.get_running_loop(), viewer, frozenset(), directory_of_seed())
    assert hub.join(found)
    return found


def receive(hub: Hub, data: Any) -> None:
    hub.receive(event(Topic.CASE_EVENTS, data, MONDAY))


@pytest.mark.asyncio
async def test_a_change_made_by_another_process_reaches_the_page(hub: Hub) -> None:
    page = listen(hub, "paser/dpupr")
    receive(hub, CaseVerified(**HERE, sequence=2))
    assert await page.next(1) == Hint("queue", "paser", "paser/dpupr", "7KQ4-2MXR", 2)


@pytest.mark.asyncio
async def test_what_the_process_told_itself_is_not_told_again(hub: Hub) -> None:
    page = listen(hub, "paser/dpupr")
    hub.queue_changed("paser", "paser/dpupr", "7KQ4-2MXR", 3)
    for sequence in (2, 3):
        receive(hub, CaseVerified(**HERE, sequence=sequence))
    receive(hub, CaseVerified(**HERE, sequence=4))
    heard = [await page.next(1), await page.next(1)]
    assert [hint.version for hint in heard if hint] == [3, 4]
    assert await page.next(0.01) is None


@pytest.mark.asyncio
async def test_a_unit_that_lost_a_case_learns_only_that_its_queue_changed(hub: Hub) -> None:
    page = listen(hub, "paser/dlh")
    receive(hub, CaseForwarded(**HERE, sequence=2, from_opd="paser/dlh"))
    assert await page.next(1) == Hint("queue", "paser", "paser/dlh")


@pytest.mark.asyncio
async def test_a_correction_that_may_accuse_the_unit_names_no_ticket(hub: Hub) -> None:
    page = listen(hub, "paser/dpupr")
    values: dict[str, Any] = {
        "kind": Kind.PENGADUAN,
        "category": Category.LAINNYA,
        "urgency": Urgency.BIASA,
    }
    before: dict[str, Any] = {f"before_{name}": value for name, value in values.items()}
    flags: dict[str, Any] = {"berkadar_pengawasan": True, "before_berkadar_pengawasan": False}
    receive(hub, CaseCorrected(**HERE, **values, **before, **flags, sequence=2))
    assert await page.next(1) == Hint("queue", "paser", "paser/dpupr")
