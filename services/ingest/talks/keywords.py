"""Reads the word a message begins with, and ticket, code, score or token behind it. Pure, total.

Lenient as people type: case, spaces, dashes, punctuation, full-width letters, `/lapor` and
`lapor:`. A word that begins an ordinary sentence (`cek jalan …`, `stop buang sampah`) is none.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace

from services.ingest.talks.values import Said, Word
from shared.ids import TRACKING_CODE_LENGTH, normalise_ticket

_WORDS: Mapping[str, Word] = {
    **dict.fromkeys(("lapor", "lapo", "laporr", "laport", "melapor", "lpr"), Word.REPORT),
    **dict.fromkeys(("cek", "check", "cheque", "ck", "status"), Word.CHECK),
    **dict.fromkeys(("balas", "bales", "jawab", "reply", "answer"), Word.REPLY),
    **dict.fromkeys(("selesai", "selesei", "slesai", "beres", "done"), Word.DONE),
    **dict.fromkeys(("belum", "blm", "blum", "balum", "durung", "notdone"), Word.NOT_DONE),
    **dict.fromkeys(("nilai", "nilei", "rate", "rating"), Word.RATE),
    **dict.fromkeys(("survei", "survey", "survay", "skm"), Word.SURVEY),
    **dict.fromkeys(("stop", "berhenti", "unreg", "unsubscribe"), Word.STOP),
    **dict.fromkeys(("mulai", "start"), Word.START),
    **dict.fromkeys(("bantuan", "help", "info", "menu", "panduan"), Word.HELP),
}
# These are nouns as well: a report follows only behind a colon.
_NOUNS = frozenset({"laporan", "pengaduan", "aduan", "keluhan", "report", "complaint"})
_ALONE = frozenset({Word.STOP, Word.START, Word.HELP})
# What may stand beside a word that stands alone.
_BESIDE = frozenset({"sms", "pesan", "wa", "dong", "min", "admin", "pak", "bu", "tolong", "kak"})
_CHECKED = frozenset({"laporan", "laporanku", "lapor", "status", "tiket", "saya", "aduan"})
# A ticket with a typing error and its code, and no sentence.
_MOST_MISTYPED = 3
_SCORES = {"satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "one": 1, "five": 5}

_LEAD = re.compile(r"(?:\s|@\w+(?=\s)|[^\w@]|_)*")
_FIRST = re.compile(r"([^\W\d_]+)(?:@\w+)?")
_BREAK = re.compile(r"[\s:;.,#=>/\-_!]*")
_FILLER = re.compile(r"(?:[\W_]*\b(?:no|nomor|nomer|tiket|ticket|id|selesai)\b)*[\W_]*", re.I)
_TICKET = re.compile(r"((?:[A-Za-z0-9][\s\-_.#]*?){8})(?![A-Za-z0-9])", re.ASCII)
_CODE = re.compile(
    rf"[\W_]*(kode|code|pin)?[\W_]*([A-Za-z0-9]{{{TRACKING_CODE_LENGTH}}})(?![A-Za-z0-9])",
    re.ASCII | re.I,
)
_SPACED_CODE = re.compile(
    rf"[\W_]*(?:kode|code|pin)?[\W_]*((?:[A-Za-z0-9][\s\-.]?){{{TRACKING_CODE_LENGTH}}})[\W_]*",
    re.ASCII | re.I,
)
_TOKEN = re.compile(r"(?:K[\s\-_.#]*)?((?:[A-Za-z0-9][\s\-_.#]*?){8})(?![A-Za-z0-9])", re.I)
_FLAG = re.compile(r"(rahasia|anonim|anonymous|confidential)\b[\s:;.,\-]*", re.I)
_MEANT = re.compile(r"([A-Za-z0-9]{4})[\-. ]([A-Za-z0-9]{3,5})(?![A-Za-z0-9])|([A-Za-z0-9]{7,9})\b")
_ANYWHERE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{4}[\s\-_.]?[A-Za-z0-9]{4}(?![A-Za-z0-9])")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without control characters and broken code points, which no field may hold."""
    return _CONTROLS.sub("", text)


