"""A pass for the counter: desk vouches for a person of the staff, ingest takes a report in.

The services share no code and no session, but the master key: a pass is a few words and their keyed
hash. It opens nothing and shows nothing; it only lets a report be filed as taken in by staff.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from shared.privacy.vault import Vault

LIFETIME = timedelta(hours=4)
"""Half a day at the counter; who stays longer opens the form anew."""
MAX_LENGTH = 600
_PURPOSE = "walkin-pass"


@dataclass(frozen=True, slots=True)
class WalkinPass:
    """Who takes reports in, for which region, until when."""

    username: str
    region: str
    until: datetime


def new_pass(vault: Vault, username: str, region: str, now: datetime) -> tuple[str, datetime]:
    """A pass as text that fits into an address or a header, and when it ends."""
    until = now + LIFETIME
    said = orjson.dumps([username, region, int(until.timestamp())])
    payload = base64.urlsafe_b64encode(said).decode().rstrip("=")
    return f"{payload}.{_signature(vault, payload)}", until


def read_pass(vault: Vault, text: str, now: datetime) -> WalkinPass | None:
    """The pass, or none when it is not ours or has ended."""
    payload, _, signature = text.partition(".")
    expected = _signature(vault, payload).encode()
    if len(text) > MAX_LENGTH or not hmac.compare_digest(signature.encode(), expected):
        return None
    try:
        said = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        username, region, until = said
        found = WalkinPass(str(username), str(region), datetime.fromtimestamp(until, UTC))
    except (binascii.Error, ValueError, TypeError):
        return None
    return found if now < found.until else None


def _signature(vault: Vault, payload: str) -> str:
    return vault.keyed_hash(f"{_PURPOSE}:{payload}")
