"""A consumer that starts gets its partitions, each time: on a busy machine as well."""

from collections.abc import Sequence
from typing import Any, cast

from shared.contracts.codec import RawMessage
from shared.contracts.topics import Service, Topic
from shared.kafka.batch import BatchProcessor
from shared.kafka.consumer_loop import ConsumerLoop
from shared.kafka.topics import apply
from shared.settings import Settings
from tests.servers.process import wait_until

STARTS = 6


class FakeProcessor:
    """Takes messages of one topic and does nothing with them."""

    service = Service.DESK
    topics = (Topic.CITIZEN_ACTED,)

    def process(self, messages: Sequence[RawMessage]) -> None:
        """Nothing to apply."""


def test_each_start_of_a_new_group_gets_partitions(kafka_url: str) -> None:
    """Without its look at the topics first, one start in four stayed without any for ever."""
    for number in range(STARTS):
        settings = Settings(
            broker_url=kafka_url, broker_session_seconds=6, topic_prefix=f"join{number}."
        )
        apply(settings)
        loop = ConsumerLoop(cast("BatchProcessor", cast("Any", FakeProcessor())), settings)
        loop.start()
        try:
            wait_until(lambda one=loop: one.ready() is True, seconds=20, what="partitions")  # type: ignore[misc]
        finally:
            loop.stop()
