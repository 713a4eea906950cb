"""Every operation of the intake's OpenAPI document answers as the document says."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from services.ingest import drafts
from services.ingest.app import create_app
from services.ingest.channels.registry import all_adapters
from services.ingest.commands import FileComplaint
from services.ingest.handlers import Sent, file_complaint
from services.ingest.tracking import CaseView, Due, Entry
from shared.contracts.enums import Channel, CitizenAct, Status
from tests.intake_site import NOW, FakeCases, make_site_deps
from tests.openapi import assert_as_documented, document_of, tried

# What the examples of the document name.
TICKET, CODE, KEY, SECRET = "7KQ4-2MX7", "K7QM4X", "kunci-contoh", "rahasia"
# These succeed only when a provider signs (test_channel_hooks).
SIGNED = {
    f"{method} /hooks/{{channel}}{rest}" for method in ("GET", "POST") for rest in ("", "/{secret}")
}


@pytest.fixture
def app(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FastAPI]:
    cases = FakeCases()
    opened = Entry(NOW, "opened", "system", opd="paser/dpupr")
    acts = frozenset({CitizenAct.ADD})
    cases.views[TICKET] = CaseView(
        Status.DIPROSES, "paser/dpupr", Due(NOW, None, NOW), [opened], None, acts
    )
    deps, *_ = make_site_deps(
        sqlite_url, tmp_path, cases, tuple(all_adapters().values()),
        {"hook_gammu_secrets": SECRET}, hook_open311_secrets=KEY,
    )  # fmt: skip
    with monkeypatch.context() as patched:
        patched.setattr(drafts, "new_ticket", lambda: TICKET)
        patched.setattr(drafts, "new_tracking_code", lambda: CODE)
        command = FileComplaint(text="Jalan rusak.", region="paser")
        file_complaint(deps.handlers, command, Sent("127.0.0.1", channel=Channel.OPEN311))
    yield create_app(deps)
    deps.handlers.writer.close()
    deps.handlers.database.close()


@pytest.mark.slow
def test_every_answer_is_as_documented(app: FastAPI) -> None:
    found = tried(document_of(app))
    assert_as_documented(found)
    assert found.only_refused() <= SIGNED
