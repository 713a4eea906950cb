"""How much planted personal data the masker hides, and what it hides by mistake; pure.

It measures `shared.privacy.mask` on rows of `labelled/personal_data.csv` (guide:
`labelled/README.md`). It reads no file and prints nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.privacy.mask import Masked, mask

Row = Mapping[str, str]
UNCUED = "name_without_cue"
"""Names that no word before them announces: measured, but not promised."""


@dataclass(frozen=True, slots=True)
class Recall:
    """`hidden` of `n` planted pieces of one type have no letter or digit left to read."""

    hidden: int
    n: int

    @property
    def share(self) -> float:
        """From 0 to 1; 1 where nothing was planted."""
        return self.hidden / self.n if self.n else 1.0


@dataclass(frozen=True, slots=True)
class FalseMasks:
    """`masks` in `texts` that hold no personal data."""

    masks: int
    texts: int

    @property
    def per_100_texts(self) -> float:
        """0 where there are no texts."""
        return 100 * self.masks / self.texts if self.texts else 0.0


@dataclass(frozen=True, slots=True)
class Miss:
    """A planted piece of the row with this id that can still be read, wholly or in part."""

    row: str
    type: str
    form: str
    start: int
    end: int


def masking_recall(rows: Iterable[Row]) -> dict[str, Recall]:
    """Recall by type of personal data (contract names; names without a cue under `UNCUED`).

    A piece counts as hidden only as a whole, under whatever placeholder. The reporter's own
    address is given to the masker where the row has one.
    """
    counts: dict[str, list[int]] = {}
    for row in rows:
        missed = {(miss.start, miss.type) for miss in _misses(row, _masked(row))}
        for span in _spans(row):
            count = counts.setdefault(_type(span), [0, 0])
            count[0] += (span["start"], _type(span)) not in missed
            count[1] += 1
    return {name: Recall(*counts[name]) for name in sorted(counts)}


def misses(rows: Iterable[Row]) -> Iterator[Miss]:
    """What stays readable, to learn from; never call it with test rows."""
    for row in rows:
        yield from _misses(row, _masked(row))


def false_masks(rows: Iterable[Row]) -> FalseMasks:
    """Masks in the look-alike rows: amounts, dates, decrees, streets, schools, villages."""
    masks = texts = 0
    for row in rows:
        if row["lookalike"] == "1":
            masks += len(_masked(row).spans)
            texts += 1
    return FalseMasks(masks, texts)


def _masked(row: Row) -> Masked:
    return mask(row["text"], own_address=row["own_address"] or None)


def _misses(row: Row, masked: Masked) -> Iterator[Miss]:
    text = row["text"]
    hidden = bytearray(len(text))
    for span in masked.spans:
        hidden[span.source_start : span.source_end] = b"\1" * (span.source_end - span.source_start)
    for planted in _spans(row):
        start, end = planted["start"], planted["end"]
        if any(text[place].isalnum() and not hidden[place] for place in range(start, end)):
            yield Miss(row["id"], _type(planted), planted["form"], start, end)


def _spans(row: Row) -> list[dict[str, Any]]:
    spans: list[dict[str, Any]] = json.loads(row["spans"])
    return spans


def _type(span: Mapping[str, Any]) -> str:
    return UNCUED if span["type"] == "name" and not span["cue"] else str(span["type"])
