"""Conversations through the worker: what a message writes, what is answered, what is not told."""

import io
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from prometheus_client import REGISTRY, generate_latest
from sqlalchemy import func, select

from services.ingest.channels.arriving import Arriving
from services.ingest.channels.forgetting import KEPT, sweep_messages
from services.ingest.channels.message import HookRequest, Media, MediaKind, Message, Point
from services.ingest.channels.receiving import take
from services.ingest.channels.wiring import worker_of
from services.ingest.erasure import erase
from services.ingest.ports import Fetched
from services.ingest.sending.outgoing import Letter
from services.ingest.talks.rules import REMOVED
from services.ingest.tokens import issue_tokens
from services.ingest.tracking import CaseView, Due, Entry
from shared.contracts.enums import Channel, CitizenAct, Status
from shared.contracts.feedback import CitizenActed, FeedbackReceived
from shared.db.read import intake
from shared.db.tables import metadata
from shared.db.tables.ingest import ingest_acts, ingest_complaints, ingest_surveys
from shared.db.tables.messages import ingest_deliveries, ingest_messages, ingest_talks
from shared.ids import new_ticket
from shared.logs import configure
from tests import recorded
from tests.fakes.channels import FakeAdapter
from tests.intake_site import Site, open_site
from tests.recorded import telegram

BUDI, SITI = "+6281234567890", "+6281298765432"
MINUTE = timedelta(minutes=1)
CHANNELS = ("kannel", "telegram", "facebook")
SECRETS = {f"hook_{channel}_secrets": "x" for channel in CHANNELS}
VOICE = b"OggS" + bytes(22) + b"\x01\x13" + b"OpusHead\x01\x01" + bytes(9)
STREET = "Jalan Sudirman rusak di depan pasar"


class FakeMedia:
    """A provider whose files are what their reference says."""

    def fetch(self, channel: Channel, message: Message) -> Fetched:
        return Fetched(tuple(bytes.fromhex(media.reference) for media in message.media))


class Room:
    """A site with its worker, and citizens who write."""

    def __init__(self, site: Site) -> None:
        self.site, self.sent, self.swept = site, 0, 0
        self.worker = self._new_worker()

    def says(self, text: str = "", who: str = BUDI, **more: Any) -> list[str]:
        """Let somebody write; what is answered to it, as words."""
        self.sent += 1
        channel = more.pop("channel", Channel.KANNEL)
        values = {"provider_id": f"m-{self.sent}", "account": "1708", "sender": who, "text": text}
        before = max(self.letters(), default=0)
        call = HookRequest("POST", "", {}, (), b"", self.site.clock.now())
        take(self.site.receiving, FakeAdapter(channel, (Message(**values | more),)), call)
        self.worker.work_off()
        return [letter.text for row_id, letter in self.letters().items() if row_id > before]

    def restart(self) -> None:
        """A new worker, that knows nothing but the rows."""
        self.worker.stop()
        self.worker = self._new_worker()

    def _new_worker(self) -> Arriving:
        return worker_of(self.site.receiving.settings, self.site.deps, FakeMedia())

    def letters(self) -> dict[int, Letter]:
        """What is answered, by the row's id; an erasure empties the rows."""
        table = ingest_deliveries.c
        query = select(table.id, table.wrapped_key, table.sealed).order_by(table.id)
        with self.site.database.read() as conn:
            rows = conn.execute(query.where(table.sealed.is_not(None))).all()
        vault = self.site.vault
        return {row.id: Letter.opened(vault, row.wrapped_key, row.sealed) for row in rows}

    def rows(self) -> list[tuple[str, str | None]]:
        table = ingest_messages.c
        with self.site.database.read() as conn:
            query = select(table.state, table.outcome).order_by(table.id)
            return [(row.state, row.outcome) for row in conn.execute(query)]

    def assert_accounted(self) -> None:
        """By channel: what messages became is in the tables; of the rest no more than was swept."""
        row, became, gone = ingest_messages.c, {}, 0
        ends = select(row.channel, row.outcome, func.count()).where(row.state == "done")
        tables = {"complaint": ingest_complaints, "act": ingest_acts, "survey": ingest_surveys}
        with self.site.database.read() as conn:
            for channel, outcome, times in conn.execute(ends.group_by(row.channel, row.outcome)):
                assert outcome in {*tables, "talk", "joined", "erased"}
                became[channel, outcome] = times
            for outcome, table in tables.items():
                count = select(table.c.channel, func.count()).group_by(table.c.channel)
                for channel, times in conn.execute(count):
                    gone += times - became.get((channel, outcome), 0)
                    assert times >= became.pop((channel, outcome), 0), (channel, outcome)
        assert not [key for key in became if key[1] in tables]
        assert gone <= self.swept
        assert {state for state, _ in self.rows()} <= {"done", "triage"}

    def complaints(self) -> list[FeedbackReceived]:
        events = (event.data for event in self.site.events())
        return [data for data in events if isinstance(data, FeedbackReceived)]

    def acts(self) -> list[CitizenActed]:
        events = (event.data for event in self.site.events())
        return [data for data in events if isinstance(data, CitizenActed)]

    def opens(self, text: str = f"LAPOR {STREET}", who: str = BUDI, **more: Any) -> tuple[str, str]:
        """File a report; its ticket and code as they stand in the answer."""
        [answer] = self.says(text, who, **more)
        found = re.search(r"(\w{4}-\w{4}).*kode (\w{6})", answer)
        assert found is not None, answer
        return found[1], found[2]

    def stands(self, ticket: str, status: Status, *allowed: CitizenAct) -> None:
        """Let desk have the case at that status."""
        asked = [Entry(self.site.clock.now(), "asked", "handler", text="Di RT berapa?")]
        self.site.cases.views[ticket] = CaseView(
            status,
            "paser/dpupr",
            Due(),
            asked if CitizenAct.ANSWER in allowed else [],
            "Di RT berapa?" if CitizenAct.ANSWER in allowed else None,
            frozenset({CitizenAct.ADD, *allowed}),
        )


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Room]:
    accounts = {channel: {"*": "paser"} for channel in CHANNELS}
    hooks = {"channel_accounts": accounts, **SECRETS}
    with open_site(database_url, tmp_path, hooks=hooks, tracking_guesses=2) as site:
        made = Room(site)
        yield made
        made.assert_accounted()