def read(text: str, codes: Mapping[str, str]) -> Said:
    """What the text says; `codes` are the SMS codes in upper case and their regions."""
    plain = _narrow(text)
    start = _match_end(_LEAD, plain)
    first = _FIRST.match(plain, start)
    if first is None:
        return _ticket_alone(text)
    named = first[1].lower()
    rest_at = _match_end(_BREAK, plain, first.end())
    rest, gap = text[rest_at:].strip(), plain[first.end() : rest_at]
    if named in _NOUNS:
        return _report(rest, codes) if ":" in gap else Said(text)
    word = _WORDS.get(named)
    if word is None:
        return _coded(text, codes)
    if word in _ALONE:
        return Said(text, word) if _stands_alone(rest) else Said(text)
    return _READERS[word](text, rest, codes)


def tickets_in(text: str) -> tuple[str, ...]:
    """Every ticket that stands somewhere in the text, in order."""
    found: list[str] = []
    for match in _ANYWHERE.finditer(_narrow(text)):
        ticket = _ticket(match[0])
        if ticket is not None and ticket not in found:
            found.append(ticket)
    return tuple(found)


def _narrow(text: str) -> str:
    """Full-width and ornamental letters as plain ones, each at its place."""
    if text.isascii():
        return text
    return "".join(_plain(char) for char in text)


def _plain(char: str) -> str:
    plain = unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 else char


def _match_end(pattern: re.Pattern[str], text: str, start: int = 0) -> int:
    found = pattern.match(text, start)
    return found.end() if found else start


def _ticket(text: str) -> str | None:
    try:
        return normalise_ticket(text)
    except ValueError:
        return None


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _stands_alone(rest: str) -> bool:
    return all(word in _BESIDE for word in _words(rest))


def _coded(text: str, codes: Mapping[str, str]) -> Said:
    """Free text, or a report behind a region's code (`KODE text`, as on 1708)."""
    region, rest, stripped = _code_of_region(text, codes)
    if region is None:
        return _ticket_alone(text)
    return replace(_flagged(rest), region=region) if stripped else Said(text, region=region)


def _ticket_alone(text: str) -> Said:
    """Free text, or a ticket (and its code) and nothing else: that asks how it stands."""
    ticket, behind, _ = _with_ticket(text)
    if ticket is None:
        return Said(text)
    code, rest = _behind(behind)
    return Said(text) if re.search(r"\w", rest) else Said("", Word.CHECK, ticket, code)


def _report(rest: str, codes: Mapping[str, str]) -> Said:
    region, text, stripped = _code_of_region(rest, codes)
    return replace(_flagged(text if stripped else rest), region=region)


def _code_of_region(text: str, codes: Mapping[str, str]) -> tuple[str | None, str, bool]:
    """The region whose code begins the text, the text behind it, and whether it is written as one.

    Codes are names of places, too: `Sangatta utara banjir` loses nothing.
    """
    plain = _narrow(text)
    first = re.compile(r"[\W_]*([^\W_]+)").match(plain)
    region = codes.get(first[1].upper()) if first else None
    if first is None or region is None:
        return None, text, False
    rest_at = _match_end(_BREAK, plain, first.end())
    rest, gap = text[rest_at:].strip(), plain[first.end() : rest_at]
    shouted = first[1].isupper() and not plain[rest_at:].isupper()
    return region, rest, shouted or not rest or any(mark in gap for mark in ":#;=>")


def _flagged(text: str) -> Said:
    """A report, without the words that ask to keep the reporter or the matter secret."""
    found = _FLAG.match(_narrow(text))
    if found is None:
        return Said(text, Word.REPORT)
    anonymous = found[1].lower().startswith("anon")
    rest = text[found.end() :].strip()
    return Said(rest, Word.REPORT, anonymous=anonymous, confidential=not anonymous)


def _with_ticket(rest: str) -> tuple[str | None, str, bool]:
    """The ticket at the beginning, what follows it, and whether one was meant but is none."""
    plain = _narrow(rest)
    at = _match_end(_FILLER, plain)
    found = _TICKET.match(plain, at)
    ticket = _ticket(found[1]) if found else None
    if found and ticket:
        return ticket, rest[found.end() :].strip(), False
    return None, rest, _meant_ticket(plain, at)


def _meant_ticket(text: str, at: int) -> bool:
    """Whether what stands there looks like a ticket with a typing error."""
    found = _MEANT.match(text, at)
    if found is None:
        return False
    groups = [group for group in found.groups() if group]
    return any(_mixed(group) for group in groups) or ("-" in found[0] and _mixed("".join(groups)))


