"""From facts to counters: what each case adds, when, and that no order of arrival matters."""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.rules import contributions, deltas, timeline, touched
from shared.clocks.facts import CaseFact
from shared.clocks.fold import fold, snapshots
from shared.contracts.enums import Kind
from shared.scores.index import opd_index, tally_of
from shared.scores.measures import Grain, Key, expand, first_day_of, month_of
from shared.scores.sums import Range, state_ranges, step_ranges, year_ranges
from tests.casebook import TRIAGE, CaseBook, T, X, Y, day, rules
from tests.randomcases import cases

RULES = rules()
MON = "2026-09-07"
Sums = dict[tuple[str, str], int]


def value(found: dict[Key, int], as_of: str, start: str = "2000-01-01") -> Sums:
    """What counters with these deltas show at a day's end in the window from `start`."""
    return _value(found, 2 * day(as_of) + 1, day(start))


def _value(found: dict[Key, int], tick: int, start: int) -> Sums:
    sums: Sums = {}
    for (opd, measure, step, at_tick), n in found.items():
        if at_tick <= tick and (step == 0 or step >= start):
            sums[opd, measure] = sums.get((opd, measure), 0) + n
    return {key: n for key, n in sums.items() if n}


def of(book: CaseBook, as_of: str, start: str = "2000-01-01") -> dict[str, int]:
    """X's measures of the clocks."""
    shown = value(deltas(book.facts, RULES), as_of, start)
    return {m: n for (opd, m), n in shown.items() if opd == X and not m.startswith("year.")}


def test_a_case_runs_until_it_is_done() -> None:
    book = CaseBook(MON)
    assert of(book, MON) == {
        "verify.running": 1, "first_response.running": 1, "finish.running": 1, "received": 1,
    }  # fmt: skip
    book.resolve("2026-09-08")
    assert of(book, MON)["verify.running"] == 1
    assert of(book, "2026-09-08") == {
        "verify.on_time": 1, "first_response.on_time": 1, "finish.on_time": 1, "received": 1,
        "closed.n": 1, "closed.good": 1,
    }  # fmt: skip


def test_a_case_whose_opening_is_not_known_yet_counts_nowhere() -> None:
    opened, *later = CaseBook(MON).verify("2026-09-08").facts
    assert deltas(later, RULES) == {}
    assert deltas([*later, opened], RULES) == deltas([opened, *later], RULES) != {}


def test_a_deadline_that_passes_shows_without_any_event() -> None:
    book = CaseBook(MON)
    assert "verify.missed" not in of(book, "2026-09-09")
    assert of(book, "2026-09-10")["verify.missed"] == 1
    live = _value(deltas(book.facts, RULES), 2 * day("2026-09-10"), 0)
    assert live[X, "verify.running"] == 1


def test_a_miss_is_in_every_window_until_done_then_late_on_its_day() -> None:
    book = CaseBook(MON).verify("2026-12-01")
    assert of(book, "2026-11-30", "2026-11-30")["verify.missed"] == 1
    assert of(book, "2026-12-01", "2026-12-01")["verify.late"] == 1
    assert "verify.late" not in of(book, "2026-12-02", "2026-12-02")


def test_after_365_days_a_miss_is_backlog() -> None:
    book = CaseBook(MON)
    assert of(book, "2027-09-09")["verify.missed"] == 1
    assert of(book, "2027-09-10")["verify.backlog"] == 1
    late = of(book.verify("2027-10-01"), "2027-10-01")
    assert "verify.backlog" not in late
    assert late["verify.late"] == 1


def test_the_undone_steps_of_a_closed_case_lapse_instead() -> None:
    book = CaseBook(MON).withdraw("2026-09-14")
    assert of(book, "2027-09-09")["verify.missed"] == 1
    assert of(book, "2027-09-10") == {"received": 1, "ended.withdrawn": 1}


def test_an_automatic_finish_acts_from_its_own_time_on() -> None:
    book = CaseBook(MON, kind=Kind.ASPIRASI).reply("2026-09-08")
    book.system(T.AUTO_RESOLVED, "2026-09-23 00:00")
    assert of(book, "2026-09-22")["finish.missed"] == 1
    assert of(book, "2026-09-22", "2026-09-09")["finish.missed"] == 1
    assert of(book, "2026-09-23")["finish.on_time"] == 1
    assert of(book, "2026-09-23")["ended.auto"] == 1
    assert "finish.on_time" not in of(book, "2026-09-23", "2026-09-09")


