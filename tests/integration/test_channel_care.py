"""What operators see of messages and do with them, what is forgotten, and that all add up."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import insert, select, update

from services.ingest.channels import forgetting
from services.ingest.channels.forgetting import KEPT, sweep_messages
from services.ingest.channels.gauges import STATES, register_message_gauges
from services.ingest.channels.message import Message
from services.ingest.erasure import erase
from services.ingest.sending.outgoing import answer
from services.ingest.talks.store import load
from services.ingest.talks.values import Talk
from shared.contracts.enums import Channel
from shared.db.tables.ingest import ingest_acts, ingest_keys
from shared.db.tables.messages import ingest_deliveries, ingest_messages, ingest_talks
from tanggap.__main__ import main
from tests.channel_post import BUDI, SITI, Post
from tests.intake_site import MASTER_KEY, open_site

Command = Callable[..., str]


@pytest.fixture
def post(database_url: str, tmp_path: Path) -> Iterator[Post]:
    hooks = {"hook_kannel_secrets": "x", "channel_accounts": {"kannel": {"1708": "paser"}}}
    with open_site(database_url, tmp_path, hooks=hooks) as site:
        yield Post(site)


@pytest.fixture
def command(
    post: Post,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """Runs `tanggap channels` on the site's database; returns what it said, errors too."""
    url = post.site.settings.database_url
    monkeypatch.setenv("TANGGAP_DATABASE_URL", url)
    monkeypatch.setenv("TANGGAP_MASTER_KEY", MASTER_KEY)
    monkeypatch.setenv("TANGGAP_HOOK_KANNEL_SECRETS", "x")

    def run(*words: str) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit):
            main(["channels", *words, "--data", str(tmp_path / "data")])
        said = capsys.readouterr()
        return said.out + said.err

    return run


def test_every_accepted_message_is_in_exactly_one_state(post: Post) -> None:
    post.talk.poison = {"racun"}
    post.arrives("satu", "dua", "racun")
    post.arrives("tanpa wilayah", account="lain", sender=SITI)
    post.works()
    for _ in range(2):
        post.works(timedelta(minutes=1))
    post.arrives("menunggu")
    registry = CollectorRegistry()
    database, clock = post.site.database, post.site.clock
    clock.advance(timedelta(minutes=3))
    register_message_gauges(database, clock, ["kannel", "telegram"], registry)

    def gauge(state: str, channel: str = "kannel") -> float | None:
        labels = {"channel": channel, "state": state}
        return registry.get_sample_value("tanggap_channel_messages", labels)

    found = {state: gauge(state) for state in STATES if gauge(state)}
    assert found == {"complaint": 2, "dead": 1, "triage": 1, "waiting": 1}
    assert gauge("dead", "telegram") == 0
    late = registry.get_sample_value("tanggap_channel_late_seconds", {"channel": "kannel"})
    assert late == 180


def test_an_operator_assigns_a_region_and_tries_dead_messages_again(
    post: Post, command: Command
) -> None:
    post.arrives("jalan rusak", "parah", account="lain")
    post.talk.poison = {"racun"}
    post.arrives("racun", sender=SITI)
    for _ in range(3):
        post.works(timedelta(minutes=1))
    rows = json.loads(command("triage", "--json"))
    assert [row["channel"] for row in rows] == ["kannel", "kannel"]
    assert BUDI not in command("triage") + command("dead")
    shown = command("show", str(rows[0]["number"]))
    assert "jalan rusak" in shown
    assert BUDI not in shown
    assert "there is no region" in command("assign", str(rows[0]["number"]), "--region", "nirwana")
    assert "2 messages" in command("assign", str(rows[0]["number"]), "--region", "kutim")
    [dead] = json.loads(command("dead", "--json"))
    assert dead["error"] == "ValueError"
    post.talk.poison = set()
    assert "1 messages" in command("retry", str(dead["number"]))
    assert "none of these" in command("retry", str(dead["number"]))
    post.works()
    heard = [(text, region) for _, text, region in post.talk.heard]
    assert sorted(heard) == [("jalan rusak", "kutim"), ("parah", "kutim"), ("racun", "paser")]
    listed = {row["channel"]: row for row in json.loads(command("ls", "--json"))}
    assert listed["kannel"]["open"] is True
    assert listed["kannel"]["done"] == 3
    assert listed["telegram"]["open"] is False
    assert "not kept" in command("show", str(dead["number"]))


