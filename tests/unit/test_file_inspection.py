"""Attachments: typed by content, without EXIF, bounded, nothing active."""

import io
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from shared.files import inspection
from shared.files.inspection import ImageLimits, RejectedFileError, clean

SECRET = b"Rumah-Budi-0812"


def jpeg(size: tuple[int, int] = (64, 48), *, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[2] = (1.0, 2.0, 3.0)
    out = io.BytesIO()
    Image.new("RGB", size, "navy").save(out, "JPEG", exif=exif, comment=SECRET)
    return out.getvalue()


def pdf(body: bytes = b"1 0 obj\n<< /Type /Catalog >>\nendobj\n") -> bytes:
    return b"%PDF-1.4\n" + body + b"trailer << /Root 1 0 R >>\n%%EOF\n"


def test_a_photo_loses_its_exif_comment_and_place_but_stands_upright() -> None:
    source = jpeg((64, 48), orientation=6)
    assert SECRET in source
    kept = clean(source + SECRET)
    assert SECRET not in kept.content
    again = Image.open(io.BytesIO(kept.content))
    assert not again.getexif()
    assert "comment" not in again.info
    assert (kept.media_type, kept.width, kept.height) == ("image/jpeg", 48, 64)


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_other_images_lose_their_metadata_too(form: str) -> None:
    out = io.BytesIO()
    info = PngInfo()
    info.add_text("Author", SECRET.decode())
    options = {"pnginfo": info} if form == "PNG" else {"xmp": SECRET}
    Image.new("RGBA", (20, 20), (1, 2, 3, 100)).save(out, form, **options)
    kept = clean(out.getvalue())
    assert SECRET not in kept.content
    assert kept.media_type == "image/png"
    assert Image.open(io.BytesIO(kept.content)).mode == "RGBA"


def test_large_images_are_kept_small_and_huge_ones_refused_before_decoding() -> None:
    kept = clean(jpeg((3000, 1500)))
    assert (kept.width, kept.height) == (2000, 1000)
    with pytest.raises(RejectedFileError) as error:
        clean(jpeg((300, 300)), ImageLimits(max_pixels=80_000))
    assert error.value.reason == "pixels"


def test_a_decompression_bomb_is_refused() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return len(data).to_bytes(4, "big") + kind + data + crc.to_bytes(4, "big")

    header = (60_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    with pytest.raises(RejectedFileError) as error:
        clean(bomb)
    assert error.value.reason == "pixels"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"<html><script>alert(1)</script>", "type"),
        (b"MZ\x90\x00 program", "type"),
        (b"GIF89a\x01\x00\x01\x00\x80\x00\x00", "type"),
        (jpeg()[:200], "damaged"),
        (b"\x89PNG\r\n\x1a\n broken", "damaged"),
        (b"%PDF-1.4 cut off", "damaged"),
        (pdf(b"1 0 obj << /OpenAction 2 0 R >> endobj "), "active"),
        (pdf(b"1 0 obj << /S /Java#53cript >> endobj "), "active"),
        (pdf(b"1 0 obj << /Names << /EmbeddedFiles 3 0 R >> >> endobj "), "active"),
        (pdf(b"1 0 obj << /Encrypt 2 0 R >> endobj "), "encrypted"),
        (
            pdf(
                b"1 0 obj << /Type /ObjStm /Filter /FlateDecode >>\nstream\n"
                + zlib.compress(b"<< /JS (app.alert) >>")
                + b"\nendstream endobj "
            ),
            "active",
        ),
    ],
)
def test_what_may_not_come_in_is_named(content: bytes, reason: str) -> None:
    with pytest.raises(RejectedFileError) as error:
        clean(content)
    assert error.value.reason == reason


def object_stream(
    head: bytes = b"/Type /ObjStm",
    data: bytes = b"5 0 << /JS (app.alert) >>",
    *,
    line_end: bytes = b"\n",
    filters: bytes = b"/FlateDecode",
) -> bytes:
    packed = zlib.compress(data)
    if b"ASCIIHex" in filters:
        packed = packed.hex().encode() + b">"
    start = b"1 0 obj << " + head + b" /Filter " + filters + b" >>\nstream" + line_end
    return pdf(start + packed + b"\nendstream\nendobj\n")


@pytest.mark.parametrize(
    "content",
    [
        object_stream(b"/Type /Obj#53tm"),
        object_stream(b"/Type /ObjStm /X (obj)"),
        object_stream(b"/Type /ObjStm /X (endobj)"),
        object_stream(b"/Type /ObjStm /X (" + b"a" * 9_000 + b")"),
        object_stream(line_end=b"\r"),
        object_stream(line_end=b" \n"),
        object_stream(b"", b"% 1\n5 0 << /J#53 (x) >>"),
        object_stream(b"/Type /ObjStm /X (endobj)", filters=b"[/ASCIIHexDecode /FlateDecode]"),
        pdf(
            b"1 0 obj << >>\nstream\n\x78\x01"
            + b"\x00\x00\x00\xff\xff" * 20_000
            + zlib.compress(b"5 0 << /JS (x) >>")[2:]
            + b"\nendstream\nendobj\n"
        ),
        pdf(b"#41" * 200_001),
        object_stream(data=b"5 0 " + b" " * 300_000 + b"<< /JS (x) >>"),
    ],
    ids=[
        "escaped",
        "obj",
        "endobj",
        "far",
        "return",
        "blank",
        "undeclared",
        "filter",
        "delay",
        "escapes",
        "bomb",
    ],
)
def test_scripts_hidden_in_object_streams_are_found(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "_MOST_INFLATED", 200_000)
    with pytest.raises(RejectedFileError) as error:
        clean(content)
    assert error.value.reason == "active"


def test_encryption_under_an_escaped_name_is_found() -> None:
    with pytest.raises(RejectedFileError) as error:
        clean(pdf(b"1 0 obj << /Encr#79pt 2 0 R >> endobj "))
    assert error.value.reason == "encrypted"


def test_harmless_object_streams_and_large_scans_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "_MOST_INFLATED", 200_000)
    scan = zlib.compress(b"\xfe" * 300_000, 1)
    page = b"2 0 obj << /Type /XObject >>\nstream\n" + scan + b"\nendstream\nendobj\n"
    for content in (object_stream(data=b"5 0 << /Type /Page >>"), pdf(page)):
        assert clean(content).content == content


def test_a_large_scan_is_not_taken_for_a_script() -> None:
    """Its pixels hold every three bytes somewhere; only a value behind a name makes it one."""
    page = b"3 0 obj\n<< /Filter /DCTDecode >>\nstream\n"
    scan = random.Random(7).randbytes(4_000_000) + b"/JS\x9b/AA\xf0"
    content = pdf(page + scan + b"\nendstream\nendobj\n")
    assert clean(content).content == content


@pytest.mark.parametrize("value", [b"(app.alert(1))", b" 12 0 R", b"%x\n(a)", b"\r\n<61>"])
def test_the_short_names_with_a_value_are_found(value: bytes) -> None:
    with pytest.raises(RejectedFileError, match="active"):
        clean(pdf(b"1 0 obj\n<< /S /JavaScrip /JS" + value + b" >>\nendobj\n"))


def test_a_plain_pdf_is_kept_as_it_is() -> None:
    content = pdf()
    assert clean(content).content == content
    assert clean(content).media_type == "application/pdf"


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff", b"%PDF-", b"\x89PNG"]))
def test_any_bytes_are_kept_or_refused_never_a_crash(content: bytes, start: bytes) -> None:
    try:
        kept = clean(start + content)
    except RejectedFileError:
        return
    assert kept.content
