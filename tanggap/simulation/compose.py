"""What invented citizens say: pure, and the same for the same random numbers."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from shared.contracts.enums import Category, SKMElement
from shared.db.read.directory import OPD, Directory

QUIET_REGION = "mimika"
"""Nothing but complaints happens here, so that a real evaluation can begin with a clean slate."""
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
_LOWEST, _HIGHEST = 1, 4


@dataclass(frozen=True, slots=True)
class Submission:
    """A body for one of the two endpoints."""

    kind: str
    path: str
    body: dict[str, Any]


@cache
def _texts() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "texts.toml").read_text(encoding="utf-8"))


def phrase(rng: Random, group: str, name: str) -> str:
    """One of the sentences of a group (`staff`, `citizen`)."""
    return str(rng.choice(_texts()[group][name]))


def submission(rng: Random, directory: Directory) -> Submission:
    """The next thing that comes in: mostly complaints, some surveys."""
    region = rng.choice([region.code for region in directory.regions])
    if region != QUIET_REGION and rng.random() < 0.3:
        return Submission("survey", "/api/v1/surveys", _survey(rng, directory, region))
    return Submission("complaint", "/api/v1/complaints", _complaint(rng, directory, region))


def unit_for(rng: Random, directory: Directory, region: str, category: str) -> OPD | None:
    """An OPD of the region that handles the category, if one says that it does."""
    fitting = [
        opd
        for opd in directory.opds(region)
        if category in opd.handles and not (opd.parent or opd.external or opd.internal_only)
    ]
    return rng.choice(fitting) if fitting else None


def _complaint(rng: Random, directory: Directory, region: str) -> dict[str, Any]:
    template = _pick(rng, _texts()["template"])
    place = rng.choice(_texts()["places"].get(region, ["kota"]))
    words = {name: rng.choice(found) for name, found in _texts()["words"].items()}
    rt = f"{rng.randint(1, 24):02d}"
    text = _in_style(rng, rng.choice(template["texts"]).format(place=place, rt=rt, **words), region)
    body: dict[str, Any] = {"text": text.strip(), "region": region}
    unit = unit_for(rng, directory, region, template["category"])
    if unit and template["category"] != Category.PERILAKU_PETUGAS_PUNGLI and rng.random() < 0.35:
        body["opd"] = unit.code
    if rng.random() < 0.4:
        body["location"] = {"address": f"{place} RT {rt}"}
    if rng.random() < 0.6:
        name = phrase(rng, "citizen", "names")
        mailbox = name.lower().replace(" ", ".")
        # The domain is reserved for examples: nobody is written to.
        body["reporter"] = {"name": name, "email": f"{mailbox}@example.com"}
        body["anonymous"] = rng.random() < 0.15
        body["confidential"] = rng.random() < 0.08
    return body


def _pick(rng: Random, templates: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return rng.choices(templates, [template["weight"] for template in templates])[0]


def _in_style(rng: Random, text: str, region: str) -> str:
    style = rng.random()
    if style < 0.35:
        return _replaced(text, _texts()["sms"]).lower()
    if style < 0.47 and region != QUIET_REGION:
        return _replaced(text, _texts()["banjar"])
    if style < 0.52:
        return text.upper()
    return text


def _replaced(text: str, words: Mapping[str, str]) -> str:
    return _WORD.sub(lambda found: words.get(found[0].lower(), found[0]), text)


def _survey(rng: Random, directory: Directory, region: str) -> dict[str, Any]:
    units = [opd for opd in directory.opds(region) if not (opd.external or opd.internal_only)]
    unit = rng.choice(units)
    mean = quality(unit.code)
    body: dict[str, Any] = {
        "region": region,
        "opd": unit.code,
        "answers": {element.value: _answer(rng, mean) for element in SKMElement},
        "respondent": {
            "sex": rng.choice(["L", "P"]),
            "age": rng.randint(18, 70),
            "education": rng.choice(["SD", "SMP", "SMA", "D3", "S1"]),
        },
    }
    if rng.random() < 0.25:
        body["comment"] = phrase(rng, "citizen", "comment")
    return body


def quality(opd: str) -> float:
    """How well an invented OPD works, from 2.4 to 3.7: always the same for the same code."""
    return Random(opd).uniform(2.4, 3.7)  # noqa: S311 — no secret


def _answer(rng: Random, mean: float) -> int:
    return max(_LOWEST, min(_HIGHEST, round(rng.gauss(mean, 0.7))))
