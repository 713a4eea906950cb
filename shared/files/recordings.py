"""Voice notes and videos of chat services: what they are, by content, and the copy that is kept.

Nothing is decoded. What tells of place, person or device stands beside sound and picture, in parts
of its own: those are emptied or cut off. Pure: bytes in, bytes out.

LIMIT: comments inside an Ogg stream stay, and so does what somebody hides in sound or picture.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.files.inspection import CleanFile, RejectedFileError

# Ogg pages begin with 27 bytes and the sizes of their segments; then the codec names itself.
_OGG_HEAD = 27
_OGG_SOUND = (b"OpusHead", b"\x01vorbis", b"Speex   ")
_AMR = (b"#!AMR\n", b"#!AMR-WB\n")
_TAG_HEAD, _TAG_TAIL = 10, 128
# What of a film is kept (ISO/IEC 14496-12); everything else says things about it.
_KEPT = {
    b"": {b"ftyp", b"styp", b"moov", b"mdat", b"moof", b"mfra", b"sidx"},
    b"moov": {b"mvhd", b"trak", b"mvex"},
    b"trak": {b"tkhd", b"edts", b"mdia", b"tref"},
    b"moof": {b"mfhd", b"traf"},
}
_SOUND, _PICTURE = b"soun", b"vide"
_MOST_BOXES = 10_000


def clean_recording(content: bytes) -> CleanFile | None:
    """The copy to keep; none: this is no recording. Raises `RejectedFileError` if it is broken."""
    if content.startswith(b"OggS"):
        found = "audio/ogg" if _ogg_is_sound(content) else None
    elif content.startswith(_AMR):
        found = "audio/amr"
    elif content[4:8] == b"ftyp":
        return _film(content)
    else:
        return _frames(content)
    return CleanFile(content, found) if found else None


def _ogg_is_sound(content: bytes) -> bool:
    segments = content[_OGG_HEAD - 1] if len(content) >= _OGG_HEAD else 0
    return content.startswith(_OGG_SOUND, _OGG_HEAD + segments)


def _frames(content: bytes) -> CleanFile | None:
    """MP3 or AAC without the tags before and behind it."""
    start, end = 0, len(content)
    while content.startswith(b"ID3", start):
        size = 0
        for byte in content[start + 6 : start + _TAG_HEAD]:
            size = size << 7 | byte & 0x7F
        footer = _TAG_HEAD if content[start + 5 : start + 6] >= b"\x10" else 0
        start += _TAG_HEAD + size + footer
    if content.startswith(b"TAG", end - _TAG_TAIL):
        end -= _TAG_TAIL
    sound = content[start:end]
    if len(sound) < 4 or sound[0] != 0xFF:
        return None
    if sound[1] & 0xF6 == 0xF0:
        return CleanFile(sound, "audio/aac")
    # Layer III of a version, a bit rate and a sampling rate that exist.
    third = sound[1] & 0xE6 == 0xE2 and sound[1] & 0x18 != 0x08
    rates = sound[2] & 0xF0 not in (0x00, 0xF0) and sound[2] & 0x0C != 0x0C
    return CleanFile(sound, "audio/mpeg") if third and rates else None


def _film(content: bytes) -> CleanFile | None:
    """A film or sound in boxes; what is not needed to play it becomes free space of zeros.

    Every box stays where it is: the tables inside name places in the file.
    """
    copy = bytearray(content)
    tracks = _swept(copy, _Box(b"", 0, 0, len(copy)))
    if not tracks:
        return None  # a picture (HEIC), or nothing to play
    kind = "video" if _PICTURE in tracks else "audio"
    brand = content[8:12]
    if brand == b"qt  ":
        return CleanFile(bytes(copy), f"{kind}/quicktime" if kind == "video" else "audio/mp4")
    return CleanFile(bytes(copy), f"{kind}/3gpp" if brand.startswith(b"3g") else f"{kind}/mp4")


@dataclass(frozen=True, slots=True)
class _Box:
    """A part of the file: where it begins, its content, where it ends."""

    kind: bytes
    start: int
    body: int
    end: int


def _swept(copy: bytearray, outer: _Box) -> set[bytes]:
    """Empty what is not kept of this box's parts; the kinds of the tracks that stay."""
    tracks: set[bytes] = set()
    for box in _parts(copy, outer):
        handler = _handler(copy, box) if box.kind == b"trak" else None
        if box.kind not in _KEPT[outer.kind] or handler not in (None, _SOUND, _PICTURE):
            copy[box.start + 4 : box.start + 8] = b"free"
            copy[box.body : box.end] = bytes(box.end - box.body)
            continue
        if handler is not None:
            tracks.add(handler)
        if box.kind in _KEPT:
            tracks |= _swept(copy, box)
    return tracks


def _handler(copy: bytearray, track: _Box) -> bytes:
    """What a track holds; empty if it does not say."""
    for media in _parts(copy, track):
        if media.kind == b"mdia":
            for part in _parts(copy, media):
                if part.kind == b"hdlr":
                    return bytes(copy[part.body + 8 : min(part.body + 12, part.end)])
    return b""


def _parts(copy: bytearray, outer: _Box) -> Iterator[_Box]:
    start = outer.body
    for _ in range(_MOST_BOXES):
        if start + 8 > outer.end:
            return
        size, body = int.from_bytes(copy[start : start + 4], "big"), start + 8
        if size == 1:
            size, body = int.from_bytes(copy[start + 8 : start + 16], "big"), start + 16
        elif size == 0:
            size = outer.end - start
        if body > start + size or start + size > outer.end:
            raise RejectedFileError("damaged")
        yield _Box(bytes(copy[start + 4 : start + 8]), start, body, start + size)
        start += size
    raise RejectedFileError("damaged")
