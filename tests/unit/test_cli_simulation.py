"""Invented citizens say the same for the same seed, and only what the API takes."""

from random import Random

from services.ingest.commands import AnswerSurvey, FileComplaint
from services.ingest.rules import complaint_flaws, survey_flaws
from shared.clock import SystemClock
from shared.contracts.enums import Role
from shared.db.read.directory import directory_of_seed
from tanggap.simulation import citizens, staff
from tanggap.simulation.accounts import DemoAccount
from tanggap.simulation.citizens import Filed
from tanggap.simulation.compose import QUIET_REGION, submission

DIRECTORY = directory_of_seed()


def test_submissions_are_valid_varied_and_repeatable() -> None:
    first = [submission(Random(n), DIRECTORY) for n in range(600)]
    assert first == [submission(Random(n), DIRECTORY) for n in range(600)]
    today = SystemClock().now().date()
    regions = set()
    for found in first:
        regions.add(found.body["region"])
        if found.kind == "survey":
            assert found.body["region"] != QUIET_REGION
            assert not survey_flaws(AnswerSurvey.model_validate(found.body), DIRECTORY)
        else:
            command = FileComplaint.model_validate(found.body)
            assert not complaint_flaws(command, DIRECTORY, today)
    assert regions == {region.code for region in DIRECTORY.regions}
    assert 0.1 < sum(found.kind == "survey" for found in first) / len(first) < 0.4
    assert len({found.body.get("text") for found in first}) > 200


def test_nobody_real_is_written_to() -> None:
    for n in range(300):
        reporter = submission(Random(n), DIRECTORY).body.get("reporter", {})
        assert "phone" not in reporter
        assert reporter.get("email", "x@example.com").endswith("@example.com")


def test_the_coordinator_assigns_what_waits_in_triage() -> None:
    account = DemoAccount("k", "p", Role.COORDINATOR, "paser", "paser/setda-organisasi")
    item = {
        "ticket": "7KQ4-2MXR", "version": 1, "status": "diterima", "paused": False,
        "opd": "paser/setda-organisasi", "suggestions": [], "category": "jalan_jembatan",
    }  # fmt: skip
    decision = staff.decide(Random(1), account, [item], DIRECTORY)
    assert decision is not None
    ticket, body = decision
    assert ticket == "7KQ4-2MXR"
    assert body["action"] == "assign"
    assert body["opd"] == "paser/dpupr"
    assert staff.decide(Random(1), account, [item | {"opd": "paser/dlh"}], DIRECTORY) is None


def test_citizens_do_only_what_is_allowed() -> None:
    seen = {"allowed": ["answer"], "question": "Di mana?", "opd": "paser/dlh"}
    body = citizens.decide(Random(1), Filed("t", "c"), seen)
    assert body is not None
    assert body["act"] == "answer"
    waiting: dict[str, object] = {"allowed": [], "question": None, "opd": None}
    for n in range(50):
        assert citizens.decide(Random(n), Filed("t", "c"), waiting) is None