def photo() -> str:
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "olive").save(out, "JPEG")
    return out.getvalue().hex()


def test_a_conversation_becomes_one_case_with_what_follows(room: Room) -> None:
    assert room.says("Assalamualaikum min")[0].startswith("Kirim: LAPOR")
    ticket, code = room.opens("Jalan di Desa Janju rusak parah")
    assert room.says("sudah tiga bulan") == []
    room.site.clock.advance(9 * MINUTE)
    assert room.says(media=(Media(MediaKind.IMAGE, photo()),)) == []
    room.site.clock.advance(11 * MINUTE)
    assert room.says("lampu di Jalan Sudirman mati")[0].startswith("Laporan")
    first, second = room.complaints()
    assert (first.ticket, first.channel, first.region) == (ticket, Channel.KANNEL, "paser")
    assert first.has_contact
    assert second.ticket != ticket
    acts = [(act.ticket, act.act, act.text, act.files) for act in room.acts()]
    assert acts == [(ticket, "add", "sudah tiga bulan", 0), (ticket, "add", None, 1)]
    assert [outcome for _, outcome in room.rows()] == [
        "talk",
        "complaint",
        "act",
        "act",
        "complaint",
    ]
    # The tracking page opens with what the SMS said, and the answer can go back where it came from.
    page = room.site.client.get(f"/api/v1/complaints/{ticket}", params={"code": code})
    assert page.status_code == 200
    with room.site.database.read() as conn:
        identity = intake.open_identity(conn, room.site.vault, ticket)
    assert identity == intake.Identity(phone=BUDI, address=BUDI, account="1708")


def test_a_repeated_message_is_handled_once(room: Room) -> None:
    room.says(STREET, provider_id="same")
    assert room.says(STREET, provider_id="same") == []
    assert room.says(f"LAPOR {STREET}")[0].startswith("Laporan ini sudah kami terima")
    assert len(room.complaints()) == 1
    assert len(room.rows()) == 2


