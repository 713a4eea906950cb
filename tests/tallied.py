"""What cases add up to: from their facts through deltas to an OPD's tally and index."""

from collections.abc import Iterable
from datetime import date

from services.scoring.rules import deltas
from shared.policy.load import load_policies
from shared.scores.index import ClockTally, Index, Tally, opd_index, tally_of
from tests.casebook import CaseBook, X, day, rules

RULES = rules()
POLICY = load_policies().at(date(2026, 1, 1)).index
# The other cases of a region of 500: verify .9, first response .8, finish .7, not reopened .92,
# satisfaction .65.
REGION = Tally(
    ClockTally(450, 0, 50),
    ClockTally(400, 0, 100),
    ClockTally(350, 0, 150),
    closed=350,
    never_reopened=460,
    ratings=500,
    rating_sum=1300,
)
NOBODY = Tally()


def tally(books: Iterable[CaseBook], as_of: str, opd: str = X, start: str = "2000-01-01") -> Tally:
    """An OPD's tally at a day's end, in the window from `start`."""
    tick, first = 2 * day(as_of) + 1, day(start)
    found: dict[str, int] = {}
    for book in books:
        for (at, measure, step, at_tick), n in deltas(book.facts, RULES).items():
            if at == opd and at_tick <= tick and (step == 0 or step >= first):
                found[measure] = found.get(measure, 0) + n
    return tally_of(found)


def index(own: Tally, others: Tally = REGION) -> Index:
    """The index of an OPD whose region has these cases besides."""
    return opd_index(own, others.plus(own), POLICY)
