"""Tells a likely name from an ordinary word, by word lists and the shape of the word; pure.

Indonesian, Banjarese, Javanese and Papuan Malay stems are found under their affixes, so the lists
hold stems. Callers say where a name is expected; no word is a name by itself.
"""

import re

from shared.privacy.words import words

GIVEN = words("given")
"""Names, even in lower case."""
PLACES = words("places")
"""Words before a name that make it a street, school or building."""
AREAS = words("areas")
"""Regions, districts and villages, which follow an office ("Camat Sepaku")."""
_ROLES = words("roles")
NEVER = (words("never") | _ROLES | PLACES | words("organisations")) - GIVEN
_EVERYDAY = words("everyday")
VOCABULARY = (NEVER | _EVERYDAY) - GIVEN
"""Ordinary words as they stand in the lists."""
OFFICIAL = (_ROLES | PLACES | words("organisations")) - GIVEN
"""Offices, places and bodies: no name even where another capital follows."""
SURE = GIVEN - _EVERYDAY
"""Names that are no ordinary word as well ("bulan", "indah")."""

_ENDINGS = (
    "nya", "kan", "lah", "kah", "annya", "an", "ku", "mu", "ne", "na", "i", "e", "in", "nye", "pun",
)  # fmt: skip
_BEGINNINGS = (
    "di", "ber", "ter", "ke", "se", "me", "mem", "men", "meng", "meny", "pe", "per", "pem", "pen",
    "peng", "ba", "ta", "ka", "ma", "mam", "man", "mang", "sa", "pa", "ng", "nge", "n", "m", "ny",
)  # fmt: skip
_VERBAL = ("di", "ber", "ter", "se", "me")
# "memukul" hides its "p", "menulis" its "t": such verbs are known by their beginning alone.
_VERB = re.compile(r"me(?:mb|mp|nd|nt|nj|nc|ng|ny|m[aeiou]|n[aeiou])[a-z]{3,20}(?:kan|i|nya|an)?")
_NOUN = re.compile(r"(?:ke|pe|pem|pen|peng|per)[a-z]{3,20}an(?:nya)?")
_PASSIVE = re.compile(r"(?:di|ber|ter)[a-z]{4,}|[a-z]{3,}(?:nya|kan|kah|(?<!l)lah)")
# Consonants begin a syllable as they do in names, not as in shorthand ("mhn", "sdh", "kpd").
_SHAPE = re.compile(
    r"(?:[b-df-hj-np-tv-z]?|[bcdfgkpst][rlhwy]|[lmn]gh?|ny|str|dj|tj|mb|nd|sy|ch)"
    r"[aeiou]['’a-z]{0,30}"
)
_CLUSTER = re.compile(r"[b-df-hj-np-tv-xz]{4}|[b-df-hj-np-tv-xz]{3}$")
_VOWEL = re.compile(r"[aeiou]")


def is_ordinary(word: str, *, capital: bool = False) -> bool:
    """Whether a word, given in lower case, is an everyday one; a known name is not.

    A word written with a capital where a name is expected is held to the lists and to the
    commonest affixes only.
    """
    if word in GIVEN:
        return False
    if word in VOCABULARY:
        return True
    if "-" in word:
        return any(part in VOCABULARY for part in word.split("-"))
    if not word.isascii() or len(word) > 30:
        return False
    if any(shape.fullmatch(word) for shape in (_VERB, _NOUN, _PASSIVE)):
        return True
    return not capital and any(stem in VOCABULARY for stem in _stems(word))


def _stems(word: str) -> list[str]:
    """What may be left without one affix at each end; at least four letters, so few by chance."""
    bare = [word] + [word[: -len(end)] for end in _ENDINGS if word.endswith(end)]
    found = [stem[len(begin) :] for stem in bare for begin in _BEGINNINGS if stem.startswith(begin)]
    found += bare[1:]
    short = [word[len(begin) :] for begin in _VERBAL if word.startswith(begin)]
    return [stem for stem in found if len(stem) >= 4] + [s for s in short if len(s) == 3]


def is_shaped(word: str) -> bool:
    """Whether a lower-case word can be spoken as a name: four letters or more, with vowels."""
    if len(word) < 4 or len(word) > 30:
        return False
    return (
        _SHAPE.fullmatch(word) is not None
        and _CLUSTER.search(word) is None
        and (len(word) < 6 or len(_VOWEL.findall(word)) >= 2)
    )
