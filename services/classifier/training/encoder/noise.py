"""Writes texts as others would: slang, missing vowels, swapped letters, another language's words.

What changes is drawn anew each time a text is seen, so that spellings are no sign of a label.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.classifier.training.encoder.rows import Item
from services.classifier.training.linear import LANGUAGES
from services.classifier.training.sets import public_rows

_INDONESIAN = LANGUAGES.index("ind")
_AS_IT_IS = 0.35
_TRANSLATED, _EACH_WORD = 0.3, 0.85
_SLANG, _VOWELS, _SWAPPED = 0.08, 0.03, 0.04
_LOWER, _UPPER = 0.05, 0.08
_LOWER_REPORT = 0.25


@dataclass(frozen=True)
class Noise:
    """Word lists of a data folder: by formal word its slang, by language the words for another."""

    slang: Mapping[str, Sequence[str]]
    words: Mapping[str, Mapping[str, Sequence[str]]]

    @classmethod
    def of(cls, folder: Path) -> "Noise":
        """Read the lists."""
        slang: dict[str, list[str]] = {}
        for row in public_rows(folder, "slang_nahiarhd"):
            formal, short = row["formal"].lower(), row["slang"]
            if len(formal) > 1 and " " not in formal and len(short) < len(formal) + 2:
                slang.setdefault(formal, []).append(short)
        words: dict[str, dict[str, list[str]]] = {}
        for row in public_rows(folder, "nusax_lexicon"):
            known = words.setdefault(row["lang"], {})
            known.setdefault(row["indonesian"].lower(), []).append(row["word"])
        return cls(slang, {one: words[one] for one in words if one in LANGUAGES and one != "eng"})

    def changed(self, item: Item, rng: random.Random) -> Item:
        """The item as somebody else might have written it."""
        if rng.random() < _AS_IT_IS:
            return item
        spoken = item.wanted.get("language")
        indonesian = spoken is not None and spoken[_INDONESIAN] == 1.0
        if indonesian and self.words and rng.random() < _TRANSLATED:
            return self._translated(item, rng)
        text = " ".join(self._spelled(word, indonesian, rng) for word in item.text.split())
        drawn = rng.random()
        if drawn < _LOWER or ("tone" not in item.wanted and rng.random() < _LOWER_REPORT):
            text = text.lower()
        elif drawn < _UPPER:
            text = text.upper()
        return Item(text, item.wanted, item.two)

    def _translated(self, item: Item, rng: random.Random) -> Item:
        """Word for word, as far as the list goes: a mixture whose language is nobody's."""
        known = self.words[rng.choice(sorted(self.words))]
        found = []
        for word in item.text.split():
            others = known.get(word.lower())
            found.append(rng.choice(others) if others and rng.random() < _EACH_WORD else word)
        text = " ".join(found)
        return item if text == item.text else item.without_language(text)

    def _spelled(self, word: str, indonesian: bool, rng: random.Random) -> str:
        drawn = rng.random()
        if indonesian and drawn < _SLANG and word.lower() in self.slang:
            return rng.choice(self.slang[word.lower()])
        if drawn < _VOWELS and len(word) > 4:
            return word[0] + "".join(letter for letter in word[1:] if letter not in "aiueo")
        if drawn < _SWAPPED and len(word) > 3:
            place = rng.randrange(len(word) - 1)
            return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        return word
