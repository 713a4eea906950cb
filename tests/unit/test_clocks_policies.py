"""Which rules hold for a case: its version, overrides of its place, the calendar then known."""

from datetime import date
from typing import Any

import pytest

from shared.clocks.region import RegionRules
from shared.clocks.state import CaseClocks
from shared.contracts.enums import Kind
from shared.policy.load import PolicyBook, PolicySet, load_policies
from shared.policy.model import DayOff, LimitsOverride
from tests.casebook import TRIAGE, WITA, CaseBook, X, Y, due_day, rules
from tests.vectors import COUNTS, VECTORS

# September and October 2026 have no day off of their own.
MON = "2026-09-07"
COMMITTED = load_policies()
NOW = COMMITTED.at(date(2026, 9, 7))


def book(
    *overrides: LimitsOverride, days: tuple[DayOff, ...] = (), later: PolicySet | None = None
) -> PolicyBook:
    """The committed rules with overrides, days off, and a later version."""
    deadlines = NOW.deadlines.model_copy(update={"override": overrides})
    changed = PolicySet(NOW.names, deadlines, NOW.index, NOW.skm, NOW.instrument)
    return PolicyBook([changed, later] if later else [changed], [*COMMITTED.days_off, *days])


def version(name: str, start: str, **limits: Any) -> PolicySet:
    """A version with other limits, in force from a day on."""
    names = NOW.names.model_copy(update={"name": name, "effective_from": date.fromisoformat(start)})
    changed = NOW.deadlines.limits.model_copy(update=limits)
    deadlines = NOW.deadlines.model_copy(update={"limits": changed})
    return PolicySet(names, deadlines, NOW.index, NOW.skm, NOW.instrument)


def finish_due(case: CaseBook, known: PolicyBook) -> str:
    return due_day(case.fold(book=known), "finish")


@pytest.mark.parametrize("received", VECTORS)
def test_a_region_counts_the_vectors_of_the_field(received: str) -> None:
    calendar = rules().calendar(date.fromisoformat(received).toordinal())
    start = date.fromisoformat(received).toordinal()
    found = [date.fromordinal(calendar.add_working_days(start, n)).isoformat() for n in COUNTS]
    assert found == VECTORS[received][0]


# -- versions -------------------------------------------------------------------------------------

SHORTER = {**NOW.deadlines.limits.finish, "pengaduan": 7}


def test_a_case_keeps_its_version_when_a_new_one_takes_effect() -> None:
    known = book(later=version("2026-9", "2026-09-09", finish=SHORTER, verify=1))
    before = CaseBook(MON, policy=NOW.name)
    assert finish_due(before, known) == "2026-09-25"
    # Whatever happens after the new version has begun, a reopening too.
    before.verify("2026-09-10").resolve("2026-09-14").reopen("2026-09-14")
    assert finish_due(before, known) == "2026-09-25"
    assert before.fold(book=known).verify.late is False
    after = CaseBook("2026-09-09", policy="2026-9")
    assert finish_due(after, known) == "2026-09-18"
    assert due_day(after.fold(book=known), "verify") == "2026-09-10"


def test_a_case_with_an_unknown_version_takes_the_one_of_its_day_of_receipt() -> None:
    known = book(later=version("2026-9", "2026-09-09", finish=SHORTER))
    assert finish_due(CaseBook("2026-09-08", policy="lost"), known) == "2026-09-28"
    assert finish_due(CaseBook("2026-09-09", policy="lost"), known) == "2026-09-18"


# -- overrides ------------------------------------------------------------------------------------


def override(days: int, **scope: Any) -> LimitsOverride:
    return LimitsOverride(
        finish={"pengaduan": days},
        effective_from=scope.pop("effective_from", date(2026, 9, 1)),
        effective_to=scope.pop("effective_to", date(2026, 9, 30)),
        **scope,
    )


