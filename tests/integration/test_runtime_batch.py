"""The border guard on both databases: each effect once, bad events kept, trouble told apart."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from shared import dead_letters
from shared.contracts.codec import RawMessage, decode
from shared.contracts.topics import Service, Topic
from shared.db.engine import Database
from shared.errors import TransientError
from shared.kafka import batch
from shared.kafka.batch import BatchProcessor, DependencyAwayError, TooManyBadEventsError
from shared.outbox import store
from tests.databases import new_postgres as migrated_postgres
from tests.guarded import TICKET, TYPE, Guarded, event, undecodable
from tests.wire import NOW, message

# What a citizen could have written: it may be nowhere but in the value that is kept.
PLANTED = "Budi Santoso 0812-3456-7890"


@pytest.fixture
def guarded(db: Database) -> Guarded:
    return Guarded(db)


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


# -- once -----------------------------------------------------------------------------------------


def test_a_batch_is_one_call_in_order_and_one_inbox_row_each(guarded: Guarded) -> None:
    guarded.process(*(event(n) for n in range(5)))
    assert guarded.handler.calls == [["e0", "e1", "e2", "e3", "e4"]]
    assert guarded.applied == ["e0", "e1", "e2", "e3", "e4"]
    assert set(guarded.inbox().values()) == {"done"}
    assert guarded.relay.pokes == 1


def test_an_event_twice_in_a_batch_has_its_effect_once(guarded: Guarded) -> None:
    guarded.process(event(1), event(2), event(1), event(2), event(2))
    assert guarded.applied == ["e1", "e2"]


def test_an_event_that_comes_again_has_its_effect_once(guarded: Guarded) -> None:
    guarded.process(event(1), event(2))
    guarded.process(event(2), event(3))
    guarded.processor = guarded.another()
    guarded.process(event(1), event(2), event(3))
    assert guarded.applied == ["e1", "e2", "e3"]
    assert guarded.handler.calls == [["e1", "e2"], ["e3"]]


def test_nothing_new_calls_nobody(guarded: Guarded) -> None:
    guarded.process(event(1))
    guarded.process(event(1))
    assert len(guarded.handler.calls) == guarded.relay.pokes == 1


def test_a_crash_before_the_commit_leaves_no_trace(guarded: Guarded) -> None:
    guarded.handler.fail_next = [SystemExit(1)]  # type: ignore[list-item]  # as a kill would
    with pytest.raises(SystemExit):
        guarded.process(event(1))
    assert guarded.applied == []
    assert guarded.inbox() == {}
    guarded.process(event(1))
    assert guarded.applied == ["e1"]


def test_what_runs_after_the_commit_sees_it(guarded: Guarded) -> None:
    seen: list[list[str]] = []
    guarded.handler.after = lambda: seen.append(guarded.applied)
    guarded.process(event(1))
    assert seen == [["e1"]]


def test_large_batches_are_cut_and_sqlite_lets_others_in_between(guarded: Guarded) -> None:
    guarded.process(*(event(n) for n in range(250)))
    sizes = [len(call) for call in guarded.handler.calls]
    if guarded.db.dialect == "sqlite":
        assert sizes == [100, 100, 50]
        assert guarded.waits == [batch.SQLITE_PAUSE] * 2
    else:
        assert sizes == [250]
    assert guarded.applied == [f"e{n}" for n in range(250)]


def test_groups_do_not_share_their_inbox(guarded: Guarded) -> None:
    other = BatchProcessor(
        Service.DESK, guarded.db, guarded.clock, {Topic.FEEDBACK_RECEIVED: guarded.handler}
    )
    guarded.process(event(1))
    other.process([event(1)])
    assert guarded.applied == ["e1", "e1"]


# -- bad events -----------------------------------------------------------------------------------

BAD: dict[str, tuple[Callable[[int], RawMessage], str]] = {
    "undecodable": (undecodable, "invalid-value"),
    "refused": (lambda number: event(number, "refuse this"), "refused"),
    "bug": (lambda number: event(number, "bug here"), "bug"),
    "unknown-type": (
        lambda number: event(number, headers={"ce_type": b"tanggap.feedback.received.v2"}),
        "unknown-type",
    ),
}


@pytest.mark.swallows
@pytest.mark.parametrize("place", [0, 3, 6], ids=["first", "middle", "last"])
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_event_is_kept_and_all_others_are_applied_in_order(
    guarded: Guarded, kind: str, place: int
) -> None:
    make, reason = BAD[kind]
    messages = [make(n) if n == place else event(n) for n in range(7)]
    guarded.process(*messages)
    good = [f"e{n}" for n in range(7) if n != place]
    assert guarded.applied == good
    assert guarded.inbox() == dict.fromkeys(good, "done") | {f"e{place}": "dead"}
    (row,) = guarded.dead()
    bad = messages[place]
    assert (row["reason"], row["group"], row["topic"]) == (reason, "classifier", bad.topic)
    assert (row["value"], row["key"], row["offset"]) == (bad.value, bad.key, bad.offset)
    assert row["ticket"] == TICKET
    assert row["failed_at"] == NOW
    (twin,) = guarded.outbox()
    assert twin["topic"] == "feedback.received.v1.dlq"
    assert (twin["service"], twin["value"], twin["key"]) == ("classifier", bad.value, TICKET)
    assert twin["headers"]["dlq-reason"] == reason
    assert twin["headers"]["src-topic"] == bad.topic
    assert twin["headers"]["src-partition"] == "0"
    assert twin["headers"]["src-offset"] == str(place)
    assert twin["headers"]["src-service"] == "classifier"
    assert twin["headers"]["failed-at"] == NOW.isoformat()
    assert twin["headers"]["attempts"] == str(row["attempts"])
    assert twin["headers"]["ce_id"] == f"e{place}"
    assert guarded.relay.pokes >= 1


@pytest.mark.swallows
def test_several_bad_ones_are_found_and_nothing_else(guarded: Guarded) -> None:
    bad = {2: "bug", 3: "refuse", 9: "bug", 20: "bug"}
    guarded.process(*(event(n, bad.get(n, "jalan")) for n in range(24)))
    assert guarded.applied == [f"e{n}" for n in range(24) if n not in bad]
    assert [row["event_id"] for row in guarded.dead()] == [f"e{n}" for n in bad]
    assert all(row["attempts"] > 1 for row in guarded.dead())


@pytest.mark.swallows
def test_a_bad_event_that_comes_again_is_one_dead_letter(guarded: Guarded) -> None:
    for _ in range(3):
        guarded.process(event(1, "bug"), undecodable(2), event(3))
    assert {row["event_id"] for row in guarded.dead()} == {"e1", "e2"}
    assert len(guarded.dead()) == 2
    assert len(guarded.outbox()) == 2
    assert guarded.applied == ["e3"]


def test_an_event_without_an_id_is_known_by_where_it_lay(guarded: Guarded) -> None:
    nameless = event(7, headers={"ce_id": None})
    guarded.process(nameless, event(8))
    guarded.process(nameless)
    (row,) = guarded.dead()
    assert row["event_id"].startswith("feedback.received.v1/0/7/")
    assert row["reason"] == "missing-header"
    assert guarded.applied == ["e8"]


def test_the_dead_letter_is_in_the_same_transaction(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise TransientError("the disk is full")

    monkeypatch.setattr(dead_letters, "add_raw", fail)
    guarded.processor = guarded.another(dependency_seconds=0.0)
    with pytest.raises(DependencyAwayError):
        guarded.process(event(1), undecodable(2))
    assert guarded.dead() == []
    assert guarded.inbox() == {}
    assert guarded.applied == []


@pytest.mark.swallows
def test_a_decoder_with_a_bug_stops_nothing(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(raw: RawMessage) -> Any:
        if raw.offset == 2:
            raise RecursionError(PLANTED)
        return decode(raw)

    monkeypatch.setattr("shared.kafka.batch.decode", stumble)
    guarded.process(event(1), event(2), event(3))
    assert guarded.applied == ["e1", "e3"]
    (row,) = guarded.dead()
    assert (row["reason"], row["error"].split(" at ")[0]) == ("bug", "RecursionError")


ODD_HEADERS: dict[str, bytes | None] = {
    "x-nul": b"a\x00b",
    "x-bytes": b"\xff\xfe\xfd",
    "x-\x00name": b"1",
    "x-ü 🙏": "🙏".encode(),
    "x-empty": b"",
}


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x00",
        b"\x00" * 70_000,
        b"\xff\xfe",
        b'{"region": "\\u0000"}',
        b'{"region": 7}',
        b"[1]",
    ],
)
def test_odd_bytes_are_kept_as_they_are(guarded: Guarded, value: bytes) -> None:
    odd = message(TYPE, value, id="odd", headers=ODD_HEADERS)
    odd = RawMessage(odd.topic, 3, 2**40, -1, b"\x00\xff" * 60, odd.value, odd.headers)
    guarded.process(odd, event(1))
    (row,) = guarded.dead()
    assert (row["key"], row["value"], row["offset"]) == (odd.key, value, 2**40)
    assert (row["ticket"], row["region"]) == (None, None)
    with guarded.db.read() as conn:
        (pending,) = store.pending(conn, Service.CLASSIFIER, 10)
    assert pending.value == value
    assert dict(pending.headers)["x-empty"] == b""
    assert guarded.applied == ["e1"]


def test_no_value_and_no_key_are_kept_as_none(guarded: Guarded) -> None:
    found = message(TYPE, None, id="none")
    guarded.process(RawMessage(found.topic, 0, 0, 0, None, None, found.headers))
    (row,) = guarded.dead()
    assert (row["key"], row["value"], row["reason"]) == (None, None, "empty-value")


@pytest.mark.swallows
@pytest.mark.parametrize(
    "bad",
    [
        event(1, f"bug {PLANTED}"),
        event(1, f"refuse {PLANTED}"),
        undecodable(1, PLANTED.encode()),
        undecodable(1, b'{"answers": {"' + PLANTED.encode() + b'": 1}}'),
        event(1, headers={"ce_time": PLANTED.encode()}),
        event(1, headers={"ce_type": PLANTED.encode()}),
    ],
    ids=["bug", "refused", "not-json", "key-of-json", "time", "type"],
)
def test_a_failure_is_told_without_a_citizens_words(
    guarded: Guarded, logged: list[Any], capfd: pytest.CaptureFixture[str], bad: RawMessage
) -> None:
    guarded.process(event(0), bad, event(2))
    (row,) = guarded.dead()
    assert PLANTED not in row["error"] + row["reason"]
    headers = guarded.outbox()[0]["headers"]
    assert PLANTED not in headers["dlq-error"] + headers["dlq-reason"]
    assert PLANTED not in repr(logged)
    assert PLANTED not in "".join(capfd.readouterr())


# -- a dependency that is away --------------------------------------------------------------------


def test_trouble_that_passes_is_waited_out(guarded: Guarded) -> None:
    guarded.handler.fail_next = [TransientError("away"), OSError("away"), TransientError("away")]
    guarded.process(event(1), event(2))
    assert guarded.applied == ["e1", "e2"]
    assert guarded.dead() == []
    assert len(guarded.waits) == 3
    assert guarded.waits[0] == 0.0
    assert guarded.waits[1] < guarded.waits[2]


def test_trouble_that_stays_ends_the_process_and_leaves_no_inbox_row(guarded: Guarded) -> None:
    guarded.processor = guarded.another(dependency_seconds=0.3)
    guarded.handler.fail_next = [TransientError(PLANTED) for _ in range(10_000)]
    with pytest.raises(DependencyAwayError) as caught:
        guarded.process(event(1), event(2))
    assert PLANTED not in str(caught.value)
    assert guarded.inbox() == {}
    assert guarded.dead() == []
    assert guarded.applied == []


@pytest.mark.swallows
def test_trouble_amid_the_search_for_a_bad_event_loses_nothing(guarded: Guarded) -> None:
    """The batch fails, its first half is applied, then the database is away."""
    handler = guarded.handler

    def after() -> None:
        handler.after = None
        handler.fail_next = [TransientError("away")]

    handler.after = after
    guarded.process(*(event(n, "bug" if n == 5 else "jalan") for n in range(8)))
    assert guarded.applied == [f"e{n}" for n in range(8) if n != 5]
    assert [row["event_id"] for row in guarded.dead()] == ["e5"]


@pytest.mark.slow
def test_postgresql_that_comes_back_in_time_is_waited_for(
    new_postgres: Callable[..., Any],
) -> None:
    server = new_postgres()
    db = Database(migrated_postgres(server)[1])
    guarded = Guarded(db)
    server.stop()
    attempts: list[float] = []

    def come_back(wait: float) -> None:
        attempts.append(wait)
        if len(attempts) == 3:
            server.start()

    processor = BatchProcessor(
        Service.CLASSIFIER,
        db,
        guarded.clock,
        {Topic.FEEDBACK_RECEIVED: guarded.handler},
        sleep=come_back,
    )
    processor.process([event(1), event(2)])
    assert guarded.applied == ["e1", "e2"]
    assert guarded.dead() == []
    assert len(attempts) >= 3
    db.close()


# -- too many bad ones ----------------------------------------------------------------------------


def test_fifty_bad_ones_in_a_row_stop_the_process_and_are_kept(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded.process(*(undecodable(n) for n in range(49)))
    with pytest.raises(TooManyBadEventsError):
        guarded.process(undecodable(49), undecodable(50))
    assert len(guarded.dead()) == 51
    # After the restart the same batch comes again, as nothing was committed: the stream goes on.
    guarded.processor = guarded.another()
    guarded.process(undecodable(49), undecodable(50), event(51))
    assert guarded.applied == ["e51"]
    assert len(guarded.dead()) == 51


def test_a_fifth_of_two_hundred_bad_ones_stop_the_process(guarded: Guarded) -> None:
    messages = [undecodable(n) if n % 4 == 0 else event(n) for n in range(220)]
    for start in range(0, 190, 10):
        guarded.process(*messages[start : start + 10])
    with pytest.raises(TooManyBadEventsError):
        guarded.process(*messages[190:200])
    assert len(guarded.dead()) == 50
    assert len(guarded.applied) == 150


def test_a_tenth_of_bad_ones_is_borne(guarded: Guarded) -> None:
    guarded.process(*(undecodable(n) if n % 10 == 0 else event(n) for n in range(400)))
    assert len(guarded.dead()) == 40
    assert len(guarded.applied) == 360
