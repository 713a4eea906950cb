"""The masker hides who is meant and keeps where it is; it never raises, on no text at all."""

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.enums import PIIType
from shared.privacy.mask import align, mask, placeholders
from shared.privacy.spans import Found, resolve

NIK_FORMS = [
    "6401011208900001",
    "6401 0112 0890 0001",
    "6401.0112.0890.0001",
    "64.01.01.120890.0001",
    "6401-0112-0890-0001",
    "640101 120890 0001",
    "6 4 0 1 0 1 1 2 0 8 9 0 0 0 0 1",
    "３２０１０１１２０８９００００１",
    "6401\u200b0112\u200b0890\u200b0001",
]
PHONE_FORMS = [
    "081234567890",
    "0812-3456-7890",
    "0812 3456 7890",
    "0812.3456.7890",
    "0812 345 678 90",
    "+6281234567890",
    "+62 812-3456-7890",
    "62 812 3456 7890",
    "6281234567890",
    "8123456789",
    "812 3456 7890",
    "(0541) 123456",
    "0541-123456",
    "(021) 555 1234",
    "0 8 1 2 3 4 5 6 7 8 9 0",
    "+60 12 345 6789",
    "0812345678",
]


@pytest.mark.parametrize("form", NIK_FORMS)
@pytest.mark.parametrize("around", ["{}", "NIK {} mohon", "nik:{},", "KK{}", "no {} thn 2025"])
def test_every_way_to_write_a_nik_is_masked(form: str, around: str) -> None:
    masked = mask(around.format(form))
    assert "[NIK]" in masked.text
    assert not set("46890") & set(masked.text.replace("2025", ""))


@pytest.mark.parametrize("form", PHONE_FORMS)
@pytest.mark.parametrize("around", ["{}", "hub {} ya", "wa:{}.", "telp {} atau 112", "RT 02 {}"])
def test_every_way_to_write_a_phone_is_masked(form: str, around: str) -> None:
    text = mask(around.format(form)).text
    assert text == around.format("[TELEPON]")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("NIP 198001012005011001 minta uang", "NIP [NIP] minta uang"),
        ("NIP. 19800101 200501 1 001", "NIP. [NIP]"),
        ("email budi.s+x@mail.go.id ya", "email [EMAIL] ya"),
        ("budi @ gmail.com", "[EMAIL]"),
        ("mobil KT 1234 AB parkir", "mobil [PLAT] parkir"),
        ("motor kt1234ab ngebut", "motor [PLAT] ngebut"),
        ("nopol B 12 menabrak", "nopol [PLAT] menabrak"),
        ("rek BRI 1234-01-000123-53-4", "rek BRI [REKENING]"),
        (
            "transfer ke no. rekening 0011223344 bank kaltim",
            "transfer ke no. rekening [REKENING] bank kaltim",
        ),
        ("Nama saya Budi Santoso, warga RT 02", "Nama saya [NAMA], warga RT 02"),
        ("nama saya budi santoso warga rt 02", "nama saya [NAMA] warga rt 02"),
        ("ngaran ulun ahmad. nama ulun utuh banjar", "ngaran ulun [NAMA]. nama ulun [NAMA]"),
        ("Saya Siti Aminah dari Desa Jonggon", "Saya [NAMA] dari Desa Jonggon"),
        ("a.n. Siti Aminah", "a.n. [NAMA]"),
        ("KK an. SITI AMINAH belum jadi", "KK an. [NAMA] belum jadi"),
        ("Bapak H. Suparman minta uang", "Bapak H. [NAMA] minta uang"),
        ("bu dewi di loket kasar", "bu [NAMA] di loket kasar"),
        ("Sdr. Yohanes Kogoya belum dilayani", "Sdr. [NAMA] belum dilayani"),
        ("kades suparman minta duit", "kades [NAMA] minta duit"),
        ("Hormat saya,\nM. Yusuf", "Hormat saya,\n[NAMA]"),
    ],
)
def test_personal_data_after_its_cue_is_masked(text: str, masked: str) -> None:
    assert mask(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "Jl. Melati RT 02 RW 003 Desa Jonggon Kecamatan Loa Kulu KM 12",
        "Pak Camat, Bu Guru, Bapak Kepala Desa dan Ibu Lurah tolong jalan kami",
        "pak tolong jln rsk bgt, mohon diperbaiki pak rt",
        "Ibu Kota Nusantara dan ibu hamil di posyandu",
        "Jl. Pak Kasih, Jl. H. Agus Salim, Masjid Haji Abdullah, SDN 001",
        "telepon 112, 110, 113, 119 atau SMS 1708",
        "biaya Rp 812.345.678 atau Rp. 1.500.000 - 10.000.000 tahun 2025",
        "tanggal 08-12-2025 10.30 dan 08/12/2025, jam 07.30-15.00",
        "nama saya tidak terdaftar di dtks, nama saya dicoret",
        "UU 25 tahun 2009, PP 96 2012, DP3AP2KB, DD 2025 tidak cair, blok B 12 di gang",
        "atas nama warga kami mohon, saya warga RT 05",
        "@lapor1708 #lapor cabai 3 kg @10000",
    ],
)
def test_the_place_the_office_and_plain_figures_stay(text: str) -> None:
    assert mask(text).text == text


