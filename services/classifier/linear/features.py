"""Cuts a batch of texts into hashed n-grams, many texts at once, by numpy alone.

Equal texts give equal features, alone or in a batch; whatever the script, nothing raises. Knows no
word list, no model and no task.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_CHARACTERS = 20_000
"""Of a longer text the opening counts; a report says its matter there."""
CHARACTER_SIZES = (2, 3, 4, 5)

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint32]
Floats = NDArray[np.float32]
Classes = NDArray[np.uint8]

_LINK = re.compile(r"https?://\S+|www\.\S+")
_ACCOUNT = re.compile(r"@\w+")
_PLACEHOLDER = re.compile(r"\[[A-Z]{3,8}\]")
_GAP, _WORD, _MARK, _DIGIT = range(4)
_SPACE, _ZERO = 32, 48
# Multipliers of a polynomial hash and of its final mixing (those of murmur3's finaliser).
_FACTOR = np.uint32(0x9E3779B1)
_MIX_1, _MIX_2 = np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)
_LONGEST_WORD = 64
_POWERS = np.cumprod(np.full(_LONGEST_WORD, _FACTOR, np.uint32), dtype=np.uint32)
_WORD_SALT, _PAIR_SALT = np.uint32(11), np.uint32(77)
_MOST_COUNTED = 1000
_WEIGHTS: Floats = np.concatenate(
    [[0.0], 1.0 + np.log(np.arange(1, _MOST_COUNTED + 1))], dtype=np.float32, casting="same_kind"
)


@dataclass(frozen=True, slots=True)
class Grams:
    """N-grams of a batch: the text each stands in, and its hash of 32 bits."""

    rows: Ints
    hashes: Hashes


_NOTHING = Grams(np.empty(0, np.int64), np.empty(0, np.uint32))


@dataclass(frozen=True, slots=True)
class Block:
    """Hashed n-grams of one kind, counted: sorted by text, then bucket, none twice a text."""

    rows: Ints
    buckets: Ints
    values: Floats
    texts: int

    @property
    def starts(self) -> Ints:
        """Where each text begins among the entries, and where the last one ends."""
        found: Ints = np.searchsorted(self.rows, np.arange(self.texts + 1))
        return found


def text_grams(texts: Sequence[str]) -> tuple[Grams, Grams]:
    """Single words and pairs of neighbours; and pieces of 2 to 5 characters within a word."""
    cut = _Cut(*_parted([_readable(text) for text in texts]))
    return cut.words(pairs=True), cut.pieces()


def token_grams(tokens: Sequence[Sequence[str]], *, pairs: bool) -> Grams:
    """Words, and pairs if wished, of texts that were cut elsewhere; no token may hold a space."""
    points, rows = _joined([" ".join(words) for words in tokens])
    return _Cut(points, rows).words(pairs=pairs)


def counted(grams: Grams, texts: int, bits: int) -> Block:
    """The n-grams by bucket of 2**bits, weighed by one plus the logarithm of their count."""
    mask = (1 << bits) - 1
    # Half the width sorts faster.
    kind: type[np.signedinteger[Any]] = np.int32 if texts << bits < 1 << 31 else np.int64
    keys = np.left_shift(grams.rows.astype(kind), bits) | (grams.hashes & np.uint32(mask)).astype(
        kind
    )
    keys.sort()
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    counts = np.diff(first, append=len(keys))
    found = keys[first].astype(np.int64)
    values = _WEIGHTS[np.minimum(counts, len(_WEIGHTS) - 1)]
    return Block(found >> bits, found & mask, values, texts)


def _readable(text: str) -> str:
    """Lower case without links, accounts and the masker's placeholders."""
    opening = text[:MOST_CHARACTERS]
    if "[" in opening:
        opening = _PLACEHOLDER.sub(" ", opening)
    if not opening.isascii():
        # Some characters become many (NFKC of U+FDFA has eighteen), hence the second limit.
        opening = unicodedata.normalize("NFKC", opening)[:MOST_CHARACTERS]
    opening = opening.lower()
    if "http" in opening or "www." in opening:
        opening = _LINK.sub(" u ", opening)
    if "@" in opening:
        opening = _ACCOUNT.sub(" @ ", opening)
    return opening


def _joined(texts: Sequence[str]) -> tuple[NDArray[np.uint32], Ints]:
    """All code points in a row, each text between two spaces, and the text of each."""
    padded = [f" {text} " for text in texts]
    points = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), np.uint32)
    lengths = np.fromiter(map(len, padded), np.int64, len(padded))
    return points, np.repeat(np.arange(len(padded), dtype=np.int64), lengths)


