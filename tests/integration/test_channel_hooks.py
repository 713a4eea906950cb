"""Calls of providers: stored before they are answered, once, and only when they are genuine."""

import json
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY, generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from services.ingest.api import hooks as hooks_module
from services.ingest.channels import receiving
from services.ingest.channels.message import (
    Aside,
    HookAnswer,
    HookKeys,
    HookRequest,
    Item,
    MalformedError,
    Message,
    Why,
)
from services.ingest.channels.signatures import matches
from shared.contracts.enums import Channel
from shared.db.tables.messages import ingest_messages
from shared.logs import configure
from tests.databases import new_sqlite
from tests.intake_site import Site, open_site

SECRET, OLD_SECRET = "rahasia-baru-1", "rahasia-lama-1"
PHONE, NAME, TEXT = "+6281298765432", "Zubaidah", "Jembatan-Unik-77 ambruk"
HOOKS = {"hook_kannel_secrets": f"{SECRET}, {OLD_SECRET}"}


@dataclass(frozen=True)
class PlainAdapter:
    """A channel whose calls are JSON lists of `{id, text}`, the secret in the path."""

    channel: Channel = Channel.KANNEL
    max_bytes: int = 2000

    def challenge(self, request: HookRequest, keys: HookKeys) -> HookAnswer | None:
        return None

    def authentic(self, request: HookRequest, keys: HookKeys) -> bool:
        return any(matches(secret, request.path_secret) for secret in keys.secrets)

    def parse(self, request: HookRequest, keys: HookKeys) -> Sequence[Item]:
        try:
            found = json.loads(request.body)
        except ValueError as error:
            raise MalformedError("not-json") from error
        return [
            Message(
                provider_id=item["id"], account="1708", sender=PHONE, text=item["text"], name=NAME
            )
            if "id" in item
            else Aside(Why.UNKNOWN)
            for item in found
        ]

    def accepted(self) -> HookAnswer:
        return HookAnswer(body=b"diterima")


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    with open_site(database_url, tmp_path, adapters=[PlainAdapter()], hooks=HOOKS) as opened:
        yield opened


def call(site: Site, *ids: str, secret: str = SECRET, name: str = "kannel") -> httpx.Response:
    body = [{"id": one, "text": TEXT} for one in ids]
    return site.client.post(f"/hooks/{name}/{secret}", json=body)


def stored(site: Site) -> int:
    with site.database.read() as conn:
        return int(conn.execute(select(func.count()).select_from(ingest_messages)).scalar_one())


def counted(outcome: str, kind: str = "event", channel: str = "kannel") -> float:
    labels = {"channel": channel, "kind": kind, "outcome": outcome}
    return REGISTRY.get_sample_value("tanggap_submissions_total", labels) or 0.0


def test_twenty_repeats_at_once_are_one_message(site: Site) -> None:
    before = counted("accepted"), counted("duplicate")
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: call(site, "m-1"), range(20)))
    assert [(answer.status_code, answer.text) for answer in answers] == [(200, "diterima")] * 20
    assert stored(site) == 1
    assert (counted("accepted"), counted("duplicate")) == (before[0] + 1, before[1] + 19)


def test_a_repeat_after_a_restart_is_the_same_message(tmp_path: Path) -> None:
    url = new_sqlite(tmp_path)
    for _ in range(2):
        with open_site(url, tmp_path, adapters=[PlainAdapter()], hooks=HOOKS) as site:
            assert call(site, "m-1").status_code == 200
            assert stored(site) == 1


def test_every_message_of_a_call_is_stored_in_its_order(site: Site) -> None:
    before = counted("ignored")
    body: list[Any] = [{"id": f"m-{n}", "text": TEXT} for n in range(12)]
    answer = site.client.post(f"/hooks/kannel/{OLD_SECRET}", json=[*body, {"reaksi": 1}, *body])
    assert answer.status_code == 200
    assert (stored(site), counted("ignored")) == (12, before + 1)
    with site.database.read() as conn:
        rows = conn.execute(select(ingest_messages).order_by(ingest_messages.c.id)).all()
    assert {row.state for row in rows} == {"waiting"}
    assert len({row.sender_hash for row in rows}) == 1


def request(site: Site, *ids: str, secret: str = SECRET, body: bytes | None = None) -> HookRequest:
    raw = json.dumps([{"id": one, "text": TEXT} for one in ids]).encode()
    return HookRequest("POST", "", {}, (), body or raw, site.clock.now(), secret)


