"""What providers say of our messages: delivered, or failed after all. Duplicates change nothing.

A receipt of a message that ended or is not ours is left aside: a message ends once. One that comes
before the answer to our own call was written is kept until then, for `EARLY_KEPT` at most and of
the newest `EARLY_MOST`; the dispatcher looks for its message at every round.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from services.ingest.channels.hashes import provider_hash
from services.ingest.channels.message import Delivery as Told
from services.ingest.channels.message import Receipt
from services.ingest.sending import deliveries, ladder
from services.ingest.sending.ports import RefusedError, WindowClosedError
from shared.contracts.enums import Channel
from shared.contracts.notices import NotificationOutcome
from shared.db.engine import Database
from shared.db.statements import insert_ignore
from shared.db.tables.messages import ingest_early_receipts
from shared.privacy.vault import Vault

EARLY_KEPT = timedelta(hours=1)
"""How long the answer to a call of ours may take to be written; the longest call takes a minute."""
EARLY_MOST = 1_000
"""How many are kept at most: an account of ours may send for others too, whose receipts stay."""
_REASON_MAX = 40
_early = ingest_early_receipts.c


class Receipts:
    """Applies receipts; `templates` are the channels that have an approved template."""

    def __init__(self, vault: Vault, templates: frozenset[Channel]) -> None:
        self._vault = vault
        self._templates = templates

    def __call__(
        self, conn: Connection, channel: Channel, receipts: Sequence[Receipt], now: datetime
    ) -> None:
        """Apply the receipts of one call in the caller's transaction, or keep them.

        In one order whatever order they came in, so that two calls do not wait for each other.
        """
        named = [(provider_hash(self._vault, channel, one.provider_id), one) for one in receipts]
        for key, receipt in sorted(named, key=lambda pair: pair[0]):
            if receipt.delivery is not Told.SENT:
                known = self._one(conn, key, receipt.delivery, receipt.reason, now)
                if not known:
                    _keep(conn, key, receipt, now)

    def catch_up(self, db: Database, now: datetime) -> bool:
        """Apply the receipts kept whose message was written meanwhile; whether there were any.

        Also removes those past `EARLY_MOST`: here, and not where they are kept, since calls that
        remove the same rows would wait for each other.
        """
        with db.read() as conn:
            named, last = deliveries.named_early(conn), _last_past(conn)
        if not named and last is None:
            return False
        with db.write() as conn:
            for key in deliveries.named_early(conn):
                taken = delete(ingest_early_receipts).where(_early.provider_hash == key)
                row = conn.execute(taken.returning(_early.delivery, _early.reason)).one_or_none()
                if row is not None:
                    self._one(conn, key, Told(row.delivery), row.reason, now)
            if last is not None:
                conn.execute(delete(ingest_early_receipts).where(_early.id <= last))
        return bool(named)

    def _one(
        self, conn: Connection, key: str, told: Told, reason: str | None, now: datetime
    ) -> bool:
        """Apply one receipt; False when no message of ours has its name."""
        found = deliveries.by_provider(conn, key)
        if found is None:
            return deliveries.is_named(conn, key)
        if told is Told.DELIVERED:
            deliveries.finish(conn, found, NotificationOutcome.DELIVERED, None, now)
            return True
        able = found.channel in self._templates
        closed = ladder.closed_by_receipt(reason)
        error = WindowClosedError if closed else RefusedError
        code = (reason or "receipt")[:_REASON_MAX]
        used = found.reason == ladder.WINDOW_REASON
        step = ladder.after_failure(found.trip(template=used), error(code), now, has_template=able)
        deliveries.follow(conn, found, step, self._vault, now)
        return True


def prune(conn: Connection, now: datetime) -> int:
    """Remove receipts kept for too long; how many."""
    old = delete(ingest_early_receipts).where(_early.received_at < now - EARLY_KEPT)
    return conn.execute(old).rowcount


def _keep(conn: Connection, key: str, receipt: Receipt, now: datetime) -> None:
    row = {
        "provider_hash": key,
        "delivery": receipt.delivery.value,
        "reason": receipt.reason[:_REASON_MAX] if receipt.reason else None,
        "received_at": now,
    }
    insert_ignore(conn, ingest_early_receipts, [row])


def _last_past(conn: Connection) -> int | None:
    """The newest of those that are too many."""
    newest_first = select(_early.id).order_by(_early.id.desc())
    found: int | None = conn.execute(newest_first.offset(EARLY_MOST).limit(1)).scalar_one_or_none()
    return found