def test_a_reopened_case_counts_once_as_finished_and_as_the_miss_when_missed() -> None:
    book = CaseBook(MON).resolve("2026-09-24").reopen("2026-09-25")
    assert of(book, "2026-09-24")["closed.good"] == 1
    open_again = of(book, "2026-09-25")
    assert (open_again["closed.n"], open_again["finish.running"]) == (1, 1)
    assert "closed.good" not in open_again
    assert "finish.on_time" not in open_again
    missed = of(book, "2026-09-30")
    assert missed["finish.missed"] == 1
    assert "closed.n" not in missed
    late = of(book.resolve("2026-10-02", Y), "2026-10-02")
    assert (late["finish.late"], late["closed.n"]) == (1, 1)


def test_a_reopening_marked_unfounded_leaves_no_trace_from_then_on() -> None:
    clean = CaseBook(MON).resolve("2026-09-08")
    book = CaseBook(MON).resolve("2026-09-08").reopen("2026-09-09")
    book.resolve("2026-09-10", unfounded=True)
    assert "closed.good" not in of(book, "2026-09-09")
    expected = value(deltas(clean.facts, RULES), "2026-09-10")
    assert value(deltas(book.facts, RULES), "2026-09-10") == expected


def test_ratings_count_on_their_day() -> None:
    book = CaseBook(MON).resolve("2026-09-08").rate("2026-09-09", 5).rate("2026-09-10", 1)
    assert of(book, "2026-09-09")["rating.sum"] == 4
    changed = of(book, "2026-09-10")
    assert changed["rating.n"] == 1
    assert "rating.sum" not in changed


def test_overdue_cases_stay_on_the_sender_whether_forwarded_or_rejected() -> None:
    # The third-last counted day of the finish is 23 September.
    forwarded = CaseBook(MON).verify(MON).forward("2026-09-28", Y)
    assert of(forwarded, "2026-09-28")["finish.missed"] == 1
    resolved = forwarded.resolve("2026-09-29")
    assert of(resolved, "2026-09-29")["finish.late"] == 1
    shown = value(deltas(resolved.facts, RULES), "2026-09-29")
    assert (Y, "finish.late") not in shown
    rejected = CaseBook(MON).verify(MON).reject("2026-09-28")
    ended = of(rejected, "2026-09-28")
    assert (ended["finish.late"], ended["ended.rejected"]) == (1, 1)
    assert "closed.n" not in ended


def test_twenty_overdue_cases_forwarded_away_do_not_clean_the_sender() -> None:
    policy = RULES.book.at(date(2026, 9, 1)).index
    kept, sent = CaseBook(MON).verify(MON), CaseBook(MON).verify(MON).forward("2026-09-28", Y)
    values = []
    for book in (kept, sent):
        shown = {m: 20 * n for m, n in of(book, "2026-09-28").items()}
        tally = tally_of(shown)
        values.append(opd_index(tally, tally, policy).value)
    assert values[0] == values[1]


def test_cases_before_the_regions_start_stay_out_of_the_index_but_in_no_28() -> None:
    later = rules(counts_from=date(2026, 9, 8))
    shown = value(deltas(CaseBook(MON).resolve("2026-09-09").facts, later), "2026-09-09")
    assert {m for _, m in shown} == {
        "year.in", "year.done", "year.within_72", "year.within_120", "year.within_168",
        "year.within_336",
    }  # fmt: skip
    counted = rules(counts_from=date(2026, 9, 7))
    assert (X, "finish.on_time") in value(
        deltas(CaseBook(MON).resolve("2026-09-09").facts, counted), "2026-09-09"
    )


def years(book: CaseBook, as_of: str) -> dict[tuple[str, str], int]:
    shown = value(deltas(book.facts, RULES), as_of)
    return {
        (opd, m): n for (opd, m), n in shown.items() if m.startswith("year.") and "within" not in m
    }


def test_no_28_counts_the_final_opd_by_year_of_receipt() -> None:
    book = CaseBook(MON, lapor=True).forward("2026-09-08", Y)
    assert years(book, MON) == {(X, "year.in"): 1, (X, "year.lapor_in"): 1}
    assert years(book, "2026-09-08") == {(Y, "year.in"): 1, (Y, "year.lapor_in"): 1}
    book.resolve("2026-09-09")
    assert years(book, "2026-09-09")[Y, "year.lapor_done"] == 1
    book.reopen("2026-09-10")
    assert years(book, "2026-09-10") == {(Y, "year.in"): 1, (Y, "year.lapor_in"): 1}


def test_no_28_knows_what_it_leaves_out() -> None:
    assert years(CaseBook(MON, kind=Kind.ASPIRASI), MON) == {}
    assert years(CaseBook(MON).reject(MON), MON) == {}
    auto = CaseBook(MON).reply(MON).system(T.AUTO_RESOLVED, "2026-09-22")
    assert years(auto, "2026-09-22") == {
        (X, "year.in"): 1, (X, "year.done"): 1, (X, "year.auto"): 1,
    }  # fmt: skip


def test_a_case_in_triage_has_no_response_clock() -> None:
    shown = value(deltas(CaseBook(MON, TRIAGE).facts, RULES), "2027-01-01")
    assert (TRIAGE, "finish.missed") in shown
    assert not any("first_response" in measure for _, measure in shown)


