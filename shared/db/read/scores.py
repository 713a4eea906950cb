"""Scores at read: sums of counters in one snapshot, then the pure figures of `shared/scores`.

No cases are read, so the cost does not grow with them; nothing is computed ahead, so a deadline
that passes shows without any event.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, union_all

from shared.db.read.directory import OPD, Directory, Region
from shared.db.read.evaluation import load_inputs
from shared.db.read.pekppp import RegionNowcast, first_year
from shared.db.read.services import users_per_year
from shared.db.read.skm_counters import answers_by_opd
from shared.db.tables.scoring import scoring_counters
from shared.policy.load import PolicyBook, PolicySet, load_policies
from shared.policy.model import SKMPolicy
from shared.scores.document import (
    Head,
    region_document,
    score_document,
)
from shared.scores.explain import index_figures, share_figures
from shared.scores.index import (
    Index,
    Tally,
    opd_index,
    ranks,
    region_index,
    shared_parts,
    tally_of,
    total,
)
from shared.scores.measures import Grain
from shared.scores.skm import Answers, SKMResult, skm_result, together
from shared.scores.skm_figures import skm_figures
from shared.scores.sums import Range, state_ranges, step_ranges, year_ranges
from shared.scores.windows import Span, Window, span

Sums = dict[str, dict[str, int]]
"""OPD → measure → n."""


class UnknownUnitError(LookupError):
    """The region or OPD does not exist."""


@dataclass(frozen=True)
class RegionScores:
    """Everything a region's figures are made of, at one day and window."""

    region: Region
    directory: Directory
    policy: PolicySet
    span: Span
    sums: Sums
    years: Mapping[int, Sums]
    answers: Mapping[str, Answers]
    users: Mapping[tuple[str, str], int]
    tallies: Mapping[str, Tally]
    region_tally: Tally
    indexes: Mapping[str, Index]
    ranks: Mapping[str, int]
    nowcast: RegionNowcast

    @property
    def index(self) -> Index:
        """The region's own index."""
        return region_index(self.region_tally, self.policy.index)

    def opds(self) -> tuple[OPD, ...]:
        """The region's entries."""
        return self.directory.opds(self.region.code)

    def document(self, opd: OPD) -> dict[str, Any]:
        """The Score JSON of an OPD, with its units' counts."""
        codes = self.directory.with_units(opd.code)
        head = Head(opd.code, opd.name, opd.parent, opd.kode)
        return self._document(head, codes, self.indexes[opd.code], self.ranks.get(opd.code))

    def region_document(self) -> dict[str, Any]:
        """The Score JSON of the region with all its OPDs."""
        head = Head(self.region.code, self.region.name)
        own = self._document(head, None, self.index, None)
        return region_document(own, [self.document(opd) for opd in self.opds()])

    def explain(self, opd: OPD | None = None) -> dict[str, Any]:
        """The Score JSON of an OPD, or of the region without its OPDs, with every figure opened."""
        if opd is None:
            head, codes, index = Head(self.region.code, self.region.name), None, self.index
            document, rank, ranked = self._document(head, None, index, None), None, None
        else:
            codes, index = self.directory.with_units(opd.code), self.indexes[opd.code]
            document, rank, ranked = self.document(opd), self.ranks.get(opd.code), len(self.ranks)
        answers, skm, result = self._skm(document["opd"], codes)
        figures = [
            *index_figures(index, self.region_tally, self.policy, rank, ranked),
            *share_figures(added(self.sums, codes), self.policy),
            *self.nowcast.figures(opd),
            skm_figures(result, skm, answers),
        ]
        opened = {
            "policies": self.policy.versions(),
            "units": [] if codes is None else list(codes[1:]),
            "figures": figures,
            "what_would_it_take": [] if opd is None else self.nowcast.gains(opd),
        }
        return {**document, "explain": opened}

    def _document(
        self, head: Head, codes: Iterable[str] | None, index: Index, rank: int | None
    ) -> dict[str, Any]:
        wanted = None if codes is None else tuple(codes)
        pekppp = self.nowcast.document(self.directory.opd(head.opd))
        _, _, skm = self._skm(head.opd, wanted)
        shares = added(self.sums, wanted)
        return score_document(head, self.span, self.policy, index, rank, pekppp, skm, shares)

    def _skm(self, unit: str, codes: Sequence[str] | None) -> tuple[Answers, SKMPolicy, SKMResult]:
        """The window's answers of a unit, with its weights and what they make."""
        wanted = self.answers if codes is None else codes
        answers = together(self.answers[code] for code in wanted if code in self.answers)
        policy = self.policy.skm.of(unit)
        known = [self._users[code] for code in codes or self._users if code in self._users]
        return answers, policy, skm_result(answers, policy, sum(known) if known else None)

    @cached_property
    def _users(self) -> dict[str, int]:
        """Users a year of each OPD's services, as far as known."""
        found: dict[str, int] = {}
        for (opd, _), n in self.users.items():
            found[opd] = found.get(opd, 0) + n
        return found


