"""What a report says, as plain JSON: the monthly `laporan` and the `f01` pack of evidence.

Pure and deterministic: the same figures give the same document, so that two editions can be
compared figure by figure. Everything a reader may change is keyed, nothing is a list of records.
Figures are those of the Score JSON; nothing is computed anew but no. 28 without what finished by
itself. Must not know tables, and holds no text of a citizen.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from shared.policy.instrument import FollowUp
from shared.scores.numbers import figure
from shared.scores.pekppp import NOTICE, FollowUpCounts, follow_up_level
from shared.scores.register import FollowUpRow, Grounds, MonthlyEdition, RegisterRow

FORMAT = 1
SOURCE = (
    "Dihitung Tanggap dari kejadian kasus dan jawaban survei yang diketahui saat dibekukan; "
    "angka sama dengan halaman skor pada tanggal dan aturan yang tercantum."
)
FIRST_YEAR = 2020
_INDEX = ("value", "state", "n", "rank", "backlog")
_CLOCK = ("p", "n", "on_time", "late", "missed", "running")
_PARTS = {
    "verify": _CLOCK,
    "first_response": _CLOCK,
    "finish": _CLOCK,
    "not_reopened": ("p", "n", "good", "missed"),
    "satisfaction": ("p", "n", "mean", "hidden"),
}
_BOUNDS = ("value", "low", "high")
_IPP = (*_BOUNDS, "grade", "rule", "missing", "units", "missing_units", "reason")
_COUNTS = ("received", "finished", "lapor_received", "lapor_finished", "auto_finished")
_SKM = (
    "ikm", "grade", "label", "n", "n_required", "population", "rule", "without_token", "hidden",
    "bursts",
)  # fmt: skip


class ReportKind(StrEnum):
    """What can be signed: a month of a region or OPD, or an OPD's evidence of a year."""

    LAPORAN = "laporan"
    F01 = "f01"


class PeriodError(ValueError):
    """The period does not exist, or cannot be reported on yet; the message says which can."""


@dataclass(frozen=True, slots=True)
class Period:
    """A month or a year; its figures are as of `as_of`, and `complete` once nothing is to come."""

    name: str
    first: date
    last: date
    as_of: date
    complete: bool


@dataclass(frozen=True, slots=True)
class Head:
    """What a report is of."""

    kind: ReportKind
    code: str
    name: str
    region: str
    region_name: str
    zone: str
    zone_label: str
    period: Period
    policies: Mapping[str, str]
    kode: str | None = None


def month_period(text: str, today: date) -> Period:
    """The month `YYYY-MM`, up to its end or today; raises `PeriodError`."""
    try:
        if len(text) != 7:
            raise ValueError
        first = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise PeriodError("Tulis bulan sebagai TTTT-BB, misalnya 2026-10.") from error
    if first > today or first.year < FIRST_YEAR:
        raise PeriodError(f"Pilih bulan dari {FIRST_YEAR}-01 sampai {today:%Y-%m}.")
    last = first.replace(day=monthrange(first.year, first.month)[1])
    return Period(text, first, last, min(last, today), last < today)


def year_period(text: str, today: date) -> Period:
    """The assessed year `YYYY`: this one or the one before; raises `PeriodError`.

    No. 28 counts finishes up to today, in the year after as well (domain.md §1.4), so a pack is
    always as of today, and never final by itself.
    """
    allowed = (today.year - 1, today.year)
    if text not in map(str, allowed):
        raise PeriodError(
            f"Berkas F-01 dibuat untuk tahun {allowed[0]} atau {allowed[1]}; "
            "yang lebih lama ada pada edisi yang sudah ditandatangani."
        )
    first = date(int(text), 1, 1)
    last = first.replace(month=12, day=31)
    return Period(text, first, last, today, last < today)


