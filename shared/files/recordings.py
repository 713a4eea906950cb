"""Voice notes and videos of chat services: what they are, by content, and the copy that is kept.

Nothing is decoded. Boxes of a film and tags of a song that are not needed to play it are emptied or
cut off: that is where phones write place, person and device. Pure: bytes in, bytes out.

LIMIT: what is no such part stays. The data of a track that is taken out (the way a dashcam drove)
lies on in the film's `mdat`, though no track leads there any more; times, names of handlers and
encoders, comments in an Ogg stream, and any other bytes behind the last frame or box stay too.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.files.inspection import CleanFile, RejectedFileError

# Ogg pages begin with 27 bytes and the sizes of their segments; then the codec names itself.
_OGG_HEAD = 27
_OGG_SOUND = (b"OpusHead", b"\x01vorbis", b"Speex   ")
_AMR = (b"#!AMR\n", b"#!AMR-WB\n")
# ID3 before the frames; ID3v1 ("TAG") and APE behind them, in either order.
_TAG_HEAD, _TAG_TAIL, _APE_TAIL = 10, 128, 32
_APE_HAS_HEAD = 0x8000_0000
_MOST_TAGS = 8
# What of a film is kept (ISO/IEC 14496-12); everything else says things about it.
_KEPT = {
    b"": {b"ftyp", b"styp", b"moov", b"mdat", b"moof", b"mfra", b"sidx"},
    b"moov": {b"mvhd", b"trak", b"mvex"},
    b"trak": {b"tkhd", b"edts", b"mdia", b"tref"},
    b"mdia": {b"mdhd", b"hdlr", b"minf", b"elng"},
    b"minf": {b"vmhd", b"smhd", b"hdlr", b"dinf", b"stbl"},
    b"moof": {b"mfhd", b"traf"},
    b"traf": {b"tfhd", b"tfdt", b"trun", b"sdtp", b"sbgp", b"sgpd", b"subs", b"saiz", b"saio"},
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
    start = _behind_tags(content)
    sound = content[start : _before_tags(content, start)]
    if len(sound) < 4 or sound[0] != 0xFF:
        return None
    if sound[1] & 0xF6 == 0xF0:
        return CleanFile(sound, "audio/aac")
    # Layer III of a version, a bit rate and a sampling rate that exist.
    third = sound[1] & 0xE6 == 0xE2 and sound[1] & 0x18 != 0x08
    rates = sound[2] & 0xF0 not in (0x00, 0xF0) and sound[2] & 0x0C != 0x0C
    return CleanFile(sound, "audio/mpeg") if third and rates else None


def _behind_tags(content: bytes) -> int:
    """Where the frames begin; with more tags than anybody writes, a place where none does."""
    start = 0
    for _ in range(_MOST_TAGS):
        if not content.startswith(b"ID3", start):
            break
        size = 0
        for byte in content[start + 6 : start + _TAG_HEAD]:
            size = size << 7 | byte & 0x7F
        footer = _TAG_HEAD if content[start + 5 : start + 6] >= b"\x10" else 0
        start += _TAG_HEAD + size + footer
    return start


def _before_tags(content: bytes, start: int) -> int:
    """Where the frames that begin at `start` end."""
    end = len(content)
    for _ in range(_MOST_TAGS):
        tail = end - _APE_TAIL
        if end - start >= _TAG_TAIL and content.startswith(b"TAG", end - _TAG_TAIL):
            end -= _TAG_TAIL
        elif tail >= start and content.startswith(b"APETAGEX", tail):
            # Its size counts the tail, but not the head that it may have.
            size = int.from_bytes(content[tail + 12 : tail + 16], "little")
            flags = int.from_bytes(content[tail + 20 : tail + 24], "little")
            head = _APE_TAIL if flags & _APE_HAS_HEAD else 0
            end = max(start, end - max(size, _APE_TAIL) - head)
        else:
            break
    return end


def _film(content: bytes) -> CleanFile | None:
    """A film or sound in boxes; what is not needed to play it becomes free space of zeros.

    Every box stays where it is: the tables inside name places in the file.
    """
    boxes = _Boxes(content)
    tracks = boxes.sweep(_Box(b"", 0, 0, len(content)))
    if not tracks:
        return None  # a picture (HEIC), or nothing to play
    kind, copy = "video" if _PICTURE in tracks else "audio", bytes(boxes.copy)
    brand = content[8:12]
    if brand == b"qt  ":
        return CleanFile(copy, f"{kind}/quicktime" if kind == "video" else "audio/mp4")
    return CleanFile(copy, f"{kind}/3gpp" if brand.startswith(b"3g") else f"{kind}/mp4")


@dataclass(frozen=True, slots=True)
class _Box:
    """A part of the file: where it begins, its content, where it ends."""

    kind: bytes
    start: int
    body: int
    end: int


class _Boxes:
    """The boxes of one film, in a copy; each look at one counts, on whatever level."""

    def __init__(self, content: bytes) -> None:
        self.copy = bytearray(content)
        self._left = _MOST_BOXES

    def sweep(self, outer: _Box) -> set[bytes]:
        """Empty what is not kept of this box's parts; the kinds of the tracks that stay."""
        tracks: set[bytes] = set()
        for box in self._parts(outer):
            handler = self._handler(box) if box.kind == b"trak" else None
            if box.kind not in _KEPT[outer.kind] or handler not in (None, _SOUND, _PICTURE):
                self.copy[box.start + 4 : box.start + 8] = b"free"
                self.copy[box.body : box.end] = bytes(box.end - box.body)
                continue
            if handler is not None:
                tracks.add(handler)
            if box.kind in _KEPT:
                tracks |= self.sweep(box)
        return tracks

    def _handler(self, track: _Box) -> bytes:
        """What a track holds; empty if it does not say."""
        for media in self._parts(track):
            if media.kind == b"mdia":
                for part in self._parts(media):
                    if part.kind == b"hdlr":
                        return bytes(self.copy[part.body + 8 : min(part.body + 12, part.end)])
        return b""

    def _parts(self, outer: _Box) -> Iterator[_Box]:
        copy, start = self.copy, outer.body
        while start + 8 <= outer.end:
            if not self._left:
                raise RejectedFileError("damaged")
            self._left -= 1
            size, body = int.from_bytes(copy[start : start + 4], "big"), start + 8
            if size == 1:
                size, body = int.from_bytes(copy[start + 8 : start + 16], "big"), start + 16
            elif size == 0:
                size = outer.end - start
            if body > start + size or start + size > outer.end:
                raise RejectedFileError("damaged")
            yield _Box(bytes(copy[start + 4 : start + 8]), start, body, start + size)
            start += size
