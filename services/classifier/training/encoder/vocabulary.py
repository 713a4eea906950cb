"""Chooses the word pieces that Indonesian and its neighbours need: 40,000 of 250,000."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from services.classifier.encoder.pieces import SPECIAL, Pieces
from services.classifier.training.sets import public_rows

MOST = 40_000
_TEXTS = (
    ("smsa_train", "text"),
    ("nusax_senti_train", "text"),
    ("nusatranslation_senti_train", "text"),
    ("lapor2017_sector_train", "text"),
    ("lapor2017_sector_train", "title"),
    ("publicapp_reviews_train", "text"),
    ("slang_nahiarhd", "slang"),
    ("slang_nahiarhd", "formal"),
    ("nusax_lexicon", "indonesian"),
    ("nusax_lexicon", "word"),
)
_ALL = 1 << 20


def texts_of(folder: Path) -> list[str]:
    """What the data folder holds of these languages, labels aside."""
    return [row[column] for name, column in _TEXTS for row in public_rows(folder, name)]


def kept(
    pieces: Sequence[str], scores: Sequence[float], texts: Iterable[str], most: int = MOST
) -> list[int]:
    """Numbers of the pieces to keep: those the texts use, Latin letters, likely Latin pieces.

    The likely ones are there for words that no text of the folder has. May keep more than `most`
    if the texts use more.
    """
    whole = Pieces(pieces, scores)
    used = Counter(number for text in texts for number in whole.ids(text, _ALL).tolist())
    found = set(range(len(SPECIAL))) | set(used)
    latin = [n for n, piece in enumerate(pieces) if n not in found and _latin(piece)]
    found |= {number for number in latin if len(_bare(pieces[number])) <= 1}
    latin.sort(key=lambda number: -scores[number])
    for number in latin:
        if len(found) >= most:
            break
        found.add(number)
    return sorted(found)


def _bare(piece: str) -> str:
    return piece.replace("\u2581", "")


def _latin(piece: str) -> bool:
    return all(
        letter.isascii() or unicodedata.name(letter, "").startswith("LATIN")
        for letter in _bare(piece)
    )
