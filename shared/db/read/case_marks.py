"""From a figure back to the cases behind it: those whose own deltas add up to the counter.

Tells tickets to its caller, who decides which of them a reader may see. Reads cases newest first
and a bounded number at a time, so that it never reads all of an OPD's history at once.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, or_, select

from shared.db.tables.scoring import scoring_case_units, scoring_cases
from shared.scores.measures import Measure, of_clock
from shared.scores.windows import Span

CHUNK = 500
MOST_READ = 10_000
_CLOCKS = ("verify", "first_response", "finish")
_STEPS = ("on_time", "late")
_STATES = ("missed", "running", "backlog")
_YEAR = 28
_Delta = tuple[str, str, int, int, int]


@dataclass(frozen=True, slots=True)
class Marks:
    """Which deltas of a case a figure counts: a measure, less those of another (`without`).

    `yearly`: cases count by the year in which they were received, not by the window.
    """

    measure: str
    without: str | None = None
    yearly: bool = False


def _marks() -> dict[tuple[str, str], Marks]:
    found = {
        (f"responsiveness.{clock}", what): Marks(of_clock(clock, what))
        for clock in _CLOCKS
        for what in (*_STEPS, *_STATES)
    }
    reopened = "responsiveness.not_reopened"
    found[reopened, "finished"] = Marks(Measure.CLOSED)
    found[reopened, "never_reopened"] = Marks(Measure.NEVER_REOPENED)
    found[reopened, "reopened"] = Marks(Measure.CLOSED, without=Measure.NEVER_REOPENED)
    found["responsiveness.satisfaction", "ratings"] = Marks(Measure.RATINGS)
    for what, measure in (
        ("received", Measure.RECEIVED),
        ("rejected", Measure.REJECTED),
        ("archived", Measure.ARCHIVED),
        ("withdrawn", Measure.WITHDRAWN),
        ("auto_finished", Measure.AUTO_FINISHED),
    ):
        found["shares", what] = Marks(measure)
    for what, measure in (
        ("received", Measure.YEAR_RECEIVED),
        ("finished", Measure.YEAR_FINISHED),
        ("lapor_received", Measure.YEAR_LAPOR_RECEIVED),
        ("lapor_finished", Measure.YEAR_LAPOR_FINISHED),
        ("auto_finished", Measure.YEAR_AUTO),
    ):
        found[f"pekppp.{_YEAR}", what] = Marks(measure, yearly=True)
    return found


FIGURES = _marks()
"""(figure, what) → the deltas behind that count; the names that pages and API use."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The count to open: whose (an OPD with its units), of which marks, in which window."""

    codes: tuple[str, ...]
    marks: Marks
    span: Span
    count: int
    """What the counters say; reading ends once so many are found."""

    def counts(self, measure: str, step: int, tick: int) -> bool:
        """Whether a delta is part of the figure."""
        if measure not in (self.marks.measure, self.marks.without) or tick > self.span.tick:
            return False
        first, last = self.span.start.toordinal(), self.span.end.toordinal()
        if self.marks.yearly:
            first = self.span.end.replace(month=1, day=1).toordinal()
            last = self.span.end.replace(month=12, day=31).toordinal()
            return first <= step <= last
        return step == 0 or step >= first


@dataclass(frozen=True, slots=True)
class Place:
    """Where reading goes on: after this case, with `seen` of the count found before."""

    day: int
    ticket: str
    seen: int = 0


@dataclass(frozen=True, slots=True)
class MarkedCase:
    """A case behind a count. `day`: the last local day its steps count on (0: it is a state)."""

    ticket: str
    received_day: int
    opd: str
    day: int
    n: int


def cases_of(
    conn: Connection, wanted: Wanted, *, limit: int, after: Place | None = None
) -> tuple[list[MarkedCase], Place | None]:
    """The cases behind a count, the last received first, and where to go on (none: the end).

    Reads at most `MOST_READ` cases, so a page may hold fewer than `limit` and yet have a next one.
    """
    found: list[MarkedCase] = []
    place = after or Place(wanted.span.end.toordinal() + 1, "")
    seen, read = place.seen, 0
    while seen < wanted.count and read < MOST_READ:
        keys = _next(conn, wanted.codes, place)
        deltas = _deltas(conn, [ticket for _, ticket in keys])
        for day, ticket in keys:
            for case in _netted(ticket, day, deltas.get(ticket, ()), wanted):
                found.append(case)
                seen += case.n
            place = Place(day, ticket, seen)
            if len(found) >= limit:
                return found, place if seen < wanted.count else None
        if len(keys) < CHUNK:
            return found, None
        read += len(keys)
    return found, place if seen < wanted.count else None


def _next(conn: Connection, codes: Sequence[str], after: Place) -> list[tuple[int, str]]:
    c = scoring_case_units.c
    # The first comparison alone says the same about days, and the index can use it.
    beyond = and_(c.day <= after.day, or_(c.day < after.day, c.ticket < after.ticket))
    query = (
        select(c.day, c.ticket)
        .where(c.opd.in_(codes), beyond)
        .distinct()
        .order_by(c.day.desc(), c.ticket.desc())
        .limit(CHUNK)
    )
    return [(day, ticket) for day, ticket in conn.execute(query)]


def _deltas(conn: Connection, tickets: Collection[str]) -> dict[str, Sequence[_Delta]]:
    c = scoring_cases.c
    query = select(c.ticket, c.deltas).where(c.ticket.in_(tickets))
    return {row.ticket: row.deltas for row in conn.execute(query)}


def _netted(
    ticket: str, received: int, deltas: Sequence[_Delta], wanted: Wanted
) -> Iterator[MarkedCase]:
    """What is left of a case's deltas, by OPD; nothing where they cancel out."""
    left: dict[str, dict[int, int]] = {}
    for opd, measure, step, tick, n in deltas:
        if opd in wanted.codes and wanted.counts(measure, step, tick):
            days = left.setdefault(opd, {})
            days[step] = days.get(step, 0) + (n if measure == wanted.marks.measure else -n)
    for opd, days in sorted(left.items()):
        if (n := sum(days.values())) > 0:
            yield MarkedCase(ticket, received, opd, max(day for day in days if days[day]), n)
