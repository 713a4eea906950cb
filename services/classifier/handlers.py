"""Handlers: a submission becomes a classified one; a person's correction is kept for learning.

A batch is classified in one go before its transaction, which then only writes; how often an event
comes changes nothing, since the runtime lets each one in once.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial

from sqlalchemy import Connection

from services.classifier import store
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
from shared.contracts.feedback import FeedbackClassified, FeedbackReceived
from shared.contracts.topics import Service, Topic
from shared.errors import InvalidMessageError
from shared.outbox.store import Outgoing, add

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
    ) -> None:
        self._classifier = classifier
        self._units = units
        self._read = read
        self._clock = clock
        self._observe = observe

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
        ids = (event.envelope.id for event in events)
        return partial(self._keep, dict(zip(ids, found, strict=True)))

    def _keep(
        self, answers: Mapping[str, Classification], conn: Connection, events: Sequence[Event]
    ) -> AfterCommit:
        """The answers leave by the outbox, a row of each stays."""
        now = self._clock.now()
        # Not validated again: both halves are validated models already.
        classified = [
            FeedbackClassified.model_construct(
                **dict(_received(event)), classification=answers[event.envelope.id]
            )
            for event in events
        ]
        store.keep_results(conn, classified, now)
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


def _received(event: Event) -> FeedbackReceived:
    if not isinstance(event.data, FeedbackReceived):
        raise InvalidMessageError("unexpected-data", type(event.data).__name__)
    return event.data
