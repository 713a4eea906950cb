"""What the first word of a message means, as people type it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.talks import hints, keywords
from services.ingest.talks.tones import tone_of, words_of
from services.ingest.talks.tongues import language_of
from services.ingest.talks.values import Said, Tone, Unclear, Word
from shared.contracts.enums import Language
from shared.db.read.directory import directory_of_seed
from shared.ids import check_symbol

BODY = "7KQ42MX"
TICKET = f"7KQ4-2MX{check_symbol(BODY)}"
PLAIN = TICKET.replace("-", "")
WRONG = PLAIN[:-1] + ("A" if PLAIN[-1] != "A" else "F")
CODE = "AHJ234"
DIRECTORY = directory_of_seed()
CODES = {code: region.code for region in DIRECTORY.regions for code in region.sms_codes}


def read(text: str) -> Said:
    return keywords.read(text, CODES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LAPOR jalan rusak", "jalan rusak"),
        ("lapor: jalan rusak", "jalan rusak"),
        ("  Lapor,jalan rusak", "jalan rusak"),
        ("LAPOR#jalan rusak", "jalan rusak"),
        ("/lapor@paser_bot jalan rusak", "jalan rusak"),
        ("@pemkabpaser lapor jalan rusak", "jalan rusak"),
        ("#lapor jalan rusak", "jalan rusak"),
        ("\uff2c\uff21\uff30\uff2f\uff32\u3000jalan rusak", "jalan rusak"),  # full width
        ("laporan: jalan rusak", "jalan rusak"),
        ("LAPOR\njalan rusak\nsudah lama", "jalan rusak\nsudah lama"),
    ],
)
def test_lapor_is_read_however_it_is_typed(text: str, expected: str) -> None:
    assert read(text) == Said(expected, Word.REPORT)


@pytest.mark.parametrize(
    "text",
    [
        "laporan saya kemarin bagaimana",
        "cek bansos kapan turun",
        "cek jalan depan rumah saya rusak parah",
        "stop buang sampah di sungai dong",
        "selesai kerja bakti sampahnya ditinggal",
        "belum 3 hari ini air mati",
        "belum ada perbaikan",
        "nilai ijazah anak saya salah 3",
        "bantuan sosial belum cair",
        "info loker dari disnaker bohong",
        "survei harga pasar tidak jujur",
        "mulai kemarin lampu mati",
        "Jalan rusak",
        "12345",
        "",
    ],
)
def test_an_ordinary_sentence_has_no_word(text: str) -> None:
    assert read(text) == Said(text)


@pytest.mark.parametrize(
    ("text", "region", "rest", "word"),
    [
        ("PASER jalan rusak", "paser", "jalan rusak", Word.REPORT),
        ("paser: jalan rusak", "paser", "jalan rusak", Word.REPORT),
        ("LAPOR PASER jalan rusak", "paser", "jalan rusak", Word.REPORT),
        ("lapor kutim#banjir", "kutim", "banjir", Word.REPORT),
        ("TIMIKA", "mimika", "", Word.REPORT),
        # Codes are names of places, too: nothing is cut off an ordinary sentence.
        ("Sangatta utara banjir", "kutim", "Sangatta utara banjir", None),
        ("SANGATTA UTARA BANJIR", "kutim", "SANGATTA UTARA BANJIR", None),
        ("lapor Sangatta utara banjir", "kutim", "Sangatta utara banjir", Word.REPORT),
    ],
)
def test_the_code_of_a_region_opens_a_report(
    text: str, region: str, rest: str, word: Word | None
) -> None:
    found = read(text)
    assert (found.region, found.text, found.word) == (region, rest, word)


def test_secret_reports_are_asked_for_by_one_word() -> None:
    assert read("LAPOR RAHASIA kepala desa pungli").confidential
    assert read("lapor anonim: kepala desa pungli") == Said(
        "kepala desa pungli", Word.REPORT, anonymous=True
    )


@pytest.mark.parametrize(
    ("text", "word", "code"),
    [
        (f"CEK {TICKET}", Word.CHECK, None),
        (f"cek {PLAIN.lower()}", Word.CHECK, None),
        (f"Cek tiket no. {PLAIN[:2]} {PLAIN[2:5]} {PLAIN[5:]}", Word.CHECK, None),
        (f"cek#{PLAIN[:4]}.{PLAIN[4:]} {CODE}", Word.CHECK, CODE),
        (f"CEK {TICKET} kode {CODE[:3]} {CODE[3:].lower()}", Word.CHECK, CODE),
        (TICKET, Word.CHECK, None),
        (f"{TICKET} {CODE}", Word.CHECK, CODE),
        (f"SELESAI {TICKET}", Word.DONE, None),
        (f"belum selesai {PLAIN}", Word.NOT_DONE, None),
        (f"BELUM {TICKET} {CODE}", Word.NOT_DONE, CODE),
    ],
)
def test_a_ticket_is_found_however_it_is_written(text: str, word: Word, code: str | None) -> None:
    found = read(text)
    assert (found.word, found.ticket, found.code) == (word, TICKET, code)


def test_what_follows_the_ticket_is_kept_as_written() -> None:
    assert read(f"BALAS {TICKET} Sudah, di RT 02!").rest == "Sudah, di RT 02!"
    coded = read(f"BALAS {TICKET} {CODE} sudah di RT 02")
    assert (coded.code, coded.text, coded.rest) == (
        CODE,
        "sudah di RT 02",
        f"{CODE} sudah di RT 02",
    )


@pytest.mark.parametrize("word", ["CEK", "BALAS", "SELESAI", "BELUM", "NILAI"])
def test_a_typing_error_in_the_ticket_is_told_and_guesses_nothing(word: str) -> None:
    for ticket in (WRONG, f"{WRONG[:4]}-{WRONG[4:]}", PLAIN[:-1]):
        found = read(f"{word} {ticket}")
        assert found.word is not None
        assert (found.ticket, found.mistyped) == (None, True)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        (f"NILAI {TICKET} 5", 5),
        (f"nilai {PLAIN}: 4 bintang", 4),
        (f"NILAI {TICKET} {CODE} 3", 3),
        (f"NILAI {TICKET} lima", 5),
        ("NILAI 2", 2),
        (f"NILAI {TICKET} 9", 0),
        (f"NILAI {TICKET}", None),
    ],
)
def test_a_rating_is_a_digit_from_1_to_5(text: str, score: int | None) -> None:
    assert (read(text).word, read(text).score) == (Word.RATE, score)


@pytest.mark.parametrize(
    "text", [f"SURVEI K-{TICKET}", f"survey k{PLAIN.lower()}", f"SKM kode K {PLAIN}"]
)
def test_a_visit_token_is_found(text: str) -> None:
    assert read(text).token == f"K-{TICKET}"
    assert read(f"{text} 343").text == "343"


def test_a_survey_without_its_token_is_told_how() -> None:
    for text in ("SURVEI", f"SURVEI K-{WRONG[:4]}-{WRONG[4:]}", f"survei {WRONG}"):
        assert (read(text).word, read(text).token, read(text).mistyped) == (Word.SURVEY, None, True)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("STOP", Word.STOP),
        ("stop.", Word.STOP),
        ("Berhenti pak", Word.STOP),
        ("MULAI", Word.START),
        ("/start", Word.START),
        ("bantuan", Word.HELP),
        ("HELP!", Word.HELP),
    ],
)
def test_words_that_stand_alone(text: str, word: Word) -> None:
    assert read(text).word is word


@pytest.mark.parametrize(
    ("text", "tone"),
    [
        ("assalamualaikum", Tone.GREETING),
        ("Assalamu'alaikum Wr. Wb. min", Tone.GREETING),
        ("p", Tone.GREETING),
        ("P", Tone.GREETING),
        ("halo min", Tone.GREETING),
        ("selamat pagi pak, saya mau lapor", Tone.GREETING),
        ("sugeng enjing pak", Tone.GREETING),
        ("kulo nuwun", Tone.GREETING),
        ("halo cil, ulun handak batakun", Tone.GREETING),
        ("Good morning sir, I want to report", Tone.GREETING),
        ("\U0001f64f\U0001f64f", Tone.NOTHING),
        ("??", Tone.NOTHING),
        ("", Tone.NOTHING),
        ("makasih banyak min", Tone.THANKS),
        ("matur nuwun", Tone.THANKS),
        ("ok", Tone.ASSENT),
        ("iya sudah pak", Tone.ASSENT),
        ("halo min jalan rusak", None),
        ("tolong", None),
        ("lampu", None),
        ("selamat pagi " * 20, None),
    ],
)
def test_courtesies_are_told_from_matters(text: str, tone: Tone | None) -> None:
    assert tone_of(text) is tone


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Jalan di depan rumah saya rusak", Language.IND),
        ("Banyu leding kada jalan hudah talu hari, pian tolong", Language.BJN),
        ("Dalane rusak banget, iki wis suwe ora didandani", Language.JAV),
        ("The street light near my house is broken", Language.ENG),
        ("pasar", None),
        ("", None),
    ],
)
def test_the_language_of_an_answer_is_the_citizens(text: str, language: Language | None) -> None:
    assert language_of(words_of(text)) is language


@pytest.mark.parametrize(
    ("text", "unclear"),
    [
        ("Jalan rusak parah sekali", Unclear.PLACE),
        ("Jalan Sudirman rusak parah", None),
        ("jalan rusak di depan pasar senaken", None),
        ("KTP saya sudah tiga bulan belum jadi", None),
        ("Sampah menumpuk di Desa Janju", None),
        ("pelayanannya lambat sekali", Unclear.BOTH),
        ("petugas di Desa Janju tidak ramah", Unclear.AGENCY),
    ],
)
def test_what_a_report_leaves_open(text: str, unclear: Unclear | None) -> None:
    assert hints.unclear_in(text, DIRECTORY.opds("paser"), placed=False) is unclear


def test_a_point_on_the_map_is_a_place() -> None:
    assert hints.unclear_in("Jalan rusak", DIRECTORY.opds("paser"), placed=True) is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Paser", ("paser", True)),
        ("kabupaten paser pak", ("paser", True)),
        ("saya di Kutai Timur", ("kutim", True)),
        ("penajam paser utara", ("ppu", True)),
        ("Paser, lampu mati di Jalan Sudirman", ("paser", False)),
        ("Paser atau Mimika", (None, False)),
        ("Jakarta", (None, False)),
    ],
)
def test_the_region_that_a_text_names(text: str, named: tuple[str | None, bool]) -> None:
    assert hints.named_region(text, DIRECTORY.regions) == named


def test_a_ticket_in_the_middle_of_a_text_is_found() -> None:
    text = f"laporan saya {PLAIN.lower()} dan {WRONG} belum ada kabar"
    assert keywords.tickets_in(text) == (TICKET,)


@given(st.text(max_size=300) | st.text("LAPORCEKBLSUVI 7KQ42MX-:#@/_\n", max_size=200))
def test_any_text_is_read(text: str) -> None:
    cleaned = keywords.clean(text)
    said = keywords.read(cleaned, CODES)
    assert said.word is not None or said.text == cleaned
    keywords.tickets_in(cleaned)
    tone_of(cleaned)
    hints.unclear_in(cleaned, DIRECTORY.opds("paser"), placed=False)
    hints.named_region(cleaned, DIRECTORY.regions)
    hints.speaks_of_earlier(cleaned)


def test_long_texts_of_one_kind_take_no_time() -> None:
    for piece in ("A", "7", " ", "no ", "-", "@a ", "K-", "laporan ", "7KQ4 ", "\u0301", "_"):
        for lead in ("", "CEK "):
            text = (lead + piece * 20_000)[:20_000]
            keywords.read(text, CODES)
            keywords.tickets_in(text)
            hints.unclear_in(text, DIRECTORY.opds("paser"), placed=False)
            hints.speaks_of_earlier(text)
