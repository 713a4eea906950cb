"""What providers say of our messages: delivered, or failed after all. Duplicates change nothing.

Works in the caller's transaction. A receipt of a message that ended, moved on or is not ours is
left aside: a message ends once.

LIMIT: a receipt that comes before the answer to our own call was written is left aside as well; the
message then counts as sent when the time for receipts is over.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from services.ingest.channels.hashes import provider_hash
from services.ingest.channels.message import Delivery as Told
from services.ingest.channels.message import Receipt
from services.ingest.sending import deliveries, ladder
from services.ingest.sending.ports import RefusedError, WindowClosedError
from shared.contracts.enums import Channel
from shared.contracts.notices import NotificationOutcome
from shared.privacy.vault import Vault


class Receipts:
    """Applies receipts; `templates` are the channels that have an approved template."""

    def __init__(self, vault: Vault, templates: frozenset[Channel]) -> None:
        self._vault = vault
        self._templates = templates

    def __call__(
        self, conn: Connection, channel: Channel, receipts: Sequence[Receipt], now: datetime
    ) -> None:
        """Apply the receipts of one call, in one order whatever order they came in."""
        named = [(provider_hash(self._vault, channel, one.provider_id), one) for one in receipts]
        for key, receipt in sorted(named, key=lambda pair: pair[0]):
            if receipt.delivery is not Told.SENT:
                self._one(conn, key, receipt, now)

    def _one(self, conn: Connection, key: str, receipt: Receipt, now: datetime) -> None:
        found = deliveries.by_provider(conn, key)
        if found is None:
            return
        if receipt.delivery is Told.DELIVERED:
            deliveries.finish(conn, found, NotificationOutcome.DELIVERED, None, now)
            return
        able = found.channel in self._templates
        closed = ladder.closed_by_receipt(receipt.reason)
        error = WindowClosedError if closed else RefusedError
        code = (receipt.reason or "receipt")[:40]
        used = found.reason == ladder.WINDOW_REASON
        step = ladder.after_failure(found.trip(template=used), error(code), now, has_template=able)
        deliveries.follow(conn, found, step, self._vault, now)
