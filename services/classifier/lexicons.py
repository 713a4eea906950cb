"""Reads the word lists beside it and finds their phrases in a text in one pass over its words."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Generic, NamedTuple, TypeVar

from services.classifier.tokens import Normaliser, raw_words

T = TypeVar("T")
_PARTS = re.compile(r"[,\n]")
NEGATION, INTENSIFIER = 100.0, 200.0  # marks in the tone index that carry no tone themselves
TONE_VALUES = {
    "positive3": 3.0,
    "positive2": 2.0,
    "positive1": 1.0,
    "negative1": -1.0,
    "negative2": -2.0,
    "negative3": -3.0,
    "negation": NEGATION,
    "intensifier": INTENSIFIER,
}


class Hit(NamedTuple, Generic[T]):
    """A phrase found at tokens `start` to `end`, with what the list says of it."""

    phrase: str
    start: int
    end: int
    value: T


class _Entry(NamedTuple, Generic[T]):
    rest: tuple[str, ...]
    length: int
    phrase: str
    value: T


class PhraseIndex(Generic[T]):
    """Finds the phrases of a list: from the left, the longest that fits, none twice a word."""

    def __init__(self, phrases: Mapping[tuple[str, ...], T]) -> None:
        # First word -> second word (or "" for a single word) -> entries, the longest first.
        self._words: dict[str, dict[str, list[_Entry[T]]]] = {}
        for tokens, value in phrases.items():
            second = tokens[1] if len(tokens) > 1 else ""
            entry = _Entry(tokens[2:], len(tokens), " ".join(tokens), value)
            self._words.setdefault(tokens[0], {}).setdefault(second, []).append(entry)
        for seconds in self._words.values():
            for entries in seconds.values():
                entries.sort(key=lambda entry: -entry.length)

    def scan(self, tokens: Sequence[str]) -> list[Hit[T]]:
        """The phrases found, in order."""
        found: list[Hit[T]] = []
        free = 0
        for place, seconds in enumerate(map(self._words.get, tokens)):
            if seconds is None or place < free:
                continue
            entry = _fitting(seconds, tokens, place)
            if entry is not None:
                free = place + entry.length
                found.append(Hit(entry.phrase, place, free, entry.value))
        return found


def _fitting(
    seconds: Mapping[str, list[_Entry[T]]], tokens: Sequence[str], place: int
) -> _Entry[T] | None:
    following = seconds.get(tokens[place + 1]) if place + 1 < len(tokens) else None
    for entry in following or ():
        rest = entry.rest
        if not rest or tuple(tokens[place + 2 : place + entry.length]) == rest:
            return entry
    alone = seconds.get("")
    return alone[0] if alone else None


@dataclass(frozen=True)
class Lexicons:
    """All lists, compiled; values are (list, weight) pairs, names of lists, or a tone."""

    normaliser: Normaliser
    categories: PhraseIndex[tuple[tuple[str, float], ...]]
    near: Mapping[str, tuple[tuple[str, bool], ...]]
    signals: PhraseIndex[frozenset[str]]
    tone: PhraseIndex[float]
    languages: Mapping[str, tuple[tuple[str, float], ...]]


@cache
def load_lexicons() -> Lexicons:
    """The lists of this package, read and compiled once a process."""
    categories, signals = read_list("categories"), read_list("signals")
    near: Mapping[str, str] = categories.pop("near")
    tone: Mapping[str, str] = read_list("sentiment")
    phrases = [p for lists in (categories, signals) for p in _phrases(lists)]
    phrases += [p for text in tone.values() for p in split_phrases(text)]
    phrases += near.values()
    shorthand: Mapping[str, str] = read_list("slang")["words"]
    normaliser = Normaliser(shorthand, (word for p in phrases for word in raw_words(p)))
    return Lexicons(
        normaliser,
        PhraseIndex(_categories(categories, normaliser.phrase)),
        _near(near, normaliser.phrase),
        PhraseIndex(_signals(signals, normaliser.phrase)),
        PhraseIndex(_tone(tone, normaliser.phrase)),
        _languages(read_list("languages")),
    )


def read_list(name: str) -> dict[str, Any]:
    """A file of `lexicon/`."""
    path = files(__package__) / "lexicon" / f"{name}.toml"
    return tomllib.loads(path.read_text("utf-8"))


def split_phrases(text: str) -> Iterator[str]:
    """The phrases of an entry: parted by commas and line ends."""
    return (part.strip() for part in _PARTS.split(text) if part.strip())


def _phrases(lists: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    return (
        phrase
        for group in lists.values()
        for text in group.values()
        for phrase in split_phrases(text)
    )


def _categories(
    lists: Mapping[str, Mapping[str, str]], phrase: Callable[[str], tuple[str, ...]]
) -> dict[tuple[str, ...], tuple[tuple[str, float], ...]]:
    weights = {"strong": 3.0, "medium": 2.0, "weak": 1.0, "none": 0.0}
    found: dict[tuple[str, ...], dict[str, float]] = {}
    for category, strengths in lists.items():
        for strength, text in strengths.items():
            for tokens in filter(None, map(phrase, split_phrases(text))):
                # A longer phrase says more than its first word does.
                weight = weights[strength] + (0.5 * (len(tokens) - 1) if weights[strength] else 0)
                known = found.setdefault(tokens, {})
                known[category] = max(weight, known.get(category, 0.0))
    return {tokens: tuple(sorted(known.items())) for tokens, known in found.items()}


def _near(
    lists: Mapping[str, str], phrase: Callable[[str], tuple[str, ...]]
) -> dict[str, tuple[tuple[str, bool], ...]]:
    """For each word the categories it belongs to, as a thing (true) or a state (false)."""
    found: dict[str, list[tuple[str, bool]]] = {}
    for category, text in lists.items():
        things, _, states = text.partition("|")
        for words, is_thing in ((things, True), (states, False)):
            for token in dict.fromkeys(t for word in words.split() for t in phrase(word)):
                found.setdefault(token, []).append((category, is_thing))
    return {token: tuple(known) for token, known in found.items()}


def _signals(
    lists: Mapping[str, Mapping[str, str]], phrase: Callable[[str], tuple[str, ...]]
) -> dict[tuple[str, ...], frozenset[str]]:
    found: dict[tuple[str, ...], set[str]] = {}
    for group, names in lists.items():
        for name, text in names.items():
            for tokens in filter(None, map(phrase, split_phrases(text))):
                found.setdefault(tokens, set()).add(f"{group}.{name}")
    return {tokens: frozenset(names) for tokens, names in found.items()}


def _tone(
    lists: Mapping[str, str], phrase: Callable[[str], tuple[str, ...]]
) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for name, text in lists.items():
        value = TONE_VALUES[name]
        for tokens in filter(None, map(phrase, split_phrases(text))):
            found.setdefault(tokens, value)
    return found


def _languages(
    lists: Mapping[str, Mapping[str, str | float]],
) -> dict[str, tuple[tuple[str, float], ...]]:
    weights: dict[str, dict[str, float]] = {}
    for language, entry in lists.items():
        for word in dict.fromkeys(raw_words(str(entry["words"]))):
            weights.setdefault(word, {})[language] = float(entry["weight"])
    # A word that several languages share says little about any of them.
    return {
        word: tuple((language, weight / len(known)) for language, weight in known.items())
        for word, known in weights.items()
    }
