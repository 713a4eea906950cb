"""Making the topics, on both brokers, while others make them as well."""

from typing import Any

import pytest
from kafka import KafkaAdminClient
from kafka.errors import InvalidReplicationFactorError

from shared.kafka import topics
from shared.kafka.connection import client_options
from shared.settings import Settings


def test_topics_are_made_once(broker: Any) -> None:
    settings = Settings(broker_url=broker.url, topic_prefix="once.")
    wanted = sorted(topics.wanted_topics(settings))
    assert topics.apply(settings) == wanted
    assert topics.apply(settings) == []
    admin = KafkaAdminClient(**client_options(settings))
    admin.wait_for_topics(wanted)
    admin.close()


def test_a_topic_that_comes_into_being_meanwhile_is_no_failure(
    broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(broker_url=broker.url, topic_prefix="meanwhile.")
    name, *others = sorted(topics.wanted_topics(settings))
    admin = KafkaAdminClient(**client_options(settings))
    one = {"num_partitions": 2, "replication_factor": 1}
    admin.create_topics({name: one}, wait_for_metadata=True)
    monkeypatch.setattr(KafkaAdminClient, "list_topics", lambda _: [])
    assert topics.apply(settings) == others
    (found,) = admin.describe_topics([name])
    assert len(found["partitions"]) == 2
    admin.close()


@pytest.mark.kafka
def test_a_topic_that_the_broker_does_not_make_is_told(kafka_url: str) -> None:
    settings = Settings(broker_url=kafka_url, topic_prefix="copies.", topic_replicas=3)
    with pytest.raises(InvalidReplicationFactorError, match=r"copies\."):
        topics.apply(settings)
