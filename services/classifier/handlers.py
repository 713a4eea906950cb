"""Handlers: a submission becomes a classified one; a person's correction is kept for learning.

A batch is classified in one go before its transaction, which then only writes; how often an event
comes changes nothing, since the runtime lets each one in once.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from services.classifier import store
from services.classifier.duplicates import WINDOW, Signer
from services.classifier.incidents import Joined, join, load_signer, report_of
from services.classifier.ports import (
    ClassificationRequest,
    Classifier,
    ObserveClassified,
    UnitSource,
)
from shared.clock import Clock
from shared.contracts.case import CaseCorrected
from shared.contracts.classification import Classification
from shared.contracts.codec import Event, topic_type
from shared.contracts.enums import Form
from shared.contracts.feedback import FeedbackClassified, FeedbackReceived
from shared.contracts.topics import Service, Topic
from shared.errors import InvalidMessageError
from shared.outbox.store import Outgoing, add

KEPT = WINDOW + timedelta(days=1)
"""How long a signature is kept; an older report (history) neither finds others nor is found."""
_SWEEP_EVERY = timedelta(minutes=1)

AfterCommit = Callable[[], None]
Handler = Callable[[Connection, Sequence[Event]], AfterCommit]
ReadSnapshot = Callable[[], AbstractContextManager[Connection]]


class FeedbackSorter:
    """Holds the ports; its methods are the handlers of the classifier's topics."""

    def __init__(
        self,
        classifier: Classifier,
        units: UnitSource,
        read: ReadSnapshot,
        clock: Clock,
        observe: ObserveClassified | None = None,
        signer: Signer | None = None,
    ) -> None:
        self._classifier = classifier
        self._units = units
        self._read = read
        self._clock = clock
        self._observe = observe
        self._signer = signer or load_signer()
        self._sweep_from = datetime.min.replace(tzinfo=UTC)

    def prepare_feedback(self, events: Sequence[Event]) -> Handler:
        """Classify the batch while others may write; the handler keeps the answers."""
        received = [_received(event) for event in events]
        with self._read() as conn:
            lists = self._units(conn)
        found = self._classifier.classify(
            [
                ClassificationRequest(
                    text=one.text,
                    units=lists.get(one.region, ()),
                    service=one.service,
                    opd_asked=one.opd_asked,
                    category_asked=one.category_asked,
                    form=one.form,
                )
                for one in received
            ]
        )
        joined = self._join(received, found)
        ids = (event.envelope.id for event in events)
        return partial(self._keep, dict(zip(ids, found, strict=True)), joined)

    def _join(
        self, received: Sequence[FeedbackReceived], found: Sequence[Classification]
    ) -> Mapping[str, Joined]:
        """Complaints of the last days with the earlier reports of the same incident."""
        oldest = self._clock.now() - KEPT
        reports = {
            one.reference: report_of(one, answer)
            for one, answer in zip(received, found, strict=True)
            if one.form is Form.COMPLAINT and one.received_at >= oldest
        }
        if not reports:
            return {}
        with self._read() as conn:
            return join(conn, list(reports.values()), self._signer)

    def _keep(
        self,
        answers: Mapping[str, Classification],
        joined: Mapping[str, Joined],
        conn: Connection,
        events: Sequence[Event],
    ) -> AfterCommit:
        """The answers leave by the outbox, a row of each stays."""
        now = self._clock.now()
        classified = [
            _classified(_received(event), answers[event.envelope.id], joined) for event in events
        ]
        store.keep_results(conn, classified, now)
        fresh = [joined[one.reference] for one in classified if one.reference in joined]
        store.keep_signatures(conn, [(one.signature, one.bands) for one in fresh])
        self._sweep(conn, now)
        topic = Topic.FEEDBACK_CLASSIFIED
        add(
            conn,
            Service.CLASSIFIER,
            [Outgoing(topic, topic_type(topic), one.reference, one, now) for one in classified],
        )

        def after() -> None:
            if self._observe:
                for one in classified:
                    self._observe(one.form, one.classification)

        return after

    def _sweep(self, conn: Connection, now: datetime) -> None:
        """Now and then, forget old signatures."""
        if now >= self._sweep_from:
            self._sweep_from = now + _SWEEP_EVERY
            store.sweep_signatures(conn, now - KEPT)

    def on_case_events(self, conn: Connection, events: Sequence[Event]) -> None:
        """Keep what people corrected; every other event of a case is none of ours."""
        store.keep_corrections(
            conn,
            [
                (event.envelope.id, event.envelope.time, event.data)
                for event in events
                if isinstance(event.data, CaseCorrected)
            ],
        )


def _classified(
    received: FeedbackReceived, answer: Classification, joined: Mapping[str, Joined]
) -> FeedbackClassified:
    found = joined.get(received.reference)
    if found and found.likes:
        answer = answer.model_copy(update={"duplicates": list(found.likes)})
    # Not validated again: both halves are validated models already.
    return FeedbackClassified.model_construct(**dict(received), classification=answer)


def _received(event: Event) -> FeedbackReceived:
    if not isinstance(event.data, FeedbackReceived):
        raise InvalidMessageError("unexpected-data", type(event.data).__name__)
    return event.data
