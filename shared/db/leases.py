"""A lease row picks the one process that relays or ticks; it frees itself when its holder dies."""

from datetime import datetime, timedelta

from sqlalchemy import delete, update

from shared.db.engine import Database
from shared.db.statements import insert_new
from shared.db.tables.common import leases


class Lease:
    """One name, held by one holder until it expires; renewed by `acquire`."""

    def __init__(self, db: Database, name: str, holder: str, seconds: float = 10.0) -> None:
        self._db = db
        self._name = name
        self._holder = holder
        self._length = timedelta(seconds=seconds)
        self._until: datetime | None = None

    def acquire(self, now: datetime) -> bool:
        """Whether this holder has the lease; writes only when a third of it has been used."""
        if self._until is not None and now < self._until - self._length * 2 / 3:
            return True
        self._until = now + self._length if self._take(now) else None
        return self._until is not None

    def _take(self, now: datetime) -> bool:
        row = {"name": self._name, "holder": self._holder, "expires_at": now + self._length}
        free = (leases.c.holder == self._holder) | (leases.c.expires_at <= now)
        with self._db.write() as conn:
            if insert_new(conn, leases, [row], "name"):
                return True
            taken = conn.execute(
                update(leases).where(leases.c.name == self._name, free).values(row)
            )
            return taken.rowcount == 1

    def release(self) -> None:
        """Give the lease back, so that a successor need not wait."""
        self._until = None
        mine = (leases.c.name == self._name) & (leases.c.holder == self._holder)
        with self._db.write() as conn:
            conn.execute(delete(leases).where(mine))
