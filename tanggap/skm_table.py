"""The SKM as rows of a table: each OPD as a whole, then its services; and a row a burst.

Promises: the columns are always the same. Must not know where the table goes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection

from shared.contracts.enums import Sentiment, SKMElement
from shared.db.read.directory import Directory
from shared.db.read.skm import SKMReport, load_skm
from shared.scores.numbers import rounded
from shared.scores.periods import Period
from shared.scores.skm_document import Part
from tanggap.sheets.writing import Cell

COLUMNS = (
    "opd", "name", "service", "from", "to", "period",
    "n", "n_required", "population", "without_token", "ikm", "grade", "label", "rule",
    *(f"nrr_{element.value}" for element in SKMElement),
    "comments", *(f"comments_{sentiment.value}" for sentiment in Sentiment), "bursts", "policy",
)  # fmt: skip
BURST_COLUMNS = ("opd", "service", "day", "from", "to_day", "to", "count")
_NRR_PLACES = 4
_ALL = "*"
"""In the column `service`: all of them together; empty is an answer that names none."""


@dataclass(slots=True)
class Exported:
    """The rows so far."""

    rows: list[list[Cell]] = field(default_factory=list)
    bursts: list[list[Cell]] = field(default_factory=list)

    def add(self, report: SKMReport) -> None:
        """Add an OPD's report: a row of all services, then a row for each."""
        # A burst at a unit stands in the report of the OPD above it too: told once, at the unit.
        own = [b for b in report.bursts if report.unit and b.opd == report.unit.code]
        self.rows.append(_row(report, report.whole, _ALL, len(report.bursts)))
        for part in report.services:
            count = sum(burst.service == part.key for burst in report.bursts)
            self.rows.append(_row(report, part, part.key, count))
        zone = report.region.zone_info
        for burst in own:
            first, last = burst.first.astimezone(zone), burst.last.astimezone(zone)
            self.bursts.append(
                [
                    burst.opd, burst.service, first.date(), f"{first:%H:%M}", last.date(),
                    f"{last:%H:%M}", burst.count,
                ]
            )  # fmt: skip


def reports(conn: Connection, unit: str, period: Period, rule: str) -> Iterator[SKMReport]:
    """The reports of a region's entries, or of an OPD and its units, that have answers.

    Raises `LookupError` and `UnknownRuleError`.
    """
    region = unit.partition("/")[0]
    directory = Directory.load(conn, period.last)

    def of(opd: str | None) -> SKMReport:
        return load_skm(
            conn, region, opd, first=period.first, last=period.last, code=period.code, rule=rule,
            directory=directory,
        )  # fmt: skip

    if "/" in unit:
        codes = directory.with_units(unit)
    else:
        counted = {part.key for part in of(None).units if part.result.n}
        codes = tuple(code for top in sorted(counted) for code in directory.with_units(top))
    for code in codes:
        report = of(code)
        if report.whole.result.n or code == unit:
            yield report


def _row(report: SKMReport, part: Part, service: str, bursts: int) -> list[Cell]:
    result, period = part.result, report.period
    code, name = (report.unit.code, report.unit.name) if report.unit else ("", "")
    comments = part.answers.comments
    nrr = [result.nrr.get(element) for element in SKMElement]
    return [
        code, name, service, period.first, period.last, period.code,
        result.n, result.n_required, part.population, result.n - result.with_token,
        None if result.ikm is None else rounded(result.ikm), result.grade, result.label,
        result.rule,
        *(None if value is None else rounded(value, _NRR_PLACES) for value in nrr),
        sum(comments.values()), *(comments.get(sentiment, 0) for sentiment in Sentiment),
        bursts, report.policy.skm.name,
    ]  # fmt: skip