def test_only_the_number_that_filed_is_told_or_the_code(room: Room) -> None:
    ticket, code = room.opens()
    room.stands(ticket, Status.DIPROSES)
    told = f"{ticket}: sedang dikerjakan (DPUPR)."
    assert room.says(f"CEK {ticket}") == [told]
    refused = room.says(f"CEK {ticket}", SITI)
    assert refused == room.says(f"CEK {new_ticket()}", SITI)
    assert refused[0].startswith("Tiket tidak ditemukan")
    assert room.says(f"BALAS {ticket} bukan saya", SITI)[0].startswith("Tiket tidak ditemukan")
    assert room.says(f"CEK {ticket} {code}", SITI) == [told]
    assert room.says(f"BALAS {ticket} {code} saya tetangganya", SITI)[0].startswith("Terima kasih")
    assert [act.text for act in room.acts()] == ["saya tetangganya"]
    for _ in range(2):
        room.says(f"CEK {ticket} AAAAAA", SITI)
    assert room.says(f"CEK {ticket} {code}", SITI)[0].startswith("Terlalu banyak kode")
    assert room.says(f"CEK {ticket}") == [told]


def test_words_act_on_the_case_as_it_stands(room: Room) -> None:
    says = partial(room.says, who="812345678", channel=Channel.TELEGRAM)
    ticket, _ = room.opens(who="812345678", channel=Channel.TELEGRAM)
    room.site.clock.advance(60 * MINUTE)
    room.stands(ticket, Status.DIPROSES, CitizenAct.ANSWER)
    assert f"BALAS {ticket}" in says("CEK")[0]
    assert says("di RT 02")[0].startswith("Terima kasih, jawaban")
    room.stands(ticket, Status.SELESAI, CitizenAct.RATE, CitizenAct.NOT_DONE)
    with room.site.database.write() as conn:
        room.swept += sweep_messages(conn, room.site.clock.now() + 2 * KEPT)
    assert says(f"belum selesai {ticket}")[0].startswith("Kami teruskan")
    assert says("NILAI 5")[0].startswith("Terima kasih, nilai")
    acts = [(act.act, act.text, act.score) for act in room.acts()]
    assert acts == [
        ("answer", "di RT 02", None),
        ("not_done", "Warga menyatakan masalahnya belum selesai.", None),
        ("rate", None, 5),
    ]
    erase(room.site.database, room.site.store, room.site.clock, ticket, by="uji", reason="uji")
    assert says(f"BALAS {ticket} lagi")[0].startswith("Tiket tidak ditemukan")
    assert says("lampu di Jalan Mawar mati")[0].startswith("Laporan")


def test_a_survey_goes_on_after_a_restart_and_counts_once(room: Room) -> None:
    site = room.site
    [token, other] = issue_tokens(site.database, site.vault, site.clock, "paser/dinkes", 2)
    assert "1/9 Persyaratan" in room.says(f"SURVEI {token}")[0]
    assert "3/9 Waktu" in room.says("3 4")[0]
    assert "1/9" in room.says(f"survey {other.lower()}")[0]
    room.restart()
    assert "3/9 Waktu" in room.says(f"SURVEI {token}")[0]
    assert room.says("9")[0].startswith("Balas angka 1-4 saja. 3/9")
    [done] = room.says("3443 444")
    assert re.search(r"Bukti: S-\w{4}-\w{4}", done)
    assert room.says(f"SURVEI {token}", SITI)[0].startswith("Kode survei ini sudah dipakai")
    assert room.says(f"SURVEI {other} 343444343", SITI)[0].startswith("Terima kasih")
    surveys = room.complaints()
    assert [len(survey.answers or {}) for survey in surveys] == [9, 9]
    assert all(survey.token_used and survey.opd_asked == "paser/dinkes" for survey in surveys)
    assert list((surveys[0].answers or {}).values()) == [3, 4, 3, 4, 4, 3, 4, 4, 4]


def test_stop_ends_notices_and_questions_until_mulai(room: Room) -> None:
    def stopped() -> bool:
        with room.site.database.read() as conn:
            return conn.execute(select(ingest_talks.c.stopped_at)).scalar_one() is not None

    assert room.says("STOP")[0].startswith("Anda tidak akan")
    assert stopped()
    assert "Di mana" not in room.says("LAPOR jalan rusak")[0]
    assert room.says("mulai")[0].startswith("Anda akan menerima")
    assert not stopped()


