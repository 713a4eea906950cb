"""Finds the words that announce a name ("nama saya", "a.n.", "Pak", "kades").

It says nothing of the name itself. Every repetition in its patterns is bounded.
"""

import re
from enum import Enum, auto
from typing import NamedTuple

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


class Cue(NamedTuple):
    """A cue whose name, if there is one, begins at `end`; `known`: only a known name counts."""

    kind: Kind
    end: int
    known: bool = False


_OWNERS = "|".join(sorted(words("cue_owner"), key=len, reverse=True))
_SELF = "|".join(sorted(words("cue_self") | {"saia"}, reverse=True))
_KIN = (
    r"(?:anak|suami|istri|isteri|ibu|bapak|ayah|adik|kakak|ading|orang tua|ibu kandung|pasien|"
    r"siswa|murid|pelanggan|pemilik|petugas|guru|penerima|wali|kepala keluarga|kk)(?:ku|nya)?"
)
_LABEL = rf"lengkap|panggilan|asli|pelapor|pemohon|pengadu|terlapor|sesuai ktp|di ktp|{_KIN}"
_COLON = r"[ \t]{0,20}[:=;][ \t]{0,20}\n?"
_STRONG = re.compile(
    rf"(?:nama|nma|nam|na|nm|name)(?:\s{{1,3}}(?:{_LABEL}))?(?:\s{{1,3}}(?:{_SELF}))?"
    rf"(?:\s?\([^)\n]{{0,30}}\)|/\s?\w{{1,12}})?(?:{_COLON}|\s{{0,3}}(?:adalah|ialah)\b\s{{0,3}})|"
    rf"(?:nama|nma|nm|nami)(?:\s{{1,3}}(?:lengkap|panggilan|asli))?(?:\s{{1,3}}(?:{_KIN}))?"
    rf"\s{{1,3}}(?:{_SELF})\b[ ,:]{{0,3}}|nami\s{{1,3}}|"
    rf"nama\s{{1,3}}(?:lengkap|pelapor|pemohon)(?:\s{{1,3}}(?:{_SELF}))?\b[ ,:]{{0,3}}|"
    r"(?:namaku|namanya|n?garan(?:nya|ku|e)?|aran(?:e|ku)|araku|asengku|jeneng(?:ku|e|ipun)?|"
    rf"asma(?:ne|nipun)?|naminipun)(?:\s{{1,3}}(?:{_SELF}|sidin|inya|pian))?\b[ ,:]{{0,3}}"
    r"(?:(?:adalah|ialah|inggih|iku)\s)?|"
    r"at(?:a)?s\s{0,3}nama[ :]{1,3}|bernama[ :]{1,3}|a\s?[./]\s?n\b\s?[.:]?\s{0,2}|"
    r"an\s?[.:]\s{0,2}|(?:pelapor|pemohon|pengirim|pengadu|penulis|dari|nasabah|debitur|korban|terlapor|"
    rf"saksi|siswa|pasien|pelanggan|penerima|pemilik){_COLON}|"
    r"(?:pelapor|pemohon|pengirim|pengadu|penulis)"
    r"(?:,[ ]?\n?|\n)\n{0,3}|"
    r"(?:cp|(?:kontak|contact)\s(?:person|hp|wa))\s{0,2}[:=.]?\s{1,3}|kontak\s{0,2}[:=]\s{0,3}|"
    rf"(?:per)?kenalk[ae]n[, ]{{1,3}}(?:nama\s{{1,3}})?(?:{_SELF})[ ,:]{{1,3}}|"
    r"bertanda\s{1,2}tangan(?:\sdi\s?bawah\s(?:ini)?)?[ ,:\n]{1,4}|"
    r"hormat\s{1,3}(?:saya|kami)[ ,.:\n]{1,8}|(?:ttd|tertanda)\)?[ .,:\n]{1,8}|"
    r"(?:was+alam\w{0,16}|salam(?:\s(?:hormat|hangat))?)(?:\swr\.?\s?wb)?\s?[.,:\n][ .,:\n]{0,6}|"
    r"panggil\s{1,3}(?:saja\s)?saya[ ,]{1,3}",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"(?:terima\s?kasih|makasih|trims|suwun|nuwun)"
    r"(?:\s(?:banyak|pak|bu|sebelumnya|atas perhatiannya))?[ .,!]{0,3}\n{1,3}[\-~ ]{0,2}",
    re.IGNORECASE,
)
_RT = re.compile(r"[. ]{1,2}r[tw]\b\.?(?:[ ]?\d{1,3})?[ ]{1,2}", re.IGNORECASE)
_BARE = re.compile(r"nama\s{1,3}|dipanggil\s{1,3}", re.IGNORECASE)
_PUNYA = re.compile(r"\b(?:pu|pung|punya|de)\s{1,3}$", re.IGNORECASE)
_SHORT_AN = re.compile(r"an\s{1,2}", re.IGNORECASE)
_BEFORE_AN = re.compile(
    r"(?:[\]\d]|\b(?:rek(?:ening)?|norek|kk|ktp|nik|bpjs|kis|kartu|stnk|shm|sertifikat|pelanggan))"
    r"\s{1,2}$",
    re.IGNORECASE,
)
_OWNED = re.compile(
    r"(?:\s{1,2}(?:kandung|angkat|tiri|ipar|pertama|kedua|ketiga|bungsu|sulung|perempuan))?"
    rf"\s{{1,2}}(?:{_OWNERS})\b"
    r"(?:[ ,:]{1,3}(?:yang\s)?(?:bernama\s{1,3})?)?",
    re.IGNORECASE,
)
_SUFFIX_OWNED = re.compile(r"[ ,:]{1,3}")
_AFTER_TITLE = re.compile(
    r"[. ]{0,3}(?:/\s?(?:ibu|bu|sdri|saudari|bapak|bpk|i)\b[. ]{0,3})?", re.IGNORECASE
)
_AFTER_SELF = re.compile(r"[ ,]{1,3}")
_GAP = re.compile(r"[ ]?:?[ \t\u00a0]{1,3}")
_DOTTED_GAP = re.compile(r"\.?[ \t\u00a0]{0,3}")
_TAIL = re.compile(r"([^\W\d_]{1,16})(?:[ .]?\d{1,3})?[ \t\u00a0]{1,3}")
_MOST_TAIL = 3

