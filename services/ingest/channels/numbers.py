"""What every SMS gateway shares: whose number it is, and pieces of long messages. Pure."""

import re
from datetime import datetime, timedelta

from services.ingest.channels.message import Part
from services.ingest.channels.reading import digest
from services.ingest.rules import e164

# Short codes have at most eight digits, international numbers nine to fifteen (ITU-T E.164).
_SUBSCRIBER = re.compile(r"\+?[0-9]{9,15}")
_SPACING = re.compile(r"[\s().\-]")
# Gateways repeat a call they got no answer to within minutes.
_REPEATED_WITHIN = timedelta(minutes=10)
_CONCAT_8, _CONCAT_16 = 0x00, 0x08  # information elements, 3GPP TS 23.040 §9.2.3.24


def citizen(sender: str, *, international: bool = False) -> str | None:
    """The sender's phone in E.164; none for a short code or a name, which are no person's.

    `international`: the gateway leaves out the `+`, so `81…` is Japan, not a number of Indonesia.
    A number that the numbering plan does not know (plans change) is still somebody's if it is long
    enough: it passes with its country's code.
    """
    bare = _SPACING.sub("", sender)
    if not _SUBSCRIBER.fullmatch(bare):
        return None
    if international and not bare.startswith(("+", "0")):
        bare = f"+{bare}"
    found = e164(bare)
    if found is not None or bare.startswith("+"):
        return found or bare
    return f"+62{bare[1:]}" if bare.startswith("0") else f"+{bare}"


def account(receiver: str, *, international: bool = False) -> str:
    """Our own number: in E.164, but a short code or a name unchanged."""
    return citizen(receiver, international=international) or receiver


def part_of(header: bytes) -> Part | None:
    """Which piece of a long SMS the user data header tells; none when it tells of none."""
    elements = header[1 : 1 + header[0]] if header else b""
    while len(elements) >= 2:
        kind, length = elements[0], elements[1]
        content, elements = elements[2 : 2 + length], elements[2 + length :]
        if kind == _CONCAT_8 and len(content) == 3:
            return piece(content[0], content[2], content[1])
        if kind == _CONCAT_16 and len(content) == 4:
            return piece(int.from_bytes(content[:2]), content[3], content[2])
    return None


def part_of_hex(written: str) -> Part | None:
    """The same of a header written in hexadecimal."""
    try:
        return part_of(bytes.fromhex(written))
    except ValueError:
        return None


def piece(reference: int | str, number: int | None, total: int | None) -> Part | None:
    """The piece, if its numbers make sense and there is more than one."""
    if number is None or total is None or not 1 <= number <= total or not 1 < total < 256:
        return None
    return Part(str(reference), number, total)


def made_up_id(received_at: datetime, time: str, *parts: str) -> str:
    """An id for a message whose gateway gives none: the same words at the same time are the same.

    Where no time is told either, those received within the same ten minutes are: somebody may well
    send the same command again tomorrow.
    """
    slot = int(received_at.timestamp() // _REPEATED_WITHIN.total_seconds())
    return digest(time or slot, *parts)
