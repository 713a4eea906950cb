"""Finds names after cue words and beside identity numbers, and the reporter's own names.

Offices ("Pak Camat") and names of streets, schools and buildings stay.
"""

import re
from collections.abc import Iterator, Sequence

from shared.contracts.enums import PIIType
from shared.privacy.cues import CUE_WORDS, Cue, Kind, cue_at, names_a_place
from shared.privacy.spans import Found, lowered
from shared.privacy.vocabulary import (
    AREAS,
    GIVEN,
    NEVER,
    OFFICIAL,
    SURE,
    VOCABULARY,
    is_ordinary,
    is_shaped,
)

_PART = r"[^\W\d_]{1,40}(?:['’`\-][^\W\d_]{1,40}){0,2}"
_WORD = re.compile(rf"(?:{_PART})\.?")
_GAP = re.compile(r"[ \t\u00a0]{1,3}")
_MOST_WORDS = 5
_MOST_LOWER = 3
_MOST_JOINED = 8
_LETTERS = re.compile(r"[^\W\d_]+")
_TITLES = frozenset({
    "h", "hj", "dr", "drs", "dra", "ir", "prof", "kh", "st", "drg", "pdt", "ust", "haji", "hajji",
    "hajah", "kyai", "kiai", "bapak", "bpk", "pak", "ibu", "bu", "sdr", "sdri", "tn", "ny", "mbah",
    "mas", "mbak", "saudara", "saudari", "yth",
})  # fmt: skip
_HONORIFIC = re.compile(
    rf"(?:(?:{'|'.join(sorted(_TITLES, key=len, reverse=True))})\b\.?,?[ \t]{{0,3}}){{1,4}}",
    re.IGNORECASE,
)
# Parts of a name that are cut short with a full stop.
_ABBREVIATED = frozenset({
    "muh", "moh", "mhd", "muhd", "mohd", "moch", "much", "abd", "abdl", "ach", "akh", "ahm", "ign",
})  # fmt: skip
_JOIN = re.compile(
    r"[ ,]{1,2}(?:dan|serta|bersama|dengan|wan|lawan|karo|kalih|deng|&)[ ]{1,2}|,[ ]{1,2}"
)
# "saya lawing ajang warga Busang": in lower case only what follows tells that it was a name.
_INTRODUCED = re.compile(r"[ ,]{1,3}(?:warga|penduduk|asal|alamat|umur|ktp|nik)\b", re.IGNORECASE)
_NUMBERED = frozenset({"nik", "nip", "ktp", "kk"})
_HEADS = _NUMBERED.union(CUE_WORDS)
_PARTED = re.compile(r"[ ,(:;\-]{1,3}(?:no(?:mor|\.)?[ ]?)?\[?$", re.IGNORECASE)
_MOST_PARTING = 12
_BEFORE_NUMBER = 80
_OPENING = ("(", '"', "'", "\u201c", "\u2018", "*", "_")
_FREE = (Kind.STRONG, Kind.SELF)  # no street is called after what these announce
_Token = tuple[int, int, str]


def names(text: str) -> Iterator[Found]:
    """Every name that follows a cue word, and those an identity number follows."""
    capitals = _Capitals(text)
    floor = 0
    for place, word in _heads(lowered(text)):
        if word in _NUMBERED and capitals.tell():
            yield from _before_number(text, place)
        if place < floor or word not in CUE_WORDS:
            continue
        cue = cue_at(text, place, place + len(word))
        if cue is None:
            continue
        start, end = _name_after(text, cue, capitals)
        if end > start and (cue.kind in _FREE or not names_a_place(text, place)):
            yield Found(start, end, PIIType.NAME)
            for joined in _joined(text, end) if capitals.tell() else ():
                yield joined
                end = joined.end
            floor = end
        elif cue.kind is Kind.STRONG:
            floor = cue.end


def _heads(lower: str) -> Iterator[tuple[int, str]]:
    """The words that a cue may begin with, and their places; most words pass at one look-up."""
    place = 0
    for token in lower.split():
        place = lower.index(token, place)
        if token in _HEADS:
            yield place, token
        elif not token.isalpha():
            for match in _LETTERS.finditer(token):
                if match.group() in _HEADS:
                    yield place + match.start(), match.group()
        place += len(token)


