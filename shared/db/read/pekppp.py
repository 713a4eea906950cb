"""PEKPPP and IPP of a region's units at one day, worked out when asked for and then kept.

Built from what `shared/db/read/scores` has read already; nothing is read here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from shared.db.read.directory import OPD, Directory
from shared.policy.load import PolicySet
from shared.scores.estimate import (
    GroupEstimate,
    UnitEstimate,
    group_estimate,
    unit_estimate,
)
from shared.scores.evaluation import NO_INPUTS, UnitInputs
from shared.scores.figures import Figure
from shared.scores.gains import gain_json, gains
from shared.scores.nowcast import group_figure, live_figure, pekppp_figures
from shared.scores.pekppp_document import pekppp_json, region_pekppp_json

Locus = Literal["nasional", "mandiri"]
LOCI: tuple[Locus, ...] = ("nasional", "mandiri")
YearSums = Callable[[int, Sequence[str] | None], Mapping[str, int]]
"""The measures of a year of receipt of several OPDs together; none: of all."""


def first_year(running: int, policy: PolicySet) -> int:
    """The earliest year whose entries a score of the running and the assessed year can need."""
    return running - 1 - policy.instrument.carry_years


@dataclass(frozen=True)
class RegionNowcast:
    """The estimates of every unit of a region, for the running year and the assessed one."""

    region: str
    directory: Directory
    policy: PolicySet
    day: date
    inputs: Mapping[str, UnitInputs]
    sums: YearSums
    _units: dict[tuple[str, int], UnitEstimate] = field(default_factory=dict, repr=False)
    _codes: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def unit(self, opd: OPD, year: int) -> UnitEstimate:
        """The unit's estimate of a year; its counts and its register include its units'."""
        found = self._units.get((opd.code, year))
        if found is None:
            codes = self._with_units(opd.code)
            inputs = self._inputs(codes)
            sums = self.sums(year, codes)
            found = unit_estimate(year, opd.kode, sums, inputs, self.day, self.policy)
            self._units[opd.code, year] = found
        return found

    def whole(self, year: int) -> UnitEstimate:
        """What is known of all cases together; a region is not evaluated as a unit."""
        return unit_estimate(year, None, self.sums(year, None), NO_INPUTS, self.day, self.policy)

    def group(self, locus: Locus, year: int) -> GroupEstimate:
        """The mean of the region's evaluated units of a locus in that year."""
        units = {opd.code: self.unit(opd, year).estimate for opd in self._of_locus(locus, year)}
        return group_estimate(units, self.policy.instrument)

    def document(self, opd: OPD | None) -> dict[str, Any]:
        """The `pekppp` part of the Score JSON of a unit, or of the region: the running year with
        the assessed one inside.
        """
        running, assessed = (self._year(opd, year) for year in self._years())
        return {**running, "assessed": assessed}

    def figures(self, opd: OPD | None) -> list[Figure]:
        """The same opened; those of the assessed year have ids of their own."""
        return [
            found
            for year, under in zip(self._years(), ("pekppp", "pekppp.assessed"), strict=True)
            for found in self._figures(opd, year, under)
        ]

    def gains(self, opd: OPD) -> list[dict[str, Any]]:
        """What the next level of each indicator would add in the running year."""
        year = self.day.year
        locus = opd.locus_in(year)
        units = sum(1 for other in LOCI if other == locus for _ in self._of_locus(other, year))
        return [gain_json(gain) for gain in gains(self.unit(opd, year), self.policy, units)]

    def _years(self) -> tuple[int, int]:
        return self.day.year, self.day.year - 1

    def _year(self, opd: OPD | None, year: int) -> dict[str, Any]:
        if opd is not None:
            return pekppp_json(self.unit(opd, year), self.policy)
        national, own = (self.group(locus, year) for locus in LOCI)
        return region_pekppp_json(self.whole(year), national, own, self.policy)

    def _figures(self, opd: OPD | None, year: int, under: str) -> list[Figure]:
        if opd is not None:
            return pekppp_figures(self.unit(opd, year), self.policy, under=under)
        groups = [
            group_figure(self.group(locus, year), locus, year, self.policy, under=under)
            for locus in LOCI
        ]
        return [*groups, live_figure(self.whole(year), self.policy, under=under)]

    def _of_locus(self, locus: Locus, year: int) -> list[OPD]:
        units = self.directory.opds(self.region)
        return [opd for opd in units if opd.kode and opd.locus_in(year) == locus]

    def _with_units(self, code: str) -> tuple[str, ...]:
        found = self._codes.get(code)
        if found is None:
            found = self._codes[code] = self.directory.with_units(code)
        return found

    def _inputs(self, codes: Sequence[str]) -> UnitInputs:
        """What was said of the unit itself, and the register of it and its units."""
        if not self.inputs:
            return NO_INPUTS
        own = self.inputs.get(codes[0], NO_INPUTS)
        below = [self.inputs[code] for code in codes[1:] if code in self.inputs]
        followups = [entry for found in below for entry in found.followups]
        if not followups:
            return own
        return UnitInputs(own.assessed, (*own.followups, *followups))
