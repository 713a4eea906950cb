"""Finds the words that announce a name ("nama saya", "a.n.", "Pak", "kades").

It says nothing of the name itself. Every repetition in its patterns is bounded.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from shared.privacy.vocabulary import PLACES
from shared.privacy.words import words


class Kind(Enum):
    """What a cue allows after it, from a label down to a mere possibility."""

    STRONG = auto()  # "nama saya": any word that is no ordinary one
    TITLE = auto()  # "Pak": the same
    PERSON = auto()  # "mas", "dokter": the same, if it can be spoken
    OFFICE = auto()  # "camat": in capitals maybe the place of the office
    LOOSE = auto()  # "petugas", "tetangga saya": in lower case only a known name
    SELF = auto()  # "saya": in lower case only a known name


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue whose name, if there is one, begins at `end`; `known`: only a known name counts."""

    kind: Kind
    end: int
    known: bool = False


_OWNERS = "|".join(sorted(words("cue_owner"), key=len, reverse=True))
_SELF = "|".join(sorted(words("cue_self") | {"kami", "saia", "ane", "abdi", "awak"}, reverse=True))
_KIN = "anak|suami|istri|isteri|ibu|bapak|ayah|adik|kakak|ading|orang tua"
_STRONG = re.compile(
    rf"(?:nama|nma|nam|na|nm|name)(?:\s{{1,3}}(?:lengkap|panggilan|asli|pelapor|pemohon|pengadu|"
    rf"terlapor|{_KIN}))?(?:\s{{1,3}}(?:{_SELF}))?\s{{0,3}}(?:[:=;]|adalah\b|ialah\b)\s{{0,3}}|"
    rf"(?:nama|nma|nm|nami)(?:\s{{1,3}}(?:lengkap|panggilan|asli))?(?:\s{{1,3}}(?:{_KIN}))?"
    rf"\s{{1,3}}(?:{_SELF})\b[ ,:]{{0,3}}|"
    rf"nama\s{{1,3}}(?:lengkap|pelapor|pemohon)(?:\s{{1,3}}(?:{_SELF}))?\b[ ,:]{{0,3}}|"
    rf"(?:namaku|namanya|ngaran(?:nya|ku)?|jeneng(?:ku|e|ipun)?|asma(?:ne|nipun)?|naminipun)"
    rf"(?:\s{{1,3}}(?:{_SELF}|sidin|inya|pian))?\b[ ,:]{{0,3}}(?:(?:adalah|ialah|inggih|iku)\s)?|"
    r"atas\s{1,3}nama[ :]{1,3}|bernama[ :]{1,3}|a\s?[./]\s?n\b\s?[.:]?\s{0,2}|an\s?[.:]\s{0,2}|"
    r"(?:pelapor|pemohon|pengirim|pengadu|penulis|dari)\s{0,2}[:=]\s{0,3}|"
    r"(?:cp|(?:kontak|contact)\s(?:person|hp|wa))\s{0,2}[:=.]?\s{1,3}|kontak\s{0,2}[:=]\s{0,3}|"
    rf"perkenalk[ae]n[, ]{{1,3}}(?:nama\s{{1,3}})?(?:{_SELF})[ ,:]{{1,3}}|"
    r"hormat\s{1,3}(?:saya|kami)[ ,.:\n]{1,8}|(?:ttd|tertanda)[ .,:\n]{1,8}|"
    r"(?:was+alam\w{0,16}|salam(?:\s(?:hormat|hangat))?)(?:\swr\.?\s?wb)?\s?[.,:\n][ .,:\n]{0,6}|"
    r"panggil\s{1,3}(?:saja\s)?saya[ ,]{1,3}",
    re.IGNORECASE,
)
_BARE = re.compile(r"nama\s{1,3}|dipanggil\s{1,3}", re.IGNORECASE)
_PUNYA = re.compile(r"\b(?:pu|pung|punya|de)\s{1,3}$", re.IGNORECASE)
_SHORT_AN = re.compile(r"an\s{1,2}", re.IGNORECASE)
_BEFORE_AN = re.compile(
    r"(?:[\]\d]|\b(?:rek(?:ening)?|norek|kk|ktp|nik|bpjs|kis|kartu|stnk|shm|sertifikat|pelanggan))"
    r"\s{1,2}$",
    re.IGNORECASE,
)
_OWNED = re.compile(
    rf"(?:\s{{1,2}}(?:kandung|angkat|tiri))?\s{{1,2}}(?:{_OWNERS})\b"
    r"(?:[ ,:]{1,3}(?:yang\s)?(?:bernama\s{1,3})?)?",
    re.IGNORECASE,
)
_SUFFIX_OWNED = re.compile(r"[ ,:]{1,3}")
_AFTER_TITLE = re.compile(r"[. ]{0,3}(?:/\s?(?:ibu|bu|sdri|saudari)\b[. ]{0,3})?", re.IGNORECASE)
_AFTER_SELF = re.compile(r"[ ,]{1,3}")
_GAP = re.compile(r"[ \t\u00a0]{1,3}")
_DOTTED_GAP = re.compile(r"\.?[ \t\u00a0]{0,3}")
_TAIL = re.compile(r"([^\W\d_]{1,16})(?:[ .]?\d{1,3})?[ \t\u00a0]{1,3}")
_MOST_TAIL = 3