def test_the_kabupaten_is_asked_and_the_next_message_tells_it(
    database_url: str, tmp_path: Path
) -> None:
    with open_site(database_url, tmp_path, hooks=SECRETS) as site:
        room = Room(site)
        assert "kabupaten mana" in room.says(STREET)[0]
        assert room.says("sudah lama rusaknya") == []
        assert room.rows() == [("triage", None), ("triage", None)]
        [answer] = room.says("Kutai Timur pak")
        assert answer.startswith("Laporan")
        assert [outcome for _, outcome in room.rows()] == ["complaint", "act", "talk"]
        [complaint] = room.complaints()
        assert (complaint.region, complaint.text) == ("kutim", STREET)
        assert room.says("LAPOR MIMIKA banjir di Jalan Cenderawasih", SITI)
        assert room.complaints()[-1].region == "mimika"


def test_one_question_is_asked_and_its_answer_joins(room: Room) -> None:
    [answer] = room.says("LAPOR jalan rusak parah")
    assert answer.endswith("Di mana tempatnya? Tulis desa dan jalannya.")
    room.site.clock.advance(60 * MINUTE)
    assert room.says("Desa Janju")[0].startswith("Terima kasih, ditambahkan")
    voice_note = (Media(MediaKind.AUDIO, VOICE.hex()), Media(MediaKind.VIDEO, "00"))
    [asked] = room.says("", SITI, media=voice_note, point=Point(-1.9, 116.2, "Pasar"))
    assert asked.endswith("Apa yang terjadi, dan di mana?")
    voice = room.complaints()[-1]
    assert voice.text.startswith("(Tanpa keterangan: pesan suara, video, lokasi di peta)")
    assert voice.text.endswith("(1 lampiran tidak dapat disimpan)")
    with room.site.database.read() as conn:
        assert [file.media_type for file in intake.files_of(conn, voice.ticket or "")] == [
            "audio/ogg"
        ]
    assert voice.location is not None
    assert (voice.location.lat, voice.location.address) == (-1.9, "Pasar")
    room.site.clock.advance(60 * MINUTE)
    room.says("lampu mati", SITI)
    assert [act.text for act in room.acts()] == ["Desa Janju", "lampu mati"]


def test_a_comment_is_answered_privately_and_may_be_taken_back(room: Room) -> None:
    comment: dict[str, Any] = {"public": True, "thread": "c-1", "account": "page"}
    says = partial(room.says, who="u-1", channel=Channel.FACEBOOK)
    [private] = says(STREET, provider_id="c-1", **comment)
    assert re.search(r"\w{4}-\w{4}", private)
    assert list(room.letters().values())[-1].thread == "c-1"
    # Someone else's removal of it, and their answer to it, are not the author's.
    gone: dict[str, Any] = {"removed": True, "replies_to": "c-1", **comment}
    assert says("", who="u-2", **gone) == []
    assert room.acts() == []
    assert says("", **gone) == []
    assert [act.text for act in room.acts()] == [REMOVED]


def test_a_new_wording_goes_where_the_message_went(room: Room) -> None:
    """By Telegram's own calls: an edit names the chat's number of the message, no update."""
    posted = 0

    def says(kind: str, text: str, number: int = 11) -> None:
        nonlocal posted
        posted += 1
        content = telegram.message(text=text, message_id=number, date=int(now.timestamp()))
        call = telegram.update(kind, content, posted)
        [item] = recorded.read(Channel.TELEGRAM, call)
        take(room.site.receiving, FakeAdapter(Channel.TELEGRAM, (item,)), call)
        room.worker.work_off()

    now = room.site.clock.now()
    says("message", f"LAPOR {STREET}")
    says("edited_message", f"LAPOR {STREET}, RT 02")
    says("message", f"LAPOR {STREET}")  # the same again, under another number of the update
    room.site.clock.advance(60 * MINUTE)
    says("edited_message", f"LAPOR RAHASIA {STREET}: lurah minta uang")
    says("edited_message", "lurah minta uang")
    first, *apart = room.complaints()
    assert [(case.text, case.confidential) for case in apart] == [
        (f"{STREET}: lurah minta uang", True),
        ("lurah minta uang", False),
    ]
    assert [(act.ticket, act.text) for act in room.acts()] == [
        (first.ticket, f"LAPOR {STREET}, RT 02")
    ]
    says("edited_message", "LAPOR banjir", number=12)
    assert len(room.complaints()) == 4, "what it rewords is unknown"


