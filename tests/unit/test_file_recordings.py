"""Voice notes and videos: known by content, without what tells of place, person or device."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.files.inspection import CleanFile, RejectedFileError, disposition
from shared.files.recordings import clean_recording
from tests.unit.test_file_inspection import SECRET, jpeg, pdf
from tests.work import calls

VOICE = b"OggS" + bytes(22) + b"\x01\x13" + b"OpusHead\x01\x01" + bytes(9)
FRAME = b"\xff\xfb\x90\x64" + bytes(413)


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return (8 + len(body)).to_bytes(4, "big") + kind + body


def track(handler: bytes, *more: bytes) -> bytes:
    place = box(b"udta", box(b"\xa9xyz", SECRET))
    table = box(b"minf", box(b"vmhd", bytes(12)), place, box(b"stbl", b"table"))
    kind = box(b"hdlr", bytes(8), handler, bytes(13))
    media = box(b"mdia", box(b"mdhd", bytes(24)), kind, box(b"elng", b"id"), table, place)
    return box(b"trak", box(b"tkhd", bytes(84)), media, *more)


def film(*tracks: bytes, brand: bytes = b"isom", behind: bytes = b"") -> bytes:
    place = box(b"udta", box(b"\xa9xyz", SECRET), bytes(4))
    moov = box(b"moov", box(b"mvhd", bytes(100)), *tracks, place, box(b"meta", SECRET))
    hidden = box(b"uuid", SECRET) + box(b"free", SECRET) + box(b"meta", SECRET)
    run = box(b"traf", box(b"tfhd", bytes(8)), box(b"trun", b"place"), box(b"udta", SECRET))
    more = box(b"moof", box(b"mfhd", bytes(8)), run) + hidden + box(b"mdat", b"frames")
    return box(b"ftyp", brand, bytes(8)) + moov + more + behind


def kept(content: bytes) -> CleanFile:
    found = clean_recording(content)
    assert found is not None
    return found


def test_a_film_keeps_its_tracks_in_their_place_and_loses_what_is_said_about_it() -> None:
    large = (1).to_bytes(4, "big") + b"uuid" + (16 + len(SECRET)).to_bytes(8, "big") + SECRET
    last = (0).to_bytes(4, "big") + b"uuid" + SECRET  # to the end of the file
    told = track(b"meta", box(b"udta", SECRET))
    source = film(track(b"vide", box(b"udta", SECRET)), track(b"soun"), told, behind=large + last)
    found = kept(source)
    assert found.media_type == "video/mp4"
    assert SECRET in source
    assert SECRET not in found.content
    assert (len(found.content), found.content.count(b"trak")) == (len(source), 2)
    for part, times in ((b"elng", 2), (b"vmhd", 2), (b"table", 2), (b"place", 1), (b"frames", 1)):
        assert found.content.count(part) == times
        assert found.content.index(part) == source.index(part)
    assert kept(found.content) == found


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (VOICE, "audio/ogg"),
        (b"#!AMR\n\x3c" + bytes(31), "audio/amr"),
        (FRAME * 2, "audio/mpeg"),
        (b"\xff\xf1\x50\x80" + bytes(60), "audio/aac"),
        (film(track(b"soun"), brand=b"M4A "), "audio/mp4"),
        (film(track(b"vide"), brand=b"3gp4"), "video/3gpp"),
        (film(track(b"soun"), brand=b"3gp4"), "audio/3gpp"),
        (film(track(b"vide"), brand=b"qt  "), "video/quicktime"),
    ],
)
def test_what_chats_send_is_known_by_its_content(content: bytes, media_type: str) -> None:
    found = kept(content)
    assert found.media_type == media_type
    assert disposition(media_type).startswith('attachment; filename="lampiran.')
    assert ".bin" not in disposition(media_type)


def test_tags_of_songs_are_cut_off() -> None:
    tag = b"ID3\x04\x00\x00\x00\x00\x01\x00" + SECRET.ljust(128)
    footed = b"ID3\x04\x00\x10\x00\x00\x00\x0f" + SECRET + b"3DI" + bytes(7)
    end = b"TAG" + SECRET.ljust(125)
    for behind in (end, ape(), ape() + end, end + ape(head=False)):
        assert kept(tag + footed + FRAME + behind).content == FRAME


def ape(head: bool = True) -> bytes:
    flags = (0x8000_0000 if head else 0).to_bytes(4, "little")
    end = b"APETAGEX" + (2000).to_bytes(4, "little") + (len(SECRET) + 32).to_bytes(4, "little")
    end += (1).to_bytes(4, "little") + flags + bytes(8)
    return (end if head else b"") + SECRET + end


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF])
def test_a_tag_that_lies_about_its_size_takes_no_part_of_another(size: int) -> None:
    end = b"APETAGEX" + (2000).to_bytes(4, "little") + size.to_bytes(4, "little") + bytes(16)
    found = clean_recording(FRAME + end)
    assert found is None or found.content == FRAME


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"ID3",
        b"<html><script>alert(1)</script>",
        jpeg(),
        pdf(),
        "teks".encode("utf-16"),
        b"OggS" + bytes(22) + b"\x01\x13" + b"\x80theora",
        b"OggS",
        b"\x1aE\xdf\xa3webm",
        box(b"ftyp", b"heic", bytes(8)) + box(b"meta", bytes(9)),
        film(),
        film(track(b"meta")),
        film(box(b"trak", box(b"tkhd"))),
    ],
)
def test_what_is_no_recording_is_none(content: bytes) -> None:
    assert clean_recording(content) is None


@pytest.mark.parametrize(
    "behind",
    [
        (7).to_bytes(4, "big") + b"mdat",
        (99).to_bytes(4, "big") + b"mdat",
        (1).to_bytes(4, "big") + b"mdat" + (15).to_bytes(8, "big"),
        box(b"free") * 10_001,
    ],
)
def test_a_broken_film_is_refused(behind: bytes) -> None:
    with pytest.raises(RejectedFileError):
        clean_recording(film(track(b"vide"), behind=behind))


def test_what_is_made_up_of_nothing_but_heads_is_little_work() -> None:
    empty = box(b"free") * 9_000
    boxes = film(track(b"vide"), *(box(b"trak", empty, box(b"mdia", empty)) for _ in range(25)))
    heads = (b"ID3\x04" + bytes(6)) * 360_000
    tails = FRAME + (b"TAG" + bytes(125)) * 28_000
    assert min(len(boxes), len(heads), len(tails)) > 3_500_000

    def look() -> None:
        with pytest.raises(RejectedFileError):
            clean_recording(boxes)
        assert clean_recording(heads) is None
        kept(tails)

    assert calls(look) < 200_000


@given(st.binary(max_size=60), st.integers(0, 700), st.sampled_from([VOICE, FRAME, b"film"]))
def test_any_bytes_are_kept_or_refused(noise: bytes, at: int, source: bytes) -> None:
    whole = film(track(b"vide"), track(b"meta")) if source == b"film" else source
    content = whole[:at] + noise + whole[at + len(noise) :]
    try:
        found = clean_recording(content)
    except RejectedFileError:
        return
    assert found is None or (found.content and found.media_type)


def test_pictures_are_shown_and_everything_else_is_given_to_keep() -> None:
    assert disposition("image/jpeg") == "inline"
    assert disposition("application/pdf") == 'attachment; filename="lampiran.pdf"'
    assert disposition("text/html") == 'attachment; filename="lampiran.bin"'