_TAIL_WORDS, _TAIL_PLACES = words("cue_tail"), words("cue_tail_place")
_STRONG_HEADS, _RELATIONS = words("cue_strong"), words("cue_relation")
_SHORTENED = frozenset({"dr", "drg", "pdt", "ust", "kab", "kasi", "kaur"})
_DOTTED = frozenset({"h", "hj"})  # "h" is an hour, a day or a hectare, "H." a pilgrim

# After these a place is more likely than a name ("Camat Sepaku"); "dr" also shortens "dari".
_SEATS = frozenset({"camat", "bupati", "wabup", "gubernur", "walikota"})


def _kinds() -> dict[str, Kind | None]:
    kinds: dict[str, Kind | None] = dict.fromkeys(_STRONG_HEADS | _RELATIONS)
    kinds |= {f"{word}{end}": None for word in _RELATIONS for end in ("ku", "nya")}
    for name in ("loose", "office", "person", "title", "self"):
        kind = Kind[name.upper()]
        kinds |= dict.fromkeys(words(f"cue_{name}"), kind)
        if kind in (Kind.LOOSE, Kind.OFFICE, Kind.PERSON):
            kinds |= {f"{word}nya": kind for word in words(f"cue_{name}")}
    return kinds


CUE_WORDS = _kinds()
"""The first words of all cues, in lower case."""


def cue_at(text: str, start: int, end: int) -> Cue | None:
    """The cue that begins with the word at `start` to `end`, one of `CUE_WORDS`."""
    word = text[start:end].lower()
    if text[end : end + 1] == "-" or (start and text[start - 1] == "-"):
        return None
    strong = _strong(text, start, word) if word in _STRONG_HEADS else None
    if strong:
        return strong
    kind = CUE_WORDS[word]
    related = _related(text, end, word)
    if related:
        return related
    if kind is None or (word in _DOTTED and text[end : end + 1] != "."):
        return None
    if kind is Kind.SELF:
        gap = _AFTER_SELF.match(text, end)
        return Cue(kind, gap.end()) if gap else None
    if kind is Kind.TITLE:
        gap = _AFTER_TITLE.match(text, end)
        return Cue(kind, gap.end()) if gap else None
    known = word in _SEATS or text[start : end + 1] == "dr "
    return _with_tail(text, end, kind, known=known, shortened=word in _SHORTENED)


def _strong(text: str, start: int, word: str) -> Cue | None:
    match = _STRONG.match(text, start)
    if match:
        return Cue(Kind.STRONG, match.end())
    match = _BARE.match(text, start)
    if match:
        punya = _PUNYA.search(text[max(0, start - 20) : start])
        return Cue(Kind.STRONG if punya else Kind.LOOSE, match.end())
    if word == "an" and _BEFORE_AN.search(text[max(0, start - 20) : start]):
        match = _SHORT_AN.match(text, start)
    return Cue(Kind.STRONG, match.end()) if match else None


def _related(text: str, end: int, word: str) -> Cue | None:
    """ "anak saya", "istri ulun", "tetanggaku"."""
    if word in _RELATIONS:
        match = _OWNED.match(text, end)
    elif word.removesuffix("ku").removesuffix("nya") in _RELATIONS:
        match = _SUFFIX_OWNED.match(text, end)
    else:
        return None
    return Cue(Kind.LOOSE, match.end()) if match else None


def _with_tail(text: str, end: int, kind: Kind, *, known: bool, shortened: bool) -> Cue | None:
    """ "guru ngaji kami", "ketua RT 05", "kepala desa"."""
    gap = (_DOTTED_GAP if shortened else _GAP).match(text, end)
    if gap is None or gap.end() == end:
        return None
    place = gap.end()
    for _ in range(_MOST_TAIL):
        match = _TAIL.match(text, place)
        word = match.group(1).lower() if match else ""
        if match is None or word not in _TAIL_WORDS | _TAIL_PLACES:
            break
        place, known = match.end(), known or word in _TAIL_PLACES
    return Cue(kind, place, known)


def names_a_place(text: str, start: int) -> bool:
    """Whether "Jl.", "Masjid" or "rumah sakit" stands before."""
    end = start
    while end > 0 and start - end < 3 and (text[end - 1] == "." or text[end - 1].isspace()):
        end -= 1
    first = end
    while first > 0 and end - first < 40 and text[first - 1].isalpha():
        first -= 1
    word = text[first:end].lower()
    if word == "sakit":
        return text[max(0, first - 6) : first].lower().strip() == "rumah"
    return word in PLACES
