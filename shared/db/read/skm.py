"""The SKM of a region or an OPD in a period: counters by service and unit, and bursts of answers.

Counters alone answer what the figures are; only bursts look at single answers, of one OPD and its
units, and never at who gave them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, String, cast, select

from shared.db.read.directory import OPD, Directory, Region
from shared.db.read.scores import UnknownUnitError
from shared.db.read.services import users_per_year
from shared.db.read.skm_counters import answer_sums, answers_by_opd, population
from shared.db.tables.scoring import scoring_surveys
from shared.policy.load import PolicyBook, PolicySet, load_policies
from shared.policy.model import BurstPolicy
from shared.scores.bursts import Burst, Filled, Vector, bursts, vector_of
from shared.scores.periods import BY_MONTH, Period, Steps, quarters, steps_of
from shared.scores.skm import (
    EXACT,
    Answers,
    UnknownRuleError,
    rules_of,
    skm_result,
    together,
)
from shared.scores.skm_document import Part, burst_json, part_json, span_json

_Key = tuple[str, str]
"""OPD and service."""
_READ_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class SKMReport:
    """The SKM of a unit (an OPD with its units, or a region) and a period.

    `services`: by name, those of the units too; `units`: of an OPD itself and those below it, of a
    region its OPDs with theirs. Only an OPD's report has `services`, `history` and `bursts`.
    """

    region: Region
    directory: Directory
    unit: OPD | None
    period: Period
    rule: str
    service: str | None
    policy: PolicySet
    whole: Part
    services: tuple[Part, ...]
    units: tuple[Part, ...]
    history: tuple[tuple[Period, Part], ...]
    bursts: tuple[Burst, ...]

    def document(self) -> dict[str, Any]:
        """As JSON, everything in it; `hide_small_parts` is the caller's."""
        unit: OPD | Region = self.unit or self.region
        period = self.period
        return {
            "opd": unit.code,
            "name": unit.name,
            **span_json(period.first, period.last, period.code, period.name),
            "rule": self.rule,
            "rules": list(rules_of(self.policy.skm)),
            "service": self.service,
            "policy": self.policy.skm.name,
            "skm": part_json(self.whole),
            "services": [{"service": p.key, **part_json(p)} for p in self.services],
            "units": [{"opd": p.key, "name": p.name, **part_json(p)} for p in self.units],
            "history": [
                {**span_json(q.first, q.last, q.code, q.name), **part_json(p)}
                for q, p in self.history
            ],
            "bursts": [burst_json(burst, self.region.zone_info) for burst in self.bursts],
        }


def load_skm(
    conn: Connection,
    region: str,
    opd: str | None = None,
    *,
    first: date,
    last: date,
    service: str | None = None,
    rule: str = EXACT,
    code: str = "",
    directory: Directory | None = None,
    book: PolicyBook | None = None,
) -> SKMReport:
    """The SKM of an OPD by its full code, or of the region, from the first to the last local day.

    `service` narrows it to one ("": answers that name none); `code` names the period. Raises
    `UnknownUnitError`, `UnknownRuleError` and `ValueError` for days that are no period.
    """
    entries = directory or Directory.load(conn, last)
    found, unit = entries.region(region), entries.opd(opd) if opd else None
    if found is None or (opd and (unit is None or unit.region != region)):
        raise UnknownUnitError(opd or region)
    policy = (book or load_policies()).at(last)
    if rule not in rules_of(policy.skm):
        raise UnknownRuleError(f"{rule} is no rule: choose {', '.join(rules_of(policy.skm))}")
    period = Period(first, last, code)
    reader = _Reader(conn, entries, policy, rule, region, users_per_year(conn, region, last))
    return reader.of_opd(found, unit, period, service) if unit else reader.of_region(found, period)


