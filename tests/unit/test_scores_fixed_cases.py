"""Cases of the index whose outcome is fixed, in a region of 500 cases unless a test says otherwise.

Each is made of events, folded and counted as live ones are; an OPD's twenty cases come on top of
the region's others. Received on Monday 7 September 2026, a complaint is due on the 25th.
"""

from collections.abc import Callable
from fractions import Fraction

import pytest

from shared.scores.index import State, Tally, ranks, region_index
from shared.scores.numbers import figure
from tests.casebook import TRIAGE, CaseBook, X, Y
from tests.tallied import NOBODY, POLICY, REGION, index, tally

MON, NEXT, DUE, LATE = "2026-09-07", "2026-09-08", "2026-09-25", "2026-10-05"
LATER = "2026-10-30"
Make = Callable[[CaseBook], CaseBook]


def handled(make: Make, count: int = 20) -> list[CaseBook]:
    """That many cases of X, verified and answered on the first day, and then …"""
    return [make(CaseBook(MON).verify(MON).reply(MON)) for _ in range(count)]


def value(make: Make, as_of: str = LATER, others: Tally = REGION) -> Fraction:
    return index(tally(handled(make), as_of), others).value


def untouched(book: CaseBook) -> CaseBook:
    return book


def on_time(book: CaseBook) -> CaseBook:
    return book.resolve(NEXT)


def late(book: CaseBook) -> CaseBook:
    return book.resolve(LATE)


def test_closing_nothing_scores_below_closing_everything_late_with_ratings_of_1() -> None:
    assert value(untouched) < value(lambda book: late(book).rate(LATE, 1))


@pytest.mark.parametrize("others", [REGION, NOBODY])
def test_nor_does_closing_nothing_win_in_a_region_of_its_own(others: Tally) -> None:
    assert value(untouched, others=others) < value(late, others=others)


@pytest.mark.parametrize(
    "scores",
    [
        [4] * 12 + [3] * 8,  # the region's average, .65
        [4] * 20,
        [5] * 20,
    ],
)
def test_of_two_equal_opds_the_one_rated_as_the_region_or_better_is_not_below_the_silent_one(
    scores: list[int],
) -> None:
    asking = [book.rate(LATE, score) for book, score in zip(handled(on_time), scores, strict=True)]
    silent = tally(handled(on_time), LATER)
    asked = tally(asking, LATER)
    assert Fraction(asked.rating_sum, 4 * asked.ratings) >= Fraction(65, 100)
    # Both are OPDs of one region.
    region = REGION.plus(silent)
    others = REGION.plus(asked)
    assert index(asked, region).value >= index(silent, others).value


def test_a_region_with_one_opd_and_one_fast_case_reads_about_72_not_100() -> None:
    one = tally(handled(on_time, count=1), LATER)
    found = index(one, NOBODY)
    assert figure(found.value) == 72.22
    assert found.high - found.low > 20
    assert found.low < found.value < found.high < 100
    assert found.state is State.FEW
    assert figure(region_index(one, POLICY).value) == 66.67


def test_5_of_5_fast_ranks_below_200_at_90_percent() -> None:
    lucky = tally(handled(on_time, count=5), LATER)
    unlucky = [CaseBook(MON, Y) for _ in range(20)]
    steady = tally(
        [CaseBook(MON, Y).verify(MON).reply(MON).resolve(NEXT) for _ in range(180)] + unlucky,
        LATER,
        Y,
    )
    both = {"lucky": index(lucky, REGION.plus(steady)), "steady": index(steady, REGION.plus(lucky))}
    assert both["lucky"].state is State.OK
    assert both["lucky"].value > both["steady"].value
    assert ranks(both) == {"steady": 1, "lucky": 2}


def overdue_at(opd: str, make: Make) -> Tally:
    return tally([make(CaseBook(MON)) for _ in range(20)], LATER, opd)


