"""Opens the figures of the index: formula, inputs, n, interval and policy; counts only. Pure.

What page, interface and command line show of a figure is built here once; names and formulas are
told to people, in Indonesian.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from shared.policy.load import PolicySet
from shared.policy.model import CLOCK_PARTS, IndexPolicy, PartName
from shared.scores.figures import Figure
from shared.scores.index import PARTS, Index, Part, Tally, counts
from shared.scores.measures import Measure
from shared.scores.numbers import DIGITS, figure, to_decimal

INDEX = "responsiveness"
_NAMES: dict[str, str] = {
    "verify": "Verifikasi",
    "first_response": "Tanggapan pertama",
    "finish": "Penyelesaian",
    "not_reopened": "Tidak dibuka kembali",
    "satisfaction": "Kepuasan pelapor",
}
_CLOCK = (
    "p = (tepat + {late}·telat + ({prior} + berjalan)·p0) ÷ (n + {prior} + berjalan), "
    "n = tepat + telat + lewat"
)
_FORMULAS: dict[str, str] = {
    "verify": _CLOCK,
    "first_response": _CLOCK,
    "finish": _CLOCK,
    "not_reopened": (
        "p = (tidak pernah dibuka kembali + {prior}·p0) ÷ (n + {prior}), n = selesai + lewat"
    ),
    "satisfaction": "p = (Σ (penilaian − 1) ÷ 4 + {prior}·p0) ÷ (n + {prior}), n = penilaian",
}
_REGION_PART = "p = p0: nilai daerah sendiri tidak ditarik ke rata-rata lain"
_LEFT_OUT = "tidak terukur di mana pun di daerah ini: tidak dihitung bagi siapa pun"
_P0 = {
    **dict.fromkeys(CLOCK_PARTS, "p0 = (K + 1) ÷ (N + 2), K = tepat + {late}·telat"),
    "not_reopened": "p0 = (K + 1) ÷ (N + 2), K = tidak pernah dibuka kembali",
    "satisfaction": "p0 = (K + 1) ÷ (N + 2), K = Σ (penilaian − 1) ÷ 4",
}
_P0_WHERE = ", atas seluruh daerah dalam jangka waktu yang sama"
_INDEX = "100 · Σ w·p ÷ Σ w, atas bagian yang terukur di mana pun di daerah ini, dan penyelesaian"
_INTERVAL = (
    "nilai ± 100·{interval}·√(½·Σ w²v + ½·(Σ w·√v)²), v = p̃(1 − p̃) ÷ (n + {prior} + 3), "
    "p̃ = (p·(n + {prior}) + 1) ÷ (n + {prior} + 2), w dibagi Σ w, dipotong pada 0–100"
)
_RANK = (
    "peringkat batas bawah rentang di antara yang cukup data (n ≥ {few}), tanpa tunggakan; "
    "batas yang sama berbagi peringkat"
)
_SHARES = {
    "received": ("Laporan diterima", Measure.RECEIVED, "milik pemegang pertama, pada hari terima"),
    "rejected": ("Laporan ditolak", Measure.REJECTED, "pada hari ditutup"),
    "archived": ("Laporan diarsipkan", Measure.ARCHIVED, "pada hari ditutup"),
    "withdrawn": ("Laporan dibatalkan", Measure.WITHDRAWN, "pada hari ditutup"),
    "auto_finished": ("Selesai otomatis", Measure.AUTO_FINISHED, "pada hari balasan terakhir"),
}


def index_figures(
    index: Index, region: Tally, policy: PolicySet, rank: int | None, ranked: int | None
) -> list[Figure]:
    """The index opened: its parts with their p0, its interval and its rank.

    `region`: the tally of the whole region. `ranked`: among how many the OPD may be ranked; none
    says that the index is the region's own.
    """
    rules = policy.index
    own = ranked is None
    known = {part.name: part for part in index.parts}
    parts = [
        _part(known[name], index.tally, region, policy, own=own)
        if name in known
        else _left_out(name, policy)
        for name in PARTS
    ]
    found = _figure(
        policy, INDEX, "Indeks tanggapan",
        None if index.n == 0 else figure(index.value),
        _INDEX,
        {"weight_total": figure(sum((part.weight for part in index.parts), Fraction(0)), 4)},
        n=index.n, interval=_ends(index),
    )  # fmt: skip
    found["parts"] = parts
    figures = [found, _interval(index, policy)]
    if not own:
        inputs = {"low": figure(index.low), "ranked": ranked, "backlog": index.tally.backlog}
        formula = _RANK.format(few=rules.few_below)
        figures.append(_figure(policy, f"{INDEX}.rank", "Peringkat", rank, formula, inputs,
                               n=index.n))  # fmt: skip
    return figures


def share_figures(sums: Mapping[str, int], policy: PolicySet) -> list[Figure]:
    """How many cases came, and ended without a finish of their own."""
    return [
        _figure(
            policy, f"shares.{name}", title, sums.get(measure, 0), f"jumlah kasus, {counted}", {}
        )
        for name, (title, measure, counted) in _SHARES.items()
    ]


def _figure(
    policy: PolicySet,
    id_: str,
    name: str,
    value: float | None,
    formula: str,
    inputs: dict[str, Any],
    *,
    n: int | None = None,
    interval: list[float] | None = None,
) -> Figure:
    return Figure(
        id=id_, name=name, value=value, formula=formula, inputs=inputs, n=n,
        interval=interval, policy=policy.names.index,
    )  # fmt: skip


def _part(part: Part, tally: Tally, region: Tally, policy: PolicySet, *, own: bool) -> Figure:
    rules = policy.index
    inputs = {
        **_inputs(part.name, tally),
        "late_weight": figure(rules.late),
        "prior": rules.prior,
        "p0": figure(part.region_p, 4),
        "weight": figure(part.weight, 4),
        "weight_share": figure(part.ratio, 4),
        "points": figure(100 * part.ratio * part.p),
    }
    if part.name not in CLOCK_PARTS:
        inputs.pop("late_weight")
    formula = _REGION_PART if own else _text(_FORMULAS[part.name], rules)
    found = _figure(
        policy, f"{INDEX}.{part.name}", _NAMES[part.name], figure(part.p, 4), formula, inputs,
        n=part.n,
    )  # fmt: skip
    found["parts"] = [_p0(part, region, policy)]
    return found


def _inputs(name: PartName, tally: Tally) -> dict[str, Any]:
    """The counts that go into a part, as the counters hold them."""
    if name == "satisfaction":
        return {"ratings": tally.ratings, "rating_sum": tally.rating_sum}
    if name == "not_reopened":
        return {
            "finished": tally.closed,
            "missed": tally.finish.missed,
            "never_reopened": tally.never_reopened,
        }
    clock = tally.clock(name)
    return {
        "on_time": clock.on_time,
        "late": clock.late,
        "missed": clock.missed,
        "running": clock.running,
    }


def _p0(part: Part, region: Tally, policy: PolicySet) -> Figure:
    successes, n, _ = counts(region, part.name, policy.index)
    return _figure(
        policy, f"{INDEX}.{part.name}.p0", f"Rata-rata daerah: {_NAMES[part.name]}",
        figure(part.region_p, 4), _text(_P0[part.name], policy.index) + _P0_WHERE,
        {"k": figure(successes), "n": n}, n=n,
    )  # fmt: skip


def _left_out(name: PartName, policy: PolicySet) -> Figure:
    inputs = {"weight": figure(policy.index.weights[name], 4)}
    return _figure(policy, f"{INDEX}.{name}", _NAMES[name], None, _LEFT_OUT, inputs, n=0)


def _interval(index: Index, policy: PolicySet) -> Figure:
    prior = policy.index.prior
    parts = {
        part.name: {
            "weight_share": figure(part.ratio, 4),
            "p": figure(part.p, 4),
            "n": part.n,
            "v": figure(_variance(part, prior), 6),
        }
        for part in index.parts
    }
    return _figure(
        policy, f"{INDEX}.interval", "Setengah lebar rentang 90 %", figure(_half(index, policy)),
        _text(_INTERVAL, policy.index), {"prior": prior, "parts": parts}, n=index.n,
        interval=_ends(index),
    )  # fmt: skip


def _variance(part: Part, prior: int) -> Fraction:
    n = part.n + prior
    middle = (part.p * n + 1) / (n + 2)
    return middle * (1 - middle) / (n + 3)


def _half(index: Index, policy: PolicySet) -> Decimal:
    """Half the interval before it is cut to 0–100; its square is the mean of two sums."""
    together = squares = Decimal(0)
    for part in index.parts:
        variance, ratio = to_decimal(_variance(part, policy.index.prior)), to_decimal(part.ratio)
        squares = DIGITS.add(squares, DIGITS.multiply(DIGITS.multiply(ratio, ratio), variance))
        together = DIGITS.add(together, DIGITS.multiply(ratio, DIGITS.sqrt(variance)))
    both = DIGITS.add(squares, DIGITS.multiply(together, together))
    root = DIGITS.sqrt(DIGITS.multiply(both, Decimal("0.5")))
    return DIGITS.multiply(to_decimal(100 * policy.index.interval), root)


def _ends(index: Index) -> list[float]:
    return [float(end) for end in (figure(index.low), figure(index.high)) if end is not None]


def _text(template: str, policy: IndexPolicy) -> str:
    return template.format(
        late=_plain(policy.late), prior=policy.prior, interval=_plain(policy.interval)
    )


def _plain(value: Fraction) -> str:
    return f"{float(value):g}".replace(".", ",")
