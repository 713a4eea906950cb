"""The clocks of a case: starts, pauses, reopenings, endings, and whose mark a step is."""

from dataclasses import replace
from datetime import datetime

import pytest

from shared.clocks.facts import from_json, to_json
from shared.clocks.fold import fold, snapshots
from shared.clocks.state import Clock
from shared.contracts.enums import Actor, CloseReason, Kind
from tests.casebook import REGION, TRIAGE, WITA, CaseBook, T, X, Y, at, day, due_day, rules

# September 2026 has no day off: Monday 7, 14, 21, 28.
MON = "2026-09-07"


@pytest.mark.parametrize(
    ("kind", "berkadar", "finish"),
    [
        (Kind.PERMINTAAN_INFORMASI, False, "2026-03-30"),
        (Kind.ASPIRASI, False, "2026-03-30"),
        (Kind.PENGADUAN, False, "2026-04-13"),
        (Kind.PENGADUAN, True, "2026-06-25"),
        (Kind.ASPIRASI, True, "2026-03-30"),
    ],
)
def test_deadlines_follow_the_kind(kind: Kind, berkadar: bool, finish: str) -> None:
    state = CaseBook("2026-03-16", kind=kind, berkadar=berkadar).fold()
    assert due_day(state, "verify") == "2026-03-26"
    assert due_day(state, "first_response") == "2026-03-30"
    assert due_day(state, "finish") == finish
    assert state.due(Clock.VERIFY) == datetime(2026, 3, 27, tzinfo=WITA)


def test_first_response_starts_with_the_first_assignment_out_of_triage() -> None:
    waiting = CaseBook(MON, TRIAGE)
    assert not waiting.fold().first_response.counted
    assert waiting.fold().due(Clock.FIRST_RESPONSE) is None
    assert due_day(waiting.assign("2026-09-09", X).fold(), "first_response") == "2026-09-16"
    forwarded = CaseBook(MON, TRIAGE).forward("2026-09-10", X).fold()
    assert due_day(forwarded, "first_response") == "2026-09-17"


def test_first_response_starts_with_the_triage_units_own_take_or_words() -> None:
    taken = CaseBook(MON, TRIAGE).staff(T.TAKEN, "2026-09-08")
    assert due_day(taken.fold(), "first_response") == "2026-09-15"
    taken.staff(T.TAKEN, "2026-09-10")
    assert due_day(taken.fold(), "first_response") == "2026-09-15"
    answered = CaseBook(MON, TRIAGE).reply("2026-09-08").fold().first_response
    assert (answered.done_day, answered.late, answered.doer) == (day("2026-09-08"), False, TRIAGE)


def test_acts_of_the_holding_unit_also_verify() -> None:
    assert CaseBook(MON).reply("2026-09-08").fold().verify.doer == X
    assert CaseBook(MON).reply("2026-09-08", unit=TRIAGE).fold().verify.done_day is None
    assert CaseBook(MON).forward("2026-09-08", Y).fold().verify.doer == X
    assert CaseBook(MON).staff(T.TAKEN, "2026-09-08").fold().verify.done_day is None
    first = CaseBook(MON).verify("2026-09-08").verify("2026-09-09").fold().verify
    assert first.done_day == day("2026-09-08")


def test_a_machine_verification_gives_no_verify_clock() -> None:
    assert not CaseBook(MON).system(T.VERIFIED, MON).fold().verify.counted
    late = CaseBook(MON).system(T.VERIFIED, "2026-09-21").fold().verify
    assert late.counted
    assert late.done_day is None
    closed = CaseBook(MON).system(T.VERIFIED, MON).system(T.VERIFIED, MON).withdraw("2026-09-30")
    assert not closed.fold().verify.counted


def test_an_automatic_receipt_never_counts_as_a_response() -> None:
    automatic = CaseBook(MON).system(T.REPLIED, MON).fold()
    assert automatic.first_response.done_day is None
    assert automatic.window_until is None


def test_a_question_holds_every_running_clock_until_the_answer() -> None:
    book = CaseBook(MON).ask("2026-09-08").answer("2026-09-11")
    # At the ends of 8, 9 and 10 September the case stood paused.
    assert due_day(book.fold(), "verify") == "2026-09-15"
    assert due_day(book.fold(), "finish") == "2026-09-30"
    assert not book.fold().paused


