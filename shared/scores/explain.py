"""What a figure is made of: formula, inputs, n, interval and policy; counts only, never a case."""

from fractions import Fraction
from typing import Any

from shared.policy.load import PolicySet
from shared.policy.model import IndexPolicy
from shared.scores.index import Index, Part, Tally, counts
from shared.scores.numbers import figure

_CLOCK = (
    "p = (on_time + {late}·late + ({prior} + running)·p0) ÷ (n + {prior} + running), "
    "n = on_time + late + missed"
)
_FORMULAS = {
    "verify": _CLOCK,
    "first_response": _CLOCK,
    "finish": _CLOCK,
    "not_reopened": "p = (never reopened + {prior}·p0) ÷ (n + {prior}), n = finished + missed",
    "satisfaction": "p = (Σ (rating − 1) ÷ 4 + {prior}·p0) ÷ (n + {prior}), n = ratings",
}
_REGION = "p0 = (K + 1) ÷ (N + 2) over the whole region, K = Σ on_time + {late}·late"
_INDEX = "100 · Σ w·p ÷ Σ w over the parts measured anywhere in the region, and finish"
_INTERVAL = (
    "± 100·{interval}·√(½·Σ w²v + ½·(Σ w·√v)²), v = p̃(1 − p̃) ÷ (n + {prior} + 3), "
    "p̃ = (p·(n + {prior}) + 1) ÷ (n + {prior} + 2), w normalised, cut to 0–100"
)
_IKM = "{scale} · Σ (NRR × weight), NRR = sum of answers ÷ number answered"
_FOLLOW_UP = "no. 28: finished ÷ received × 100, of cases received in the year"
_IPP = "{f02}·F02 + {f03}·F03, F02 = Σ aspect weight × Σ indicator weight × level"


def explanation(index: Index, region: Tally, policy: PolicySet) -> dict[str, Any]:
    """How an index came about; goes beside the Score JSON as `explain`."""
    rules = policy.index
    return {
        "policies": policy.versions(),
        "formulas": _formulas(policy),
        "responsiveness": {
            "value": figure(index.value),
            "interval": [figure(index.low), figure(index.high)],
            "n": index.n,
            "parts": [_part(part, region, rules) for part in index.parts],
            "left_out": _left_out(index, rules),
        },
    }


def _part(part: Part, region: Tally, policy: IndexPolicy) -> dict[str, Any]:
    region_k, region_n, _ = counts(region, part.name, policy)
    return {
        "name": part.name,
        "weight": figure(part.weight, 4),
        "weight_normalised": figure(part.ratio, 4),
        "k": figure(part.successes),
        "n": part.n,
        "running": part.running,
        "region_k": figure(region_k),
        "region_n": region_n,
        "p0": figure(part.region_p, 4),
        "p": figure(part.p, 4),
        "points": figure(100 * part.ratio * part.p),
    }


def _left_out(index: Index, policy: IndexPolicy) -> list[str]:
    counted = {part.name for part in index.parts}
    return sorted(name for name in policy.weights if name not in counted)


def _formulas(policy: PolicySet) -> dict[str, str]:
    index, instrument = policy.index, policy.instrument
    values = {
        "late": _plain(index.late),
        "prior": str(index.prior),
        "interval": _plain(index.interval),
        "scale": str(policy.skm.scale),
        "f02": _plain(instrument.f02),
        "f03": _plain(instrument.f03),
    }
    texts = {
        **_FORMULAS,
        "p0": _REGION,
        "index": _INDEX,
        "interval": _INTERVAL,
        "ikm": _IKM,
        "follow_up": _FOLLOW_UP,
        "ipp": _IPP,
    }
    return {name: text.format(**values) for name, text in texts.items()}


def _plain(value: Fraction) -> str:
    return f"{float(value):g}"
