"""The register of follow-ups: what may stand in it, and which step may follow which."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.desk.evaluation import EvaluationError, link
from services.desk.followups import (
    FollowUp,
    FollowUpAct,
    FollowUpState,
    Plan,
    Step,
    check_plan,
    decide,
)
from shared.contracts.enums import SKMElement

TODAY = date(2026, 11, 23)
EARLIER = date(2026, 10, 1)
PROOF = (link("https://example.id/foto"),)
PLAN = Plan(
    year=2026,
    service="",
    element=SKMElement.WAKTU,
    finding="Antre lama.",
    plan="Tambah loket.",
    owner="Kepala Bidang Pelayanan",
    due_on=date(2026, 12, 20),
    result_on=date(2026, 8, 1),
)
ENTRY = FollowUp(
    id=1, opd="paser/dinkes", plan=PLAN, started_on=None, done_on=None, withdrawn_on=None,
    evidence=(), created_on=EARLIER, created_by="kesehatan",
    changed_at=datetime(2026, 10, 1, tzinfo=UTC), version=1,
)  # fmt: skip


def do(
    act: FollowUpAct, entry: FollowUp = ENTRY, *, by: str = "handler", **fields: Any
) -> FollowUp:
    return decide(entry, Step(act, **fields), TODAY, backdating=by == "coordinator")[0]


def test_a_plan_may_stand() -> None:
    check_plan(PLAN, TODAY)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("year", {"year": 2019}),
        ("year", {"year": 2027}),
        ("result_on", {"result_on": TODAY + timedelta(days=1)}),
        ("result_on", {"result_on": date(2025, 12, 31)}),
        ("due_on", {"due_on": date(2026, 7, 31)}),
        ("due_on", {"due_on": date(2036, 1, 1)}),
        ("finding", {"finding": " "}),
        ("plan", {"plan": ""}),
        ("owner", {"owner": ""}),
        ("owner", {"owner": "a" * 121}),
        ("service", {"service": "a" * 201}),
        ("plan", {"plan": "a" * 2001}),
        ("finding", {"finding": "a\x07"}),
    ],
)
def test_a_plan_that_may_not_names_its_field(field: str, change: dict[str, Any]) -> None:
    with pytest.raises(EvaluationError) as refusal:
        check_plan(replace(PLAN, **change), TODAY)
    assert refusal.value.field == field


def test_steps_are_dated_today() -> None:
    started = do(FollowUpAct.START)
    assert (started.started_on, started.state) == (TODAY, FollowUpState.RUNNING)
    done = do(FollowUpAct.FINISH, started, evidence=PROOF)
    assert (done.done_on, done.state, done.evidence) == (TODAY, FollowUpState.DONE, PROOF)
    assert do(FollowUpAct.FINISH, evidence=PROOF).started_on == TODAY
    assert do(FollowUpAct.WITHDRAW, reason="Digabung.").state is FollowUpState.WITHDRAWN


def test_the_coordinator_names_an_earlier_day_with_a_reason() -> None:
    found, said = decide(
        ENTRY,
        Step(FollowUpAct.FINISH, on=EARLIER, reason="Berita acara terlambat.", evidence=PROOF),
        TODAY,
        backdating=True,
    )
    assert (found.started_on, found.done_on) == (EARLIER, EARLIER)
    assert said == "per 2026-10-01; Berita acara terlambat."


CLOSED = replace(ENTRY, done_on=TODAY)
STARTED = replace(ENTRY, started_on=date(2026, 11, 1))
MOVED = replace(PLAN, result_on=date(2026, 11, 1))


@pytest.mark.parametrize(
    ("field", "entry", "by", "step"),
    [
        ("on", ENTRY, "handler", Step(FollowUpAct.START, on=EARLIER, reason="x")),
        ("on", ENTRY, "handler", Step(FollowUpAct.FINISH, on=EARLIER, reason="x", evidence=PROOF)),
        ("on", ENTRY, "coordinator", Step(FollowUpAct.START, on=date(2026, 7, 31), reason="x")),
        ("on", ENTRY, "coordinator",
         Step(FollowUpAct.START, on=TODAY + timedelta(days=1), reason="x")),
        ("on", STARTED, "coordinator",
         Step(FollowUpAct.FINISH, on=EARLIER, reason="x", evidence=PROOF)),
        ("reason", ENTRY, "coordinator", Step(FollowUpAct.START, on=EARLIER)),
        ("reason", ENTRY, "handler", Step(FollowUpAct.WITHDRAW)),
        ("reason", ENTRY, "coordinator", Step(FollowUpAct.EDIT, plan=MOVED)),
        ("reason", ENTRY, "handler", Step(FollowUpAct.WITHDRAW, reason="a\x00")),
        ("evidence", ENTRY, "handler", Step(FollowUpAct.FINISH)),
        ("links", ENTRY, "handler", Step(FollowUpAct.FINISH, evidence=(link("http://a.id"),))),
        ("act", STARTED, "handler", Step(FollowUpAct.START)),
        ("act", CLOSED, "coordinator", Step(FollowUpAct.EDIT, plan=PLAN)),
        ("act", CLOSED, "handler", Step(FollowUpAct.WITHDRAW, reason="x")),
        ("act", ENTRY, "handler", Step(FollowUpAct.EDIT)),
        ("result_on", ENTRY, "handler", Step(FollowUpAct.EDIT, plan=MOVED)),
        ("owner", ENTRY, "handler", Step(FollowUpAct.EDIT, plan=replace(PLAN, owner=""))),
    ],
)  # fmt: skip
def test_a_step_that_may_not_names_its_field(
    field: str, entry: FollowUp, by: str, step: Step
) -> None:
    with pytest.raises(EvaluationError) as refusal:
        decide(entry, step, TODAY, backdating=by == "coordinator")
    assert refusal.value.field == field


def test_an_edit_says_what_changed_for_the_audit_trail() -> None:
    plan = replace(PLAN, due_on=date(2027, 1, 31), finding="Lain.")
    found, said = decide(ENTRY, Step(FollowUpAct.EDIT, plan=plan), TODAY, backdating=False)
    assert found.plan == plan
    assert said == "due_on: 2026-12-20 → 2027-01-31"
    assert do(FollowUpAct.EDIT, by="coordinator", plan=MOVED, reason="Salah tik.").plan == MOVED


def test_only_what_is_open_is_overdue() -> None:
    late = replace(ENTRY, plan=replace(PLAN, due_on=EARLIER))
    assert late.overdue(TODAY)
    assert not late.overdue(EARLIER)
    assert not replace(late, done_on=TODAY).overdue(TODAY)
    assert not replace(late, withdrawn_on=TODAY).overdue(TODAY)