def test_a_question_answered_the_same_day_holds_nothing() -> None:
    book = CaseBook(MON).ask("2026-09-08 09:00").answer("2026-09-08 15:00")
    assert due_day(book.fold(), "finish") == "2026-09-25"


def test_at_most_ten_working_days_of_pause_count_a_case() -> None:
    never = CaseBook(MON).ask("2026-09-08")
    assert never.fold().paused
    assert due_day(never.fold(), "finish") == "2026-10-09"
    again = (
        CaseBook(MON)
        .ask("2026-09-08").answer("2026-09-18")  # 8 working days
        .ask("2026-09-21").answer("2026-09-29")  # 2 of 6 still count
        .ask("2026-09-30").answer("2026-10-02")  # none
    )  # fmt: skip
    assert due_day(again.fold(), "finish") == "2026-10-09"


def test_the_day_of_receipt_is_not_one_of_the_ten() -> None:
    asked = CaseBook(MON).ask("2026-09-07 11:00").answer("2026-09-08")
    assert due_day(asked.fold(), "finish") == "2026-09-25"
    longer = CaseBook(MON).ask("2026-09-07 11:00").ask("2026-09-08")
    assert due_day(longer.fold(), "finish") == "2026-10-09"


def test_an_unsent_question_never_paused_and_was_no_response() -> None:
    book = CaseBook(MON).ask("2026-09-08").system(T.UNSENT, "2026-09-10", question=2)
    state = book.fold()
    assert due_day(state, "finish") == "2026-09-25"
    assert state.first_response.done_day is None
    assert state.verify.doer == X
    known = dict(snapshots(book.facts, rules()))
    before = known[day("2026-09-08")]
    assert before is not None
    assert before.paused
    assert before.first_response.done_day == day("2026-09-08")


def test_postponing_and_notes_stop_no_clock() -> None:
    state = CaseBook(MON).staff(T.POSTPONED, "2026-09-08").staff(T.NOTED, "2026-09-08").fold()
    assert due_day(state, "finish") == "2026-09-25"


def test_a_lengthening_correction_counts_once_confirmed() -> None:
    book = CaseBook(MON, kind=Kind.ASPIRASI).correct("2026-09-08", Kind.PENGADUAN)
    assert due_day(book.fold(), "finish") == "2026-09-14"
    assert book.fold().kind is Kind.ASPIRASI
    book.correct("2026-09-09", Kind.PENGADUAN, confirmed=True)
    assert due_day(book.fold(), "finish") == "2026-09-25"
    book.correct("2026-09-10", Kind.PERMINTAAN_INFORMASI)
    assert due_day(book.fold(), "finish") == "2026-09-14"


def test_the_reply_window_ends_ten_working_days_after_the_last_word_of_the_opd() -> None:
    book = CaseBook(MON).reply("2026-09-08")
    assert book.fold().window_until == datetime(2026, 9, 23, tzinfo=WITA)
    assert book.citizen(T.ADDED, "2026-09-09").fold().window_until is None
    assert book.reply("2026-09-10").fold().window_until == datetime(2026, 9, 25, tzinfo=WITA)
    assert book.resolve("2026-09-11").fold().window_until is None


def test_an_automatic_finish_counts_on_the_day_of_the_last_word() -> None:
    book = CaseBook(MON).reply("2026-09-08").system(T.AUTO_RESOLVED, "2026-09-23")
    state = book.fold()
    assert (state.finish.done_day, state.finish.late) == (day("2026-09-08"), False)
    assert (state.finish.doer, state.auto_finished) == (X, True)
    wordless = CaseBook(MON).system(T.AUTO_RESOLVED, "2026-09-09").fold()
    assert (wordless.finish.done_day, wordless.finish.doer) == (day("2026-09-09"), X)


def test_a_finish_by_no_person_is_no_words_to_the_citizen() -> None:
    state = CaseBook(MON).system(T.RESOLVED, "2026-09-08").fold()
    assert (state.finished, state.first_response.done_day) == (True, None)
    assert state.verify.done_day is None


def test_the_last_moment_of_the_deadline_day_is_on_time() -> None:
    assert not CaseBook(MON).resolve("2026-09-25 23:59").fold().finish.late
    assert CaseBook(MON).resolve("2026-09-26 00:00").fold().finish.late


