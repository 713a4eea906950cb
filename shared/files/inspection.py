"""What an attachment is, by its content, and the copy of it that may be kept.

Images are decoded and written anew: no EXIF, no GPS, no maker's notes, no second file hidden
behind the first. Pure: bytes in, bytes out.
"""

import io
import logging
import re
import warnings
import zlib
from dataclasses import dataclass
from typing import Literal

import puremagic
from PIL import Image, ImageOps, UnidentifiedImageError

# At DEBUG Pillow logs every EXIF value it meets: names and places of citizens.
logging.getLogger("PIL").setLevel(logging.INFO)

RejectReason = Literal["empty", "type", "pixels", "damaged", "active", "encrypted"]

_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
PDF = "application/pdf"
_ENDINGS = {
    PDF: "pdf",
    "audio/ogg": "ogg",
    "audio/amr": "amr",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/mp4": "m4a",
    "audio/3gpp": "3gp",
    "video/3gpp": "3gp",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
}
KEPT_TYPES = (*_FORMATS, *_ENDINGS)
"""What may be kept of anything a citizen sends, by a form or by a message."""
_JPEG_QUALITY = 85
# Names that make a PDF do something when it is opened, or carry other files (PDF 32000-1).
# The two short names occur by chance in the pixels of every third scan of 5 MB, so they count
# only where a value can begin behind them: a string, a dictionary, a comment or a reference.
_ACTIVE_NAMES = re.compile(
    rb"/(?:JavaScript|Launch|EmbeddedFiles?|OpenAction|RichMedia|XFA|SubmitForm|ImportData"
    rb"|GoToR|GoToE|Movie|Sound|Rendition)(?![A-Za-z0-9])"
    rb"|/(?:JS|AA)(?:[(<%]|[\x00\t\n\f\r ]+[(<%\d])"
)
_ENCRYPTED = re.compile(rb"/Encrypt(?![A-Za-z0-9])")
_HEX_NAME = re.compile(rb"#([0-9A-Fa-f]{2})")
# Readers forgive blanks and a lone carriage return where the standard wants a line end.
_STREAM = re.compile(rb"(?<!end)stream[ \t]*(?:\r\n|\n|\r)")
# An object stream begins with the number and the place of its first object.
_OBJECT_STREAM = re.compile(rb"\s*(?:%[^\r\n]*[\r\n]\s*)*\d+\s+\d+\s")
_OBJECT_STREAM_NAME = re.compile(rb"/ObjStm(?![A-Za-z0-9])")
# Other ways to write a stream than Flate: beside object streams they could hide one from us.
_OTHER_FILTERS = re.compile(
    rb"/(ASCIIHexDecode|AHx|ASCII85Decode|A85|LZWDecode|LZW|RunLengthDecode|RL|Crypt)"
    rb"(?![A-Za-z0-9])"
)
_HEAD = 4_096
_PROBE = 1_024
_LEAST = 64
_MOST_ESCAPES = 200_000
_CHUNK = 64 * 1024
_MOST_STREAMS = 2_000
_MOST_INFLATED = 32 * 1024 * 1024


class RejectedFileError(ValueError):
    """The file may not be kept; `reason` says why."""

    def __init__(self, reason: RejectReason) -> None:
        super().__init__(reason)
        self.reason: RejectReason = reason


@dataclass(frozen=True, slots=True)
class CleanFile:
    """A file fit to be kept."""

    content: bytes
    media_type: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """How large an image may come in, and the longest edge it is kept with."""

    max_pixels: int = 50_000_000
    longest_edge: int = 2_000


def clean(content: bytes, limits: ImageLimits | None = None) -> CleanFile:
    """The copy to keep of an uploaded file, or `RejectedFileError`."""
    if not content:
        raise RejectedFileError("empty")
    media_type = sniff(content)
    if media_type == PDF:
        return _clean_pdf(content)
    if media_type in _FORMATS:
        return _clean_image(content, media_type, limits or ImageLimits())
    raise RejectedFileError("type")


def disposition(media_type: str) -> str:
    """How a browser takes what a citizen sent: pictures are shown, all else is given to keep."""
    if media_type in _FORMATS:
        return "inline"
    return f'attachment; filename="lampiran.{_ENDINGS.get(media_type, "bin")}"'


def sniff(content: bytes) -> str:
    """The media type by content; neither the name nor the declared type is asked."""
    if content.startswith(b"%PDF-"):
        return PDF
    try:
        return str(puremagic.from_string(content, mime=True))
    except (puremagic.PureError, ValueError):
        return "application/octet-stream"


