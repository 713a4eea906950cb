"""Stored messages are handled once and in order, whatever dies, fails or comes twice."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

from services.ingest.channels.arriving import RETRIES, Arriving, Working
from services.ingest.channels.joining import turns
from services.ingest.channels.message import (
    HookRequest,
    Item,
    Media,
    MediaKind,
    Message,
    Part,
)
from services.ingest.channels.receiving import take
from services.ingest.channels.waiting import of_sender, ready_senders
from services.ingest.ports import Arrived, Became, Fetched, Handled
from shared.contracts.enums import Channel
from shared.db.statements import insert_new
from shared.db.tables.messages import ingest_messages, ingest_talks
from shared.errors import TransientError
from tests.fakes.channels import FakeAdapter
from tests.intake_site import FakeRelay, Site, open_site

BUDI, SITI = "+6281200000001", "+6281200000002"


class FakeTalk:
    """Remembers what it was handed; every message opens a complaint, unless told otherwise."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, str | None]] = []
        self.arrived: list[Arrived] = []
        self.poison: set[str] = set()
        self.away = 0

    def __call__(self, conn: Connection, message: Message, arrived: Arrived) -> Handled:
        if self.away:
            self.away -= 1
            raise TransientError("file store")
        talk: dict[str, Any] = {
            "sender_hash": arrived.sender_hash,
            "channel": arrived.channel.value,
            "heard_at": arrived.received_at,
            "progress": {},
        }
        insert_new(conn, ingest_talks, [talk], "sender_hash")
        if message.text in self.poison:
            raise ValueError(message.text)
        region = arrived.region
        if region is None and message.text.lower() == "kukar":
            conn.execute(
                update(ingest_talks)
                .where(ingest_talks.c.sender_hash == arrived.sender_hash)
                .values(region="kukar")
            )
            return Handled(Became.TALK)
        if region is None:
            return Handled(Became.TRIAGE)
        self.heard.append((message.sender, message.text, region))
        self.arrived.append(arrived)
        return Handled(Became.COMPLAINT, f"T-{len(self.heard)}")