# -- endings --------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["reject", "archive", "withdraw"])
def test_an_ending_takes_away_clocks_that_were_not_due(end: str) -> None:
    book = CaseBook(MON)
    getattr(book, end)("2026-09-08")
    state = book.fold()
    assert not state.finish.counted
    assert not state.finished
    assert state.due(Clock.FINISH) is None
    assert not state.open


def test_a_rejection_is_verified_and_answered() -> None:
    state = CaseBook(MON).reject("2026-09-08").fold()
    assert state.verify.done_day == state.first_response.done_day == day("2026-09-08")
    machine = CaseBook(MON).system(T.REJECTED, "2026-09-08", reason=CloseReason.SPAM).fold()
    assert machine.first_response.done_day is None


def test_a_finish_already_overdue_counts_as_late_on_the_day_of_the_ending() -> None:
    state = CaseBook(MON).verify(MON).reject("2026-09-28").fold()
    assert (state.finish.done_day, state.finish.late, state.finish.mark) == (
        day("2026-09-28"),
        True,
        X,
    )
    assert not state.finished


def test_a_case_ended_on_the_day_of_its_deadline_was_not_overdue() -> None:
    assert not CaseBook(MON).verify(MON).reject("2026-09-25 23:59").fold().finish.counted
    assert CaseBook(MON).verify(MON).reject("2026-09-26 00:00").fold().finish.late


def test_steps_already_missed_stay_missed_when_the_citizen_withdraws() -> None:
    state = CaseBook(MON).withdraw("2026-09-14").fold()
    assert state.verify.missed_at_end_of(day("2026-09-14"))
    assert not state.first_response.counted


def test_a_closed_case_takes_no_second_end() -> None:
    book = CaseBook(MON).resolve("2026-09-08")
    for again in (book.resolve, book.reject, book.archive, book.withdraw):
        again("2026-09-10")
    book.system(T.AUTO_RESOLVED, "2026-09-11")
    assert book.fold().finish.done_day == day("2026-09-08")


# -- reopening ------------------------------------------------------------------------------------


def test_reopening_undoes_the_finish_and_leaves_at_least_three_working_days() -> None:
    book = CaseBook(MON).resolve("2026-09-24").reopen("2026-09-28")
    state = book.fold()
    assert state.finish.done_day is None
    assert (state.finish.mark, state.finish.runner, state.undone) == (X, X, X)
    assert due_day(state, "finish") == "2026-10-01"
    assert state.final_opd == X
    assert book.assign("2026-09-29", Y).fold().final_opd == Y


def test_days_on_which_the_case_stood_closed_are_not_counted() -> None:
    state = CaseBook(MON).resolve("2026-09-08").reopen("2026-09-14").fold()
    # Closed at the ends of 8, 9, 10 and 11 September: the deadline moves by four working days.
    assert due_day(state, "finish") == "2026-10-01"


def test_after_a_second_reopening_the_next_finish_is_late() -> None:
    book = CaseBook(MON).resolve("2026-09-08").reopen("2026-09-09")
    assert not book.resolve("2026-09-10", X).fold().finish.late
    book.reopen("2026-09-11")
    assert book.fold().reopenings == 2
    assert book.resolve("2026-09-11", X).fold().finish.late


def test_an_unfounded_reopening_never_happened() -> None:
    before = CaseBook(MON).resolve("2026-09-08")
    book = CaseBook(MON).resolve("2026-09-08").reopen("2026-09-14")
    book.resolve("2026-09-15", unfounded=True)
    assert book.fold().finish == before.fold().finish
    assert book.fold().reopenings == 0
    plain = CaseBook(MON).resolve("2026-09-15", unfounded=True).fold()
    assert plain.finish.done_day == day("2026-09-15")


def test_a_rejected_case_that_is_reopened_runs_on_with_nobodys_finish_undone() -> None:
    state = CaseBook(MON).reject("2026-09-08").reopen("2026-09-09").fold()
    assert state.finish.counted
    assert (state.reopenings, state.undone, state.finish.mark) == (0, None, TRIAGE)
    assert CaseBook(MON).reopen("2026-09-08").fold().reopenings == 0


# -- whose mark -----------------------------------------------------------------------------------


