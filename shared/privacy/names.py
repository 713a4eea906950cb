"""Finds names after cue words ("nama saya", "a.n.", "Pak") and the reporter's own names.

Offices ("Pak Camat") and names of streets, schools and buildings stay.
"""

import re
from collections.abc import Iterator, Sequence

from shared.contracts.enums import PIIType
from shared.privacy.spans import Found
from shared.privacy.words import words

GIVEN = words("given")
_PLACES = words("places")
_NEVER = (words("never") | words("roles") | _PLACES) - GIVEN
_PART = r"[^\W\d_]{1,40}(?:['’`\-][^\W\d_]{1,40}){0,2}"
_WORD = re.compile(rf"(?:{_PART})\.?")
_GAP = re.compile(r"[ \t\u00a0]{1,3}")
_MOST_WORDS = 5

_STRONG = (
    r"na?ma?(?:\s+(?:lengkap|panggilan|pelapor|pemohon))?(?:\s+(?:saya|sy|aku|ulun|beta|kula|"
    r"saia|sya|unda|ane))?\s*(?::|=|adalah\b|ialah\b)\s*|"
    r"(?:nama|nm)(?:\s+lengkap)?\s+(?:saya|sy|aku|ulun|beta|kula|sya|unda|lengkap|pelapor)\b[ ,:]*|"
    r"atas\s+nama[ :]+|bernama[ :]+|a\s?[./]\s?n\b\s?[.:]?\s*|an\s?[.:]\s*|"
    r"(?:pelapor|pemohon|pengirim)\s*[:=]\s*|perkenalkan[, ]+(?:nama\s+)?(?:saya|sy|ulun)[ ,:]+|"
    r"hormat\s+(?:saya|kami)[ ,.:\n]+|ttd[ .,:\n]+|panggil\s+saya[ ,]+"
)
_TITLE = (
    r"(?:bapak|bpk|pak|ibu|bu|sdr|sdri|saudara|saudari|tuan|nyonya|ny|tn|almarhum|almarhumah|alm)"
    r"\b[. ]*(?:/\s?(?:ibu|bu|sdri|saudari)\b[. ]*)?"
)
_KIN = (
    r"(?:mas|mba|mbak|mbah|bang|kang|abah|acil|julak|paman|om|tante|haji|hajah|ustadz|ustad|kyai|kiai|"
    r"pendeta|pastor|dokter|bidan|guru|kades|lurah|camat|pambakal|petinggi|sekdes|petugas|oknum|"
    r"kepala\s+(?:desa|kampung|sekolah|dinas|dusun)|ketua\s+r[tw](?:\s*\d{1,3})?|mantri|suster|"
    r"anak\s+saya|suami\s+saya|istri\s+saya|hj|dr)\b[. ]*"
)
_SELF = r"(?:saya|sy|aku|ulun|beta|kula)\b[ ,]*"
_CUE = re.compile(
    rf"(?:(?P<strong>{_STRONG})|(?P<title>{_TITLE})|(?P<kin>{_KIN})|(?P<self>{_SELF}))",
    re.IGNORECASE,
)
# Asked first, since a set is faster than the alternatives above.
_FIRST = words("cue_first")
_LETTERS = re.compile(r"[^\W\d_]+")
_HONORIFIC = re.compile(
    r"(?:(?:h|hj|dr|drs|dra|ir|prof|kh|st|drg|ust|hajj?i|hajah|kyai|kiai|bapak|bpk|pak|ibu|bu|sdr|sdri|tn|ny|"
    r"saudara|saudari|yth)\b\.?,?[ \t]{0,3}){1,4}",
    re.IGNORECASE,
)
_AFFIXED = re.compile(
    r"(?:me(?:m|n|ng|ny|l|r)|di|ber|ter|pe(?:m|n|ng)|ke)[^\W\d_]{4,}|[^\W\d_]{2,}(?:nya|kan|lah|kah)"
)
_LAST_WORD = re.compile(r"([^\W\d_]{1,40})[.\s]{0,3}$")


def names(text: str) -> Iterator[Found]:
    """Every name that follows a cue word."""
    cased = _is_cased(text)
    floor = 0
    for word in _LETTERS.finditer(text):
        if word.start() < floor or word.group().lower() not in _FIRST:
            continue
        match = _CUE.match(text, word.start())
        if match is None:
            continue
        start = floor = match.end()
        kind = match.lastgroup or ""
        if kind in ("title", "kin") and _names_a_place(text, match.start()):
            continue
        honorific = _HONORIFIC.match(text, start)
        if honorific and kind != "self":
            start = honorific.end()
        end = _name_end(text, start, kind, cased)
        if end > start:
            floor = end
            yield Found(start, end, PIIType.NAME)


def own_names(text: str, given: Sequence[str]) -> Iterator[Found]:
    """Every mention of the reporter's own names, whole or by one of their words."""
    wholes = {" ".join(name.split())[:200] for name in given[:20]} - {""}
    parts = {
        word
        for name in wholes
        for word in re.findall(_PART, name)
        if len(word) > 2 and word.lower() not in _NEVER
    }
    wanted = sorted(wholes | parts, key=len, reverse=True)
    if not wanted:
        return
    choices = "|".join(r"\s{1,3}".join(map(re.escape, name.split())) for name in wanted)
    for match in re.finditer(rf"(?<![^\W_])(?:{choices})(?![^\W_])", text, re.IGNORECASE):
        if not _names_a_place(text, match.start()):
            yield Found(match.start(), match.end(), PIIType.NAME)


def _is_cased(text: str) -> bool:
    """Whether capitals tell names apart here: neither all capitals nor Every Word In Capitals."""
    words = text[:4000].split()
    capital = sum(word[0].isupper() for word in words)
    return capital * 2 <= len(words) or len(words) < 6


def _names_a_place(text: str, start: int) -> bool:
    before = _LAST_WORD.search(text, max(0, start - 48), start)
    return before is not None and before.group(1).lower() in _PLACES


def _name_end(text: str, start: int, kind: str, cased: bool) -> int:
    end = place = start
    for count in range(_MOST_WORDS):
        match = _WORD.match(text, place)
        if match is None or not _is_name(match.group(), kind, cased, first=count == 0):
            break
        word = match.group()
        if count == 0 and cased and word[0].isupper():
            kind = "title"  # a name in capitals goes on in capitals
        elif count == 0 and kind == "title" and word.rstrip(".").lower() in GIVEN:
            kind = "strong"  # a surely given name: the next word is likely the rest of it
        # The full stop belongs to an initial ("M. Yusuf"), not to the end of a sentence.
        end = match.end() if len(word) <= 3 or not word.endswith(".") else match.end() - 1
        gap = _GAP.match(text, match.end())
        if gap is None or end < match.end():
            break
        place = gap.end()
    return end


def _is_name(word: str, kind: str, cased: bool, *, first: bool) -> bool:
    bare = word.rstrip(".").lower()
    if bare in _NEVER:
        return False
    if bare in GIVEN:
        return True
    if len(bare) < 2:
        return word.endswith(".") if first else word[0].isupper() and cased
    if word[0].isupper() and cased:
        return kind != "kin" and not (word.isupper() and len(bare) > 3 and kind == "self")
    if kind == "strong":
        return _AFFIXED.fullmatch(bare) is None
    return kind == "title" and first and len(bare) > 2 and _AFFIXED.fullmatch(bare) is None
