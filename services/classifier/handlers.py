"""Handlers: a submission becomes a classified one; a person's correction is kept for learning.

A batch is classified in one go inside its transaction, so a model must stay fast; how often an
event comes changes nothing, since the runtime lets each one in once.
"""

from collections.abc import Callable, Sequence

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
from shared.contracts.codec import Event, topic_type
from shared.contracts.feedback import FeedbackClassified, FeedbackReceived
from shared.contracts.topics import Service, Topic
from shared.errors import InvalidMessageError
from shared.outbox.store import Outgoing, add

AfterCommit = Callable[[], None]


class FeedbackSorter:
    """Holds the ports; its methods are the handlers of the classifier's topics."""

    def __init__(
        self,
        classifier: Classifier,
        units: UnitSource,
        clock: Clock,
        observe: ObserveClassified | None = None,
    ) -> None:
        self._classifier = classifier
        self._units = units
        self._clock = clock
        self._observe = observe

    def on_feedback(self, conn: Connection, events: Sequence[Event]) -> AfterCommit:
        """Classify the batch; the answers leave by the outbox, a row of each stays."""
        received = [_received(event) for event in events]
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
        now = self._clock.now()
        # Not validated again: both halves are validated models already.
        classified = [
            FeedbackClassified.model_construct(**dict(one), classification=answer)
            for one, answer in zip(received, found, strict=True)
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