# -- the counters, by hand ------------------------------------------------------------------------


def test_going_from_one_set_of_deltas_to_another_takes_back_and_adds() -> None:
    step = day(MON)
    kept, gone, new = (
        (X, "received", step, 1),
        (X, "finish.late", step, 2),
        (Y, "rating.n", step, 3),
    )
    assert touched({kept: 1, gone: 1}, {kept: 1, new: 2}) == {gone: -1, new: 2}
    assert touched({kept: 1}, {kept: 3}) == {kept: 2}
    assert touched({}, {}) == {}


def test_what_a_case_adds_once_a_day_has_ended() -> None:
    state = CaseBook(MON).verify(MON).fold()
    shown = contributions(state, RULES, 365, day("2026-09-25"))
    assert shown[X, "verify.on_time", day(MON)] == 1
    assert shown[X, "finish.missed", 0] == 1
    assert (X, "finish.running", 0) not in shown


def test_a_delta_is_kept_in_the_grains_its_measure_is_read_by() -> None:
    step, tick = day("2026-09-08"), 2 * day("2026-10-01")
    september, october = month_of(step), month_of(tick >> 1)
    state = expand({(X, "finish.running", 0, tick): 1})
    assert state == {
        ("paser", Grain.STATE_DAY, 0, tick, X, "finish.running"): 1,
        ("paser", Grain.STATE_MONTH, 0, october, X, "finish.running"): 1,
        ("paser", Grain.STATE_YEAR, 0, 2026, X, "finish.running"): 1,
    }
    two = {(X, "finish.late", step, tick): 1, (X, "finish.late", step + 1, tick): 1}
    assert expand(two) == {
        ("paser", Grain.STEP_DAY_DAY, step, tick, X, "finish.late"): 1,
        ("paser", Grain.STEP_DAY_DAY, step + 1, tick, X, "finish.late"): 1,
        ("paser", Grain.STEP_DAY_MONTH, step, october, X, "finish.late"): 1,
        ("paser", Grain.STEP_DAY_MONTH, step + 1, october, X, "finish.late"): 1,
        ("paser", Grain.STEP_MONTH_DAY, september, tick, X, "finish.late"): 2,
        ("paser", Grain.STEP_MONTH_MONTH, september, october, X, "finish.late"): 2,
    }
    year = expand({(X, "year.in", step, tick): 1})
    assert year == {
        ("paser", Grain.COHORT_DAY, 2026, tick, X, "year.in"): 1,
        ("paser", Grain.COHORT_MONTH, 2026, october, X, "year.in"): 1,
        ("paser", Grain.COHORT_YEAR, 2026, 2026, X, "year.in"): 1,
    }


@pytest.mark.parametrize(
    ("start", "as_of"),
    [
        ("2026-09-01", "2026-09-07"),  # early in a month: its days are added
        ("2026-09-01", "2026-09-28"),  # late: the days that are left are taken away
        ("2026-07-05", "2026-09-08"),  # few days before the start are taken away
        ("2026-07-25", "2026-09-28"),  # few days after it are added
        ("2026-09-20", "2026-09-22"),  # no whole month at all
        ("2026-01-01", "2026-03-07"),  # early in a year: its months are added
    ],
)
def test_every_window_reads_what_its_steps_and_ticks_say(start: str, as_of: str) -> None:
    books = [CaseBook(MON).resolve("2026-09-08"), CaseBook("2026-07-06").resolve("2026-07-28"),
             CaseBook("2026-06-22").verify("2026-07-02"), CaseBook("2026-09-21"),
             CaseBook("2026-01-12").resolve("2026-02-03"), CaseBook("2025-12-15")]  # fmt: skip
    moved: dict[Key, int] = {}
    for book in books:
        for key, n in deltas(book.facts, RULES).items():
            moved[key] = moved.get(key, 0) + n
    steps = {key: n for key, n in moved.items() if not key[1].startswith("year.")}
    cohort = {key: n for key, n in moved.items() if key[1].startswith("year.")}
    for tick in (2 * day(as_of), 2 * day(as_of) + 1):  # while the day lasts, and once it is over
        ranges = (*state_ranges(tick), *step_ranges(date.fromisoformat(start), tick))
        assert _read(expand(moved), ranges) == _value(steps, tick, day(start))
        received = _value(cohort, tick, day("2026-01-01"))
        assert _read(expand(moved), year_ranges(2026, 2026, tick)) == received


# -- properties -----------------------------------------------------------------------------------