def test_a_step_on_time_is_of_who_did_it() -> None:
    state = CaseBook(MON).verify("2026-09-08").forward("2026-09-09", Y).resolve("2026-09-10").fold()
    assert (state.verify.doer, state.finish.doer) == (X, Y)


@pytest.mark.parametrize(
    ("forwarded", "mark"),
    [
        ("2026-09-22 23:59", Y),
        ("2026-09-23 00:00", Y),  # 00:00 of the third-last counted day, the deadline's included
        ("2026-09-23 00:01", X),
        ("2026-09-30", X),
    ],
)
def test_late_is_of_who_held_it_on_the_third_last_day(forwarded: str, mark: str) -> None:
    book = CaseBook(MON).verify(MON).forward(forwarded, Y)
    assert book.fold().finish.mark == mark
    assert book.fold().finish.runner == Y


def test_a_case_that_came_later_is_of_its_first_holder() -> None:
    book = CaseBook(MON, X, opened="2026-10-05").forward("2026-10-06", Y)
    assert book.fold().finish.mark == X


# -- what is known --------------------------------------------------------------------------------


def test_without_its_opening_a_case_has_no_clocks() -> None:
    facts = CaseBook(MON).reply("2026-09-08").facts
    assert fold(facts[1:], rules()) is None
    assert fold([], rules()) is None
    assert list(snapshots(facts[1:], rules())) == []


def test_times_that_contradict_the_sequence_fold_by_day() -> None:
    book = CaseBook(MON, opened="2026-09-09").reply("2026-09-08").resolve("2026-09-10")
    known = dict(snapshots(book.facts, rules()))
    assert known[day("2026-09-08")] is None
    final = known[day("2026-09-10")]
    assert final is not None
    assert final.finished
    assert final.first_response.done_day == day("2026-09-08")


def test_facts_survive_the_database() -> None:
    book = (
        CaseBook(MON, service="KTP-el", lapor=True, berkadar=True)
        .ask("2026-09-08").system(T.UNSENT, "2026-09-09", question=2)
        .correct("2026-09-10", Kind.ASPIRASI, confirmed=True)
        .reject("2026-09-11").reopen("2026-09-14").resolve("2026-09-15", unfounded=True)
        .rate("2026-09-16", 4)
    )  # fmt: skip
    for fact in book.facts:
        assert from_json(fact.type.value, fact.sequence, to_json(fact)) == fact


def test_labels_and_ratings_are_read() -> None:
    book = CaseBook(MON).staff(T.LINKED, MON).rate("2026-09-08", 2).rate("2026-09-09", 5)
    book.resolve("2026-09-10").reopen("2026-09-11").rate("2026-09-12", 1)
    state = book.fold()
    assert state.lapor
    # One rating a handling, the last one; after the reopening the finisher is meant.
    assert [(r.score, r.opd) for r in state.ratings] == [(5, X), (1, X)]


def test_overdue_clocks_are_named() -> None:
    book = CaseBook(MON).verify(MON)
    state = book.fold()
    assert state.overdue(at("2026-09-15")) == (Clock.FIRST_RESPONSE,)
    assert state.overdue(at("2026-09-14")) == ()
    assert state.done(Clock.VERIFY)
    assert CaseBook(MON, TRIAGE).fold().overdue(at("2027-01-01")) == (Clock.VERIFY, Clock.FINISH)


def test_a_person_is_staff() -> None:
    book = CaseBook(MON).staff(T.NOTED, MON, actor=Actor.COORDINATOR).withdraw(MON)
    assert [fact.by_person for fact in book.facts] == [False, True, False]
    assert book.facts[0].opd.startswith(REGION)


def test_a_correction_or_rating_without_its_value_changes_nothing() -> None:
    book = CaseBook(MON).correct(MON, Kind.ASPIRASI).rate(MON, 3)
    empty = [replace(fact, kind=None, number=None) for fact in book.facts[1:]]
    state = fold([book.facts[0], *empty], rules())
    assert state is not None
    assert state.kind is Kind.PENGADUAN
    assert state.ratings == ()


def test_words_on_a_closed_case_move_it_nowhere() -> None:
    book = CaseBook(MON).resolve("2026-09-08").ask("2026-09-09")
    book.opd = Y
    state = book.rate("2026-09-10", 4).fold()
    assert state.holder == X
    assert not state.paused
