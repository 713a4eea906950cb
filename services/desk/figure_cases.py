"""The cases behind a count, for one reader: only those they may open; the others stay a number."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from services.desk.context import DeskContext
from services.desk.permissions import (
    Scope,
    may_know_hidden,
    may_list_cases,
    may_see_small,
    queue_scope,
)
from services.desk.reading import in_scope
from services.desk.scoreboard import Reader, load_opd
from shared.db.read.case_marks import (
    FIGURES,
    MarkedCase,
    Marks,
    Place,
    Wanted,
    cases_of,
    count_of,
)
from shared.db.read.directory import OPD
from shared.db.read.scores import RegionScores, added
from shared.db.tables.desk import desk_cases
from shared.web.problem import ProblemError

PAGE = 50
_RATED = "responsiveness.satisfaction"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which count: the id of a figure and the name of its input; `after` is a page's `next`."""

    figure: str
    what: str
    after: str | None = None


def cases_behind(desk: DeskContext, reader: Reader, code: str, asked: Asked) -> dict[str, Any]:
    """The count with a page of its cases.

    `not_shown` says how many of this page are closed to the reader (restricted, confidential,
    or held elsewhere); null where that number itself is not theirs to know.
    """
    marks = FIGURES.get((asked.figure, asked.what))
    if marks is None:
        raise _unknown_count()
    after = _place(asked.after) if asked.after else None
    with desk.db.read() as conn:
        scores, opd = load_opd(conn, desk, reader, code)
        count = _count(scores, opd, marks)
        head = {
            "opd": code,
            "as_of": scores.span.end.isoformat(),
            "window": scores.span.window.value,
            "figure": asked.figure,
            "what": asked.what,
        }
        few = asked.figure == _RATED and 0 < count < scores.policy.index.hide_below
        if few and not may_see_small(reader.viewer, opd.region):
            return head | {"count": None, "items": [], "not_shown": None, "next": None}
        viewer = reader.viewer
        scope = queue_scope(viewer, scores.directory) if viewer else None
        if viewer is None or scope is None or not may_list_cases(viewer, code, scores.directory):
            return head | {"count": count, "items": [], "not_shown": None, "next": None}
        wanted = Wanted(scores.directory.with_units(code), marks, scores.span, count)
        found, place = cases_of(conn, wanted, limit=PAGE, after=after)
        rows = _open_to(conn, scope, found)
    items = [_item(case, rows[case.ticket]) for case in found if case.ticket in rows]
    hidden = sum(case.n for case in found if case.ticket not in rows)
    return head | {
        "count": count,
        "items": items,
        "not_shown": hidden if may_know_hidden(viewer, opd.region) else None,
        "next": _cursor(place) if place else None,
    }


def _count(scores: RegionScores, opd: OPD, marks: Marks) -> int:
    sums = scores.sums
    if marks.year is not None:
        sums = scores.years[scores.span.end.year - marks.year]
    return count_of(marks, added(sums, scores.directory.with_units(opd.code)))


def _open_to(conn: Connection, scope: Scope, found: list[MarkedCase]) -> dict[str, Any]:
    """Those of the cases that a list of this scope may name."""
    c = desk_cases.c
    query = select(c.ticket, c.status, c.kind, c.category, c.opd).where(
        c.ticket.in_([case.ticket for case in found]),
        in_scope(scope),
        c.restricted.is_(False),
        c.confidential.is_(False),
    )
    return {row.ticket: row for row in conn.execute(query)}


def _item(case: MarkedCase, row: Any) -> dict[str, Any]:
    return {
        "ticket": case.ticket,
        "opd": case.opd,
        "held_by": row.opd,
        "received_on": date.fromordinal(case.received_day).isoformat(),
        "counted_on": date.fromordinal(case.day).isoformat() if case.day else None,
        "n": case.n,
        "status": row.status,
        "kind": row.kind,
        "category": row.category,
    }


def _cursor(place: Place) -> str:
    return f"{place.day}.{place.seen}.{place.ticket}"


def _place(cursor: str) -> Place:
    day, _, rest = cursor.partition(".")
    seen, _, ticket = rest.partition(".")
    known = day.isdecimal() and seen.isdecimal() and ticket.isascii() and ticket.isprintable()
    if not known or not ticket or len(cursor) > 64 or len(day) > 7 or len(seen) > 9:
        raise ProblemError(
            422, "Isian tidak sah", "Halaman ini tidak dikenal.", "after",
            "Pakai nilai `next` dari halaman sebelumnya.",
        )  # fmt: skip
    return Place(int(day), ticket, int(seen))


def _unknown_count() -> ProblemError:
    figures = ", ".join(sorted({figure for figure, _ in FIGURES}))
    return ProblemError(
        422, "Isian tidak sah", "Angka ini tidak dikenal.", "figure", f"Pilih dari {figures}."
    )
