"""`Idempotency-Key`: the same key and body give the same answer, another body a conflict."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import orjson
from pydantic import BaseModel
from sqlalchemy import Connection

from services.ingest import store
from services.ingest.refusals import Refusal, refused
from shared.db.engine import Database
from shared.privacy.vault import Vault


@dataclass(frozen=True, slots=True)
class Once:
    """One request's key, as hashes; without a key every request is a new one."""

    key_hash: str | None
    body_hash: str

    @classmethod
    def of(
        cls,
        vault: Vault,
        endpoint: str,
        key: str | None,
        command: BaseModel,
        files: tuple[bytes, ...] = (),
    ) -> "Once":
        """Keys are scoped to their endpoint; a body is its fields and its files' bytes."""
        if key is None:
            return cls(None, "")
        fields = orjson.dumps(command.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
        parts = [fields.decode(), *(sha256(content).hexdigest() for content in files)]
        return cls(vault.keyed_hash(f"{endpoint}\n{key}"), vault.keyed_hash("\n".join(parts)))

    def before(self, database: Database) -> str | None:
        """What an earlier request with this key made, if there was one."""
        if self.key_hash is None:
            return None
        with database.read() as conn:
            found = store.claim_of(conn, self.key_hash)
        return self._reference(found)

    def claim(self, conn: Connection, reference: str, now: datetime) -> str | None:
        """Take the key for `reference`; none when it is ours, else what the first one made."""
        if self.key_hash is None:
            return None
        wanted = store.Claim(self.body_hash, reference)
        return self._reference(store.claim(conn, self.key_hash, wanted, now))

    def _reference(self, found: store.Claim | None) -> str | None:
        if found is None:
            return None
        if found.body_hash != self.body_hash:
            raise refused(Refusal.CONFLICT, "key_reused", "Idempotency-Key")
        return found.reference
