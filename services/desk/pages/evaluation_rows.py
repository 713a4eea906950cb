"""What the pages of the evaluation show of an item: entered, computed, or not there. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from services.desk.evaluation import F03, is_computed, needs_evidence
from services.desk.pages import evaluation_words
from shared.db.read.directory import OPD
from shared.policy.instrument import Instrument

Standing = Mapping[str, Mapping[str, Any]]


def summary(
    unit: OPD, standing: Standing, computed: Mapping[str, int], instrument: Instrument
) -> dict[str, Any]:
    """A unit's line of the overview: items of the live aspect, the other aspects, F-03."""
    live = instrument.of_aspect(instrument.live_aspect)
    items = [_chip(str(indicator.no), standing, computed) for indicator in live]
    aspects = [
        _aspect(aspect.code, aspect.name, standing, computed, instrument)
        for aspect in instrument.aspects
        if aspect.code != instrument.live_aspect
    ]
    f03 = standing.get(F03)
    missing = [chip["item"] for chip in items if chip["value"] is None]
    missing += [aspect["code"].upper() for aspect in aspects if not aspect["complete"]]
    missing += [] if f03 else ["F-03"]
    return {"unit": unit, "items": items, "aspects": aspects, "f03": f03, "missing": missing}


def _chip(item: str, standing: Standing, computed: Mapping[str, int]) -> dict[str, Any]:
    entered = standing.get(item)
    return {
        "item": item,
        "value": entered["value"] if entered else computed.get(item),
        "entered": entered is not None,
        "computed": computed.get(item),
    }


def _aspect(
    code: str,
    name: str,
    standing: Standing,
    computed: Mapping[str, int],
    instrument: Instrument,
) -> dict[str, Any]:
    numbers = [str(indicator.no) for indicator in instrument.of_aspect(code)]
    known = sum(number in standing or number in computed for number in numbers)
    own = standing.get(code)
    return {
        "code": code,
        "name": name,
        "value": own["value"] if own else None,
        "known": known,
        "of": len(numbers),
        "complete": own is not None or known == len(numbers),
    }


@dataclass(frozen=True)
class Rows:
    """Makes the rows of a unit's page from its entries (newest first) and computed levels."""

    unit: OPD
    entries: Sequence[Mapping[str, Any]]
    computed: Mapping[str, int]
    instrument: Instrument

    def groups(self) -> list[dict[str, Any]]:
        """The items by aspect, the live aspect first; aspects as a whole and F-03 last."""
        live = self.instrument.live_aspect
        groups = []
        for aspect in sorted(self.instrument.aspects, key=lambda found: found.code != live):
            indicators = self.instrument.of_aspect(aspect.code)
            rows = [self._row(str(found.no), found.weight) for found in indicators]
            groups.append(_group(f"{aspect.code.upper()}. {aspect.name}", rows))
        whole = [self._row(aspect.code, aspect.weight) for aspect in self.instrument.aspects]
        groups.append(_group("Nilai aspek dan F-03", [*whole, self._row(F03)]))
        return groups

    def _row(self, item: str, weight: Fraction | None = None) -> dict[str, Any]:
        kode, instrument = self.unit.kode, self.instrument
        said = [entry for entry in self.entries if entry["item"] == item]
        levels: list[tuple[int, str]] = []
        if item.isdigit():
            levels = evaluation_words.level_words(item, kode, instrument)
        return {
            "item": item,
            "name": evaluation_words.names(instrument)[item],
            "weight": weight,
            "levels": levels,
            "worded": any(text for _, text in levels),
            "hint": evaluation_words.hint(item, kode),
            "is_computed": is_computed(item, kode, instrument),
            "computed": self.computed.get(item),
            "entry": next((entry for entry in said if entry["holds"]), None),
            "history": said,
            "needs_evidence": needs_evidence(item, kode, instrument),
            "respondents": item == F03,
        }


def _group(title: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    known = [row for row in rows if row["entry"] or row["computed"] is not None]
    return {"title": title, "rows": rows, "filled": len(known)}
