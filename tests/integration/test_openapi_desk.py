"""Every operation of desk's OpenAPI document answers as the document says."""

from pathlib import Path

import pytest

from services.desk.context import COOKIE
from shared.contracts.enums import Role
from shared.ids import normalise_ticket
from tests.deskroom import deskroom, standard_staff
from tests.openapi import assert_as_documented, document_of, tried

# Who may do most of it, by the tags of the document. What has no tag here is tried by all.
STAFF = {
    "koordinator": (
        "triage", "walkins", "regions", "scores", "stream", "editions", "evaluation",
    ),
    "kesehatan": ("cases", "followups"),
    "siti": ("session",),
}  # fmt: skip
# These succeed only with a file or a sealed text of a citizen (test_desk_access,
# test_desk_evaluation, test_desk_followups).
NEED_MORE = {
    "GET /api/v1/cases/{ticket}/files/{file_id}",
    "GET /api/v1/evidence/{entry_id}/{number}",
    "GET /api/v1/opds/{region}/{opd}/followups/{entry_id}/evidence/{number}",
    "POST /api/v1/cases/{ticket}/reveal",
}


@pytest.mark.slow
@pytest.mark.parametrize("who", STAFF)
def test_every_answer_is_as_documented(sqlite_url: str, tmp_path: Path, who: str) -> None:
    with deskroom(sqlite_url, tmp_path) as room:
        # What the examples of the document name.
        standard_staff(room)
        room.account("siti", Role.MONITOR, None)
        room.complaint(ticket=normalise_ticket("7KQ4-2MX7"), guess="paser/dinkes")
        room.context.hub.close()  # streams end once they have begun
        client = room.login(who).client
        keys = {"session": client.cookies[COOKIE], "csrf": client.headers["X-CSRF-Token"]}
        others = [tag for name, tags in STAFF.items() if name != who for tag in tags]
        found = tried(document_of(room.client.app, keys).exclude(tag=others))
    assert_as_documented(found)
    assert found.only_refused() <= NEED_MORE
