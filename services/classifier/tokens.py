"""Cuts any text into plain words; knows no list of words but the shorthand it is given.

Deterministic and linear; whatever the script, the result is a list, never an exception.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from services.classifier.blob import BaseTokenizer

_WORD = re.compile(r"[^\W_]+")
_STRETCH = re.compile(r"([a-z])\1{2,}")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_ENDINGS = ("lah", "kah", "pun", "ku", "mu", "x")
_MEMO_LIMIT = 200_000
_SUM = re.compile(r"\d+(rb|rbu|ribu|k|jt|juta)|\d+(?:00|50)0")
_THOUSANDS = re.compile(r"(?<=\d)[.,](?=\d{3}(?!\d))")
_WITHOUT_VOWELS = str.maketrans("", "", "aiueo")


def plain(text: str) -> str:
    """The text in lower case, without marks that only decorate letters."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", _INVISIBLE.sub("", text))
    return "".join(c for c in folded if not unicodedata.combining(c)).lower()


def raw_words(text: str) -> list[str]:
    """The words as written, in lower case."""
    found: list[str] = _WORD.findall(_THOUSANDS.sub("", plain(text)))
    return found


class Normaliser:
    """Brings words to the form the lists know: shorthand, endings, stretched letters."""

    def __init__(self, shorthand: Mapping[str, str], vocabulary: Iterable[str]) -> None:
        self._shorthand = dict(shorthand)
        self._known = {self._base(word) for word in vocabulary}
        self._by_consonants = _unique(
            (_consonants(word), word) for word in sorted(self._known) if len(word) > 4
        )
        self._memo: dict[str, str] = {}

    @property
    def vocabulary(self) -> frozenset[str]:
        """The words of the lists."""
        return frozenset(self._known)

    def tokens(self, words: Iterable[str]) -> list[str]:
        """The words in their known form; a word said twice in a row counts once."""
        memo = self._memo
        found: list[str] = []
        last = ""
        for word in words:
            token = memo.get(word)
            if token is None:
                token = self._learn(word)
            if token != last:
                found.append(token)
                last = token
        return found

    def phrase(self, text: str) -> tuple[str, ...]:
        """A phrase of a list, as tokens."""
        return tuple(self.tokens(raw_words(text)))

    def _learn(self, word: str) -> str:
        if len(self._memo) >= _MEMO_LIMIT:
            self._memo.clear()
        token = self._form(word)
        if len(word) <= 40:
            self._memo[word] = token
        return token

    def _base(self, word: str) -> str:
        found = self._shorthand.get(word)
        if found is None and len(word) > 2:
            single = _STRETCH.sub(r"\1", word)
            if single[-1] == "2" and single[:-1].isalpha() and len(single) > 3:
                single = single[:-1]
            found = self._shorthand.get(single, single)
        return word if found is None else found

    def _form(self, word: str) -> str:
        if word[0].isdigit():
            return _figure(word)
        base = self._base(word)
        if word in self._shorthand:
            return base
        if base.endswith("nya"):
            stem = self._base(base[:-3])
            if len(stem) > 2 and stem in self._known:
                return stem
        if base in self._known:
            return base
        for ending in _ENDINGS:
            stem = base.removesuffix(ending)
            if stem != base and len(stem) > 2 and self._base(stem) in self._known:
                return self._base(stem)
        return self._guessed(base)

    def _guessed(self, base: str) -> str:
        """A word that no list knows, read as one that a list does know, if that is plain."""
        # "dijalan", "kepuskesmas": the preposition was written together with its noun.
        for lead in ("di", "ke"):
            stem = base.removeprefix(lead)
            if stem != base and len(stem) > 3 and self._base(stem) in self._known:
                return self._base(stem)
        # Banjarese says "mambari" and "parnah" where Indonesian says "memberi" and "pernah".
        softened = base.replace("a", "e", 1)
        if len(base) > 4 and softened in self._known:
            return softened
        # SMS: "jmbtn", "ptgs".
        if len(base) > 3 and base.isalpha() and base == _consonants(base):
            return self._by_consonants.get(base, base)
        return base


def _figure(word: str) -> str:
    """A sum of money by its unit ("75rb", "100.000"); any other figure as it is."""
    match = _SUM.fullmatch(word)
    if match is None:
        return word
    return "juta" if match.group(1) in ("jt", "juta") else "ribu"


def _consonants(word: str) -> str:
    return word.translate(_WITHOUT_VOWELS)


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    several: set[str] = set()
    for key, word in pairs:
        if found.setdefault(key, word) != word:
            several.add(key)
    return {key: word for key, word in found.items() if key not in several}


class PlainTokenizer(BaseTokenizer):  # type: ignore[misc]  # TextBlob carries no types
    """TextBlob's tokenizer without downloaded corpora."""

    def tokenize(self, text: str) -> list[str]:
        """The words as written, in lower case."""
        return raw_words(text)
