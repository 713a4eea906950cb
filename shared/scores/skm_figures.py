"""The SKM as opened figures: the IKM, what it is made of and how. Pure; words in Indonesian."""

from fractions import Fraction

from shared.contracts.enums import SKMElement
from shared.policy.model import SKMPolicy
from shared.scores.figures import Figure
from shared.scores.numbers import figure
from shared.scores.skm import EXACT, Answers, SKMResult, weight

ELEMENT_NAMES: dict[SKMElement, str] = {
    SKMElement.PERSYARATAN: "Persyaratan",
    SKMElement.PROSEDUR: "Sistem, mekanisme, dan prosedur",
    SKMElement.WAKTU: "Waktu penyelesaian",
    SKMElement.BIAYA: "Biaya/tarif",
    SKMElement.PRODUK: "Produk layanan",
    SKMElement.KOMPETENSI: "Kompetensi pelaksana",
    SKMElement.PERILAKU: "Perilaku pelaksana",
    SKMElement.PENGADUAN: "Penanganan pengaduan, saran, dan masukan",
    SKMElement.SARANA: "Sarana dan prasarana",
}
ELEMENT_NUMBERS: dict[SKMElement, str] = {
    **{element: f"U{number}" for number, element in enumerate(list(SKMElement)[:7], 1)},
    SKMElement.PENGADUAN: "U8/U9",
    SKMElement.SARANA: "U8/U9",
}
"""The last two are numbered one way or the other, depending on the form (domain.md §2.1)."""
_IKM = "IKM = {scale} × Σ (bobot × NRR unsur), bobot {rule}"
_NRR = "NRR = jumlah jawaban ÷ banyak yang menjawab"
_SAMPLE = "Krejcie-Morgan: χ²·N·P(1−P) ÷ (d²(N−1) + χ²·P(1−P)); tanpa N: sampel terbesar"


def skm_figures(result: SKMResult, policy: SKMPolicy, answers: Answers | None = None) -> Figure:
    """The IKM opened: NRR and weight per element, and the sample; with `answers` also their sums.

    Whoever shows it hides it where `n` is small, as the IKM itself.
    """
    nrr: list[Figure] = [
        _element(element, value, policy, result, answers) for element, value in result.nrr.items()
    ]
    return {
        "id": "skm.ikm",
        "name": "Indeks Kepuasan Masyarakat (IKM)",
        "value": figure(result.ikm),
        "formula": _IKM.format(scale=policy.scale, rule=_rule(result.rule)),
        "inputs": {
            "grade": result.grade,
            "missing": [element.value for element in result.missing],
            "without_token": result.n - result.with_token,
        },
        "n": result.n,
        "interval": None,
        "policy": policy.name,
        "parts": [*nrr, _sample(result, policy)],
    }


def _element(
    element: SKMElement,
    value: Fraction | None,
    policy: SKMPolicy,
    result: SKMResult,
    answers: Answers | None,
) -> Figure:
    inputs: dict[str, object] = {"weight": str(_weight(policy, element, result.rule))}
    n = None
    if answers is not None:
        n = answers.answered.get(element, 0)
        inputs |= {"total": answers.totals.get(element, 0), "answered": n}
    return {
        "id": f"skm.{element.value}",
        "name": ELEMENT_NAMES[element],
        "value": figure(value, 4),
        "formula": _NRR,
        "inputs": inputs,
        "n": n,
        "interval": None,
        "policy": policy.name,
    }


def _sample(result: SKMResult, policy: SKMPolicy) -> Figure:
    return {
        "id": "skm.sample",
        "name": "Jumlah responden yang diperlukan",
        "value": result.n_required,
        "formula": _SAMPLE,
        "inputs": {"respondents": result.n, "enough": result.enough},
        "n": result.n,
        "interval": None,
        "policy": policy.name,
    }


def _weight(policy: SKMPolicy, element: SKMElement, rule: str) -> Fraction:
    return weight(policy, element, rule if rule in policy.printed else EXACT)


def _rule(rule: str) -> str:
    return rule if rule == EXACT or rule[0].isdigit() else "unit sendiri"