def _mixed(symbols: str) -> bool:
    return any(map(str.isdigit, symbols)) and any(map(str.isalpha, symbols))


def _behind(rest: str) -> tuple[str | None, str]:
    """What may be a code at the beginning of the text, and the text behind it."""
    found = _CODE.match(_narrow(rest))
    if found is None:
        return None, rest
    return found[2].upper(), rest[found.end() :].strip(" \t\r\n:;.,-")


def _read_report(text: str, rest: str, codes: Mapping[str, str]) -> Said:
    return _report(rest, codes)


def _read_check(text: str, rest: str, codes: Mapping[str, str]) -> Said:
    ticket, behind, mistyped = _with_ticket(rest)
    if ticket is None:
        if mistyped or all(word in _CHECKED | _BESIDE for word in _words(rest)):
            return Said(rest, Word.CHECK, mistyped=mistyped)
        return Said(text)
    found = _SPACED_CODE.fullmatch(_narrow(behind))
    code = re.sub(r"[\s\-.]", "", found[1]).upper() if found else _behind(behind)[0]
    return Said("", Word.CHECK, ticket, code)


def _read_reply(text: str, rest: str, codes: Mapping[str, str]) -> Said:
    ticket, behind, mistyped = _with_ticket(rest)
    if ticket is None:
        return Said(rest, Word.REPLY, rest=text, mistyped=mistyped)
    code, said = _behind(behind)
    return Said(said, Word.REPLY, ticket, code, rest=behind.strip(" :;,-"))


def _reader(word: Word) -> Callable[[str, str, Mapping[str, str]], Said]:
    def read_word(text: str, rest: str, codes: Mapping[str, str]) -> Said:
        ticket, behind, mistyped = _with_ticket(rest)
        if ticket is None:
            alone = all(known in _BESIDE | {"selesai", "beres"} for known in _words(rest))
            if alone or (mistyped and len(_words(rest)) <= _MOST_MISTYPED):
                return Said(text, word, mistyped=not alone)
            return Said(text)
        code, said = _behind(behind)
        return Said(said, word, ticket, code, rest=behind.strip(" :;,-"))

    return read_word


def _read_rate(text: str, rest: str, codes: Mapping[str, str]) -> Said:
    ticket, behind, mistyped = _with_ticket(rest)
    if ticket is None:
        words = _words(_narrow(rest))
        score = _score(words[0]) if len(words) == 1 else None
        if score is not None or mistyped or not words:
            return Said("", Word.RATE, score=score, mistyped=mistyped)
        return Said(text)
    code, said = _behind(behind)
    for where in (said, behind):
        for known in _words(_narrow(where)):
            if (score := _score(known)) is not None:
                return Said("", Word.RATE, ticket, code, rest=behind, score=score)
    return Said("", Word.RATE, ticket, code, rest=behind)


def _score(word: str) -> int | None:
    """1 to 5; another number is a score that is none (0)."""
    if word in _SCORES:
        return _SCORES[word]
    if word.isascii() and word.isdigit():
        return int(word) if word in {"1", "2", "3", "4", "5"} else 0
    return None


def _read_survey(text: str, rest: str, codes: Mapping[str, str]) -> Said:
    plain = _narrow(rest)
    at = _match_end(re.compile(r"[\W_]*(?:(?:kode|code|token|no)\b)?[\W_]*", re.I), plain)
    for pattern in (_TOKEN, _TICKET):
        found = pattern.match(plain, at)
        ticket = _ticket(found[1]) if found else None
        if found and ticket:
            return Said(rest[found.end() :].strip(), Word.SURVEY, token=f"K-{ticket}")
    if not plain[at:].strip() or _meant_ticket(
        plain, at + _match_end(re.compile("k-?", re.I), plain[at:])
    ):
        return Said("", Word.SURVEY, mistyped=True)
    return Said(text)


_READERS: Mapping[Word, Callable[[str, str, Mapping[str, str]], Said]] = {
    Word.REPORT: _read_report,
    Word.CHECK: _read_check,
    Word.REPLY: _read_reply,
    Word.DONE: _reader(Word.DONE),
    Word.NOT_DONE: _reader(Word.NOT_DONE),
    Word.RATE: _read_rate,
    Word.SURVEY: _read_survey,
}