def test_own_address_and_names_go_but_the_street_of_the_problem_stays() -> None:
    masked = mask(
        "Rumah saya jln melati no.12 rt 2. Jalan Melati rusak di RT 02, kata yohana. Jl Yohana ok",
        own_address="Jl. Melati No. 12 RT 02, Desa Sukamaju",
        names=["Yohana Kogoya"],
    )
    assert masked.text == (
        "Rumah saya [ALAMAT]. Jalan Melati rusak di RT 02, kata [NAMA]. Jl Yohana ok"
    )


def test_spans_lead_from_the_masked_text_to_the_original() -> None:
    original = "Saya Budi Santoso, hp 0812-3456-7890 rek BRI 0011223344"
    masked = mask(original)
    shown = [(original[s.source_start : s.source_end], s.type) for s in masked.spans]
    assert shown == [
        ("Budi Santoso", PIIType.NAME),
        ("0812-3456-7890", PIIType.PHONE),
        ("0011223344", PIIType.ACCOUNT),
    ]
    assert [masked.text[p.start : p.end] for p in masked.pii()] == [
        "[NAMA]",
        "[TELEPON]",
        "[REKENING]",
    ]
    assert align(original, masked.text) == masked.spans
    assert align("something else", masked.text) is None
    assert align("abc", "abcd") is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rek 17 08 1945hp. 7890123 ya, pak Budi", ["17 08 1945", "7890123", "Budi"]),
        ("[NAMA] mandiri 640112 6401hp  1234567-hp", ["[NAMA]", "640112 6401", "1234567"]),
        ("0112-rek1.500.000] AB-0112-rek1.500.000]", ["1.500.000", "AB-0112-rek", "1.500.000"]),
    ],
)
def test_what_a_second_look_finds_is_told_in_the_original(text: str, shown: list[str]) -> None:
    found = [text[span.source_start : span.source_end] for span in mask(text).spans]
    assert found == shown


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("hub 0541123456 081234567890", "hub [TELEPON] [TELEPON]"),
        ("0812-3456-789 1234", "[TELEPON] 1234"),
        ("81234 5678901234567", "81234 [ACCOUNT]".replace("ACCOUNT", "REKENING")),
        ("1 2 3 4 5 6 7 8 9", "1 2 3 4 5 6 7 8 9"),
        ("0 1 2 3 4 5 6 7 8 9 1 2", "0 1 2 3 4 5 6 7 8 9 1 2"),
        ("42-13-2025 10", "42-13-2025 10"),
        ("a@b@c.id", "[EMAIL]"),
        ("dana dd 2025 ab dan XX 1234 YY", "dana dd 2025 ab dan XX 1234 YY"),
    ],
)
def test_numbers_and_marks_at_the_edge(text: str, masked: str) -> None:
    assert mask(text).text == masked


