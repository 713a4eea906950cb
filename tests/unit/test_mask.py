"""The masker hides who is meant and keeps where it is; it never raises, on no text at all."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import shared.privacy
from shared.contracts.enums import PIIType
from shared.privacy.mask import align, mask, placeholders
from shared.privacy.spans import Found, resolve
from tests.work import calls

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
        ("pak udin kurniadi galak", "pak [NAMA] galak"),
        ("kades wiryo kada di kantor", "kades [NAMA] kada di kantor"),
        ("tetangga saya Wiryo dan Bu Tumirah", "tetangga saya [NAMA] dan Bu [NAMA]"),
        ("atas nama Wiryo Seno dan Ledang Hiba, mohon", "atas nama [NAMA] dan [NAMA], mohon"),
        ("nama saya Muh. Wiryo Seno pedagang", "nama saya [NAMA] pedagang"),
        ("guru ngaji kami Wiryo, ketua RT 05 Wiryo", "guru ngaji kami [NAMA], ketua RT 05 [NAMA]"),
        ("sa pu nama Wiryo, ngaran ulun wiryo", "sa pu nama [NAMA], ngaran ulun [NAMA]"),
        ("rek BNI 0011223344 an wiryo ya", "rek BNI [REKENING] an [NAMA] ya"),
        ("data Wiryo Seno, NIK 6401011208900001", "data [NAMA], NIK [NIK]"),
        ("saya wiryo hibang warga busang", "saya [NAMA] warga busang"),
        ("wa nol delapan satu dua tiga 4567 890 ya", "wa [TELEPON] ya"),
        ("hp 0812-3456-\n7890 terima kasih", "hp [TELEPON] terima kasih"),
        ("NIK 6401 0112\n0890 0001 saya", "NIK [NIK] saya"),
        ("0812345678\n0898765432", "[TELEPON]\n[TELEPON]"),
        ("budi.s at gmail.com, a (at) b.go.id", "[EMAIL], [EMAIL]"),
        ("siti titik n et yahoo titik co titik id", "[EMAIL]"),
        ("siti@gmail titik com / siti @gmail.com", "[EMAIL] / [EMAIL]"),
        ("plat KT 1785 Y M, travel da 1498 mm penuh", "plat [PLAT], travel [PLAT] penuh"),
        ("mobil kt 1234 di jalan", "mobil [PLAT] di jalan"),
        ("rumah saya di Jl. Mawar No. 12 RT 3 Desa Jone", "rumah saya di [ALAMAT] Desa Jone"),
        ("Nama            : wiryo hibang", "Nama            : [NAMA]"),
        ("Hormat kami,\n\n(Wiryo Hibang)", "Hormat kami,\n\n([NAMA])"),
        ("Pelapor,\nWiryo Hibang", "Pelapor,\n[NAMA]"),
        ("Terima kasih.\nWiryo Hibang", "Terima kasih.\n[NAMA]"),
        ("Pak RT 05 Wiryo dan Pak RT Timbau", "Pak RT 05 [NAMA] dan Pak RT Timbau"),
        ("saya Budi, Gg. Mawar blok C 3, Jone", "saya [NAMA], [ALAMAT], Jone"),
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
        "Camat Sepaku, Lurah Timbau, Bupati Paser, petugas PLN Grogot, dokter gigi, guru SMPN 3",
        "anak saya sekolah, ibu-ibu PKK, dr desa ke kota, pak mnta tlg, kepala dinas kesehatan",
        "satu dua tiga empat lima enam tujuh delapan sembilan, kami di rumah at taman",
        "08.00\n12.00, 2024\n2025, Jl. Mawar no 12 depan rumah saya",
        "toko dengan alamat Jl. Mawar no 12 tutup, beralamat di Jl. Mawar no 12",
        "Wassalam. Mohon ditindak, hormat saya, seorang warga, server at bps.go.id",
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


@settings(max_examples=100)
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
    "KT|1234|AB|Jl. Melati|no 12|RT 02|nol|satu|dua|at|titik|com|NIK|dan|rumah saya|kades|an|"
    "Wiryo|wiryo|[NAMA]|[NIK]|Rp|1.500.000|a.n.|an.|camat|+62|(|)|saya|]"
)
PIECES = st.sampled_from(WORDS.split("|"))


@settings(max_examples=150)
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


@settings(max_examples=100)
@given(LETTERS, NIK, LETTERS, MOBILE, LETTERS, st.sampled_from(["", " ", "-", "."]))
def test_a_planted_nik_and_phone_never_stay(
    before: str, nik: str, between: str, phone: str, after: str, mark: str
) -> None:
    written = mark.join((nik[:4], nik[4:8], nik[8:12], nik[12:]))
    text = mask(f"{before}{written} {between} hp {phone} {after}").text
    assert not any(character.isdecimal() for character in text)


@settings(max_examples=60)
@given(LETTERS, EMAIL, LETTERS)
def test_a_planted_email_never_stays(before: str, email: str, after: str) -> None:
    assert email not in mask(f"{before} {email} {after}").text


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    for module in pkgutil.iter_modules(shared.privacy.__path__):
        loaded = importlib.import_module(f"shared.privacy.{module.name}")
        for name, value in vars(loaded).items():
            if isinstance(value, re.Pattern):
                yield f"{module.name}.{name}", value


def endless_in_a_repeat(parsed: Any, inside: bool = False) -> bool:
    """Whether a repeat without an end that may give back stands inside another repeat."""
    if not isinstance(parsed, (list, tuple)) and not hasattr(parsed, "data"):
        return False
    for item in getattr(parsed, "data", parsed):
        if isinstance(item, tuple) and len(item) == 2 and str(item[0]).endswith("_REPEAT"):
            _, most, body = item[1]
            endless = str(most) == "MAXREPEAT"
            if endless and inside and str(item[0]) != "POSSESSIVE_REPEAT":
                return True
            if endless_in_a_repeat(body, inside or int(most) > 1):
                return True
        elif endless_in_a_repeat(item, inside):
            return True
    return False


def test_no_pattern_can_explode() -> None:
    parser = importlib.import_module("re._parser")
    assert endless_in_a_repeat(parser.parse(r"x(?:a*b)*"))
    assert not endless_in_a_repeat(parser.parse(r"x(?:a*+b)*c*"))
    found = dict(patterns())
    assert len(found) > 40
    assert [n for n, p in found.items() if endless_in_a_repeat(parser.parse(p.pattern))] == []


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
        "nol ",
        "a at b ",
        "alamat saya jl a ",
        "Siti Aminah, NIK ",
        "pak Budi dan Siti ",
        "081\n",
        "kt 12 ",
    ],
)
def test_a_long_text_is_linear_work(piece: str) -> None:
    # Counted, not timed, so that a busy machine does not fail it: four times the text, four times
    # the work. What happens inside a pattern is the matter of the test above.
    def work(size: int) -> int:
        text = (piece * size)[:size]
        return calls(lambda: mask(text, own_address="jl jl jl no 12", names=["Budi Santoso"]))

    work(500)
    assert work(4_000) < 5 * work(1_000)