def test_calls_taken_together_share_a_transaction_and_nothing_else(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = PlainAdapter()
    before = {end: counted(end) for end in ("accepted", "duplicate", "failed", "invalid")}
    works: list[Any] = []
    run, row = type(site.deps.writer).run, receiving._row

    def counting(writer: Any, work: Any) -> Any:
        works.append(work)
        return run(writer, work)

    def refused(here: Any, channel: Any, message: Message, now: Any) -> Any:
        if message.provider_id == "poison":
            raise ValueError(TEXT)
        return row(here, channel, message, now)

    monkeypatch.setattr(type(site.deps.writer), "run", counting)
    monkeypatch.setattr(receiving, "_row", refused)
    calls = [request(site, "m-1", "m-2"), request(site, "m-2", "m-3"), request(site, body=b"{")]
    calls += [request(site, "m-4", secret="salah"), request(site, "m-5")]
    ends = receiving.take_all(site.receiving, adapter, calls)
    assert [type(end) for end in ends] == [
        *(HookAnswer, HookAnswer, MalformedError),
        *(receiving.ForbiddenCallError, HookAnswer),
    ]
    assert (len(works), stored(site)) == (1, 4)
    more = [request(site, "m-6"), request(site, "poison"), request(site, "m-1", "m-7")]
    ends = receiving.take_all(site.receiving, adapter, more)
    assert [type(end) for end in ends] == [HookAnswer, ValueError, HookAnswer]
    assert stored(site) == 6
    assert {end: counted(end) - was for end, was in before.items()} == {
        "accepted": 6,
        "duplicate": 2,
        "failed": 1,
        "invalid": 1,
    }


def test_a_call_is_answered_only_after_the_commit(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(work: Any) -> None:
        with site.database.write() as conn:
            work(conn)
            raise OperationalError("INSERT", {}, Exception("gone"))

    with monkeypatch.context() as patched:
        patched.setattr(type(site.deps.writer), "run", lambda _, work: fails(work))
        answer = call(site, "m-1")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert stored(site) == 0
    assert call(site, "m-1").status_code == 200
    assert stored(site) == 1


def test_a_database_away_is_503_and_the_repeat_is_taken(tmp_path: Path) -> None:
    url = new_sqlite(tmp_path)
    with open_site(url, tmp_path, adapters=[PlainAdapter()], hooks=HOOKS) as site:
        with site.database.engine.connect() as conn:
            conn.exec_driver_sql("ALTER TABLE ingest_messages RENAME TO away")
        answer = call(site, "m-1")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        with site.database.engine.connect() as conn:
            conn.exec_driver_sql("ALTER TABLE away RENAME TO ingest_messages")
        assert call(site, "m-1").status_code == 200
        assert stored(site) == 1


def test_without_a_live_secret_nothing_comes_in(tmp_path: Path) -> None:
    url = new_sqlite(tmp_path)
    before = counted("unauthorised")
    with open_site(url, tmp_path, adapters=[PlainAdapter()], hooks=HOOKS) as site:
        assert call(site, "m-1", secret="salah").status_code == 403
        assert call(site, "m-1", secret=SECRET.upper()).status_code == 403
        assert site.client.post("/hooks/kannel", json=[]).status_code == 403
        assert site.client.get("/hooks/kannel").status_code == 403
        assert call(site, "m-1", name="telegram").status_code == 404
        assert call(site, "m-1", name="web").status_code == 404
        assert stored(site) == 0
    with open_site(url, tmp_path, adapters=[PlainAdapter()]) as site:
        assert call(site, "m-1", secret=SECRET).status_code == 403
        assert stored(site) == 0
    assert counted("unauthorised") == before + 5


def test_limits_hold_before_anything_is_read(tmp_path: Path) -> None:
    hooks = HOOKS | {"hook_calls": 1}
    with open_site(new_sqlite(tmp_path), tmp_path, adapters=[PlainAdapter()], hooks=hooks) as site:
        long = b"[" + b" " * 2000
        assert site.client.post(f"/hooks/kannel/{SECRET}", content=long).status_code == 413
        dribbled = iter([long[:1500], long[1500:]])
        assert site.client.post(f"/hooks/kannel/{SECRET}", content=dribbled).status_code == 413
        assert site.client.post(f"/hooks/kannel/{SECRET}", content=b"{").status_code == 400

        def slowly() -> Iterator[bytes]:
            yield b"["
            busy = call(site, "m-2")
            assert (busy.status_code, busy.headers["retry-after"]) == (503, "1")
            assert busy.headers["content-type"] == "application/problem+json"
            # Who dribbles holds a place of the channel, and not the worker.
            assert site.receiving.callers.wait(0)
            yield b"]"

        assert site.client.post(f"/hooks/kannel/{SECRET}", content=slowly()).status_code == 200
        assert site.receiving.callers.wait(5)
        assert stored(site) == 0
        assert call(site, "m-2").status_code == 200


def test_whatever_breaks_off_nobody_waits_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = HOOKS | {"hook_calls": 1}
    with open_site(new_sqlite(tmp_path), tmp_path, adapters=[PlainAdapter()], hooks=hooks) as site:

        def odd(*_: Any) -> list[Any]:
            assert not site.receiving.callers.wait(0)
            return [StopIteration(TEXT)]

        def dead(*_: Any, **__: Any) -> None:
            raise RuntimeError("can't start new thread")

        for name, broken, status in (("take_all", odd, 500), ("run_sync", dead, 503)):
            with monkeypatch.context() as patched:
                patched.setattr(hooks_module, name, broken)
                answers = [call(site, "m-1") for _ in range(3)]
            assert [answer.status_code for answer in answers] == [status] * 3
        assert answers[0].headers["retry-after"]
        assert stored(site) == 0
        assert call(site, "m-1").status_code == 200
        assert site.client.head(f"/hooks/kannel/{SECRET}").status_code == 405


def test_nothing_of_a_message_is_found_in_logs_metrics_answers_or_open_columns(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    previous = logging.getLogger().handlers[:]
    configure("ingest", "DEBUG")
    try:
        answers = [call(site, "wamid-rahasia-9"), call(site, "wamid-rahasia-9", secret=PHONE)]
        broken = json.dumps([{"id": PHONE, "text": TEXT}])[:-3]
        answers.append(site.client.post(f"/hooks/kannel/{SECRET}", content=broken))
        answers.append(site.client.post(f"/hooks/kannel/{SECRET}", json=[{"id": TEXT}]))
    finally:
        logging.getLogger().handlers[:] = previous
    assert [answer.status_code for answer in answers] == [200, 403, 400, 500]
    with site.database.read() as conn:
        rows = [str(row) for row in conn.execute(select(ingest_messages))]
    told = [*rows, *(answer.text for answer in answers), "".join(capfd.readouterr())]
    told.append(generate_latest(REGISTRY).decode())
    for planted in (PHONE, PHONE[3:], NAME, TEXT, "wamid-rahasia-9", SECRET):
        assert not any(planted in place for place in told), planted