def test_20_overdue_cases_forwarded_away_stay_on_the_sender() -> None:
    kept = overdue_at(X, untouched)
    sent = overdue_at(X, lambda book: book.forward(LATE, Y))
    assert sent.finish == kept.finish
    assert sent.finish.missed == 20
    assert index(sent).value <= index(Tally()).value - 10
    # Neither the forwarding, late as it was, nor what comes after lands on the other.
    assert overdue_at(Y, lambda book: book.forward(LATE, Y)) == Tally()
    finished = overdue_at(X, lambda book: book.forward(LATE, Y).resolve(LATER))
    assert (finished.finish.late, finished.finish.missed) == (20, 0)


def test_20_overdue_cases_rejected_do_not_vanish_either() -> None:
    rejected = overdue_at(X, lambda book: book.reject(LATE))
    sent_and_rejected = overdue_at(X, lambda book: book.forward(LATE, Y).reject(LATER))
    for found in (rejected, sent_and_rejected):
        assert (found.finish.late, found.finish.missed) == (20, 0)
        assert index(found).value <= index(Tally()).value - 10


def test_20_of_20_on_time_reads_above_90() -> None:
    assert value(on_time) > 90


def reopened(book: CaseBook) -> CaseBook:
    return on_time(book).reopen("2026-09-09")


def test_all_reopened_and_still_open_reads_below_80() -> None:
    open_again = tally(handled(reopened), "2026-09-10")
    assert open_again.finish.running == 20
    assert index(open_again).value < 80
    assert value(reopened) < 80  # and once the deadline has passed


@pytest.mark.parametrize("doer", [X, TRIAGE])
def test_all_reopened_and_finished_again_late_reads_below_70(doer: str) -> None:
    again = tally(handled(lambda book: reopened(book).resolve(LATE, doer)), LATER)
    assert again.finish.late == 20
    assert index(again).value < 70


def test_of_100_arrived_and_5_closed_finish_stays_near_the_region_until_the_rest_is_due() -> None:
    books = [*handled(on_time, 5), *handled(untouched, 95)]

    def finish(as_of: str) -> Fraction:
        found = index(tally(books, as_of))
        return next(part.p for part in found.parts if part.name == "finish")

    for before in (NEXT, "2026-09-24"):
        assert abs(finish(before) - Fraction(7, 10)) < Fraction(2, 100)
    assert finish(DUE) < Fraction(1, 4)


def rejected_at_once(count: int) -> Tally:
    """So many times what one case that is rejected on its first day adds."""
    one = tally([CaseBook(MON).reject(MON)], LATER)
    assert (one.verify.on_time, one.first_response.on_time, one.finish.n) == (1, 1, 0)
    found = one
    while found.verify.on_time < count:
        found = found.plus(found)
    return found


@pytest.mark.parametrize("others", [REGION, NOBODY])
@pytest.mark.parametrize("count", [1, 20, 500, 100_000])
def test_rejecting_everything_never_reads_above_95_also_in_a_region_with_one_opd(
    others: Tally, count: int
) -> None:
    rejecting = rejected_at_once(count)
    assert index(rejecting, others).value <= 95
    if others == NOBODY:
        assert region_index(rejecting, POLICY).value <= 95


def test_a_past_month_asked_later_is_unchanged_except_by_late_known_events() -> None:
    september = ("2026-09-30", "2026-09-01")
    books = [CaseBook(MON).verify(NEXT), CaseBook("2026-09-02").reply("2026-09-03")]
    then = tally(books, september[0], start=september[1])
    # What happens in October, even a reopening of what September finished, acts from its day on.
    books[0].resolve("2026-10-02").rate("2026-10-02", 1)
    books[1].resolve("2026-10-03").reopen("2026-10-05")
    books.append(CaseBook("2026-10-01").resolve("2026-10-02"))
    assert tally(books, september[0], start=september[1]) == then
    # An event of September that becomes known only now corrects September, visibly.
    late_known = CaseBook("2026-09-03").verify("2026-09-04").resolve("2026-09-04")
    corrected = tally([*books, late_known], september[0], start=september[1])
    assert corrected.finish.on_time == then.finish.on_time + 1
    assert corrected.verify.on_time == then.verify.on_time + 1
