"""What citizens are answered, in their language; the sentences are data (`words.toml`). Pure.

Every answer fits into one SMS. None repeats what a citizen wrote.
"""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from services.ingest.talks.surveying import ELEMENTS
from services.ingest.talks.values import Say
from shared.contracts.enums import Language, Status
from shared.db.read.directory import Region

ONE_SMS = 160
"""Characters of GSM 7 bit in one SMS."""
LANGUAGES = (Language.IND, Language.ENG, Language.BJN, Language.JAV)
_MOST_OPD = 24


@cache
def words() -> Mapping[str, tuple[str, ...]]:
    """Every key with its sentences, in the order of `LANGUAGES`."""
    text = Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
    return {key: tuple(sentences) for key, sentences in tomllib.loads(text).items()}


def word(key: str, language: Language) -> str:
    """The sentence of a key; a language we do not answer in is answered in Indonesian."""
    place = LANGUAGES.index(language) if language in LANGUAGES else 0
    return words()[key][place]


def sentence(say: Say, language: Language, **values: object) -> str:
    """An answer with its values filled in."""
    return word(say.value, language).format_map(values)


def asking(text: str, question: str | None, language: Language) -> str:
    """An answer with the one question behind it."""
    return f"{text}. {word(question, language)}" if question else text


def status(
    language: Language,
    ticket: str,
    of: Status,
    *,
    opd: str | None = None,
    due: str | None = None,
    asked: bool = False,
    contestable: bool = False,
) -> str:
    """How a case stands: where it is, by when it is answered, what the citizen can do."""
    more = ""
    if asked:
        more = word("status_asked", language).format(ticket=ticket)
    elif contestable:
        more = word("status_closed", language).format(ticket=ticket)
    return sentence(
        Say.STATUS,
        language,
        ticket=ticket,
        status=word(of.value, language),
        opd=f" ({_cut(opd)})" if opd else "",
        due=word("status_due", language).format(day=due) if due else "",
        more=more,
    )


def question(language: Language, place: int) -> str:
    """The survey's question at a place from 0, with its number."""
    return f"{place + 1}/{len(ELEMENTS)} {word(ELEMENTS[place].value, language)}"


def last_day(due: datetime, region: Region, language: Language) -> str:
    """The last day of a deadline, short: 24:00 belongs to the day it ends."""
    local = due.astimezone(region.zone_info) - timedelta(microseconds=1)
    return _day(local.date(), language)


def _day(day: date, language: Language) -> str:
    return f"{day.day} {word('months', language).split()[day.month - 1]} {day.year}"


def _cut(name: str) -> str:
    return name if len(name) <= _MOST_OPD else name[: _MOST_OPD - 1].rstrip() + "."