@settings(max_examples=60)
@given(cases(), st.data())
def test_any_order_doubling_and_batching_gives_the_same_state_and_counters(
    facts: list[CaseFact], data: st.DataObject
) -> None:
    doubled = facts + data.draw(st.lists(st.sampled_from(facts), max_size=4))
    arrival = data.draw(st.permutations(doubled))
    cuts = {0, len(arrival)} | data.draw(st.sets(st.integers(0, len(arrival)), max_size=5))
    known: dict[int, CaseFact] = {}
    before: dict[Key, int] = {}
    counters: dict[Key, int] = {}
    for begin, end in pairwise(sorted(cuts)):
        # What a batch does: keep what is new, fold the case anew, add the difference.
        for fact in arrival[begin:end]:
            known.setdefault(fact.sequence, fact)
        after = deltas(known.values(), RULES)
        for key, n in touched(before, after).items():
            counters[key] = counters.get(key, 0) + n
        before = after
    assert {key: n for key, n in counters.items() if n} == deltas(facts, RULES)
    assert fold(known.values(), RULES) == fold(facts, RULES)
    assert list(snapshots(known.values(), RULES)) == list(snapshots(facts, RULES))


@settings(max_examples=100)
@given(cases(), st.integers(0, 900))
def test_a_past_day_is_the_fold_of_what_happened_until_its_end(
    facts: list[CaseFact], offset: int
) -> None:
    as_of = day("2025-12-01") + offset
    known = [fact for fact in facts if RULES.day(fact.at) <= as_of]
    state = fold(known, RULES)
    expected: Sums = {}
    if state is not None:
        for (opd, measure, _), n in contributions(state, RULES, 365, as_of).items():
            expected[opd, measure] = expected.get((opd, measure), 0) + n
    assert _value(deltas(facts, RULES), 2 * as_of + 1, 0) == expected


@settings(max_examples=40)
@given(cases())
def test_steady_and_day_by_day_folding_agree(facts: list[CaseFact]) -> None:
    for tick, shown in timeline(facts, RULES):
        until = tick >> 1
        state = fold([f for f in facts if RULES.day(f.at) <= until], RULES)
        assert state is not None
        assert shown == contributions(state, RULES, 365, until - 1 + tick % 2)


@settings(max_examples=40)
@given(cases())
def test_each_clock_of_a_case_counts_at_most_once(facts: list[CaseFact]) -> None:
    found = deltas(facts, RULES)
    for tick in {key[3] for key in found}:
        shown = _value(found, tick, 0)
        for clock in ("verify", "first_response", "finish"):
            parts = [n for (_, m), n in shown.items() if m.startswith(f"{clock}.")]
            assert sum(parts) <= 1
        assert all(n > 0 for n in shown.values())


@settings(max_examples=25)
@given(cases(), cases())
def test_touching_goes_from_one_set_to_the_other(a: list[CaseFact], b: list[CaseFact]) -> None:
    before, after = deltas(a, RULES), deltas(b, RULES)
    moved = touched(before, after)
    both = {k: before.get(k, 0) + moved.get(k, 0) for k in before.keys() | moved.keys()}
    assert {k: n for k, n in both.items() if n} == after
    assert touched(after, after) == {}


def _read(rows: dict[tuple[str, int, int, int, str, str], int], wanted: Iterable[Range]) -> Sums:
    sums: Sums = {}
    for (_, grain, step, tick, opd, measure), n in rows.items():
        for r in wanted:
            inside = step in r.steps and r.tick_from <= tick <= r.tick_to
            if grain == r.grain and inside:
                sums[opd, measure] = sums.get((opd, measure), 0) + n * r.sign
    return {key: n for key, n in sums.items() if n}


@settings(max_examples=25)
@given(st.lists(cases(), max_size=4), st.integers(0, 600), st.integers(0, 400), st.booleans())
def test_the_grains_add_up_to_the_same_as_every_single_delta(
    found: list[list[CaseFact]], offset: int, length: int, over: bool
) -> None:
    all_deltas: dict[Key, int] = {}
    for facts in found:
        for key, n in deltas(facts, RULES).items():
            all_deltas[key] = all_deltas.get(key, 0) + n
    rows = expand(all_deltas)
    as_of = day("2025-12-01") + offset
    start, tick = as_of - length, 2 * as_of + over
    steps = {k: n for k, n in all_deltas.items() if not k[1].startswith("year.")}
    ranges = (*state_ranges(tick), *step_ranges(date.fromordinal(start), tick))
    assert _read(rows, ranges) == _value(steps, tick, start)
    for year in (2025, 2026):
        first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
        cohort = {k: n for k, n in all_deltas.items() if k[1].startswith("year.") and k[2] <= last}
        assert _read(rows, year_ranges(year, year, tick)) == _value(cohort, tick, first)


@pytest.mark.parametrize("text", ["2024-02-29", "2025-12-31", "2026-01-01"])
def test_months_are_numbered(text: str) -> None:
    month = month_of(day(text))
    assert first_day_of(month) <= day(text) < first_day_of(month + 1)
