"""One-time visit tokens of the survey: made for an OPD's counter, stored as keyed hashes."""

from sqlalchemy import insert

from shared.clock import Clock
from shared.db.engine import Database
from shared.db.read.directory import Directory
from shared.db.tables.ingest import ingest_tokens
from shared.errors import TanggapError
from shared.ids import new_ticket
from shared.privacy.vault import Vault

MOST_AT_ONCE = 100_000
_CHUNK = 1_000


def token_hash(vault: Vault, token: str) -> str:
    """How a token is stored; case, spaces and dashes do not matter."""
    plain = "".join(char for char in token.upper() if char.isalnum())
    return vault.keyed_hash(f"token:{plain}")


def issue_tokens(database: Database, vault: Vault, clock: Clock, opd: str, count: int) -> list[str]:
    """Make `count` tokens for the OPD; they are shown once, here, and never again."""
    if not 1 <= count <= MOST_AT_ONCE:
        raise TanggapError(f"ask for 1 to {MOST_AT_ONCE:,} tokens at a time")
    with database.read() as conn:
        if not Directory.load(conn).accepts(opd):
            raise TanggapError(f"unknown OPD {opd}: write it as region/name, such as paser/dinkes")
    tokens: list[str] = []
    seen: set[str] = set()
    while len(tokens) < count:
        token = f"K-{new_ticket()}"
        if token not in seen:
            seen.add(token)
            tokens.append(token)
    now = clock.now()
    rows = [
        {"token_hash": token_hash(vault, token), "opd": opd, "created_at": now} for token in tokens
    ]
    with database.write() as conn:
        for start in range(0, len(rows), _CHUNK):
            conn.execute(insert(ingest_tokens), rows[start : start + _CHUNK])
    return tokens
