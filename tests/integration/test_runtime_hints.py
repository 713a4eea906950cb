"""Hints for live pages over a broker: every process hears what happens from now on."""

import threading
import uuid
from typing import Any

from shared.contracts.case import CaseVerified
from shared.contracts.codec import Event
from shared.contracts.enums import Actor
from shared.contracts.topics import Topic
from shared.kafka import topics
from shared.kafka.hints import HintPublisher, HintReader
from shared.settings import Settings
from tests.waiting import eventually


def test_readers_hear_every_topic_they_asked_for(broker: Any) -> None:
    settings = Settings(broker_url=broker.url, topic_prefix=f"t{uuid.uuid4().hex[:8]}.")
    topics.apply(settings)
    heard: list[Event] = []
    arrived = threading.Event()

    def hear(event: Event) -> None:
        heard.append(event)
        arrived.set()

    reader = HintReader(settings, (Topic.SCORE_UPDATED, Topic.CASE_EVENTS), hear)
    publisher = HintPublisher(settings)
    data = CaseVerified(
        ticket="7KQ4-2MXR",
        region="paser",
        sequence=2,
        opd="paser/dpupr",
        actor=Actor.HANDLER,
    )
    reader.start()
    # A desk that nobody looks at spends no time on what others do.
    unread: list[Event] = []
    idle = HintReader(settings, (Topic.CASE_EVENTS,), unread.append, wanted=lambda: False)
    idle.start()

    def sent_and_heard() -> bool:
        # What is sent before the reader is there is not its business.
        publisher.publish(Topic.CASE_EVENTS, "tanggap.case.verified.v1", data.ticket, data)
        return arrived.wait(0.2)

    try:
        eventually(sent_and_heard, what="a hint")
    finally:
        reader.stop()
        idle.stop()
        publisher.close()
    assert heard[0].data == data
    assert unread == []
