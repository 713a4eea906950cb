"""Gammu: what its script posts, and rows of its inbox."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.ingest.channels.adapters.gammu import ADAPTER
from services.ingest.channels.message import (
    Aside,
    HookKeys,
    MalformedError,
    Message,
    Part,
    Why,
)
from shared.contracts.enums import Channel
from tests.recorded import keys, one, read
from tests.recorded.gammu import CALLS, RUN, SECRETS, rows, run

GM = Channel.GAMMU
AT = datetime(2025, 11, 21, 4, 0, tzinfo=UTC)


def test_the_secret_of_the_path() -> None:
    call, live = CALLS["run"], keys(GM)
    for secret in SECRETS:
        assert ADAPTER.authentic(replace(call, path_secret=secret), live)
    for wrong in (None, "", "TEST-PATH-SECRET"):
        assert not ADAPTER.authentic(replace(call, path_secret=wrong), live)
    assert not ADAPTER.authentic(call, HookKeys())
    assert not ADAPTER.authentic(replace(call, path_secret=""), HookKeys(("",)))


@pytest.mark.parametrize(("name", "number"), [("run", "41"), ("run in json", "41"), ("row", "44")])
def test_a_message(name: str, number: str) -> None:
    assert one(GM, CALLS[name]) == Message(
        provider_id=f"modem1:{number}",
        account="modem1",
        sender="+6281200000001",
        text="LAPOR lampu mati",
        sent_at=AT,
    )


def test_a_long_message_is_taken_joined_where_gammu_could() -> None:
    assert one(GM, CALLS["pieces"]).text == "LAPOR lampu mati"
    assert one(GM, CALLS["pieces"]).provider_id == "modem1:42 43"
    assert one(GM, CALLS["joined"]).text == "LAPOR lampu mati sejak Senin"


def test_every_row_of_a_poll() -> None:
    first, second, odd = read(GM, CALLS["rows"])
    assert isinstance(first, Message)
    assert isinstance(second, Message)
    assert (first.part, second.part) == (None, Part("170", 1, 2))
    assert odd == Aside(Why.UNKNOWN)
    assert len(read(GM, CALLS["messages"])) == 2


def test_without_ids_a_second_run_of_the_script_is_a_repeat() -> None:
    bare = run({name: value for name, value in RUN.items() if name != "ids"})
    assert one(GM, bare) == one(GM, bare)
    later = run(
        {name: value for name, value in RUN.items() if name != "ids"} | {"time": "1763697700"}
    )
    assert one(GM, later).provider_id != one(GM, bare).provider_id


def test_a_modem_without_a_name() -> None:
    bare = run({name: value for name, value in RUN.items() if name != "PHONE_ID"})
    assert one(GM, bare).account == "gammu"
    assert one(GM, bare, account="desa").provider_id == "desa:41"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("advertisement", Why.MACHINE),
        ("short code", Why.MACHINE),
        ("picture only", Why.UNKNOWN),
        ("nothing", Why.UNKNOWN),
    ],
)
def test_what_is_left_aside(name: str, why: Why) -> None:
    assert read(GM, CALLS[name]) == [Aside(why)]


@pytest.mark.parametrize("count", ["-1", "x", "", "9" * 30])
def test_counts_that_are_none(count: str) -> None:
    assert read(GM, run(RUN | {"SMS_MESSAGES": count})) == [Aside(Why.UNKNOWN)]


def test_what_is_no_record_is_malformed() -> None:
    with pytest.raises(MalformedError):
        read(GM, rows(5))
