"""Writes the model card of an artefact."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.classifier.evaluation import Figure
from services.classifier.training.artefact import STEPS

_HEAD = """# {version}

Linear models of the classifier: logistic regressions on hashed n-grams of words and characters, on
the words in their known form, and on what the rules and word lists found. Made by `tanggap train`
and checked by `tanggap evaluate sets`; served with numpy alone. Decisions: `docs/adr`, no. 0060.

## Use

Sorts what citizens of Indonesian regions write to their offices: tone, language, kind, category,
unit, urgency, accusation, maladministration, spam. A person reads every case afterwards; nothing is
refused or closed by these models. Not for other texts, and not to judge the people who write.

## Data

| set | licence | source | used for |
|---|---|---|---|
"""
_AFTER_DATA = """
SmSA and NusaX are shared alike (CC BY-SA 4.0): Purwarianti & Crisdayanti 2019 and the IndoNLU
authors; Winata et al. 2023 (NusaX); Cahyawijaya et al. 2023 (NusaWrites). Whether trained weights
are derived from the texts is not settled, so the attribution stays with them. No text is in the
artefact: it holds weights of hashed n-grams, in steps of 1/{steps}.

People's corrections used: {corrections}.

## Figures

Macro-F1 or share with its 95 % interval (bootstrap). Tone and language on the valid files, on which
they were chosen and calibrated; the rest on the test rows of the labelled sets, read for nothing
but this table. `Level`: what the linear layer has to reach. A label that is named where it is
never true counts in macro-F1 as one more label, of value 0: the test rows have four languages, so a
single text named a fifth takes a fifth from `language of reports`.

| task | value | 95 % | rows | level |
|---|---:|---|---:|---:|
"""
_LIMITS = """
## Limits

- The reports were written at a desk, by few hands, richer in hard cases than an inbox. Shares and
  confidences must be looked at again on real corrections (`tanggap train --corrections`).
- Danger and accusations told in words that no training text has are missed; no model of single
  words and letters knows that "sudah tidak menyahut" is a danger unless somebody showed it.
- Banjarese, Papuan Malay and Javanese reports have not been reviewed by native speakers. Papuan
  Malay is trained as Ambonese Malay (`abs`).
- Tone was learnt from reviews and posts, not from complaints.
- Thresholds: {thresholds}. Chosen on train and dev so that as much as possible is found with six in
  ten right.
"""


def card(manifest: Mapping[str, Any], figures: Sequence[Figure]) -> str:
    """The card, in Markdown."""
    lines = [_HEAD.format(version=manifest["version"])]
    lines.append(data_lines(manifest["data"]))
    lines.append(_AFTER_DATA.format(corrections=manifest["corrections"], steps=STEPS))
    lines.append(figure_lines(figures))
    lines.append(_LIMITS.format(thresholds=thresholds_line(manifest["thresholds"])))
    return "".join(lines)


def thresholds_line(thresholds: Mapping[str, float]) -> str:
    """What was fitted."""
    return ", ".join(f"{name} {at:.2f}" for name, at in thresholds.items())


def data_lines(sets: Sequence[Mapping[str, str]]) -> str:
    """The table of the sets, without its head."""
    return "".join(
        f"| {one['name']} | {one['licence']} | {one['source']} | {one['used_for']} |\n"
        for one in sets
    )


def figure_lines(figures: Sequence[Figure]) -> str:
    """The table of the figures, without its head."""
    return "".join(map(_row, figures))


def _row(one: Figure) -> str:
    must = "" if one.must is None else f"{round(100 * one.must, 1):g}"
    span = f"{100 * one.low:.1f}–{100 * one.high:.1f}"
    return f"| {one.task} | {100 * one.value:.1f} | {span} | {one.n:,} | {must} |\n"