def load_region(
    conn: Connection,
    region: str,
    now: datetime,
    *,
    as_of: date | None = None,
    window: Window | str = Window.DAYS_90,
    directory: Directory | None = None,
    book: PolicyBook | None = None,
) -> RegionScores:
    """Read a region's counters and compute its figures.

    Raises `UnknownUnitError`, and `ValueError` for an unknown window or a day that has not begun.
    """
    policies = book or load_policies()
    entries = directory or Directory.load(conn, as_of, now=now, region=region)
    found = entries.region(region)
    if found is None:
        raise UnknownUnitError(region)
    today = as_of or now.astimezone(found.zone_info).date()
    policy = policies.at(today)
    chosen = span(Window(window), as_of, now, found.zone_info, policy.index.days)
    sums = _sums(
        conn, region, (*state_ranges(chosen.tick), *step_ranges(chosen.start, chosen.tick))
    )
    year = chosen.end.year
    years = _year_sums(conn, region, year - 1, year, chosen.tick)
    live = chosen.tick % 2 == 0
    answers = answers_by_opd(conn, region, chosen.start, chosen.end, newest=live)
    users = users_per_year(conn, region, chosen.end)
    until = _known_until(chosen, now, found)
    nowcast = RegionNowcast(
        region, entries, policy, chosen.end,
        load_inputs(conn, region, until, first_year=first_year(year, policy)),
        lambda received, codes: added(years[received], codes),
    )  # fmt: skip
    return _computed(found, entries, policy, chosen, sums, years, answers, users, nowcast)


def _known_until(chosen: Span, now: datetime, region: Region) -> datetime:
    """The end of the day, or the moment just after now: what is known then counts."""
    following = datetime.combine(chosen.end + timedelta(days=1), time.min, region.zone_info)
    return min(following, now + timedelta.resolution)


def _computed(
    region: Region,
    directory: Directory,
    policy: PolicySet,
    chosen: Span,
    sums: Sums,
    years: Mapping[int, Sums],
    answers: Mapping[str, Answers],
    users: Mapping[tuple[str, str], int],
    nowcast: RegionNowcast,
) -> RegionScores:
    own = {code: tally_of(measures) for code, measures in sums.items()}
    whole = total(own.values())
    tallies: dict[str, Tally] = {}
    for opd in directory.opds(region.code):
        codes = directory.with_units(opd.code)
        tallies[opd.code] = total(own[code] for code in codes if code in own)
    shared = shared_parts(whole, policy.index)
    # Whoever did nothing in the window, as some always do, has the same index.
    made = {tally: opd_index(tally, whole, policy.index, shared) for tally in {*tallies.values()}}
    indexes = {code: made[tally] for code, tally in tallies.items()}
    ranked = {opd.code: indexes[opd.code] for opd in directory.opds(region.code) if opd.ranked}
    return RegionScores(
        region, directory, policy, chosen, sums, years, answers, users, tallies, whole, indexes,
        ranks(ranked), nowcast,
    )  # fmt: skip


