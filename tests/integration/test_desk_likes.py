"""Suggested duplicates name no case that the person may not open; an unsure OPD means triage."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.enums import Action
from shared.contracts.topics import Topic
from tests.deskroom import Deskroom, complaint, deskroom, standard_staff


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Deskroom]:
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    with deskroom(url, tmp_path, desk_opd_threshold=0.7) as found:
        standard_staff(found)
        yield found


def _open(room: Deskroom, duplicates: list[str], **fields: Any) -> str:
    data = complaint(received_at=room.clock.now(), **fields)
    found = data.classification.model_copy(update={"duplicates": duplicates})
    room.consume(Topic.FEEDBACK_CLASSIFIED, data.model_copy(update={"classification": found}))
    return data.reference


def test_only_what_the_person_may_open_is_suggested(room: Deskroom) -> None:
    road = room.complaint()
    health = room.complaint(guess="paser/dinkes")
    accusing = room.complaint(berkadar=True, opd_asked="paser/dinkes")
    elsewhere = room.complaint(region="kutim", guess="kutim/dpupr")
    all_of_them = [road, health, accusing, elsewhere, "T-NONE"]
    later = _open(room, all_of_them)
    unsure = _open(room, all_of_them, confidence=0.69)
    accused = _open(room, all_of_them, berkadar=True)

    def shown(name: str, ticket: str) -> list[str]:
        staff = room.login(name)
        case = staff.case(ticket)
        named = [like["ticket"] for like in case["duplicates"]]
        assert case["classification"]["duplicates"] == named
        page = staff.client.get(f"/kasus/{ticket}").text
        assert ("Mungkin sama dengan" in page) is bool(named)
        assert [ticket for ticket in all_of_them if ticket in page] == named
        return named

    assert shown("jalan", later) == [road]
    assert shown("koordinator", later) == [road, health]
    assert shown("pengawas", accused) == [accusing]
    assert shown("koordinator", accused) == [road, health, accusing]

    coordinator = room.login("koordinator")
    (waiting,) = coordinator.client.get("/api/v1/triage").json()["waiting"]
    assert waiting["ticket"] == unsure
    assert [like["ticket"] for like in waiting["duplicates"]] == [road, health]
    page = coordinator.client.get("/triase").text
    assert road in page
    assert accusing not in page
    assert all(accusing not in room.login("jalan").client.get(p).text for p in ("/antrean",))


def test_below_the_threshold_the_case_waits_in_triage_with_its_guesses(room: Deskroom) -> None:
    guessed = room.complaint(confidence=0.7)
    unsure = room.complaint(confidence=0.699)
    asked = room.complaint(confidence=0.1, opd_asked="paser/dinkes")
    coordinator = room.login("koordinator")
    assert coordinator.case(guessed)["opd"] == "paser/dpupr"
    assert coordinator.case(asked)["opd"] == "paser/dinkes"
    waiting = coordinator.case(unsure)
    assert waiting["opd"] == "paser/setda-organisasi"
    assert waiting["suggestions"] == ["paser/dpupr"]
    answer = coordinator.client.post(
        f"/api/v1/cases/{unsure}/actions",
        json={"action": Action.ASSIGN.value, "version": 1, "opd": "paser/dpupr"},
    )
    assert answer.status_code == 200
    assert unsure in room.login("jalan").tickets()
