"""Writes the model card of an encoder's artefact."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.classifier.evaluation import Figure
from services.classifier.training.card import data_lines, figure_lines, thresholds_line

_TEXT = """# {version}

An encoder of twelve layers (21 million weights, and 15 million of 40,000 word pieces) with heads
for tone, language, kind, category, unit, urgency, accusation, maladministration and spam: all
fine-tuned together from multilingual-e5-small. Weights of eight bits; served by onnxruntime, one
text at a time. It never answers alone: its heads are weighed beside those of {linear}. Made by
`tanggap train encoder`, weighed by `tanggap train blend`, checked by `tanggap evaluate sets`.
Decisions: `docs/adr`, no. 0063.

## Use

As its linear part: sorts what citizens of Indonesian regions write to their offices. A person reads
every case afterwards; nothing is refused or closed by these models. Not for other texts, and not to
judge the people who write.

## Data

| set | licence | source | used for |
|---|---|---|---|
{data}
SmSA and NusaX are shared alike (CC BY-SA 4.0): Purwarianti & Crisdayanti 2019 and the IndoNLU
authors; Winata et al. 2023 (NusaX); Cahyawijaya et al. 2023 (NusaWrites); multilingual-e5-small:
Wang et al. 2024. Whether trained weights are derived from the texts is not settled, so the
attribution stays with them. The LAPOR! reports are in the linear part only; their texts chose, with
others, which word pieces were kept. The slang list (nahiarhdNLP, MIT) and the NusaX lexicon (CC
BY-SA 4.0) rewrote texts while training.

Training: {steps:,} steps of 32 texts (of {texts:,} a pass){after}; the weights kept are a moving
average of the last part.

## Figures

Macro-F1 or share with its 95 % interval (bootstrap), of encoder and {linear} together. Tone and
language on the valid files, on which the weighing was fitted; the rest on the test rows of the
labelled sets. `Level`: what the two have to reach. A label that is named where it is never true
counts in macro-F1 as one more label, of value 0.

| task | value | 95 % | rows | level |
|---|---:|---:|---:|---:|
{figures}
## Limits

- Reads the first 96 word pieces of a text (about 60 words); the linear part reads on.
- Steps of eight bits: another processor may round otherwise, so last digits differ between
  machines. Without VNNI instructions it is slower.
- Learnt tone from reviews and posts, not from complaints; reports and statements written at a desk
  taught it the rest. Confidences must be looked at again on real corrections.
- Banjarese, Papuan Malay and Javanese reports have not been reviewed by native speakers. Papuan
  Malay is trained as Ambonese Malay (`abs`).
- Weighing and thresholds were fitted on the dev rows, of which there are few: {thresholds}.
- Reasons come from the lists and the linear part: what only the encoder noticed has no words.
"""


_AFTER = ",\nbegun with what {after} had learnt, of which a share of {kept:.2f} was kept"


def card(manifest: Mapping[str, Any], figures: Sequence[Figure]) -> str:
    """The card, in Markdown."""
    training = manifest["training"]
    return _TEXT.format(
        version=manifest["version"],
        linear=manifest["linear"]["version"],
        data=data_lines(manifest["data"]),
        steps=training["steps"],
        texts=training["texts"],
        after=_AFTER.format(**{"kept": 0.0} | training) if "after" in training else "",
        figures=figure_lines(figures),
        thresholds=thresholds_line(manifest["thresholds"]),
    )
