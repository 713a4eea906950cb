"""Guesses the language of a text from its function words; pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from shared.contracts.classification import LanguageGuess
from shared.contracts.enums import Language

_PRIOR = 1.5  # Indonesian is what most people write to an office
_MOST_WORDS = 400


def guess_language(
    words: Sequence[str], profile: Mapping[str, tuple[tuple[str, float], ...]]
) -> LanguageGuess:
    """The likeliest language; without any known word, Indonesian with little confidence."""
    scores: defaultdict[str, float] = defaultdict(float)
    scores[Language.IND.value] = _PRIOR
    for known in filter(None, map(profile.get, words[:_MOST_WORDS])):
        for language, weight in known:
            scores[language] += weight
    best = max(scores, key=lambda language: (scores[language], language == Language.IND))
    total = sum(scores.values()) + _PRIOR
    return LanguageGuess(code=Language(best), confidence=round(scores[best] / total, 3))
