"""What is filed of a message: its words, or what it is when it has none. Pure.

These sentences are read by the office, so they are Indonesian.
"""

from services.ingest.channels.message import MediaKind, Message
from services.ingest.talks.tones import tone_of
from services.ingest.talks.values import Tone

_KINDS = {
    MediaKind.IMAGE: "foto",
    MediaKind.DOCUMENT: "berkas",
    MediaKind.AUDIO: "pesan suara",
    MediaKind.VIDEO: "video",
}


def of_report(text: str, message: Message, files: int, lost: int) -> str:
    """The text of a complaint; never empty."""
    shown = text if tone_of(text) is not Tone.NOTHING else f"(Tanpa keterangan: {_what(message)})"
    return _noted(shown, files, lost)


def of_act(text: str, message: Message, files: int, lost: int) -> str:
    """The text of an act; empty only when files or a rating speak for it."""
    parts = [text.strip()]
    if message.point is not None:
        point = message.point
        named = ", ".join(filter(None, (point.name, point.address)))
        parts.append(f"Lokasi: {point.lat:.6f}, {point.lon:.6f} {named}".strip())
    elif message.media and not text.strip() and not files:
        parts.append(f"({_what(message)})")
    return _noted("\n".join(filter(None, parts)), files, lost)


def pieces(text: str, most: int) -> list[str]:
    """The text in pieces of at most `most` characters; at least one, of which all but an only one
    hold something.
    """
    found = [text[start : start + most] for start in range(0, len(text), most)]
    return [piece for piece in found if piece.strip()] or [text[:most]]


def _what(message: Message) -> str:
    """What came without words."""
    kinds = [_KINDS[media.kind] for media in message.media]
    if message.point is not None:
        kinds.append("lokasi di peta")
    return ", ".join(dict.fromkeys(kinds)) or "pesan kosong"


def _noted(text: str, files: int, lost: int) -> str:
    """The text with a word on files that could not be kept."""
    if not lost:
        return text
    return f"{text}\n({lost} lampiran tidak dapat disimpan)".strip()