_TAIL_WORDS, _TAIL_PLACES = words("cue_tail"), words("cue_tail_place")
_TAILS = _TAIL_WORDS | _TAIL_PLACES
_STRONG_HEADS, _RELATIONS = words("cue_strong"), words("cue_relation")
_SHORTENED = frozenset({"dr", "drg", "pdt", "ust", "kab", "kasi", "kaur"})
_OWNABLE = _RELATIONS.union(f"{word}{end}" for word in _RELATIONS for end in ("ku", "nya"))
_DOTTED = frozenset({"h", "hj"})  # "h" is an hour, a day or a hectare, "H." a pilgrim

_THANKING = frozenset({"terima", "terimakasih", "makasih", "trims", "suwun", "nuwun"})
# Labels only before a colon or a line's end; asked first, since they are common words.
_LABELS = frozenset({
    "dari", "siswa", "pasien", "pelanggan", "penerima", "pemilik", "korban", "saksi", "pelapor",
    "pemohon", "pengadu", "pengirim", "penulis",
})  # fmt: skip
_AFTER_LABEL = (":", "=", ";", ",", "\n")
# After these a place is more likely than a name ("Camat Sepaku"); "dr" also shortens "dari".
_SEATS = frozenset({"camat", "bupati", "wabup", "gubernur", "walikota", "kapolres", "kapolsek"})


def _kinds() -> dict[str, Kind | None]:
    kinds: dict[str, Kind | None] = dict.fromkeys(_STRONG_HEADS | _OWNABLE)
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
    related = _related(text, end, word) if word in _OWNABLE else None
    if related:
        return related
    if kind is None or (word in _DOTTED and text[end : end + 1] != "."):
        return None
    if kind is Kind.SELF:
        gap = _AFTER_SELF.match(text, end)
        return Cue(kind, gap.end(), known=word == "kami") if gap else None
    if kind is Kind.TITLE:
        head = _RT.match(text, end)
        if head:
            return Cue(Kind.OFFICE, head.end())
        gap = _AFTER_TITLE.match(text, end)
        return Cue(kind, gap.end()) if gap else None
    known = word in _SEATS or text[start : end + 1] == "dr "
    return _with_tail(text, end, kind, known=known, shortened=word in _SHORTENED)


def _strong(text: str, start: int, word: str) -> Cue | None:
    if word in _THANKING:
        match = _THANKS.match(text, start)
        return Cue(Kind.LOOSE, match.end()) if match else None
    if word in _LABELS:
        after = start + len(word)
        if text[after : after + 20].lstrip(" \t")[:1] not in _AFTER_LABEL:
            return None
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
    match = (_OWNED if word in _RELATIONS else _SUFFIX_OWNED).match(text, end)
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
        if match is None or word not in _TAILS:
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
