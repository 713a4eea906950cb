"""Cuts texts into the word pieces the encoder knows: unigram, word by word (Viterbi); pure.

The pieces and their scores are those of multilingual-e5-small (MIT), as far as the texts of these
languages use them. A text is read from its beginning; what no piece holds is one unknown piece.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
BEGIN, PAD, END, UNKNOWN = range(4)
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
MOST_PIECES = 96
"""Beginning and end included; longer texts are cut."""
MOST_CHARACTERS = 1_000
"""What is read of a text: more than fits into `MOST_PIECES`."""
_SPACE = re.compile(r"[\s\u2581]+")
_WORD = "\u2581"  # stands before each word
_UNKNOWN_COST = 10.0  # below the least likely piece
_KEPT_WORDS = 20_000


class Pieces:
    """The known pieces; a word is always cut the same."""

    def __init__(self, pieces: Sequence[str], scores: Sequence[float]) -> None:
        """In the order of their numbers, `SPECIAL` first."""
        if tuple(pieces[: len(SPECIAL)]) != SPECIAL or len(pieces) != len(scores):
            raise ValueError("pieces do not begin with the special ones")
        self._known = {
            piece: (number, scores[number])
            for number, piece in enumerate(pieces)
            if number >= len(SPECIAL)
        }
        # How long a piece may be that begins with these two characters.
        self._reach: dict[str, int] = {}
        for piece in self._known:
            self._reach[piece[:2]] = max(len(piece), self._reach.get(piece[:2], 1))
        self._unknown = min(scores[len(SPECIAL) :], default=0.0) - _UNKNOWN_COST
        self.of_word = lru_cache(_KEPT_WORDS)(self._of_word)

    def __len__(self) -> int:
        return len(self._known) + len(SPECIAL)

    def ids(self, text: str, most: int = MOST_PIECES) -> Ints:
        """The numbers of its pieces between `BEGIN` and `END`, at most `most` in all."""
        found = [BEGIN]
        for word in words(text):
            found += self.of_word(word)
            if len(found) >= most:
                break
        return np.array([*found[: most - 1], END], np.int64)

    def _of_word(self, word: str) -> tuple[int, ...]:
        """The likeliest pieces of a word; neighbouring unknown characters are one piece."""
        marked = _WORD + word
        length = len(marked)
        # By end: the best score so far, where its last piece begins, and which it is.
        best = [(0.0, 0, UNKNOWN)] + [(-np.inf, 0, UNKNOWN)] * length
        for start in range(length):
            before = best[start][0]
            alone = False
            reach = self._reach.get(marked[start : start + 2], 1)
            for end in range(start + 1, min(length, start + reach) + 1):
                piece = self._known.get(marked[start:end])
                if piece is None:
                    continue
                alone = alone or end == start + 1
                if before + piece[1] > best[end][0]:
                    best[end] = (before + piece[1], start, piece[0])
            if not alone and before + self._unknown > best[start + 1][0]:
                best[start + 1] = (before + self._unknown, start, UNKNOWN)
        found: list[int] = []
        end = length
        while end:
            _, start, number = best[end]
            if number != UNKNOWN or found[-1:] != [UNKNOWN]:
                found.append(number)
            end = start
        return tuple(reversed(found))


def words(text: str) -> list[str]:
    """The words of the opening, in compatible spelling; broken characters become `?`."""
    opening = text[:MOST_CHARACTERS].encode("utf-8", "replace").decode()
    plain = unicodedata.normalize("NFKC", opening)[:MOST_CHARACTERS]
    return _SPACE.sub(" ", plain).split()


def read_pieces(content: bytes) -> Pieces:
    """Of a file of lines `score<TAB>piece`; raises `ValueError` if it is none."""
    return Pieces(*lines_of(content))


def lines_of(content: bytes) -> tuple[list[str], list[float]]:
    """Pieces and scores of such a file; raises `ValueError` if it is none."""
    pieces, scores = [], []
    for line in content.decode().split("\n")[:-1]:
        score, _, piece = line.partition("\t")
        pieces.append(piece)
        scores.append(float(score))
    return pieces, scores


def written(pieces: Sequence[str], scores: Sequence[float]) -> bytes:
    """The file `read_pieces` reads."""
    lines = (f"{score:.7g}\t{piece}\n" for piece, score in zip(pieces, scores, strict=True))
    return "".join(lines).encode()
