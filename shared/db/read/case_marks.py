"""From a figure back to the cases behind it: those whose own deltas add up to the counter.

Tells tickets to its caller, who decides which of them a reader may see. Reads cases newest first
and a bounded number at a time, so that it never reads all of an OPD's history at once.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, or_, select

from shared.db.tables.scoring import scoring_case_units, scoring_cases
from shared.scores.measures import Measure, month_of, of_clock
from shared.scores.windows import Span

CHUNK = 500
MOST_READ = 10_000
_CLOCKS = ("verify", "first_response", "finish")
_COUNTS = ("on_time", "late", "missed", "running")
_FINISH = "finish"
_Delta = tuple[str, str, int, int, int]


@dataclass(frozen=True, slots=True)
class Marks:
    """Which deltas of a case a count is made of: measures, less those of `without`.

    `year`: cases count by the year in which they were received, not by the window; 0 is the year
    of the window's end, 1 the one before.
    """

    measures: frozenset[str]
    without: frozenset[str] = frozenset()
    year: int | None = None


def _of(*measures: str, without: str | None = None, year: int | None = None) -> Marks:
    return Marks(frozenset(measures), frozenset([without] if without else ()), year)


def _marks() -> dict[tuple[str, str], Marks]:
    found = {
        (f"responsiveness.{clock}", what): _of(of_clock(clock, what))
        for clock in _CLOCKS
        for what in _COUNTS
    }
    good, closed = Measure.NEVER_REOPENED, Measure.CLOSED
    found |= {
        ("responsiveness.not_reopened", "finished"): _of(closed),
        ("responsiveness.not_reopened", "never_reopened"): _of(good),
        ("responsiveness.not_reopened", "reopened"): _of(closed, without=good),
        ("responsiveness.not_reopened", "missed"): _of(of_clock(_FINISH, "missed")),
        ("responsiveness.satisfaction", "ratings"): _of(Measure.RATINGS),
        ("responsiveness.rank", "backlog"): _of(*(of_clock(c, "backlog") for c in _CLOCKS)),
        ("shares.received", "value"): _of(Measure.RECEIVED),
        ("shares.rejected", "value"): _of(Measure.REJECTED),
        ("shares.archived", "value"): _of(Measure.ARCHIVED),
        ("shares.withdrawn", "value"): _of(Measure.WITHDRAWN),
        ("shares.auto_finished", "value"): _of(Measure.AUTO_FINISHED),
    }
    for year, figure in enumerate(("pekppp.28", "pekppp.assessed.28")):
        found |= {
            (figure, "received"): _of(Measure.YEAR_RECEIVED, year=year),
            (figure, "finished"): _of(Measure.YEAR_FINISHED, year=year),
            (figure, "lapor_received"): _of(Measure.YEAR_LAPOR_RECEIVED, year=year),
            (figure, "lapor_finished"): _of(Measure.YEAR_LAPOR_FINISHED, year=year),
            (figure, "auto_finished"): _of(Measure.YEAR_AUTO, year=year),
        }
    return found


FIGURES = _marks()
"""(figure, what) → the deltas behind that count: ids of figures and names of their inputs."""


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
        marks = self.marks
        if tick > self.span.tick or measure not in marks.measures | marks.without:
            return False
        if marks.year is not None:
            return month_of(step) // 12 == self.span.end.year - marks.year
        return step == 0 or step >= self.span.start.toordinal()


def count_of(marks: Marks, sums: Mapping[str, int]) -> int:
    """The count itself, from the summed measures of the window (or of the year of receipt)."""
    added, taken = (
        sum(sums.get(measure, 0) for measure in found) for found in (marks.measures, marks.without)
    )
    return added - taken


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
            days[step] = days.get(step, 0) + (n if measure in wanted.marks.measures else -n)
    for opd, days in sorted(left.items()):
        if (n := sum(days.values())) > 0:
            yield MarkedCase(ticket, received, opd, max(day for day in days if days[day]), n)
