"""Tickets survive being read over the phone: every likely slip is found, every habit forgiven."""

from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import (
    ALPHABET,
    TRACKING_CODE_LENGTH,
    check_symbol,
    new_event_id,
    new_receipt,
    new_ticket,
    new_tracking_code,
    normalise_ticket,
)

tickets = st.text(ALPHABET, min_size=7, max_size=7).map(
    lambda body: f"{body[:4]}-{body[4:]}{check_symbol(body)}"
)


def _is_ticket(text: str) -> bool:
    try:
        normalise_ticket(text)
    except ValueError:
        return False
    return True


def test_the_alphabet_has_nothing_that_is_confused_in_print_or_speech() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 23  # a prime: the check symbol relies on it
    assert not set(ALPHABET) & set("01OI" + "BCDEGPTVZ")
    assert ALPHABET.upper() == ALPHABET


@given(tickets)
def test_a_ticket_is_one(ticket: str) -> None:
    assert normalise_ticket(ticket) == ticket


@given(st.randoms(use_true_random=False))
def test_new_tickets_are_tickets(rng: Random) -> None:
    ticket = new_ticket(rng)
    assert normalise_ticket(ticket) == ticket
    receipt = new_receipt(rng)
    assert receipt.startswith("S-")
    assert normalise_ticket(receipt.removeprefix("S-")) == receipt.removeprefix("S-")


@given(tickets)
def test_every_single_wrong_symbol_is_found(ticket: str) -> None:
    symbols = ticket.replace("-", "")
    for place, other in product(range(8), ALPHABET):
        wrong = symbols[:place] + other + symbols[place + 1 :]
        assert _is_ticket(wrong) is (other == symbols[place])


@given(tickets)
def test_every_swap_of_neighbours_is_found(ticket: str) -> None:
    symbols = ticket.replace("-", "")
    for place in range(7):
        first, second = symbols[place], symbols[place + 1]
        swapped = symbols[:place] + second + first + symbols[place + 2 :]
        assert _is_ticket(swapped) is (first == second)


@given(tickets)
def test_a_symbol_too_few_or_too_many_is_found(ticket: str) -> None:
    symbols = ticket.replace("-", "")
    for place in range(8):
        assert not _is_ticket(symbols[:place] + symbols[place + 1 :])
        assert not _is_ticket(symbols[:place] + symbols[place] + symbols[place:])


@given(tickets, st.text(" -_.#\t\n", max_size=3), st.booleans())
def test_case_spaces_and_dashes_do_not_matter(ticket: str, between: str, lower: bool) -> None:
    typed = between + between.join(ticket.replace("-", "")) + between
    assert normalise_ticket(typed.lower() if lower else typed) == ticket


@given(st.text(max_size=20))
def test_anything_else_is_refused_and_never_quoted(text: str) -> None:
    try:
        assert normalise_ticket(text)[4] == "-"
    except ValueError as error:
        assert len(text) < 3 or text not in str(error)  # noqa: PT017 - either way is right


@pytest.mark.parametrize(
    "text", ["", "-", "7KQ4-2MX", "7KQ4-2MXR2", "0KQ4-2MXR", "７KQ4-2MXR", "ß" * 8]
)
def test_what_cannot_be_a_ticket_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="eight letters and digits"):
        normalise_ticket(text)


def test_a_typing_error_is_told_as_such() -> None:
    ticket = new_ticket(Random(1))
    other = ALPHABET[(ALPHABET.index(ticket[0]) + 1) % 23] + ticket[1:]
    with pytest.raises(ValueError, match="typing error"):
        normalise_ticket(other)


def test_ids_and_codes_do_not_repeat() -> None:
    assert len({new_event_id() for _ in range(1000)}) == 1000
    assert len({new_ticket() for _ in range(1000)}) == 1000
    codes = {new_tracking_code() for _ in range(1000)}
    assert len(codes) > 990
    assert all(len(code) == TRACKING_CODE_LENGTH and set(code) <= set(ALPHABET) for code in codes)


def test_a_seed_gives_the_same_again() -> None:
    assert new_ticket(Random(7)) == new_ticket(Random(7))
    assert new_tracking_code(Random(7)) == new_tracking_code(Random(7))