def test_overlaps_end_without_losing_a_part() -> None:
    strong, weak = Found(3, 6, PIIType.PHONE), Found(0, 10, PIIType.ADDRESS)
    assert resolve([[strong], [weak]]) == [
        Found(0, 3, PIIType.ADDRESS),
        strong,
        Found(6, 10, PIIType.ADDRESS),
    ]
    assert resolve([[weak], [strong]]) == [weak]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), st.text(max_size=40), st.lists(st.text(max_size=20), max_size=2))
def test_any_text_at_all_is_masked_once_and_for_all(
    text: str, address: str, names: list[str]
) -> None:
    masked = mask(text, own_address=address, names=names)
    again = mask(masked.text, own_address=address, names=names)
    assert again.text == masked.text
    assert [(s.start, s.end) for s in masked.spans] == [
        (s.start, s.end) for s in placeholders(masked.text)
    ]


WORDS = (
    "pak|Bu|nama saya|budi|Siti|rek BRI|hp|0812|3456|7890123|6401|0112|2025|.|-| |\n|@|mail.id|"
    "KT|1234|AB|Jl. Melati|no 12|RT 02|[NAMA]|[NIK]|Rp|1.500.000|a.n.|an.|camat|+62|(|)|saya|]"
)
PIECES = st.sampled_from(WORDS.split("|"))


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=25).map(" ".join))
def test_masking_twice_is_masking_once(text: str) -> None:
    masked = mask(text, own_address="Jl. Melati no 12", names=["Siti Aminah"])
    assert (
        mask(masked.text, own_address="Jl. Melati no 12", names=["Siti Aminah"]).text == masked.text
    )
    for span in masked.spans:
        assert 0 <= span.source_start < span.source_end <= len(text)


LETTERS = st.text("abcdefghij klmnopqrstu.,:;!?\n/", max_size=40)
MOBILE = st.tuples(
    st.sampled_from(["0", "62", "+62 ", "+62"]),
    st.sampled_from("1235789"),
    st.text("0123456789", min_size=8, max_size=9),
).map(lambda p: f"{p[0]}8{p[1]}{p[2]}")
NIK = st.tuples(
    st.integers(11, 94),
    st.integers(1, 99),
    st.integers(1, 99),
    st.dates(min_value=date(1940, 1, 1)),
    st.integers(1, 9999),
).map(lambda p: f"{p[0]:02}{p[1]:02}{p[2]:02}{p[3]:%d%m%y}{p[4]:04}")
EMAIL = st.emails().filter(lambda address: '"' not in address)


@settings(max_examples=100, deadline=None)
@given(LETTERS, NIK, LETTERS, MOBILE, LETTERS, st.sampled_from(["", " ", "-", "."]))
def test_a_planted_nik_and_phone_never_stay(
    before: str, nik: str, between: str, phone: str, after: str, mark: str
) -> None:
    written = mark.join((nik[:4], nik[4:8], nik[8:12], nik[12:]))
    text = mask(f"{before}{written} {between} hp {phone} {after}").text
    assert not any(character.isdecimal() for character in text)


@settings(max_examples=60, deadline=None)
@given(LETTERS, EMAIL, LETTERS)
def test_a_planted_email_never_stays(before: str, email: str, after: str) -> None:
    assert email not in mask(f"{before} {email} {after}").text


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "1",
        "1 ",
        "@a",
        "pak budi ",
        "rek 123456 ",
        "jl ",
        "0812 ",
        "nama ",
        "a.n. ",
        " ",
        "H. ",
    ],
)
def test_a_long_text_takes_linear_time(piece: str) -> None:
    # A ratio, so that a slow machine does not fail it: four times the text, four times the work.
    def cost(size: int) -> float:
        text = (piece * size)[:size]
        started = time.process_time()
        mask(text, own_address="jl jl jl jl jl jl jl no 12", names=["Budi Santoso"])
        return time.process_time() - started

    cost(1_000)
    assert cost(48_000) < max(0.3, 12 * cost(12_000))