def test_a_picture_of_an_album_is_known_by_what_the_album_became(room: Room) -> None:
    says = partial(room.says, who="7", channel=Channel.TELEGRAM)
    for name, text in (("a-1", f"LAPOR {STREET}"), ("a-2", "")):
        picture = Media(MediaKind.IMAGE, photo())
        assert says(text, provider_id=name, group="a", media=(picture,)) == []
    room.site.clock.advance(MINUTE)
    room.worker.work_off()
    room.site.clock.advance(60 * MINUTE)
    assert says("LAPOR RT 02", replies_to="a-2", edited=True) == []
    [complaint], [act] = room.complaints(), room.acts()
    assert (act.ticket, act.text) == (complaint.ticket, "LAPOR RT 02")


def test_a_wording_that_tells_the_kabupaten_comes_behind_what_it_rewords(
    database_url: str, tmp_path: Path
) -> None:
    with open_site(database_url, tmp_path, hooks=SECRETS) as site:
        room = Room(site)
        says = partial(room.says, who="7", channel=Channel.TELEGRAM)
        assert "kabupaten mana" in says(f"LAPOR {STREET}", provider_id="t-1")[0]
        assert says(f"LAPOR {STREET}, RT 02", replies_to="t-1", edited=True) == []
        assert room.rows() == [("triage", None), ("triage", None)]
        [answer] = says(f"LAPOR MIMIKA {STREET}, RT 03", replies_to="t-1", edited=True)
        assert answer.startswith("Laporan")
        assert [outcome for _, outcome in room.rows()] == ["complaint", "act", "act"]
        [complaint] = room.complaints()
        assert (complaint.region, complaint.text) == ("mimika", STREET)


def test_a_flood_opens_few_cases_and_is_answered_once(database_url: str, tmp_path: Path) -> None:
    hooks = {"channel_accounts": {"kannel": {"1708": "paser"}}, **SECRETS}
    with open_site(database_url, tmp_path, hooks=hooks, intake_per_minute=2) as site:
        room = Room(site)
        answers = [room.says(f"LAPOR lampu nomor {n} di Jalan Mawar mati") for n in range(5)]
        assert [len(answer) for answer in answers] == [1, 1, 1, 0, 0]
        assert answers[2][0].startswith("Pesan Anda banyak sekali")
        assert len(room.complaints()) == 2
        assert len(room.acts()) == 3


NAME, STREET_OF_HERS, OTHER_PHONE = "Zubaidah Kusumawardhani", "Gang-Rahasia-77", "081355566677"
SECRET = f"LAPOR RAHASIA saya {NAME}, hubungi {OTHER_PHONE}: lurah {STREET_OF_HERS} minta uang"


def test_nothing_a_citizen_writes_is_logged_or_told_again(
    room: Room, capfd: pytest.CaptureFixture[str]
) -> None:
    previous = logging.getLogger().handlers[:]
    configure("ingest", "DEBUG")
    try:
        ticket, code = room.opens(SECRET, SITI, name=NAME)
        room.stands(ticket, Status.DIPROSES, CitizenAct.ANSWER)
        for text, who in (
            (f"CEK {ticket}", SITI),
            (f"ini {NAME}", SITI),
            (f"CEK {ticket} {code}", BUDI),
        ):
            assert len(room.says(text, who)) == 1
    finally:
        logging.getLogger().handlers[:] = previous
    told = "\n".join(letter.text for letter in room.letters().values())
    assert "DPUPR" not in told, "a confidential case names no office"
    stored = "\n".join(
        bytes(value).decode("latin-1") if isinstance(value, bytes) else str(value)
        for value in all_values(room.site)
    )
    seen = {"logs": "".join(capfd.readouterr()), "metrics": generate_latest(REGISTRY).decode()}
    for secret in (NAME, "Zubaidah", OTHER_PHONE, SITI, SITI.lstrip("+")):
        for place, text in (seen | {"database": stored, "answers": told}).items():
            assert secret not in text, (place, secret)
    for secret in (STREET_OF_HERS, code):
        assert secret not in seen["logs"] + seen["metrics"]
    assert code not in stored
    assert STREET_OF_HERS not in told
    assert "message_handled" in seen["logs"]


def all_values(site: Site) -> Iterator[object]:
    with site.database.read() as conn:
        for table in metadata.sorted_tables:
            if not table.name.startswith(("desk_regions", "desk_opds")):
                for row in conn.execute(select(table)):
                    yield from row
