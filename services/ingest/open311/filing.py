"""From the fields of `POST /requests` to a complaint, or a refusal that names the field. Pure."""

import re
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from services.ingest.bodies import from_fields
from services.ingest.commands import FileComplaint
from services.ingest.open311.asking import Open311Error, category_of, jurisdiction, moment
from services.ingest.open311.catalogue import (
    ANONYMOUS,
    ATTRIBUTES,
    CONFIDENTIAL,
    OCCURRED_ON,
    OPD_ATTRIBUTE,
    name_of,
)
from services.ingest.refusals import RefusedError
from services.ingest.words import Lang, sentences
from shared.db.read.directory import Directory

DESCRIPTION_MAX = 4000
_MEDIA_MAX = 500
_ATTRIBUTE = re.compile(r"attribute\[([A-Za-z0-9_]{1,40})\](?:\[\])?")
_MEDIA = re.compile(r"https?://[^\s<>\"]{1,480}")
# Which of our fields is which of theirs, for the words of a refusal.
_THEIRS = {
    "text": "description",
    "region": "jurisdiction_id",
    "category": "service_code",
    "location.lat": "lat",
    "location.lon": "long",
    "location.address": "address_string",
    "reporter.phone": "phone",
    "reporter.email": "email",
    "reporter.name": "first_name",
    "opd": "attribute[opd]",
    "occurred_on": "attribute[occurred_on]",
    "files": "media",
}
# Who sent it, so that the same content is known to be a repeat and not another citizen's.
_SENDER = ("account_id", "device_id", "email", "phone")


def command_of(fields: Mapping[str, str], directory: Directory) -> FileComplaint:
    """The complaint; raises `Open311Error` or, for a field's value, `RefusedError`."""
    region = jurisdiction(fields.get("jurisdiction_id"), directory)
    category = category_of(fields.get("service_code"))
    _check_place(fields)
    given = dict(_attributes(fields))
    name = " ".join(part for key in ("first_name", "last_name") if (part := _of(fields, key)))
    values = {
        "text": _text(fields, name_of(category)),
        "region": region.code,
        "category": category.value,
        "location.lat": _of(fields, "lat"),
        "location.lon": _of(fields, "long"),
        "location.address": _of(fields, "address_string"),
        "reporter.name": name,
        "reporter.phone": _of(fields, "phone"),
        "reporter.email": _of(fields, "email"),
        "opd": given.get(OPD_ATTRIBUTE, ""),
        "occurred_on": _day(given.get(OCCURRED_ON, ""), region.zone_info),
        "anonymous": given.get(ANONYMOUS, ""),
        "confidential": given.get(CONFIDENTIAL, ""),
    }
    return from_fields(FileComplaint, values)


def sender_of(fields: Mapping[str, str]) -> str | None:
    """What tells this sender from others; none for one who said nothing of themselves."""
    said = [_of(fields, name) for name in _SENDER]
    return "\n".join(said) if any(said) else None


def refusal_of(error: RefusedError, lang: Lang) -> Open311Error:
    """A refusal of the intake as a caller of this API reads it: invalid values are 400 here."""
    words = []
    for flaw in error.flaws:
        detail, remedy = sentences(flaw, lang)
        field = flaw.field.split(".")[0] if flaw.field.startswith("files") else flaw.field
        words.append(f"{_THEIRS.get(field, field)}: {detail} {remedy}")
    status = 400 if error.refusal.value in (409, 415, 422) else error.refusal.value
    return Open311Error(status, " ".join(words), code=status, retry=error.retry_after)


def _check_place(fields: Mapping[str, str]) -> None:
    point = _of(fields, "lat") or _of(fields, "long")
    if not point and not _of(fields, "address_string"):
        # We keep no list of address ids: one alone says nothing.
        raise Open311Error(400, "Isi lat dan long, atau address_string.")


def _text(fields: Mapping[str, str], service: str) -> str:
    """The description; a report without one says what its service and address say."""
    text = fields.get("description", "")
    if len(text) > DESCRIPTION_MAX:
        raise Open311Error(400, f"description paling panjang {DESCRIPTION_MAX} karakter.")
    media = _of(fields, "media_url")
    if media and not (len(media) <= _MEDIA_MAX and _MEDIA.fullmatch(media)):
        raise Open311Error(400, "media_url bukan alamat http atau https.")
    said = text.strip() or f"{service} (tanpa uraian). {_of(fields, 'address_string')}".strip()
    # The picture stays where it is: whoever works on the case opens it, our servers do not.
    return f"{said}\n\nLampiran: {media}" if media else said


def _attributes(fields: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        found = _ATTRIBUTE.fullmatch(name)
        if found is None:
            continue
        if found[1] not in ATTRIBUTES:
            raise Open311Error(400, f"attribute dikenal: {', '.join(ATTRIBUTES)}.")
        yield found[1], value.strip()


def _day(text: str, zone: ZoneInfo) -> str:
    """The local day of a date or an instant; what is neither goes on to be refused."""
    try:
        return moment(text, zone).astimezone(zone).date().isoformat() if text else ""
    except (ValueError, OverflowError):
        return text


def _of(fields: Mapping[str, str], name: str) -> str:
    return fields.get(name, "").strip()
