"""The one masker of free text (design §2.9): what identifies a person goes, the place stays.

It never raises on any text, takes linear time and is idempotent. It knows no database and keeps
nothing; whoever holds the original can `align` it with a masked text to reveal single spans.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.contracts.classification import PIISpan
from shared.contracts.enums import PIIType
from shared.privacy.addresses import own_address as _own_address
from shared.privacy.addresses import told_address
from shared.privacy.emails import emails
from shared.privacy.names import names as _names
from shared.privacy.names import own_names
from shared.privacy.numbers import numbers
from shared.privacy.plates import plates
from shared.privacy.spans import PLACEHOLDER, PLACEHOLDERS, Found, placeholders, resolve
from shared.privacy.spoken import spoken

_MOST_PASSES = 3


@dataclass(frozen=True, slots=True)
class MaskedSpan:
    """A placeholder at `start` to `end` of the masked text, and what it stands for."""

    type: PIIType
    start: int
    end: int
    source_start: int
    source_end: int


@dataclass(frozen=True, slots=True)
class Masked:
    """A masked text with its placeholders in order."""

    text: str
    spans: tuple[MaskedSpan, ...]

    def pii(self) -> list[PIISpan]:
        """The spans as they travel: nothing of the source."""
        return [PIISpan(type=span.type, start=span.start, end=span.end) for span in self.spans]


def mask(text: str, *, own_address: str | None = None, names: Sequence[str] = ()) -> Masked:
    """The text with every piece of personal data replaced by its placeholder.

    `own_address` and `names` are the reporter's own. A placeholder that already stands in the
    text counts as a span of its own, so masking twice is masking once.
    """
    masked = _once(text, own_address, names)
    # What is masked can change what a cue word sees: repeat until nothing more is found.
    for _ in range(_MOST_PASSES - 1 if masked.text != text else 0):
        again = _once(masked.text, own_address, names)
        if again.text == masked.text:
            break
        masked = _composed(masked, again)
    return masked


def align(original: str, masked_text: str) -> tuple[MaskedSpan, ...] | None:
    """The spans of a masked text in its original, found by the words between them.

    None when the masked text was not made from this original.
    """
    spans: list[MaskedSpan] = []
    source = place = 0
    pending: tuple[PIIType, int, int, int] | None = None
    for start, end, kind in [*_marks(masked_text), (len(masked_text), len(masked_text), None)]:
        literal = masked_text[place:start]
        found = _find(original, literal, source, pending is not None, kind is None)
        if found < 0:
            return None
        if pending:
            spans.append(MaskedSpan(*pending, source_end=found))
        source = found + len(literal)
        pending = (kind, start, end, source) if kind else None
        place = end
    return tuple(spans)


def _find(original: str, literal: str, source: int, gap: bool, last: bool) -> int:
    if not gap:
        return source if original.startswith(literal, source) else -1
    if last:
        place = len(original) - len(literal)
        return place if place >= source and original.endswith(literal) else -1
    return original.find(literal, source)


def _marks(masked_text: str) -> Iterator[tuple[int, int, PIIType]]:
    for span in placeholders(masked_text):
        yield span.start, span.end, span.type


def _once(text: str, own_address: str | None, names: Sequence[str]) -> Masked:
    layers: list[list[Found]] = [placeholders(text), list(emails(text)), numbers(text)]
    layers += [list(spoken(text)), list(plates(text))]
    if own_address:
        layers.append(list(_own_address(text, own_address)))
    layers.append(list(told_address(text)))
    if names:
        layers.append(list(own_names(text, names)))
    layers.append(list(_names(text)))
    return _applied(text, resolve(layers))


def _applied(text: str, found: Sequence[Found]) -> Masked:
    if not found:
        return Masked(text, ())
    pieces: list[str] = []
    spans: list[MaskedSpan] = []
    length = last = 0
    for span in found:
        literal, placeholder = text[last : span.start], PLACEHOLDERS[span.type]
        start = length + len(literal)
        length = start + len(placeholder)
        pieces += (literal, placeholder)
        spans.append(MaskedSpan(span.type, start, length, span.start, span.end))
        last = span.end
    pieces.append(text[last:])
    return Masked("".join(pieces), tuple(spans))


def _composed(first: Masked, second: Masked) -> Masked:
    """The spans of a second pass, told in the source of the first."""
    spans: list[MaskedSpan] = []
    shift = place = 0
    known = {span.start: span for span in first.spans}
    for span in second.spans:
        while place < len(first.spans) and first.spans[place].end <= span.source_start:
            shift = first.spans[place].source_end - first.spans[place].end
            place += 1
        same = known.get(span.source_start)
        source = (
            (same.source_start, same.source_end)
            if same
            else (span.source_start + shift, span.source_end + shift)
        )
        spans.append(MaskedSpan(span.type, span.start, span.end, *source))
    return Masked(second.text, tuple(spans))


__all__ = ["PLACEHOLDER", "Masked", "MaskedSpan", "align", "mask", "placeholders"]