# In an order in which the last that applies is never the narrowest.
OVERRIDDEN = book(
    override(6, service="Izin"),
    override(7, opd=X, service="KTP-el"),
    override(9, opd=X),
    override(10, region="paser"),
)


@pytest.mark.parametrize(
    ("opd", "service", "received", "due"),
    [
        (Y, None, MON, "2026-09-21"),  # the region's 10
        (X, None, MON, "2026-09-18"),  # the OPD's 9
        (X, "KTP-el", MON, "2026-09-16"),  # the service's 7
        (Y, "KTP-el", MON, "2026-09-21"),  # at another OPD it is the region's
        (Y, "Izin", MON, "2026-09-15"),  # a service of whatever OPD: 6
        ("kukar/dpupr", None, MON, "2026-09-25"),  # another region: 14
        (X, None, "2026-08-31", "2026-09-18"),  # the day before they begin
        (X, None, "2026-09-01", "2026-09-14"),  # the first day
        (X, None, "2026-09-30", "2026-10-13"),  # the last day
        (X, None, "2026-10-01", "2026-10-21"),  # the day after
    ],
)
def test_a_region_an_opd_or_a_service_has_limits_of_its_own_for_a_time(
    opd: str, service: str | None, received: str, due: str
) -> None:
    assert finish_due(CaseBook(received, opd, service=service), OVERRIDDEN) == due


def test_the_limits_are_those_of_where_the_case_was_opened() -> None:
    sent = CaseBook(MON).forward("2026-09-08", Y)
    assert finish_due(sent, OVERRIDDEN) == "2026-09-18"
    waited = CaseBook(MON, TRIAGE).assign("2026-09-08", X)
    assert finish_due(waited, OVERRIDDEN) == "2026-09-21"


def test_only_what_an_override_names_is_other() -> None:
    state = CaseBook(MON).fold(book=OVERRIDDEN)
    assert due_day(state, "verify") == "2026-09-10"
    wish = CaseBook(MON, kind=Kind.ASPIRASI).fold(book=OVERRIDDEN)
    assert due_day(wish, "finish") == "2026-09-14"


# -- calendars ------------------------------------------------------------------------------------


def day_off(day: str, **fields: Any) -> DayOff:
    return DayOff(date=date.fromisoformat(day), name="?", **fields)


def test_a_regions_own_day_off_is_nobody_elses() -> None:
    known = book(days=(day_off("2026-09-09", category="hari_daerah", region="paser"),))
    assert finish_due(CaseBook(MON), known) == "2026-09-28"
    assert finish_due(CaseBook(MON, "kukar/dpupr"), known) == "2026-09-25"


def test_a_cuti_bersama_published_later_holds_for_cases_received_from_then_on() -> None:
    published = date(2026, 9, 8)
    known = book(days=(day_off("2026-09-14", category="cuti_bersama", published=published),))

    def due(received: str) -> list[str]:
        state: CaseClocks = CaseBook(received).fold(book=known)
        return [due_day(state, clock) for clock in ("first_response", "finish")]

    assert due("2026-09-07 23:59") == ["2026-09-14", "2026-09-25"]
    assert due("2026-09-08 00:00") == ["2026-09-16", "2026-09-29"]


def test_the_18th_of_august_2025_was_published_on_the_7th() -> None:
    assert due_day(CaseBook("2025-08-06").fold(), "finish") == "2025-08-26"
    assert due_day(CaseBook("2025-08-07").fold(), "finish") == "2025-08-28"


def test_a_region_counts_in_its_own_zone() -> None:
    # 23:30 in the west is 01:30 of the next day in the east.
    case = CaseBook("2026-09-08 00:30", "mimika/dpupr")
    assert due_day(case.fold(), "verify") == "2026-09-11"
    west = RegionRules("mimika", "Asia/Jakarta")
    assert west.day(case.facts[0].at) == date(2026, 9, 7).toordinal()
    assert RegionRules("mimika", WITA).day(case.facts[0].at) == date(2026, 9, 8).toordinal()