def own_names(text: str, given: Sequence[str]) -> Iterator[Found]:
    """Every mention of the reporter's own names, whole or by one of their words."""
    wholes = {" ".join(name.split())[:200] for name in given[:20]} - {""}
    parts = {
        word
        for name in wholes
        for word in re.findall(_PART, name)
        if len(word) > 2 and word.lower() not in NEVER
    }
    wanted = sorted(wholes | parts, key=len, reverse=True)
    if not wanted:
        return
    choices = "|".join(r"\s{1,3}".join(map(re.escape, name.split())) for name in wanted)
    for match in re.finditer(rf"(?<![^\W_])(?:{choices})(?![^\W_])", text, re.IGNORECASE):
        if not names_a_place(text, match.start()):
            yield Found(match.start(), match.end(), PIIType.NAME)


class _Capitals:
    """Whether capitals tell names apart here: neither all capitals nor Every Word In Capitals."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tell: bool | None = None

    def tell(self) -> bool:
        if self._tell is None:
            words = self._text[:4000].split()
            capital = sum(word[0].isupper() for word in words)
            self._tell = capital * 2 <= len(words) or len(words) < 6
        return self._tell


def _name_after(text: str, cue: Cue, capitals: _Capitals) -> tuple[int, int]:
    start = cue.end + (text[cue.end : cue.end + 1] in _OPENING)
    first = _LETTERS.match(text, start)
    if first is None or _is_plain_word(first.group()):
        return start, start
    honorific = _HONORIFIC.match(text, start) if cue.kind is not Kind.SELF else None
    if honorific:
        start = honorific.end()
        first = _LETTERS.match(text, start)
        if first is None:
            return start, start
    capital = first.group()[0].isupper() and capitals.tell()
    if not capital and first.group().lower() in VOCABULARY:
        return start, start
    tokens = _tokens(text, start)
    if capital:
        count = _capital(tokens, cue, honoured=honorific is not None)
    else:
        count = _lower(text, tokens, cue)
    return start, tokens[count - 1][1] if count else start


def _is_plain_word(word: str) -> bool:
    """Asked first, since most cues are followed by an ordinary word in lower case."""
    return word[0].islower() and word in VOCABULARY and word not in _TITLES


def _tokens(text: str, place: int) -> list[_Token]:
    """The words of one phrase, at most one more than a name has."""
    tokens: list[_Token] = []
    for _ in range(_MOST_WORDS + 1):
        match = _WORD.match(text, place)
        if match is None:
            break
        word, end = match.group(), match.end()
        # The full stop belongs to what is cut short ("M. Yusuf"), not to the end of a sentence.
        ended = word.endswith(".") and len(word) > 3 and word[:-1].lower() not in _ABBREVIATED
        tokens.append((match.start(), end - ended, word.rstrip(".")))
        gap = _GAP.match(text, end)
        if ended or gap is None:
            break
        place = gap.end()
    return tokens


def _capital(tokens: Sequence[_Token], cue: Cue, *, honoured: bool) -> int:
    """How many words a name in capitals takes; 0: it is none."""
    if not _begins(tokens, cue, honoured):
        return 0
    count = 1
    local = cue.kind not in (Kind.STRONG, Kind.TITLE)
    for start, end, word in tokens[1:_MOST_WORDS]:
        bare = word.lower()
        connects = bare in ("bin", "binti") and count + 1 < len(tokens)
        named = bare in SURE if word[0].islower() else bare not in NEVER
        if not (named or connects) or (local and bare in AREAS and bare not in GIVEN):
            break
        if len(bare) == 1 and end - start == 1 and not word.isupper():
            break
        count += 1
    return count


def _begins(tokens: Sequence[_Token], cue: Cue, honoured: bool) -> bool:
    start, end, word = tokens[0]
    bare, sure = word.lower(), cue.kind in (Kind.STRONG, Kind.TITLE)
    following = tokens[1][2] if len(tokens) > 1 else ""
    follows = following[:1].isupper() and not is_ordinary(following.lower(), capital=True)
    if bare in GIVEN:
        return True
    if cue.known:
        return following.lower() in SURE
    if bare in OFFICIAL:
        return False
    if len(bare) == 1:
        return follows and (end - start > 1 or bare == "i")
    if _is_acronym(word, following) and (not sure or len(word) < 4):
        return False
    if not sure and bare in AREAS:
        return False
    if is_ordinary(bare, capital=True):
        named = follows and following.lower() not in AREAS and not _is_acronym(following, "")
        return named and (sure or honoured) and end - start == len(word)
    return True


def _is_acronym(word: str, following: str) -> bool:
    """ "PLN", "PDAM Tirta"; two long words in capitals are rather a name."""
    return word.isupper() and not (len(word) > 3 and len(following) > 3 and following.isupper())


def _lower(text: str, tokens: Sequence[_Token], cue: Cue) -> int:
    """How many words a name in lower case takes; 0: it is none."""
    count = 0
    known = cue.known or cue.kind in (Kind.LOOSE, Kind.SELF)
    cautious = known or cue.kind in (Kind.PERSON, Kind.OFFICE)
    for _, _, word in tokens[:_MOST_LOWER]:
        bare = word.lower()
        sure = bare in (SURE if cautious and count == 0 else GIVEN)
        if not sure and (bare in GIVEN or _plain(bare) or not _may_be(bare, cue, count)):
            break
        if not sure and known and count == 0:
            return _introduced(text, tokens) if cue.kind is Kind.SELF else 0
        count += 1
    return count


def _may_be(bare: str, cue: Cue, count: int) -> bool:
    if len(bare) > 3 or cue.kind is not Kind.STRONG:
        return is_shaped(bare) or (count > 0 and len(bare) == 3 and is_shaped(f"{bare}a"))
    return len(bare) == 3 and is_shaped(f"{bare}a")


def _introduced(text: str, tokens: Sequence[_Token]) -> int:
    for count in (3, 2):
        if len(tokens) < count or not _INTRODUCED.match(text, tokens[count - 1][1]):
            continue
        if all(is_shaped(word.lower()) and not _plain(word) for _, _, word in tokens[:count]):
            return count
    return 0


def _plain(word: str) -> bool:
    bare = word.lower()
    return is_ordinary(bare, capital=word[0].isupper()) or bare in AREAS


def _joined(text: str, end: int) -> Iterator[Found]:
    """The further names of "atas nama Budi Santoso dan Siti Aminah"."""
    for _ in range(_MOST_JOINED):
        match = _JOIN.match(text, end)
        if match is None:
            return
        honorific = _HONORIFIC.match(text, match.end())
        tokens = _tokens(text, honorific.end() if honorific else match.end())
        count = _run(tokens)
        listed = match.group().lstrip().startswith(",")
        if not count or (listed and tokens[0][2].lower() not in SURE):
            return
        end = tokens[count - 1][1]
        yield Found(tokens[0][0], end, PIIType.NAME)


def _run(tokens: Sequence[_Token]) -> int:
    """How many words in capitals stand here that may all be a name."""
    count = 0
    for _, _, word in tokens[:_MOST_WORDS]:
        if not word[0].isupper() or _plain(word) or (word.isupper() and len(word) < 4):
            break
        count += 1
    return count


def _before_number(text: str, number: int) -> Iterator[Found]:
    """ "Siti Aminah, NIK …": two words in capitals or more, none of them ordinary."""
    parted = _PARTED.search(text, max(0, number - _MOST_PARTING), number)
    if parted is None:
        return
    found: list[tuple[int, int]] = []
    for match in _WORD.finditer(text, max(0, parted.start() - _BEFORE_NUMBER), parted.start()):
        word = match.group()
        if word.endswith(".") or not _run([(*match.span(), word)]):
            found = []
        elif found and _GAP.fullmatch(text, found[-1][1], match.start()):
            found.append(match.span())
        else:
            found = [match.span()]
    if not 2 <= len(found) <= _MOST_WORDS or found[-1][1] != parted.start():
        return
    if not names_a_place(text, found[0][0]):
        yield Found(found[0][0], found[-1][1], PIIType.NAME)