def laporan(
    head: Head, score: Mapping[str, Any], followups: Iterable[FollowUpRow]
) -> dict[str, Any]:
    """The monthly report of an OPD or, where `score` has `opds`, of a region."""
    as_of = head.period.as_of
    figures = unit_figures(score) | {
        "followups": {str(row.id): _public_followup(row, as_of) for row in followups}
    }
    if "opds" in score:
        figures["opds"] = {
            entry["opd"]: {"name": entry["name"]} | unit_figures(entry)
            for entry in score["opds"]
            if _has_data(entry)
        }
    return _document(head, figures)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the F-01 pack is made of, beside its head.

    `year`: the Score JSON whose window is the year. `pekppp`: the `pekppp` part of that year as of
    today, `grounds` its indicators of the live aspect, `survey_grounds` no. 8 and 9. `skm`: the
    survey's figures of the year, with `services` by name.
    """

    year: Mapping[str, Any]
    pekppp: Mapping[str, Any]
    skm: Mapping[str, Any]
    follow_up: FollowUp
    grounds: tuple[Grounds, ...] = ()
    survey_grounds: tuple[Grounds, ...] = ()
    followups: tuple[FollowUpRow, ...] = ()
    register: tuple[RegisterRow, ...] = ()
    monthly: tuple[MonthlyEdition, ...] = ()


def f01(head: Head, evidence: Evidence) -> dict[str, Any]:
    """The pack of evidence of an OPD for a year; never public, since it names tickets."""
    pekppp, period = evidence.pekppp, head.period
    figures = unit_figures(evidence.year)
    del figures["pekppp"], figures["pekppp_assessed"]
    figures |= {
        "pekppp": _pekppp(pekppp) | {"indicators": _indicators(evidence.grounds)},
        "survey_indicators": _indicators(evidence.survey_grounds),
        "no28_without_auto": _without_auto(evidence),
        "counts": _monthly_counts(evidence.register, period),
        "register": {row.ticket: _case(row) for row in evidence.register if row.listed},
        "unlisted": sum(not row.listed for row in evidence.register),
        "followups": {str(row.id): _followup(row, period.as_of) for row in evidence.followups},
        "monthly_reports": _monthly_reports(evidence.monthly, period),
        "skm": _skm(evidence.skm)
        | {"services": {str(one["service"]): _skm(one) for one in evidence.skm["services"]}},
    }
    return _document(head, figures)


def _document(head: Head, figures: dict[str, Any]) -> dict[str, Any]:
    period = head.period
    return {
        "format": FORMAT,
        "kind": head.kind.value,
        "scope": {
            "code": head.code,
            "name": head.name,
            "region": head.region,
            "region_name": head.region_name,
            "zone": head.zone,
            "zone_label": head.zone_label,
            "kode": head.kode,
        },
        "period": {
            "name": period.name,
            "from": period.first.isoformat(),
            "to": period.last.isoformat(),
            "as_of": period.as_of.isoformat(),
            "complete": period.complete,
        },
        "notice": NOTICE,
        "source": SOURCE,
        "policies": dict(head.policies),
        "figures": figures,
    }


def unit_figures(score: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a Score JSON that a report tells: no names of staff, no explanation."""
    index = score["responsiveness"]
    low, high = index["interval"]
    return {
        "index": _picked(index, _INDEX) | {"low": low, "high": high},
        "parts": {name: _picked(index["parts"][name], members) for name, members in _PARTS.items()},
        "shares": dict(score["shares"]),
        "pekppp": _pekppp(score["pekppp"]),
        "pekppp_assessed": _pekppp(score["pekppp"]["assessed"]),
        "skm": _skm(score["skm"]),
    }


def _pekppp(part: Mapping[str, Any]) -> dict[str, Any]:
    indicators = part["aspect_e"]["indicators"]
    no28 = indicators["28"]
    picked = _picked(no28, ("level", "computed", "rule", "share", "lapor_share", "thin"))
    return {
        "year": part["year"],
        "aspect_e": _picked(part["aspect_e"], _BOUNDS),
        "indicators": {
            no: _picked(found, ("level", "computed", "source")) for no, found in indicators.items()
        },
        "no28": picked | _picked(no28["counts"], _COUNTS),
        "ipp": _picked(part["ipp"], _IPP),
    }


