"""Which messages can be handled, what pieces make together, and which region they are for."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from services.ingest.channels.accounts import Accounts
from services.ingest.channels.joining import LOST, Piece, clocks_start, joined, turns
from services.ingest.channels.message import Media, MediaKind, Message, Part, Point
from services.ingest.channels.sealing import seal, unseal
from services.ingest.channels.settings import ChannelSettings
from shared.contracts.enums import Channel
from shared.privacy.vault import UnsealError, Vault

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
TEXTS = ("Jalan di depan ", "pasar rusak ", "parah")


def message(number: int, text: str = "", **more: object) -> Message:
    return Message(provider_id=f"m-{number}", account="1708", sender="+62", text=text, **more)  # type: ignore[arg-type]  # names of fields


def part(row: int, number: int, total: int = 3, due: datetime = LATER) -> Piece:
    return Piece(row, due, group="g", part=number, parts=total)


def ids(found: list[tuple[Piece, ...]]) -> list[list[int]]:
    return [[piece.row_id for piece in turn] for turn in found]


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_parts_in_any_order_are_one_message(order: tuple[int, ...]) -> None:
    pieces = [part(row, number) for row, number in enumerate(order, 10)]
    for arrived in range(1, 3):
        assert turns(pieces[:arrived], NOW) == []
    [turn] = turns(pieces, NOW)
    rows = {piece.row_id: message(0, TEXTS[(piece.part or 0) - 1]) for piece in pieces}
    assert joined(turn, rows).text == "Jalan di depan pasar rusak parah"


def test_when_the_time_is_over_what_came_is_taken_and_the_gap_shown() -> None:
    pieces = [part(10, 3), part(11, 1)]
    [turn] = turns(pieces, LATER)
    rows = {10: message(0, TEXTS[2]), 11: message(0, TEXTS[0])}
    assert joined(turn, rows).text == f"{TEXTS[0]} {LOST} {TEXTS[2]}"


def test_two_long_messages_under_one_reference_stay_two() -> None:
    pieces = [part(10, 1, 2), part(11, 1, 2), part(12, 2, 2)]
    assert ids(turns(pieces, NOW)) == [[10, 12]]
    assert ids(turns([pieces[1], part(13, 2, 2)], NOW)) == [[11, 13]]


def test_an_album_waits_for_its_last_picture_and_takes_every_caption_once() -> None:
    early, late = Piece(1, NOW, group="a"), Piece(2, NOW + timedelta(seconds=1), group="a")
    assert turns([early, late], NOW) == []
    [turn] = turns([early, late], late.due_at)
    picture = Media(MediaKind.IMAGE, "r")
    rows = {1: message(1, "Lubang", media=(picture,)), 2: message(2, "", media=(picture, picture))}
    whole = joined(turn, rows)
    assert (whole.text, len(whole.media), whole.provider_id) == ("Lubang", 3, "m-1")


def test_a_message_tried_again_holds_back_what_came_later_a_missing_part_does_not() -> None:
    again = Piece(1, LATER, attempts=1)
    assert turns([again, Piece(2, NOW)], NOW) == []
    assert ids(turns([again, Piece(2, NOW)], LATER)) == [[1], [2]]
    assert ids(turns([part(1, 1), Piece(2, NOW), Piece(3, NOW)], NOW)) == [[2], [3]]


@given(st.permutations(range(1, 9)), st.sets(st.integers(1, 8), min_size=1))
def test_no_part_is_lost_or_taken_twice(order: list[int], came: set[int]) -> None:
    pieces = [part(row, number, 8) for row, number in enumerate(order) if number in came]
    taken = [piece.row_id for turn in turns(pieces, LATER) for piece in turn]
    assert sorted(taken) == sorted(piece.row_id for piece in pieces)


def test_clocks_start_at_the_providers_time_only_within_seven_days_before_receipt() -> None:
    week = timedelta(days=7)
    assert clocks_start(NOW - week, NOW) == NOW - week
    assert clocks_start(NOW - week - timedelta(seconds=1), NOW) is None
    assert clocks_start(NOW + timedelta(seconds=1), NOW) is None
    assert clocks_start(None, NOW) is None


def test_the_region_is_what_was_assigned_the_account_the_citizens_word_or_the_default() -> None:
    by_channel = {"kannel": {"+621708": "paser", "*": "kutim"}, "whatsapp": {"1": "nirwana"}}
    accounts, known = Accounts(by_channel, "ppu"), ("paser", "kutim", "ppu", "kukar")
    assert accounts.region(Channel.KANNEL, "621708", known, assigned="kukar") == "kukar"
    assert accounts.region(Channel.KANNEL, "621708", known, told="kukar") == "paser"
    assert accounts.region(Channel.KANNEL, "9999", known) == "kutim"
    assert accounts.region(Channel.WHATSAPP, "1", known, told="kukar") == "kukar"
    assert accounts.region(Channel.WHATSAPP, "1", known) == "ppu"
    assert Accounts().region(Channel.WHATSAPP, "1", known) is None


def test_a_message_is_sealed_whole_and_opens_in_its_own_row_only() -> None:
    vault = Vault(bytes(range(32)))
    whole = message(
        1,
        "Halo \ud800 pagi",
        sent_at=NOW,
        media=(Media(MediaKind.AUDIO, "id", "audio/ogg", "ab"),),
        point=Point(-1.2, 116.1, "Pasar"),
        part=Part("7", 1, 2),
        removed=True,
    )
    wrapped, sealed = seal(vault, whole, "row")
    opened = unseal(vault, wrapped, sealed, "row")
    assert opened.text.startswith("Halo ")
    assert "\ud800" not in opened.text
    assert opened.point == whole.point
    assert (opened.media, opened.part, opened.sent_at) == (whole.media, whole.part, NOW)
    with pytest.raises(UnsealError):
        unseal(vault, wrapped, sealed, "other")


def test_a_channel_has_its_own_secrets_and_none_of_another() -> None:
    settings = ChannelSettings(
        hook_whatsapp_secrets=SecretStr(" baru ,lama,"),
        hook_meta_verify_token=SecretStr("token"),
        hook_kannel_secrets=SecretStr(","),
    )
    whatsapp = settings.keys_of(Channel.WHATSAPP)
    assert (whatsapp.secrets, whatsapp.verify_token) == (("baru", "lama"), "token")
    assert settings.keys_of(Channel.FACEBOOK).secrets == ()
    assert settings.keys_of(Channel.KANNEL).secrets == ()
    assert settings.keys_of(Channel.TELEGRAM).verify_token is None
    assert "baru" not in repr(settings)