def test_erasing_a_ticket_forgets_who_wrote_and_got_its_messages(post: Post) -> None:
    post.arrives("laporan", "tambahan")
    post.arrives("lain", sender=SITI)
    post.works()
    site, now = post.site, post.site.clock.now()
    filed = site.complain().json()["ticket"]
    table = ingest_messages.c
    with site.database.write() as conn:
        first, second, other = conn.execute(select(ingest_messages).order_by(table.id)).all()
        act = {"event_id": "e1", "ticket": filed, "act": "add", "channel": "kannel"}
        conn.execute(insert(ingest_acts).values(act | {"received_at": now, "files": 0}))
        for row, reference in ((first, filed), (second, "e1")):
            this = table.id == row.id
            conn.execute(update(ingest_messages).where(this).values(reference=reference))
        conn.execute(
            update(ingest_talks)
            .where(ingest_talks.c.sender_hash == first.sender_hash)
            .values(ticket=filed)
        )
        answer(
            conn,
            site.vault,
            channel=Channel.KANNEL,
            to=BUDI,
            account="1708",
            text="x",
            ticket=filed,
            now=now,
        )
    erase(site.database, site.deps.files, site.clock, filed, "test")
    with site.database.read() as conn:
        rows = conn.execute(select(ingest_messages).order_by(table.id)).all()
        talks = conn.execute(select(ingest_talks.c.sender_hash)).scalars().all()
        [delivery] = conn.execute(select(ingest_deliveries)).all()
        assert conn.execute(select(ingest_keys.c.ticket)).scalars().all() == []
    assert [row.sender_hash for row in rows] == ["erased", "erased", other.sender_hash]
    assert talks == [other.sender_hash]
    assert (delivery.sender_hash, delivery.sealed, delivery.wrapped_key) == (None, None, None)


def ends(post: Post) -> dict[int, str]:
    """What became of each message, or what it waits for; the first ticket is erased before."""
    tickets = [post.site.complain().json()["ticket"] for _ in range(2)]
    table = ingest_messages.c
    with post.site.database.write() as conn:
        for number, ticket in enumerate(tickets, start=1):
            opened = update(ingest_messages).where(table.reference == f"T-{number}")
            conn.execute(opened.values(reference=ticket))
    done = erase(post.site.database, post.site.deps.files, post.site.clock, tickets[0], "test")
    with post.site.database.read() as conn:
        rows = conn.execute(select(ingest_messages).order_by(table.id)).all()
    gone = [row for row in rows if row.outcome == "erased"]
    assert len(gone) == done.messages
    assert {row.sender_hash for row in gone} <= {"erased"}
    assert all(row.sealed is None and row.reference is None for row in gone)
    return {row.id: row.outcome or row.state for row in rows}


def test_what_waits_of_who_is_erased_goes_and_nothing_of_others(
    post: Post, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "_CHUNK", 2)  # rows of one statement
    post.talk.poison = {"racun"}
    post.arrives("belum diketahui di mana", account="lain")
    post.arrives("laporan", "racun")
    post.arrives("tanpa wilayah", account="lain")
    post.arrives("tanpa wilayah", account="lain", sender=SITI)
    for _ in range(3):
        post.works(timedelta(minutes=1))
    post.arrives("belum dibaca")
    post.arrives("racun", sender=SITI)
    assert list(ends(post).values()) == [
        *("erased", "complaint", "erased", "erased", "triage"),
        *("erased", "waiting"),
    ]
    post.assert_accounted()
    assert [row["channel"] for row in json.loads(command("triage", "--json"))] == ["kannel"]


def test_what_came_for_another_case_of_who_is_erased_stays(post: Post) -> None:
    post.arrives("tanpa wilayah", account="lain")
    post.arrives("satu")
    post.works()
    post.arrives("untuk satu", account="lain")
    post.arrives("dua")
    post.works()
    post.arrives("untuk dua", account="lain")
    assert list(ends(post).values()) == ["triage", "complaint", "erased", "complaint", "waiting"]


def test_stop_outlives_an_erasure_and_nothing_else_of_the_talk_does(post: Post) -> None:
    post.arrives("satu")
    post.arrives("dua", sender=SITI)
    post.works()
    ticket, now = post.site.complain().json()["ticket"], post.site.clock.now()
    talk = ingest_talks.c
    told = {
        "region": "paser",
        "language": "bjn",
        "ticket": ticket,
        "said_at": now,
        "asked": "where",
    }
    told |= {"asked_at": now, "heard_at": now, "progress": {"opening": "h"}}
    stopped = now - timedelta(days=3)
    with post.site.database.write() as conn:
        conn.execute(update(ingest_talks).values(told))
        (budi, siti) = conn.execute(select(talk.sender_hash).order_by(talk.heard_at)).scalars()
        mine = update(ingest_talks).where(talk.sender_hash == budi)
        conn.execute(mine.values(stopped_at=stopped))
    erase(post.site.database, post.site.deps.files, post.site.clock, ticket, "test")
    with post.site.database.read() as conn:
        (kept,) = conn.execute(select(ingest_talks)).mappings()
    left = {name: value for name, value in kept.items() if value not in (None, {})}
    assert left == {
        "sender_hash": budi,
        "channel": "kannel",
        "heard_at": stopped,
        "stopped_at": stopped,
    }
    assert load_talk(post, budi).stopped
    assert not load_talk(post, siti).stopped


def load_talk(post: Post, sender: str) -> Talk:
    with post.site.database.read() as conn:
        return load(conn, sender).talk


def test_rows_that_nobody_repeats_go_those_that_wait_stay(post: Post) -> None:
    post.arrives("satu")
    post.works()
    post.takes(Message(provider_id="m-9", account="lain", sender=SITI, text="tanpa wilayah"))
    post.works()
    later = post.site.clock.now() + KEPT + timedelta(seconds=1)
    with post.site.database.write() as conn:
        assert sweep_messages(conn, later) == 1
    assert [row[0] for row in post.rows()] == ["triage"]
