"""Opens the PEKPPP figures: aspects, their indicators, F-02, F-03 and IPP; counts only. Pure.

Every figure here is an estimate, not an official result, and says so by its name.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from shared.policy.instrument import Indicator
from shared.policy.load import PolicySet
from shared.scores.estimate import GroupEstimate, UnitEstimate
from shared.scores.evaluation import AspectInputs, Known
from shared.scores.figures import Figure
from shared.scores.gains import PLACES
from shared.scores.numbers import figure
from shared.scores.pekppp import NOTICE, Bounds
from shared.scores.pekppp_document import UNKNOWN, carried, level_json

_ASPECT = "Σ bobot indikator × tingkat (0–{highest})"
_OWN = "nilai aspek dimasukkan utuh"
_ENTERED = "tingkat ditetapkan penilai"
_CARRIED = "tingkat tahun {year} dipakai kembali"
_UNKNOWN = "belum diisi: antara 0 dan {highest}"
_FOLLOW_UP = {
    "no_cases": "tidak ada kasus yang diterima: tidak dapat dihitung",
    "nothing_finished": "tidak satu pun selesai",
    "outside": "selesai ÷ diterima; belum ada pengaduan SP4N-LAPOR! yang selesai",
    "lapor": "SP4N-LAPOR! selesai ÷ SP4N-LAPOR! diterima",
}
_SPEED = (
    "median atas jam sampai tanggapan pertama; yang belum ditanggapi lebih lama dari batas mana pun"
)
_SHARE = "tindak lanjut SKM selesai ÷ direncanakan"
_SLOWEST = (
    "bulan dari hasil SKM sampai tindak lanjut paling lambat selesai; 0 sebelum semua selesai"
)
_F02 = "F-02 = Σ bobot aspek × nilai aspek"
_F03 = "rata-rata jawaban pengguna layanan (F-03), dimasukkan; SKM tidak menggantikannya"
_IPP = "IPP = {f02} × F-02 + {f03} × F-03"
_F02_ONLY = "IPP = F-02: responden F-03 kurang dari {minimum}"
_MEAN = "rata-rata sederhana IPP unit lokus {locus}; kosong selama satu unit belum bernilai"


def pekppp_figures(unit: UnitEstimate, policy: PolicySet, *, under: str = "pekppp") -> list[Figure]:
    """The IPP first, then F-02 with its aspects and indicators, then F-03.

    `under` begins each id: "pekppp" for the running year.
    """
    return [_ipp(unit, policy, under), _f02(unit, policy, under), _f03(unit, policy, under)]


def group_figure(
    group: GroupEstimate, locus: str, year: int, policy: PolicySet, *, under: str = "pekppp"
) -> Figure:
    """The region's mean of a locus."""
    return _figure(
        policy, f"{under}.ipp.{locus}", f"IPP daerah, lokus {locus}, {year}", group.ipp,
        _MEAN.format(locus=locus),
        {"units": group.units, "missing_units": [*group.missing_units], "grade": group.grade},
        n=group.units,
    )  # fmt: skip


def live_figure(unit: UnitEstimate, policy: PolicySet, *, under: str = "pekppp") -> Figure:
    """The live aspect alone: what is known of a whole region."""
    return _aspect(unit, policy.instrument.live_aspect, policy, under)


def _ipp(unit: UnitEstimate, policy: PolicySet, under: str) -> Figure:
    """Without F-03 in it where it does not count: it may be one person's answer."""
    instrument, found = policy.instrument, unit.estimate
    inputs: dict[str, Any] = {"year": unit.year, "kode": unit.kode, "rule": found.rule}
    inputs["f02"] = figure(found.f02.value, PLACES)
    formula = _F02_ONLY.format(minimum=instrument.f03_minimum)
    if found.rule != "f02_only":
        formula = _IPP.format(f02=_plain(instrument.f02), f03=_plain(instrument.f03))
        inputs["f03"] = _value(unit.inputs.f03)
    inputs |= {"grade": found.grade, "missing": [*found.missing]}
    inputs["carried"] = list(carried(unit.inputs, policy))
    if found.reason:
        formula = found.reason
    name = f"Indeks Pelayanan Publik (IPP) {unit.year}"
    return _figure(policy, f"{under}.ipp", name, found.ipp, formula, inputs)


def _f02(unit: UnitEstimate, policy: PolicySet, under: str) -> Figure:
    instrument = policy.instrument
    parts = [_aspect(unit, aspect.code, policy, under) for aspect in instrument.aspects]
    inputs = {
        aspect.code: {
            "weight": figure(aspect.weight, 4),
            "value": figure(unit.estimate.aspects[aspect.code].value, PLACES),
        }
        for aspect in instrument.aspects
    }
    formula = unit.estimate.reason or _F02
    found = _figure(policy, f"{under}.f02", "Nilai F-02", unit.estimate.f02, formula, inputs)
    return {**found, "parts": parts}