def _clean_image(content: bytes, media_type: str, limits: ImageLimits) -> CleanFile:
    try:
        with warnings.catch_warnings():
            # Our own limit below is asked before a pixel is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=[_FORMATS[media_type]])
            if image.width * image.height > limits.max_pixels:
                raise RejectedFileError("pixels")
            # JPEG can be decoded at a fraction of its size: less memory for the same result.
            image.draft("RGB", (limits.longest_edge, limits.longest_edge))
            # Small first: turning it makes a copy.
            image.thumbnail((limits.longest_edge, limits.longest_edge))
            upright = ImageOps.exif_transpose(image)
    except Image.DecompressionBombError as error:
        raise RejectedFileError("pixels") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, RejectedFileError):
            raise
        raise RejectedFileError("damaged") from error
    return _encode(upright)


def _encode(image: Image.Image) -> CleanFile:
    """Pixels only, in a new file: JPEG, or PNG where there is transparency.

    A fresh image each time: comments, text chunks and profiles live in `info`, which a copy of
    the image would carry along.
    """
    out = io.BytesIO()
    transparent = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    mode = "RGBA" if transparent else "RGB"
    plain = Image.new(mode, image.size)
    plain.paste(image.convert(mode))
    if transparent:
        plain.save(out, "PNG")
    else:
        plain.save(out, "JPEG", quality=_JPEG_QUALITY, progressive=True)
    media_type = "image/png" if transparent else "image/jpeg"
    return CleanFile(out.getvalue(), media_type, image.width, image.height)


def _clean_pdf(content: bytes) -> CleanFile:
    """A PDF is kept as it is if nothing in it acts or hides; compressed parts are looked into.

    LIMIT: metadata of the writing program stays inside; the file is sealed and shown only to
    those who may open the case.
    """
    names = _plain_names(content)
    if _ENCRYPTED.search(names):
        raise RejectedFileError("encrypted")
    if b"%%EOF" not in content[-2048:] or b"obj" not in content:
        raise RejectedFileError("damaged")
    parts = [names, *_object_streams(content)]
    if any(_ACTIVE_NAMES.search(part) for part in parts):
        raise RejectedFileError("active")
    if any(map(_OBJECT_STREAM_NAME.search, parts)) and any(map(_OTHER_FILTERS.search, parts)):
        raise RejectedFileError("active")
    return CleanFile(content, PDF)


def _plain_names(part: bytes) -> bytes:
    """The part with escaped letters of names (`/J#53`) written out."""
    if part.count(b"#") > _MOST_ESCAPES:
        raise RejectedFileError("active")
    return _HEX_NAME.sub(lambda match: bytes([int(match[1], 16)]), part)


def _object_streams(content: bytes) -> list[bytes]:
    """What the compressed object streams hold: only there can names lie hidden.

    They are known by what they hold, not only by what stands before them: that can be dressed up.
    """
    parts: list[bytes] = []
    budget = _MOST_INFLATED
    for number, match in enumerate(_STREAM.finditer(content)):
        if number >= _MOST_STREAMS or budget <= 0:
            raise RejectedFileError("active")
        head = _plain_names(content[max(0, match.start() - _HEAD) : match.start()])
        declared = _OBJECT_STREAM_NAME.search(head, head.rfind(b"endobj") + 1) is not None
        begin = _inflated(content, match.end(), _PROBE, _CHUNK)
        if begin is None:
            if declared:
                raise RejectedFileError("damaged")
        elif declared or begin.hides or _OBJECT_STREAM.match(begin.content):
            found = _inflated(content, match.end(), budget, len(content))
            # What is cut off by the budget, or by a broken end, could hold anything.
            if found is None or not found.whole:
                raise RejectedFileError("active")
            budget -= len(found.content)
            parts.append(_plain_names(found.content))
    return parts


@dataclass(frozen=True, slots=True)
class _Inflated:
    content: bytes
    whole: bool

    @property
    def hides(self) -> bool:
        """Whether so much packed data unpacks to so little that it only delays a look."""
        return not self.whole and len(self.content) < _LEAST


def _inflated(content: bytes, start: int, most: int, most_packed: int) -> _Inflated | None:
    """The beginning of a Flate stream, within both limits; none if it is no such stream.

    In pieces: the rest of the file would be copied each time.
    """
    stream, found = zlib.decompressobj(), bytearray()
    end = min(len(content), start + most_packed)
    try:
        while not stream.eof and len(found) < most and start < end:
            piece = content[start : min(start + _CHUNK, end)]
            found += stream.decompress(piece, most - len(found))
            start += len(piece) - len(stream.unconsumed_tail)
    except zlib.error:
        return None
    return _Inflated(bytes(found), stream.eof)