@dataclass(frozen=True, slots=True)
class _Reader:
    conn: Connection
    directory: Directory
    policy: PolicySet
    rule: str
    region: str
    users: Mapping[_Key, int]

    def of_opd(self, region: Region, opd: OPD, period: Period, service: str | None) -> SKMReport:
        codes = self.directory.with_units(opd.code)
        found = answer_sums(
            self.conn,
            self.region,
            steps_of(period.first, period.last),
            ("opd", "service"),
            codes,
            service,
        )
        history = (
            (quarter, self._part(opd.code, quarter.code, quarter.name, answers, codes, service))
            for quarter, answers in self._quarters(period.last.year, codes, service)
        )
        return SKMReport(
            region, self.directory, opd, period, self.rule, service, self.policy,
            self._part(opd.code, opd.code, opd.name, together(found.values()), codes, service),
            self._services(opd.code, found, codes) if service is None else (),
            self._units(opd.code, found, codes, service) if len(codes) > 1 else (),
            tuple(history),
            tuple(load_bursts(self.conn, codes, period, self.policy.skm.bursts, service)),
        )  # fmt: skip

    def of_region(self, region: Region, period: Period) -> SKMReport:
        found = answers_by_opd(self.conn, self.region, period.first, period.last)
        whole = together(found.values())
        tops = [
            opd for opd in self.directory.opds(self.region) if not opd.parent and not opd.external
        ]
        parts = []
        for opd in tops:
            codes = self.directory.with_units(opd.code)
            answers = together(found[code] for code in codes if code in found)
            parts.append(self._part(opd.code, opd.code, opd.name, answers, codes, None))
        return SKMReport(
            region, self.directory, None, period, self.rule, None, self.policy,
            self._part(region.code, region.code, region.name, whole, None, None),
            (), tuple(parts), (), (),
        )  # fmt: skip

    def _part(
        self,
        owner: str,
        key: str,
        name: str,
        answers: Answers,
        codes: Sequence[str] | None,
        service: str | None,
    ) -> Part:
        """A part under the weights of its owner, with the population that is known of it."""
        policy = self.policy.skm.of(owner)
        users = population(self.users, codes, service)
        rule = self.rule if self.rule in rules_of(policy) else EXACT
        return Part(key, name, answers, skm_result(answers, policy, users, rule), users)

    def _services(
        self, owner: str, found: Mapping[tuple[str, ...], Answers], codes: Sequence[str]
    ) -> tuple[Part, ...]:
        """Every service that was answered for; answers that name none come last."""
        services: dict[str, list[Answers]] = {}
        for (_, service), answers in found.items():
            services.setdefault(service, []).append(answers)
        return tuple(
            self._part(owner, name, name, together(services[name]), codes, name)
            for name in sorted(services, key=lambda name: (not name, name.lower()))
        )

    def _units(
        self,
        owner: str,
        found: Mapping[tuple[str, ...], Answers],
        codes: Sequence[str],
        service: str | None,
    ) -> tuple[Part, ...]:
        parts = []
        for code in codes:
            opd = self.directory.opd(code)
            answers = together(a for (unit, _), a in found.items() if unit == code)
            name = opd.name if opd else code
            parts.append(self._part(owner, code, name, answers, (code,), service))
        return tuple(parts)

    def _quarters(
        self, year: int, codes: Sequence[str], service: str | None
    ) -> Iterable[tuple[Period, Answers]]:
        """The quarters of the year, from its months."""
        steps = [Steps(BY_MONTH, year * 12, year * 12 + 11)]
        months = answer_sums(self.conn, self.region, steps, ("step",), codes, service)
        for number, quarter in enumerate(quarters(year)):
            found = (answers for (step,), answers in months.items() if step % 12 // 3 == number)
            yield quarter, together(found)


def load_bursts(
    conn: Connection,
    codes: Sequence[str],
    period: Period,
    policy: BurstPolicy,
    service: str | None = None,
) -> list[Burst]:
    """The bursts at these units; answers from a file have no time of day and are left out."""
    c = scoring_surveys.c
    # As text: few ways of answering make up most answers, and each is taken apart once.
    query = select(c.receipt, c.opd, c.service, c.received_at, cast(c.answers, String)).where(
        c.opd.in_(codes),
        c.day.between(period.first.toordinal(), period.last.toordinal()),
        c.history.is_(False),
    )
    if service is not None:
        query = query.where(c.service == service)
    vectors: dict[str, Vector] = {}

    def vector(text: str) -> Vector:
        if text not in vectors:
            vectors[text] = vector_of(orjson.loads(text))
        return vectors[text]

    rows = conn.execute(query, execution_options={"yield_per": _READ_AT_ONCE})
    filled = (
        Filled(receipt, opd, name, at, vector(answers)) for receipt, opd, name, at, answers in rows
    )
    return bursts(filled, policy)
