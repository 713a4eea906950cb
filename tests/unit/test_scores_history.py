"""The sweep over many days equals summing each day anew, whatever the windows of the days are."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.policy.load import load_policies
from shared.policy.model import IndexPolicy
from shared.scores.history import MEASURES, Change, Day, sweep
from shared.scores.index import Index, opd_index, region_index, tally_of

POLICY = load_policies().at(date(2026, 11, 21)).index
OTHER = POLICY.model_copy(update={"prior": 9})
FIRST = 100

changes = st.builds(
    Change,
    st.integers(2 * FIRST - 20, 2 * FIRST + 60),
    st.one_of(st.just(0), st.integers(FIRST - 30, FIRST + 30)),
    st.sampled_from(("x", "x/unit", "y", "")),
    st.sampled_from(MEASURES),
    st.integers(1, 3),
)


# No counter of these is larger than the one it is a share of.
SHARE_OF = {"closed.good": "closed.n", "rating.sum": "rating.n"}


def possible(drawn: list[Change]) -> list[Change]:
    """The changes with those that cannot be missing beside them."""
    whole = [c._replace(measure=SHARE_OF[c.measure]) for c in drawn if c.measure in SHARE_OF]
    return drawn + whole


@st.composite
def days(draw: st.DrawFn) -> list[Day]:
    """Thirty days; the window's start may jump either way, and the OPD change its units."""
    codes = st.sampled_from(((), ("x",), ("x", "x/unit"), None))
    policies = st.sampled_from((POLICY, OTHER))
    return [
        Day(day, day - draw(st.integers(0, 30)), 2 * day + 1, draw(policies), draw(codes))
        for day in range(FIRST, FIRST + 30)
    ]


def summed(day: Day, known: list[Change]) -> Index | None:
    own: dict[str, int] = {}
    whole: dict[str, int] = {}
    for change in known:
        if change.tick <= day.tick and (change.step == 0 or change.step >= day.start):
            whole[change.measure] = whole.get(change.measure, 0) + change.n
            if day.codes and change.code in day.codes:
                own[change.measure] = own.get(change.measure, 0) + change.n
    policy: IndexPolicy = day.policy
    if day.codes is None:
        return region_index(tally_of(whole), policy)
    return opd_index(tally_of(own), tally_of(whole), policy) if day.codes else None


@settings(max_examples=30)  # Each sums thirty days.
@given(days(), st.lists(changes, max_size=40).map(possible))
def test_every_day_is_what_its_own_sum_says(asked: list[Day], known: list[Change]) -> None:
    assert [index for _, index in sweep(asked, known)] == [summed(day, known) for day in asked]