def _f03(unit: UnitEstimate, policy: PolicySet, under: str) -> Figure:
    """With what the IPP would be if it counted, where too few answered."""
    found, estimate = unit.inputs.f03, unit.estimate
    value = Fraction(found.value) if found else None
    highest = Fraction(policy.instrument.highest)
    bounds = Bounds(value, value or Fraction(0), highest if value is None else value)
    inputs: dict[str, Any] = {
        "source": found.source if found else UNKNOWN,
        "year": found.year if found else None,
        "minimum": policy.instrument.f03_minimum,
    }
    if estimate.with_f03:
        inputs["ipp_with_f03"] = figure(estimate.with_f03.value)
    return _figure(policy, f"{under}.f03", "Nilai F-03", bounds, _F03, inputs, n=unit.inputs.f03_n)


def _aspect(unit: UnitEstimate, code: str, policy: PolicySet, under: str) -> Figure:
    instrument = policy.instrument
    aspect, made_of = instrument.aspect(code), unit.inputs.aspects[code]
    formula = _ASPECT.format(highest=instrument.highest)
    inputs: dict[str, Any] = {"weight": figure(aspect.weight, 4)}
    if made_of.own:
        formula = _OWN
        inputs |= {"source": made_of.own.source, "year": made_of.own.year}
    indicators = instrument.of_aspect(code)
    inputs["levels"] = {
        str(indicator.no): _value(known)
        for indicator, known in zip(indicators, made_of.levels, strict=True)
    }
    bounds = unit.estimate.aspects[code]
    found = _figure(policy, f"{under}.{code}", f"Aspek {aspect.name}", bounds, formula, inputs)
    return {**found, "parts": _indicators(unit, indicators, made_of, policy, under)}


def _indicators(
    unit: UnitEstimate,
    indicators: Sequence[Indicator],
    made_of: AspectInputs,
    policy: PolicySet,
    under: str,
) -> list[Figure]:
    return [
        _indicator(unit, indicator, known, policy, under)
        for indicator, known in zip(indicators, made_of.levels, strict=True)
    ]


def _indicator(
    unit: UnitEstimate, indicator: Indicator, known: Known | None, policy: PolicySet, under: str
) -> Figure:
    formula, counted, n = _computed(unit, indicator.no, policy)
    if known is None:
        formula = formula or _UNKNOWN.format(highest=policy.instrument.highest)
    elif known.source != "computed":
        formula = _ENTERED
    if known and known.year != unit.year:
        formula = _CARRIED.format(year=known.year)
    value = Fraction(known.value) if known else None
    highest = Fraction(policy.instrument.highest)
    bounds = Bounds(value, value or Fraction(0), highest if value is None else value)
    inputs = {
        "weight": figure(indicator.weight, 4),
        "source": known.source if known else UNKNOWN,
        **counted,
    }
    name = f"No. {indicator.no} {indicator.name}"
    found = _figure(policy, f"{under}.{indicator.no}", name, bounds, formula, inputs, n=n)
    return {**found, "value": _value(known)}


def _computed(
    unit: UnitEstimate, no: int, policy: PolicySet
) -> tuple[str, dict[str, Any], int | None]:
    """How an indicator is computed, from which counts, and of how many; nothing if it is not."""
    instrument = policy.instrument
    counted: dict[str, Any] = {"computed": unit.computed.get(no)}
    if no == instrument.follow_up.indicator:
        counts, found = unit.counts, unit.follow_up
        counted |= {
            "received": counts.received,
            "finished": counts.finished,
            "lapor_received": counts.lapor_received,
            "lapor_finished": counts.lapor_finished,
            "auto_finished": counts.auto_finished,
            "share": figure(found.share, 4),
            "lapor_share": figure(found.lapor_share, 4),
            "thin": found.thin,
            "next_level": found.next_level,
            "more_finished": found.more,
        }
        return _FOLLOW_UP[found.rule], counted, counts.received
    register = unit.register
    plans = {"planned": register.plans, "started": register.started, "done": register.done}
    if no == instrument.survey_share.indicator and register.plans:
        return _SHARE, counted | plans, register.plans
    if no == instrument.survey_speed.indicator and register.plans:
        return _SLOWEST, counted | plans | {"if_done_today": register.speed_if_done}, register.plans
    if no in unit.computed and no == instrument.response_speed.indicator:
        return _SPEED, counted, unit.counts.received
    return "", {}, None


def _figure(
    policy: PolicySet,
    id_: str,
    name: str,
    bounds: Bounds,
    formula: str,
    inputs: dict[str, Any],
    *,
    n: int | None = None,
) -> Figure:
    if bounds.value is None:
        inputs = {**inputs, "low": figure(bounds.low), "high": figure(bounds.high)}
    return Figure(
        id=id_, name=f"{name} ({NOTICE})", value=figure(bounds.value), formula=formula,
        inputs=inputs, n=n, interval=None, policy=policy.instrument.name,
    )  # fmt: skip


def _value(known: Known | None) -> int | float | None:
    return level_json(known.value) if known else None


def _plain(value: Fraction) -> str:
    return f"{float(value):g}".replace(".", ",")
