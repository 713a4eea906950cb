"""Found spans of personal data and how overlaps end; pure, knows nothing of how they are found."""

import heapq
import re
from collections.abc import Iterable
from dataclasses import dataclass

from shared.contracts.enums import PIIType

PLACEHOLDERS: dict[PIIType, str] = {
    PIIType.NIK: "[NIK]",
    PIIType.NIP: "[NIP]",
    PIIType.PHONE: "[TELEPON]",
    PIIType.EMAIL: "[EMAIL]",
    PIIType.PLATE: "[PLAT]",
    PIIType.ACCOUNT: "[REKENING]",
    PIIType.NAME: "[NAMA]",
    PIIType.ADDRESS: "[ALAMAT]",
}
_TYPES = {placeholder: kind for kind, placeholder in PLACEHOLDERS.items()}
PLACEHOLDER = re.compile("|".join(re.escape(text) for text in _TYPES))


@dataclass(frozen=True, slots=True)
class Found:
    """Personal data at `start` to `end` of the text that was searched."""

    start: int
    end: int
    type: PIIType


def lowered(text: str) -> str:
    """The text in lower case, every letter in its place."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(char if len(char.lower()) > 1 else char.lower() for char in text)


def placeholders(text: str) -> list[Found]:
    """The placeholders that already stand in the text."""
    return [
        Found(match.start(), match.end(), _TYPES[match.group()])
        for match in PLACEHOLDER.finditer(text)
    ]


def resolve(layers: Iterable[Iterable[Found]]) -> list[Found]:
    """The spans without overlaps, by place; an earlier layer wins, a later one keeps its rest."""
    heap = [
        (span.start, rank, -span.end, span.type)
        for rank, layer in enumerate(layers)
        for span in layer
        if span.start < span.end
    ]
    heapq.heapify(heap)
    kept: list[tuple[Found, int]] = []
    while heap:
        start, rank, end, kind = heapq.heappop(heap)
        end = -end
        if kept and kept[-1][0].end > start:
            last, last_rank = kept[-1]
            if last_rank <= rank:
                if end > last.end:
                    heapq.heappush(heap, (last.end, rank, -end, kind))
                continue
            kept[-1] = (Found(last.start, start, last.type), last_rank)
            if last.end > end:
                heapq.heappush(heap, (end, last_rank, -last.end, last.type))
        kept.append((Found(start, end, kind), rank))
    return [span for span, _ in kept]