def region_score(conn: Connection, region: str, now: datetime, **options: Any) -> dict[str, Any]:
    """The Score JSON of a region with its OPDs; options as `load_region`."""
    return load_region(conn, region, now, **options).region_document()


def opd_score(conn: Connection, opd: str, now: datetime, **options: Any) -> dict[str, Any]:
    """The Score JSON of an OPD by its full code; options as `load_region`."""
    scores = load_region(conn, opd.partition("/")[0], now, **options)
    found = scores.directory.opd(opd)
    if found is None:
        raise UnknownUnitError(opd)
    return scores.document(found)


def explained_score(conn: Connection, unit: str, now: datetime, **options: Any) -> dict[str, Any]:
    """The explained score of a region, or of an OPD by its full code; options as `load_region`."""
    scores = load_region(conn, unit.partition("/")[0], now, **options)
    found = scores.directory.opd(unit)
    if found is None and "/" in unit:
        raise UnknownUnitError(unit)
    return scores.explain(found)


def added(sums: Sums, codes: Sequence[str] | None) -> dict[str, int]:
    """The measures of several OPDs together; none: of all."""
    if codes is not None and len(codes) == 1:  # most OPDs have no units
        return dict(sums.get(codes[0], {}))
    found: dict[str, int] = {}
    for code in sums if codes is None else codes:
        for measure, n in sums.get(code, {}).items():
            found[measure] = found.get(measure, 0) + n
    return found


def _sums(conn: Connection, region: str, ranges: Sequence[Range]) -> Sums:
    found: Sums = {}
    for opd, measure, n in _added(conn, region, ranges, by_step=False):
        if n:
            found.setdefault(opd, {})[measure] = int(n)
    return found


def _year_sums(conn: Connection, region: str, first: int, last: int, tick: int) -> dict[int, Sums]:
    """Sums per year of receipt."""
    found: dict[int, Sums] = {year: {} for year in range(first, last + 1)}
    for opd, measure, n, year in _added(conn, region, year_ranges(first, last, tick), by_step=True):
        if n:
            found[year].setdefault(opd, {})[measure] = int(n)
    return found


def _added(
    conn: Connection, region: str, ranges: Sequence[Range], *, by_step: bool
) -> Sequence[Any]:
    """The ranges together, by OPD and measure, and by step if wanted."""
    values: dict[str, Any] = {"region": region}
    for place, wanted in enumerate(ranges):
        values[f"steps{place}"] = [*wanted.steps]
        values[f"from{place}"], values[f"to{place}"] = wanted.tick_from, wanted.tick_to
    shape = tuple((wanted.grain, wanted.sign) for wanted in ranges)
    return conn.execute(_statement(shape, by_step), values).all()


# Putting a statement together takes as long as reading hundreds of rows, and few shapes exist.
@lru_cache(maxsize=256)
def _statement(shape: tuple[tuple[Grain, int], ...], by_step: bool) -> Select[Any]:
    """Each range is added up by itself first: SQLite sorts some short lists in half the time of a
    long one.
    """
    c = scoring_counters.c
    by = [c.opd, c.measure, c.step] if by_step else [c.opd, c.measure]
    parts = [
        select(*by, (func.sum(c.n) * sign).label("n"))
        .where(
            c.region == bindparam("region"),
            c.grain == grain.value,
            c.step.in_(bindparam(f"steps{place}", expanding=True)),
            c.tick.between(bindparam(f"from{place}"), bindparam(f"to{place}")),
        )
        .group_by(*by)
        for place, (grain, sign) in enumerate(shape)
    ]
    rows = union_all(*parts).subquery()
    opd, measure, *step = (rows.c[column.name] for column in by)
    return select(opd, measure, func.sum(rows.c.n), *step).group_by(opd, measure, *step)
