"""Names for things: tickets a person can read over the phone, and ids for events.

Ticket symbols leave out what is confused in print (0 O 1 I) or rhymes when spoken (B C D E G P T
V Z). The alphabet has 23 symbols, a prime, so the weighted check symbol finds every single wrong
symbol and every swap of two neighbours.
"""

import re
import secrets
import uuid
from random import Random

ALPHABET = "23456789AFHJKLMNQRSUWXY"
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_BODY = 7
_RECEIPT_PREFIX = "S-"
TRACKING_CODE_LENGTH = 6
_SEPARATORS = re.compile(r"[\s\-_.#]+")


def new_event_id() -> str:
    """A unique id of an event."""
    return uuid.uuid4().hex


def check_symbol(body: str) -> str:
    """The last symbol of a ticket, from the seven before it."""
    total = sum((place + 2) * _VALUE[symbol] for place, symbol in enumerate(body))
    return ALPHABET[-total % len(ALPHABET)]


def new_ticket(rng: Random | None = None) -> str:
    """A ticket like `7KQ4-2MXR`; the last symbol checks the others."""
    chosen = rng or secrets.SystemRandom()
    body = "".join(chosen.choice(ALPHABET) for _ in range(_BODY))
    return _dashed(body + check_symbol(body))


def new_receipt(rng: Random | None = None) -> str:
    """A survey's receipt: a ticket after `S-`."""
    return _RECEIPT_PREFIX + new_ticket(rng)


def new_tracking_code(rng: Random | None = None) -> str:
    """The secret that, with the ticket, opens the tracking page."""
    chosen = rng or secrets.SystemRandom()
    return "".join(chosen.choice(ALPHABET) for _ in range(TRACKING_CODE_LENGTH))


def normalise_ticket(text: str) -> str:
    """The ticket as stored, from what a person typed: case, spaces and dashes do not matter.

    Raises `ValueError` when it cannot be a ticket (length, symbols or check symbol).
    """
    symbols = _SEPARATORS.sub("", text).upper()
    if len(symbols) != _BODY + 1 or any(symbol not in _VALUE for symbol in symbols):
        raise ValueError("a ticket has eight letters and digits")
    if check_symbol(symbols[:_BODY]) != symbols[_BODY]:
        raise ValueError("the ticket has a typing error: its check symbol does not fit")
    return _dashed(symbols)


def _dashed(symbols: str) -> str:
    return f"{symbols[:4]}-{symbols[4:]}"
