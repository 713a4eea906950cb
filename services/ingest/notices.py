"""Notices to citizens: desk asks for one, and it becomes a row that the dispatcher sends.

In this transaction are rows only: nothing is sent. Idempotent: one row a notice; it is told as
finished once, here when there is no way to the citizen but the tracking page, else by who ends it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from services.ingest.channels.hashes import sender_hash
from services.ingest.ports import Poke
from services.ingest.sending import ladder, notice_words
from services.ingest.sending.deliveries import PENDING, finish_notice
from services.ingest.sending.outgoing import Letter, put
from shared.clock import Clock
from shared.contracts.codec import Event
from shared.contracts.enums import Channel
from shared.contracts.notices import (
    NotificationOutcome,
    NotificationPurpose,
    NotificationRequested,
)
from shared.db.read import intake
from shared.db.read.cases import notice_text
from shared.db.statements import insert_new
from shared.db.tables.ingest import ingest_notices
from shared.db.tables.messages import ingest_talks
from shared.errors import InvalidMessageError
from shared.ids import new_event_id
from shared.privacy.vault import Vault


@dataclass(frozen=True, slots=True)
class Ways:
    """What can be sent at all: channels with a sender, which is our SMS, and where pages are."""

    senders: Collection[Channel]
    sms: Channel | None
    site: str


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a notice goes out; without a letter it ends here."""

    letter: Letter | None = None
    ways: tuple[Channel, ...] = ()
    outcome: NotificationOutcome = NotificationOutcome.PERMANENT_FAILURE


class Notices:
    """Handles batches of `notification.requested`; the dispatcher is poked after the commit."""

    def __init__(self, vault: Vault, ways: Ways, clock: Clock, dispatcher: Poke) -> None:
        self._vault = vault
        self._ways = ways
        self._clock = clock
        self._dispatcher = dispatcher

    def __call__(self, conn: Connection, events: Sequence[Event]) -> Callable[[], None]:
        """Write a row for each notice that is new; what to do after the commit."""
        now = self._clock.now()
        for event in events:
            notice = event.data
            if not isinstance(notice, NotificationRequested):
                raise InvalidMessageError("wrong-type", type(notice).__name__)
            self._one(conn, notice, now)
        return self._dispatcher.poke

    def _one(self, conn: Connection, notice: NotificationRequested, now: datetime) -> None:
        ticket, purpose = notice.ticket, notice.purpose.value
        row = {
            "ticket": ticket,
            "sequence": notice.sequence,
            "purpose": purpose,
            "channel": notice.channel.value,
            "outcome": PENDING,
            "at": now,
        }
        if not insert_new(conn, ingest_notices, [row], "ticket"):
            return
        plan = self._planned(conn, notice)
        if plan.letter is None:
            outcome = plan.outcome
            finish_notice(conn, ticket, notice.sequence, purpose, notice.region, outcome, now)
            return
        put(
            conn,
            self._vault,
            plan.letter,
            ways=plan.ways,
            ticket=ticket,
            sequence=notice.sequence,
            purpose=purpose,
            region=notice.region,
            urgent=notice.purpose is NotificationPurpose.EMERGENCY,
            due_at=now,
            now=now,
        )

    def _planned(self, conn: Connection, notice: NotificationRequested) -> _Plan:
        ticket, origin = notice.ticket, notice.channel
        # What desk wrote stands on the tracking page; where that is the channel, it is delivered.
        paged = origin in ladder.PAGES
        nowhere = NotificationOutcome.DELIVERED if paged else NotificationOutcome.PERMANENT_FAILURE
        who = intake.open_identity(conn, self._vault, ticket)
        if who is None:
            return _Plan(outcome=nowhere)
        ways = ladder.ways_of(
            origin, who.address, who.phone, who.email, self._ways.sms, self._ways.senders
        )
        if not ways:
            return _Plan(outcome=nowhere)
        talk = self._talk(conn, next(iter(ways.items())))
        # STOP holds for the way it was said on, and nobody is then written to by another.
        urgent = notice.purpose is NotificationPurpose.EMERGENCY
        if talk is not None and talk.stopped_at is not None and not urgent:
            return _Plan()
        letter = self._letter(conn, notice, who, ways, talk.language if talk else None)
        return _Plan(letter, tuple(ways))

    def _talk(self, conn: Connection, way: tuple[Channel, str]) -> "_Talk | None":
        talk = ingest_talks.c
        key = sender_hash(self._vault, *way)
        row = conn.execute(
            select(talk.stopped_at, talk.language).where(talk.sender_hash == key)
        ).one_or_none()
        return _Talk(row.stopped_at, row.language) if row else None

    def _letter(
        self,
        conn: Connection,
        notice: NotificationRequested,
        who: intake.Identity,
        ways: dict[Channel, str],
        language: str | None,
    ) -> Letter:
        ticket, purpose = notice.ticket, notice.purpose
        filed = intake.submission(conn, ticket)
        stated = intake.stated_languages(conn, [ticket]).get(ticket)
        lang = notice_words.lang_of(stated or language)
        link = f"{self._ways.site}/lacak?tiket={ticket}"
        tail, follow = notice_words.tails(purpose, ticket, link, lang)
        said = notice_text(conn, ticket, notice.sequence)
        confidential = filed is None or filed.confidential
        return Letter(
            to={channel.value: address for channel, address in ways.items()},
            text=notice_words.body(purpose, ticket, said, lang, confidential=confidential),
            account=who.account or "",
            thread=who.thread,
            tail=tail,
            link=link,
            follow=follow,
            origin=notice.channel.value,
            reference=new_event_id(),
        )


@dataclass(frozen=True, slots=True)
class _Talk:
    """What the talk on a way tells."""

    stopped_at: datetime | None
    language: str | None