class FakeMedia:
    """A provider whose files come at the third try."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures

    def fetch(self, channel: Channel, message: Message) -> Fetched:
        if self.failures:
            self.failures -= 1
            raise TransientError("not yet")
        return Fetched(tuple(item.reference.encode() for item in message.media))


class Post:
    """A site, its worker and the messages a test sends in."""

    def __init__(self, site: Site) -> None:
        self.site, self.talk, self.media = site, FakeTalk(), FakeMedia()
        self.sent = 0

    def worker(self) -> Arriving:
        site, poke = self.site, FakeRelay()
        working = Working(
            site.receiving.settings,
            site.database,
            site.deps.writer,
            site.vault,
            site.clock,
            site.deps.directory,
            self.talk,
            self.media,
            poke,
            poke,
        )
        return Arriving(working)

    def arrives(self, *texts: str, sender: str = BUDI, **more: Any) -> None:
        self.takes(*(self.message(text, sender=sender, **more) for text in texts))

    def message(self, text: str, **more: Any) -> Message:
        self.sent += 1
        values = {"provider_id": f"m-{self.sent}", "account": "1708", "sender": BUDI, "text": text}
        return Message(**values | more)

    def takes(self, *items: Item) -> None:
        adapter = FakeAdapter(Channel.KANNEL, items)
        call = HookRequest("POST", "", {}, (), b"", self.site.clock.now())
        take(self.site.receiving, adapter, call)

    def works(self, after: timedelta = timedelta()) -> None:
        self.site.clock.advance(after)
        worker = self.worker()
        try:
            worker.work_off()
        finally:
            worker.stop()

    def rows(self) -> list[tuple[str, str | None, str | None]]:
        table = ingest_messages.c
        query = select(table.state, table.outcome, table.reference).order_by(table.id)
        with self.site.database.read() as conn:
            return [(row.state, row.outcome, row.reference) for row in conn.execute(query)]

    def assert_accounted(self) -> None:
        """Every accepted message is one of the known ends, and what is handled is not kept."""
        table = ingest_messages.c
        done = select(func.count()).where(table.state == "done", table.sealed.is_not(None))
        with self.site.database.read() as conn:
            assert conn.execute(done).scalar_one() == 0
        ends = {"complaint", "act", "survey", "talk", "joined"}
        for state, outcome, _ in self.rows():
            assert outcome in ends if state == "done" else state in {"waiting", "triage", "dead"}


@pytest.fixture
def post(database_url: str, tmp_path: Path) -> Iterator[Post]:
    hooks = {"hook_kannel_secrets": "x", "channel_accounts": {"kannel": {"1708": "paser"}}}
    with open_site(database_url, tmp_path, hooks=hooks) as site:
        made = Post(site)
        yield made
        made.assert_accounted()


def test_messages_are_handled_once_in_the_order_of_each_sender(post: Post) -> None:
    post.arrives("satu", "dua")
    post.arrives("lain", sender=SITI)
    post.arrives("tiga")
    repeated = Message(provider_id="m-1", account="1708", sender=BUDI, text="satu")
    post.takes(repeated, repeated)
    post.works()
    post.works()
    heard = post.talk.heard
    assert [text for who, text, _ in heard if who == BUDI] == ["satu", "dua", "tiga"]
    assert len(heard) == 4
    assert {region for _, _, region in heard} == {"paser"}
    assert {row[:2] for row in post.rows()} == {("done", "complaint")}


def test_parts_come_in_any_order_and_late_ones_are_a_message_of_their_own(post: Post) -> None:
    def part(text: str, number: int, reference: str = "7") -> Message:
        return post.message(text, part=Part(reference, number, 3))

    post.takes(part("rusak", 3))
    post.takes(part("Jalan ", 1))
    post.works()
    assert post.talk.heard == []
    post.arrives("sesudahnya")
    post.takes(part("pasar ", 2), part("Lampu", 1, "8"))
    post.works()
    assert [text for _, text, _ in post.talk.heard] == ["Jalan pasar rusak", "sesudahnya"]
    post.works(timedelta(minutes=6))
    assert post.talk.heard[-1][1] == "Lampu […]"
    post.takes(part("mati", 2, "8"))
    post.works(timedelta(minutes=6))
    assert post.talk.heard[-1][1] == "[…] mati […]"
    assert [row[1] for row in post.rows()].count("joined") == 2


def test_a_poisoned_message_dies_alone_and_its_sender_goes_on(post: Post) -> None:
    post.talk.poison = {"racun"}
    post.arrives("awal", "racun", "akhir")
    post.arrives("lain", sender=SITI)
    post.works()
    assert sorted(text for _, text, _ in post.talk.heard) == ["awal", "lain"]
    for wait in RETRIES:
        post.works(wait)
    assert [text for _, text, _ in post.talk.heard][-1] == "akhir"
    assert post.rows()[1] == ("dead", None, "ValueError")
    with post.site.database.read() as conn:
        assert conn.execute(select(func.count(ingest_messages.c.sealed))).scalar_one() == 1


def test_a_store_that_is_away_costs_no_attempt(post: Post) -> None:
    post.arrives("satu")
    post.talk.away = 5
    for _ in range(5):
        with pytest.raises(TransientError):
            post.works()
    post.works()
    assert post.rows() == [("done", "complaint", "T-1")]


def test_without_a_region_messages_wait_until_the_citizen_tells_it(post: Post) -> None:
    post.arrives("jalan rusak", account="lain")
    post.arrives("parah sekali", account="lain")
    post.works()
    assert [row[0] for row in post.rows()] == ["triage", "triage"]
    post.arrives("Kukar", account="lain")
    post.works()
    assert post.talk.heard == [(BUDI, "jalan rusak", "kukar"), (BUDI, "parah sekali", "kukar")]


def test_a_worker_that_dies_inside_a_message_leaves_nothing_half_done(post: Post) -> None:
    post.arrives("satu")
    killed = post.worker()
    post.talk.poison = {"satu"}
    killed.work_off()
    killed.stop()
    with post.site.database.read() as conn:
        assert conn.execute(select(ingest_talks)).all() == []
    post.talk.poison = set()
    post.works(RETRIES[0])
    assert post.rows() == [("done", "complaint", "T-1")]


def test_two_workers_handle_a_message_once_even_when_the_lease_is_lost(post: Post) -> None:
    post.arrives("satu")
    first, second = post.worker(), post.worker()
    assert first._lease.acquire(post.site.clock.now())
    second.work_off()
    assert post.talk.heard == []
    with post.site.database.read() as conn:
        [sender] = ready_senders(conn, post.site.clock.now(), 1)
        kept = {one.piece.row_id: one for one in of_sender(conn, sender)}
    first.work_off()
    # The second had read the message before the first was done with it.
    [turn] = turns([one.piece for one in kept.values()], post.site.clock.now())
    assert not second._take(turn, kept)
    first.stop()
    second.stop()
    assert len(post.talk.heard) == 1
    assert post.rows() == [("done", "complaint", "T-1")]


def test_files_are_waited_for_but_not_for_ever(post: Post) -> None:
    photo = Media(MediaKind.IMAGE, "foto")
    post.media.failures = 2
    post.takes(post.message("lubang", media=(photo,)))
    post.works()
    post.works(timedelta(seconds=5))
    assert post.talk.heard == []
    post.works(timedelta(minutes=1))
    assert post.talk.arrived[-1].files == (b"foto",)
    post.media.failures = 99
    post.takes(post.message("lagi", media=(photo,)))
    for wait in (0, 5, 60, 300):
        post.works(timedelta(seconds=wait))
    last = post.talk.arrived[-1]
    assert (len(last.files), last.missing) == (0, 1)


def test_the_thread_picks_up_what_comes_and_what_was_left(post: Post) -> None:
    post.arrives("sebelum mulai")
    done = Barrier(2)

    def heard(conn: Connection, message: Message, arrived: Arrived) -> Handled:
        handled = FakeTalk.__call__(talk, conn, message, arrived)
        if len(talk.heard) in (1, 3):
            Thread(target=done.wait, args=(10,), daemon=True).start()
        return handled

    talk = post.talk
    worker = post.worker()
    object.__setattr__(worker._working, "converse", heard)
    worker.start()
    done.wait(10)
    post.arrives("satu", "dua")
    worker.poke()
    done.wait(10)
    worker.stop()
    assert {row[0] for row in post.rows()} == {"done"}


def test_the_providers_time_is_told_where_clocks_may_start_at_it(post: Post) -> None:
    now: datetime = post.site.clock.now()
    post.arrives("kemarin", sent_at=now - timedelta(days=1))
    post.arrives("dahulu", sent_at=now - timedelta(days=8))
    post.works()
    assert [one.sent_at for one in post.talk.arrived] == [now - timedelta(days=1), None]
