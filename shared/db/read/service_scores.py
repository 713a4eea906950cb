"""The responsiveness index of each service of an OPD, from the deltas of the OPD's own cases.

Counters know no services: a citizen may name any, so counters by service would grow with what
people write. What is read here grows with the OPD's cases, so it is for a page that somebody opens,
never for a list of OPDs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, select

from shared.contracts.case import CaseEventType
from shared.db.read.directory import OPD
from shared.db.read.scores import RegionScores
from shared.db.read.services import services_of
from shared.db.tables.scoring import scoring_case_units, scoring_cases, scoring_events
from shared.scores.document import responsiveness
from shared.scores.history import MEASURES
from shared.scores.index import Index, opd_index, shared_parts, tally_of

_AT_ONCE = 500
_COUNTED = frozenset(MEASURES)


@dataclass(frozen=True, slots=True)
class ServiceScore:
    """A service as it was named (none: no service was named) and its index.

    `listed`: the catalogue of the OPD holds it; its spelling is then the catalogue's.
    """

    service: str | None
    listed: bool
    index: Index

    def as_json(self) -> dict[str, Any]:
        """As API and command line show it; a service has no rank."""
        return {
            "service": self.service,
            "listed": self.listed,
            "responsiveness": responsiveness(self.index, None),
        }


def load_services(conn: Connection, scores: RegionScores, opd: OPD) -> list[ServiceScore]:
    """The services of an OPD and its units, those with the most steps first.

    Each is shrunk to the region's share, as an OPD is (design §4). Their counts add up to the
    OPD's. `scores` and the cases must be of one snapshot.
    """
    codes = scores.directory.with_units(opd.code)
    known = _catalogue(conn, scores, codes)
    sums: dict[str, dict[str, int]] = {}
    names: dict[str, str] = {}
    first, tick = scores.span.start.toordinal(), scores.span.tick
    for named, deltas in _cases(conn, codes):
        name = " ".join((named or "").split())
        key = name.casefold()
        names.setdefault(key, name)
        own = sums.setdefault(key, {})
        for code, measure, step, known_from, n in deltas:
            counts = code in codes and measure in _COUNTED and known_from <= tick
            if counts and (step == 0 or step >= first):
                own[measure] = own.get(measure, 0) + n
    for key, name in known.items():
        sums.setdefault(key, {})
        names[key] = name
    policy, region = scores.policy.index, scores.region_tally
    shared = shared_parts(region, policy)
    found = [
        ServiceScore(
            names[key] or None, key in known, opd_index(tally_of(own), region, policy, shared)
        )
        for key, own in sums.items()
        if key in known or any(own.values())
    ]
    return sorted(found, key=lambda one: (-one.index.n, not one.listed, one.service or ""))


def services_json(scores: RegionScores, opd: OPD, found: list[ServiceScore]) -> dict[str, Any]:
    """The services of an OPD in the frame that every score has."""
    return {
        "opd": opd.code,
        "as_of": scores.span.end.isoformat(),
        "window": scores.span.window.value,
        "policy": scores.policy.name,
        "estimate": True,
        "services": [one.as_json() for one in found],
    }


def _catalogue(conn: Connection, scores: RegionScores, codes: tuple[str, ...]) -> Mapping[str, str]:
    listed = services_of(conn, scores.region.code, scores.span.end)
    return {one.name.casefold(): one.name for one in listed if one.opd in codes}


def _cases(
    conn: Connection, codes: tuple[str, ...]
) -> Iterator[tuple[str | None, list[tuple[str, str, int, int, int]]]]:
    """The service each case named when it was opened, and its deltas."""
    event, case, unit = scoring_events.c, scoring_cases.c, scoring_case_units.c
    opened = and_(event.ticket == case.ticket, event.type == CaseEventType.OPENED.value)
    query = (
        select(event.fact, case.deltas)
        .join(scoring_events, opened)
        .where(case.ticket.in_(select(unit.ticket).where(unit.opd.in_(codes))))
    )
    rows = conn.execute(query, execution_options={"yield_per": _AT_ONCE})
    for fact, deltas in rows:
        opening = fact.get("x")
        yield (opening[2] if opening else None), deltas
