"""The intake's rules: what is refused, and how what is kept is written. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

import phonenumbers

from services.ingest.commands import (
    TEXT_MAX,
    ActOnComplaint,
    AnswerSurvey,
    FileComplaint,
    Place,
    Reporter,
)
from services.ingest.refusals import Flaw
from shared.contracts.enums import CitizenAct
from shared.db.read.directory import Directory

COUNTRY = "ID"
IDEMPOTENCY_KEY_MAX = 128
# All of Cc but tab and line ends, and the halves of code points that are no characters.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# The first turn the order of what follows around: a text could show other words than it holds.
# The others are not seen at all: they could part a name or an address so that no mask finds it.
_UNSEEN_MARKS = dict.fromkeys(
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x00AD, 0x200B, 0x2060, 0xFEFF]
)
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_NIK = re.compile(r"\d{16}")
_NEEDS_TEXT = frozenset({CitizenAct.ANSWER, CitizenAct.ADD})


def tidy(text: str) -> str:
    """The text as it is kept: composed letters, plain line ends, no unseen marks, trimmed."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNSEEN_MARKS)
    return unicodedata.normalize("NFC", plain).strip()


def has_controls(text: str) -> bool:
    """Whether the text holds control characters (NUL, escape …) or broken code points."""
    return _CONTROLS.search(text) is not None


def is_blank(text: str) -> bool:
    """Whether nothing of the text would be seen."""
    return all(
        char.isspace() or unicodedata.category(char) in ("Cf", "Cc", "Zs", "Mn") for char in text
    )


def text_flaws(field: str, text: str | None, *, required: bool) -> Iterator[Flaw]:
    """What is wrong with a free text."""
    if text is None or is_blank(text):
        if required:
            yield Flaw(field, "empty")
        if text is None:
            return
    if has_controls(text):
        yield Flaw(field, "controls")
    if len(tidy(text)) > TEXT_MAX:
        yield Flaw(field, "too_long", {"max": TEXT_MAX})


def word_flaws(**fields: str | None) -> Iterator[Flaw]:
    """What is wrong with one-line fields; `__` in a name stands for the dot of a nested field."""
    for name, value in fields.items():
        if value is not None and (has_controls(value) or "\n" in value):
            yield Flaw(name.replace("__", "."), "controls")


def destination_flaws(directory: Directory, region: str, opd: str | None) -> Iterator[Flaw]:
    """Whether the region exists and the OPD is one of its own list that takes reports."""
    if directory.region(region) is None:
        codes = ", ".join(known.code for known in directory.regions)
        yield Flaw("region", "unknown_region", {"regions": codes})
        return
    if opd is None:
        return
    found = directory.opd(opd)
    if found is None:
        yield Flaw("opd", "unknown_opd", {"region": region})
    elif found.region != region:
        yield Flaw("opd", "foreign_opd", {"region": region})
    elif found.external:
        yield Flaw("opd", "external_opd", {"region": region})


def date_flaws(occurred_on: date | None, today: date) -> Iterator[Flaw]:
    """Whether the day lies in the future, seen from the region's own calendar."""
    if occurred_on is not None and occurred_on > today:
        yield Flaw("occurred_on", "future", {"today": today.isoformat()})


def place_flaws(place: Place | None) -> Iterator[Flaw]:
    """Whether a point on the map has both of its coordinates."""
    if place is not None and (place.lat is None) != (place.lon is None):
        yield Flaw("location.lat" if place.lat is None else "location.lon", "missing")


def reporter_flaws(reporter: Reporter | None) -> Iterator[Flaw]:
    """What is wrong with what the reporter says of themselves."""
    if reporter is None:
        return
    yield from word_flaws(reporter__name=reporter.name, reporter__email=reporter.email)
    if reporter.phone and e164(reporter.phone) is None:
        yield Flaw("reporter.phone", "phone")
    if reporter.email and not _EMAIL.fullmatch(reporter.email):
        yield Flaw("reporter.email", "email")
    if reporter.nik and not is_nik(digits(reporter.nik)):
        yield Flaw("reporter.nik", "nik")


def complaint_flaws(command: FileComplaint, directory: Directory, today: date) -> list[Flaw]:
    """Everything wrong with a complaint."""
    place = command.location
    return [
        *text_flaws("text", command.text, required=True),
        *destination_flaws(directory, command.region, command.opd),
        *word_flaws(service=command.service, location__address=place.address if place else None),
        *place_flaws(place),
        *date_flaws(command.occurred_on, today),
        *reporter_flaws(command.reporter),
    ]


def survey_flaws(command: AnswerSurvey, directory: Directory) -> list[Flaw]:
    """Everything wrong with a survey."""
    who = command.respondent
    flaws = [
        *destination_flaws(directory, command.region, command.opd),
        *text_flaws("comment", command.comment, required=False),
        *word_flaws(
            service=command.service,
            respondent__sex=who.sex if who else None,
            respondent__education=who.education if who else None,
            respondent__occupation=who.occupation if who else None,
        ),
    ]
    if not command.answers:
        flaws.append(Flaw("answers", "no_answers"))
    return flaws


def act_flaws(command: ActOnComplaint, *, with_files: bool = False) -> list[Flaw]:
    """Everything wrong with an act, seen by itself."""
    needs_text = command.act in _NEEDS_TEXT and not with_files
    flaws = list(text_flaws("text", command.text, required=needs_text))
    if command.act is CitizenAct.RATE and command.score is None:
        flaws.append(Flaw("score", "score_missing"))
    if command.act is not CitizenAct.RATE and command.score is not None:
        flaws.append(Flaw("score", "score_unexpected"))
    return flaws


def key_flaws(idempotency_key: str | None) -> list[Flaw]:
    """What is wrong with an `Idempotency-Key`."""
    if idempotency_key is None:
        return []
    if not idempotency_key.strip() or len(idempotency_key) > IDEMPOTENCY_KEY_MAX:
        return [Flaw("Idempotency-Key", "key_length", {"max": IDEMPOTENCY_KEY_MAX})]
    return []


def digits(text: str) -> str:
    """The digits of a number written with spaces or dots."""
    return re.sub(r"[\s.\-]", "", text)


def e164(phone: str) -> str | None:
    """The number in international form; none when it is no subscriber's number.

    Short codes (110, 1708) and senders with letters are nobody's phone.
    """
    written = phone if phone.startswith(("+", "0")) or not phone.startswith("62") else f"+{phone}"
    try:
        number = phonenumbers.parse(written, COUNTRY)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or re.search(r"[A-Za-z]", phone):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_nik(nik: str) -> bool:
    """Whether the number is built like a NIK: area, day (women + 40), month, serial.

    There is no check digit, so this finds typing errors, not inventions.
    """
    if not _NIK.fullmatch(nik):
        return False
    province, day, month, serial = nik[:2], int(nik[6:8]), int(nik[8:10]), nik[12:]
    real_day = day - 40 if day > 40 else day
    return int(province) >= 11 and 1 <= real_day <= 31 and 1 <= month <= 12 and serial != "0000"