def _indicators(grounds: Iterable[Grounds]) -> dict[str, Any]:
    return {
        str(found.no): {
            "name": found.name,
            "level": found.level,
            "computed": found.computed,
            "source": found.source,
            "from_year": found.from_year,
            "entered_on": _iso(found.entered_on),
            "reason": found.reason,
            "evidence": list(found.evidence),
        }
        for found in grounds
    }


def _skm(found: Mapping[str, Any]) -> dict[str, Any]:
    return _picked(found, _SKM) | {"nrr": dict(found["nrr"])}


def _without_auto(evidence: Evidence) -> dict[str, Any]:
    """No. 28 as if what finished by itself were still open (domain.md §9 row 19).

    From the same cases as the counts: those that finished by themselves are subtracted.
    """
    counts = FollowUpCounts(
        **{
            name: evidence.pekppp["aspect_e"]["indicators"]["28"]["counts"][name]
            for name in _COUNTS
        }
    )
    lapor_auto = sum(row.counted and row.auto and row.lapor for row in evidence.register)
    rest = replace(
        counts,
        finished=counts.finished - counts.auto_finished,
        lapor_finished=counts.lapor_finished - lapor_auto,
        auto_finished=0,
    )
    found = follow_up_level(rest, evidence.follow_up)
    return {
        "received": rest.received,
        "finished": rest.finished,
        "lapor_received": rest.lapor_received,
        "lapor_finished": rest.lapor_finished,
        "level": found.level,
        "rule": found.rule,
        "share": figure(found.share, 4),
        "lapor_share": figure(found.lapor_share, 4),
    }


def _monthly_counts(rows: Iterable[RegisterRow], period: Period) -> dict[str, Any]:
    """Cases by month of receipt, restricted ones included; counts only."""
    found: dict[str, dict[str, Any]] = {
        month: {"received": 0, "kind": {}, "status": {}, "channel": {}} for month in _months(period)
    }
    for row in rows:
        month = found[f"{row.received_on:%Y-%m}"]
        month["received"] += 1
        for name in ("kind", "status", "channel"):
            value = getattr(row, name)
            month[name][value] = month[name].get(value, 0) + 1
    return found


def _monthly_reports(editions: Iterable[MonthlyEdition], period: Period) -> dict[str, Any]:
    by_month = {edition.period: edition for edition in editions}
    return {
        month: {"number": found.number, "signed_on": found.signed_on.isoformat(),
                "sha256": found.sha256} if (found := by_month.get(month)) else None
        for month in _months(period)
    }  # fmt: skip


def _months(period: Period) -> list[str]:
    return [f"{period.first.year}-{month:02}" for month in range(1, 13)]


def _case(row: RegisterRow) -> dict[str, Any]:
    return {
        "opd": row.opd,
        "received_on": row.received_on.isoformat(),
        "kind": row.kind,
        "category": row.category,
        "channel": row.channel,
        "status": row.status,
        "due_on": _iso(row.due_on),
        "finished_on": _iso(row.finished_on),
        "counted": row.counted,
        "lapor": row.lapor,
    }


def _public_followup(row: FollowUpRow, as_of: date) -> dict[str, Any]:
    return {
        "opd": row.opd,
        "year": row.year,
        "service": row.service,
        "element": row.element,
        "due_on": row.due_on.isoformat(),
        "state": row.state(as_of),
    }


def _followup(row: FollowUpRow, as_of: date) -> dict[str, Any]:
    return _public_followup(row, as_of) | {
        "result_on": row.result_on.isoformat(),
        "created_on": row.created_on.isoformat(),
        "started_on": _iso(row.started_on),
        "done_on": _iso(row.done_on),
        "finding": row.finding,
        "plan": row.plan,
        "owner": row.owner,
        "evidence": list(row.evidence),
    }


def _has_data(entry: Mapping[str, Any]) -> bool:
    """Whether there is anything to tell of an OPD or unit; a hidden number counts as one."""
    return bool(
        entry["responsiveness"]["n"]
        or any(entry["shares"].values())
        or entry["skm"]["n"] != 0
        or entry["pekppp"]["aspect_e"]["value"] is not None
    )


def _picked(found: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: found[name] for name in names if name in found}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
