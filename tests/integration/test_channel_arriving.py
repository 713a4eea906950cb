"""Stored messages are handled once and in order, whatever dies, fails or comes twice."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import Connection, func, select

from services.ingest.channels.arriving import RETRIES
from services.ingest.channels.callers import Callers
from services.ingest.channels.gauges import count_messages
from services.ingest.channels.joining import turns
from services.ingest.channels.message import Media, MediaKind, Message, Part
from services.ingest.channels.waiting import of_sender, ready_senders
from services.ingest.ports import Arrived, Handled
from shared.db.tables.messages import ingest_messages, ingest_talks
from shared.errors import TransientError
from tests.channel_post import BUDI, SITI, FakeTalk, Post
from tests.intake_site import open_site


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


def test_after_each_message_the_worker_gives_way_to_callers(post: Post) -> None:
    class Asked(Callers):
        def wait(self, seconds: float) -> bool:
            waits.append((len(post.talk.heard), 0 < seconds <= 0.5))
            return True

    waits: list[tuple[int, bool]] = []
    post.arrives("satu", "dua")
    post.works(callers=Asked())
    assert waits == [(1, True), (2, True)]
    post.arrives("tiga")
    post.works(timedelta(minutes=2), callers=Asked())
    assert len(waits) == 2, "who has waited a minute waits for nobody"


def test_who_waits_for_a_file_holds_up_nobody_else(post: Post) -> None:
    post.media.failures = 3
    picture = (Media(MediaKind.IMAGE, "1"),)
    senders = [f"+62812000010{number:02}" for number in range(3)]
    for sender in senders:
        post.takes(post.message("gambar", sender=sender, media=picture))
    post.works()
    for sender in [*senders, SITI]:
        post.arrives("susulan", sender=sender)
    with post.site.database.read() as conn:
        assert len(ready_senders(conn, post.site.clock.now(), 3)) == 1
        later = post.site.clock.now() + timedelta(seconds=1)
        assert 0 < count_messages(conn, later).late["kannel"] <= 2
    post.works()
    assert [who for who, _, _ in post.talk.heard] == [SITI]
    with post.site.database.read() as conn:
        assert count_messages(conn, post.site.clock.now() + timedelta(seconds=3)).late == {}
    post.works(timedelta(minutes=10))
    assert len(post.talk.heard) == 7


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
    page = "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    photo = Media(MediaKind.DOCUMENT, page)
    post.media.failures = 2
    post.takes(post.message("lubang", media=(photo,)))
    post.works()
    post.works(timedelta(seconds=5))
    assert post.talk.heard == []
    post.works(timedelta(minutes=1))
    assert [file.content for file in post.talk.arrived[-1].files] == [page.encode()]
    post.takes(post.message("lubang lagi", media=(Media(MediaKind.IMAGE, "no picture"),)))
    post.works()
    assert (post.talk.arrived[-1].files, post.talk.arrived[-1].missing) == ((), 1)
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