def _parted(texts: Sequence[str]) -> tuple[NDArray[np.uint32], Ints]:
    """The same with words and marks parted by one space, digits as 0, no character thrice."""
    points, rows = _joined(texts)
    kinds = _kinds(points)
    points = np.where(kinds == _DIGIT, np.uint32(_ZERO), points)
    points[kinds == _GAP] = _SPACE
    kinds[kinds == _DIGIT] = _WORD
    same = points[1:] == points[:-1]
    keep = np.ones(len(points), np.bool_)
    keep[2:] = ~(same[1:] & same[:-1])
    gaps = kinds == _GAP
    # A gap after a gap goes, except the first of a text.
    keep[1:] &= ~(gaps[1:] & gaps[:-1]) | (rows[1:] != rows[:-1])
    keep[gaps] |= np.diff(rows, prepend=-1)[gaps] > 0
    points, rows, kinds = points[keep], rows[keep], kinds[keep]
    turns = (kinds[1:] != kinds[:-1]) & (kinds[1:] != _GAP) & (kinds[:-1] != _GAP)
    parts = np.ones(len(points), np.int64)
    parts[:-1] += turns  # the space that goes between a word and a mark
    spread = np.full(int(parts.sum()), _SPACE, np.uint32)
    spread[np.cumsum(parts) - parts] = points
    return spread, np.repeat(rows, parts)


def _kinds(points: NDArray[np.uint32]) -> Classes:
    found = _ASCII_KINDS[np.minimum(points, 127)]
    beyond = points > 127
    if beyond.any():
        strange, places = np.unique(points[beyond], return_inverse=True)
        known = np.array([_kind(int(point)) for point in strange], np.uint8)
        found[beyond] = known[places]
    return found


@lru_cache(maxsize=4096)
def _kind(point: int) -> int:
    character = chr(point)
    if character.isdecimal():
        return _DIGIT
    if character.isalnum() or character == "_":
        return _WORD
    return _GAP if character.isspace() else _MARK


_ASCII_KINDS: Classes = np.array([_kind(point) for point in range(128)], np.uint8)


class _Cut:
    """Texts in one row of code points, each between two spaces."""

    def __init__(self, points: NDArray[np.uint32], rows: Ints) -> None:
        self._points = points
        self._rows = rows
        self._spaces: Ints = np.flatnonzero(points == _SPACE)

    def pieces(self) -> Grams:
        """Runs of characters that cross no space, the spaces around a word included."""
        points, rows, spaces = self._points, self._rows, self._spaces
        if not len(spaces):
            return _NOTHING
        # How far ahead of each place the next space is: a run may end there, not cross it.
        gaps = np.diff(spaces)
        reach = np.repeat(spaces[1:], gaps) - np.arange(len(points) - 1)
        reach[spaces[:-1][gaps == 1]] = 0  # the end of a text and the begin of the next one
        found_rows, found = [], []
        rolling = points
        for length in range(2, max(CHARACTER_SIZES) + 1):
            count = max(0, len(points) - length + 1)
            rolling = rolling[:count] * _FACTOR + points[len(points) - count :]
            whole = np.flatnonzero(reach[:count] >= length - 1)
            found_rows.append(rows[whole])
            found.append(_mixed(rolling[whole] + np.uint32(length)))
        return Grams(np.concatenate(found_rows), np.concatenate(found))

    def words(self, *, pairs: bool) -> Grams:
        """Each word, and if wished each word with the next one of its text."""
        starts, ends = self._spaces[:-1] + 1, self._spaces[1:]
        inside = ends > starts
        starts = starts[inside]
        lengths = np.minimum(ends[inside] - starts, _LONGEST_WORD)
        if not len(starts):
            return _NOTHING
        begins = np.cumsum(lengths) - lengths
        steps = np.arange(int(lengths.sum())) - np.repeat(begins, lengths)
        characters = self._points[np.repeat(starts, lengths) + steps]
        words = np.add.reduceat(characters * _POWERS[steps], begins, dtype=np.uint32)
        rows = self._rows[starts]
        if not pairs:
            return Grams(rows, _mixed(words + _WORD_SALT))
        together = rows[:-1] == rows[1:]
        both = (words[:-1] * _FACTOR + words[1:] + _PAIR_SALT)[together]
        hashes = _mixed(np.concatenate([words + _WORD_SALT, both]))
        return Grams(np.concatenate([rows, rows[:-1][together]]), hashes)


def _mixed(hashes: Hashes) -> Hashes:
    """Spread the bits, so that the low ones are a bucket."""
    hashes = (hashes ^ (hashes >> np.uint32(16))) * _MIX_1
    hashes = (hashes ^ (hashes >> np.uint32(13))) * _MIX_2
    mixed: Hashes = hashes ^ (hashes >> np.uint32(16))
    return mixed
