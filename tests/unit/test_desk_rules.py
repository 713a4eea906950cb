"""Desk's rules: a table of what each act does in each state, and properties of any sequence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.desk import citizen_rules, rules
from services.desk.casework import Case, Command, Decision, RefusedError, Staff
from services.desk.due import FoldedClocks
from services.desk.opening import open_case
from services.desk.permissions import Viewer, may_open, queue_scope
from services.desk.ports import PastEvent
from shared.contracts.case import CaseEventType as Type
from shared.contracts.case import CaseOpened
from shared.contracts.enums import (
    CLOSED_STATUSES,
    Action,
    Category,
    Channel,
    CitizenAct,
    CloseReason,
    Kind,
    Maladministration,
    Role,
    Status,
    Urgency,
)
from shared.contracts.feedback import CitizenActed
from shared.db.read.directory import directory_of_seed
from tests.deskroom import complaint

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DIRECTORY = directory_of_seed()
HANDLER = Staff("jalan", Role.HANDLER, "paser", "paser/dpupr")
COORDINATOR = Staff("koordinator", Role.COORDINATOR, "paser", "paser/setda-organisasi")
INSPECTOR = Staff("pengawas", Role.HANDLER, "paser", "paser/inspektorat")


def opened(**fields: Any) -> Case:
    report = complaint(received_at=NOW, **fields)
    return open_case(report, report.reference, "p", DIRECTORY, 0.5).case


def do(case: Case, action: Action, staff: Staff = HANDLER, **fields: Any) -> Decision:
    return rules.decide(case, staff, Command(action, **fields), NOW, DIRECTORY)


def kinds(decision: Decision) -> list[Type]:
    return [step.type for step in decision.steps]


def acted(kind: CitizenAct, at: datetime = NOW, **fields: Any) -> CitizenActed:
    return CitizenActed(
        ticket="X", region="paser", act=kind, channel=Channel.WEB, received_at=at, **fields
    )


def test_clocks_start_when_the_citizen_sent_it_latency_when_we_had_it() -> None:
    sent = NOW - timedelta(days=2)
    report = complaint(received_at=NOW, sent_at=sent)
    found = open_case(report, report.reference, "p", DIRECTORY, 0.5)
    case, step = found.case, found.step
    assert isinstance(step.event, CaseOpened)
    assert case.received_at == step.at == step.event.received_at == sent
    assert step.event.accepted_at == step.event.known_at == NOW
    plain = open_case(complaint(received_at=NOW), "X", "p", DIRECTORY, 0.5).step.event
    assert isinstance(plain, CaseOpened)
    assert (plain.accepted_at, plain.known_at) == (None, NOW)


def test_belum_selesai_sent_in_time_counts_though_it_is_delivered_late() -> None:
    window = NOW + timedelta(days=14)
    closed = replace(
        opened(), status=Status.SELESAI, closed_at=NOW, window_from=NOW, window_until=window
    )
    late, sent = window + timedelta(hours=1), window - timedelta(hours=1)
    told_late = citizen_rules.act(closed, acted(CitizenAct.NOT_DONE, late, text="belum"))
    assert told_late is not None
    assert kinds(told_late) == [Type.ADDED]
    in_time = citizen_rules.act(
        closed, acted(CitizenAct.NOT_DONE, late, text="belum", sent_at=sent)
    )
    assert in_time is not None
    assert kinds(in_time) == [Type.REOPENED]
    assert in_time.steps[0].at == sent


def test_an_act_is_never_before_what_it_is_about_nor_after_its_receipt() -> None:
    case = replace(opened(), replied_at=NOW + timedelta(hours=2))
    early = acted(CitizenAct.ADD, NOW + timedelta(hours=3), text="x", sent_at=NOW)
    assert citizen_rules.moment(case, early) == NOW + timedelta(hours=2)
    assert citizen_rules.moment(case, acted(CitizenAct.ADD, NOW, sent_at=NOW)) == NOW


@pytest.mark.parametrize(
    ("action", "fields", "events", "status"),
    [
        (Action.VERIFY, {}, [Type.VERIFIED], Status.DIVERIFIKASI),
        (Action.TAKE, {}, [Type.TAKEN], Status.DIPROSES),
        (Action.ASSIGN, {"user": "budi"}, [Type.VERIFIED, Type.ASSIGNED], Status.DITERIMA),
        (Action.ASK, {"text": "?"}, [Type.VERIFIED, Type.ASKED], Status.DITANGGAPI),
        (Action.REPLY, {"text": "!"}, [Type.VERIFIED, Type.REPLIED], Status.DITANGGAPI),
        (Action.NOTE, {"text": "."}, [Type.NOTED], Status.DITERIMA),
        (Action.CORRECT, {"kind": Kind.ASPIRASI}, [Type.CORRECTED], Status.DITERIMA),
        (
            Action.FORWARD,
            {"opd": "paser/dlh"},
            [Type.VERIFIED, Type.FORWARDED],
            Status.DITERUSKAN,
        ),
        (Action.RESOLVE, {"text": "!"}, [Type.VERIFIED, Type.RESOLVED], Status.SELESAI),
        (
            Action.REJECT,
            {"text": "!", "reason": CloseReason.GANDA},
            [Type.VERIFIED, Type.REJECTED],
            Status.DITOLAK,
        ),
        (
            Action.REJECT,
            {"reason": CloseReason.SPAM},
            [Type.VERIFIED, Type.REJECTED],
            Status.DITOLAK,
        ),
        (Action.POSTPONE, {"text": "!"}, [Type.POSTPONED], Status.DITUNDA),
        (
            Action.ARCHIVE,
            {"reason": CloseReason.LAINNYA},
            [Type.VERIFIED, Type.ARCHIVED],
            Status.DIARSIPKAN,
        ),
        (Action.LINK, {"lapor_id": "#1916449"}, [Type.LINKED], Status.DITERIMA),
    ],
)
def test_acts_on_a_new_case(
    action: Action, fields: dict[str, Any], events: list[Type], status: Status
) -> None:
    decision = do(opened(), action, **fields)
    assert kinds(decision) == events
    assert decision.case.status is status


def test_verification_is_implied_once_and_marked_as_such() -> None:
    first = do(opened(), Action.REPLY, text="a")
    assert first.steps[0].event.model_dump()["implied"] is True
    assert kinds(do(first.case, Action.REPLY, text="b")) == [Type.REPLIED]
    with pytest.raises(RefusedError):
        do(first.case, Action.VERIFY)


def test_a_coordinator_does_not_verify_for_the_holding_unit() -> None:
    moved = do(opened(), Action.ASSIGN, COORDINATOR, opd="paser/dlh")
    assert kinds(moved) == [Type.ASSIGNED]
    assert not moved.case.verified
    from_triage = do(opened(guess=None), Action.ASSIGN, COORDINATOR, opd="paser/dlh")
    assert kinds(from_triage) == [Type.VERIFIED, Type.ASSIGNED]
    assert from_triage.steps[0].event.unit == "paser/setda-organisasi"


@pytest.mark.parametrize("action", [Action.VERIFY, Action.TAKE, Action.ASK, Action.RESOLVE])
def test_only_the_holder_works_a_case(action: Action) -> None:
    with pytest.raises(RefusedError, match="dipegang paser/dpupr"):
        do(opened(), action, COORDINATOR, text="x")


def test_the_coordinator_marks_a_reopening_unfounded() -> None:
    resolved = do(opened(), Action.RESOLVE, text="selesai").case
    with pytest.raises(RefusedError):
        do(resolved, Action.RESOLVE, COORDINATOR, text="x", reason=CloseReason.TIDAK_BERALASAN)
    again = citizen_rules.act(resolved, acted(CitizenAct.NOT_DONE, text="belum"))
    assert again is not None
    with pytest.raises(RefusedError, match="Hanya koordinator"):
        do(again.case, Action.RESOLVE, text="x", reason=CloseReason.TIDAK_BERALASAN)
    closed = do(
        again.case, Action.RESOLVE, COORDINATOR, text="x", reason=CloseReason.TIDAK_BERALASAN
    )
    assert closed.steps[-1].event.model_dump()["unfounded"] is True
    assert closed.case.status is Status.SELESAI


@pytest.mark.parametrize("action", sorted(set(Action) - {Action.REOPEN, Action.LINK}))
def test_a_closed_case_takes_no_act_but_reopen_and_link(action: Action) -> None:
    closed = do(opened(), Action.RESOLVE, text="selesai").case
    with pytest.raises(RefusedError, match="sudah ditutup"):
        do(closed, action, text="x", opd="paser/dlh", reason=CloseReason.LAINNYA)
    assert kinds(do(closed, Action.LINK, lapor_id="123")) == [Type.LINKED]
    assert do(closed, Action.REOPEN).case.status is Status.DIBUKA_KEMBALI


def test_not_done_counts_only_within_the_reply_window() -> None:
    closed = replace(
        do(opened(), Action.RESOLVE, text="selesai").case, window_until=NOW + timedelta(days=14)
    )
    late = citizen_rules.act(
        closed, acted(CitizenAct.NOT_DONE, NOW + timedelta(days=14), text="belum")
    )
    assert late is not None
    assert kinds(late) == [Type.ADDED]
    in_time = citizen_rules.act(closed, acted(CitizenAct.NOT_DONE, NOW + timedelta(days=13)))
    assert in_time is not None
    assert kinds(in_time) == [Type.REOPENED]


def test_an_answer_nobody_asked_for_is_kept_as_an_addition() -> None:
    found = citizen_rules.act(opened(), acted(CitizenAct.ANSWER, text="di sini"))
    assert found is not None
    assert kinds(found) == [Type.ADDED]
    assert citizen_rules.act(opened(), acted(CitizenAct.ANSWER)) is None


def test_only_a_finished_case_is_rated_and_once() -> None:
    assert citizen_rules.act(opened(), acted(CitizenAct.RATE, score=5)) is None
    closed = do(opened(), Action.RESOLVE, text="selesai").case
    rated = citizen_rules.act(closed, acted(CitizenAct.RATE, score=5))
    assert rated is not None
    assert kinds(rated) == [Type.RATED]
    assert citizen_rules.act(rated.case, acted(CitizenAct.RATE, score=1)) is None


@pytest.mark.parametrize(
    ("fields", "opd"),
    [
        ({}, "paser/dpupr"),
        ({"confidence": 0.49}, "paser/setda-organisasi"),
        ({"guess": None}, "paser/setda-organisasi"),
        ({"guess": "paser/ext-pln"}, "paser/setda-organisasi"),
        ({"guess": "kutim/dpupr"}, "paser/setda-organisasi"),
        ({"opd_asked": "paser/dlh", "confidence": 0.1}, "paser/dlh"),
        ({"berkadar": True, "opd_asked": "paser/dlh"}, "paser/inspektorat"),
        ({"category": Category.PERILAKU_PETUGAS_PUNGLI}, "paser/inspektorat"),
        ({"category_asked": Category.PERILAKU_PETUGAS_PUNGLI}, "paser/inspektorat"),
    ],
)
def test_where_a_case_opens(fields: dict[str, Any], opd: str) -> None:
    assert opened(**fields).opd == opd


commands = st.builds(
    Command,
    st.sampled_from(Action),
    text=st.sampled_from([None, "teks"]),
    opd=st.sampled_from([None, "paser/dlh", "paser/dinkes", "paser/dpupr", "paser/inspektorat"]),
    user=st.sampled_from([None, "budi"]),
    kind=st.sampled_from([None, *Kind]),
    category=st.sampled_from([None, Category.AIR_BERSIH, Category.PERILAKU_PETUGAS_PUNGLI]),
    reason=st.sampled_from([None, *CloseReason]),
    lapor_id=st.sampled_from([None, "191"]),
)
acts = st.builds(
    acted,
    st.sampled_from(CitizenAct),
    text=st.sampled_from([None, "kata"]),
    score=st.sampled_from([None, 1, 5]),
)
units = st.sampled_from(["holder", "coordinator", "unsent", "time"])
CLOCKS = FoldedClocks()


@settings(max_examples=120)
@given(
    st.booleans(),
    st.lists(st.tuples(units, st.one_of(commands, acts)), min_size=1, max_size=12),
)
def test_any_sequence_of_acts(
    berkadar: bool, sequence: list[tuple[str, Command | CitizenActed]]
) -> None:
    report = complaint(received_at=NOW, berkadar=berkadar, ticket="2222-2222")
    start = open_case(report, report.reference, "p", DIRECTORY, 0.5)
    case = start.case
    assert isinstance(start.step.event, CaseOpened)
    events = [PastEvent(start.step.type, NOW, start.step.event.as_json())]
    for who, what in sequence:
        found = step(case, who, what)
        if found is None:
            continue
        for number, written in enumerate(found.steps, case.version + 1):
            # The sequence has no gaps, and the state follows the events.
            assert written.event.sequence == number
            events.append(PastEvent(written.type, written.at, written.event.as_json()))
        if not case.open:
            allowed = {Type.REOPENED, Type.LINKED, Type.ADDED, Type.RATED}
            assert {written.type for written in found.steps} <= allowed
        case = found.case
        assert case.version == events[-1].data["sequence"]
        assert case.opd == events[-1].data["opd"]
        assert (case.closed_at is None) == case.open
        assert not (case.paused and not case.open)
        assert_hidden(case)
    due = CLOCKS.read(case, events, DIRECTORY)
    assert due.verify.due is not None or case.status in CLOSED_STATUSES


def step(case: Case, who: str, what: Command | CitizenActed) -> Decision | None:
    if who == "unsent":
        return citizen_rules.unsent(case, case.question or 0, NOW)
    if who == "time":
        return citizen_rules.auto_resolve(case)
    if isinstance(what, CitizenActed):
        return citizen_rules.act(case, what)
    holder = Staff("petugas", Role.HANDLER, "paser", case.opd)
    staff = holder if who == "holder" and "setda" not in case.opd else COORDINATOR
    try:
        return rules.decide(case, staff, what, NOW, DIRECTORY)
    except RefusedError:
        return None


def assert_hidden(case: Case) -> None:
    """A restricted case is Inspektorat's, and no other unit's handler can open it."""
    if not case.restricted:
        return
    assert case.opd == "paser/inspektorat"
    for unit in ("paser/dpupr", "paser/dlh", "paser/dinkes", case.accused or "paser/dlh"):
        viewer = Viewer("x", Role.HANDLER, "paser", unit)
        assert not may_open(viewer, case, DIRECTORY)
        scope = queue_scope(viewer, DIRECTORY)
        assert scope is not None
        assert scope.restricted is False


@pytest.mark.parametrize("tag", ["permintaan_imbalan", "penyalahgunaan_wewenang"])
def test_a_tag_that_says_an_officer_did_wrong_makes_an_accusation(tag: str) -> None:
    report = complaint(received_at=NOW)
    found = report.classification.model_copy(update={"maladministration": [Maladministration(tag)]})
    report = report.model_copy(update={"classification": found, "opd_asked": "paser/dpupr"})
    case = open_case(report, report.reference, "p", DIRECTORY, 0.5).case
    assert (case.restricted, case.opd, case.accused) == (True, "paser/inspektorat", "paser/dpupr")
    # Another correction does not set it free; saying that it accuses nobody does.
    kept = do(case, Action.CORRECT, INSPECTOR, urgency=Urgency.MENDESAK).case
    assert kept.restricted
    assert not do(kept, Action.CORRECT, INSPECTOR, berkadar_pengawasan=False).case.restricted


def test_a_tag_about_slow_work_accuses_nobody() -> None:
    report = complaint(received_at=NOW)
    tags = [Maladministration.PENUNDAAN_BERLARUT]
    found = report.classification.model_copy(update={"maladministration": tags})
    report = report.model_copy(update={"classification": found})
    assert not open_case(report, report.reference, "p", DIRECTORY, 0.5).case.restricted


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({"external": "paser/ext-pln", "text": "Bukan kami."}, "paser/ext-pln"),
        ({"external": "Balai Jalan Nasional", "text": "Bukan kami."}, "Balai Jalan Nasional"),
        ({"text": "Silakan hubungi PLN."}, "paser/ext-pln"),
        ({"text": "Silakan ke balai jalan nasional."}, None),
    ],
)
def test_who_is_not_responsible_names_the_body_that_is(
    fields: dict[str, Any], body: str | None
) -> None:
    done = do(opened(), Action.REJECT, reason=CloseReason.BUKAN_WEWENANG, **fields)
    assert done.case.status is Status.BUKAN_WEWENANG
    assert done.steps[-1].event.model_dump()["external"] == body


@pytest.mark.parametrize("action", [Action.REJECT, Action.ARCHIVE])
def test_not_responsible_without_a_body_is_refused(action: Action) -> None:
    with pytest.raises(RefusedError):
        do(opened(), action, reason=CloseReason.BUKAN_WEWENANG)
    with pytest.raises(RefusedError):
        do(opened(), action, reason=CloseReason.BUKAN_WEWENANG, opd="paser/dlh", text="x")


def test_a_postponement_keeps_its_reason() -> None:
    done = do(opened(), Action.POSTPONE, text="Menunggu anggaran", reason=CloseReason.LAINNYA)
    assert done.steps[-1].event.model_dump()["reason"] is CloseReason.LAINNYA
