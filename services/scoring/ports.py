"""What scoring needs from outside, as small protocols."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from shared.clocks.region import RegionRules
from shared.contracts.base import WireModel
from shared.contracts.topics import Topic


class Publisher(Protocol):
    """Sends an event without an outbox: a hint that may be lost."""

    def publish(self, topic: Topic, type: str, key: str, data: WireModel) -> None:
        """Hand the event over; must not wait for the broker."""
        ...


class RulesSource(Protocol):
    """The rules of every region that exists now."""

    def __call__(self, conn: Connection) -> dict[str, RegionRules]:
        """By region code."""
        ...


class NullPublisher:
    """Publishes nothing: commands and tests."""

    def publish(self, topic: Topic, type: str, key: str, data: WireModel) -> None:
        """Do nothing."""


ObserveLatency = Callable[[datetime], None]
"""Notes that a submission accepted at that time is part of the score now."""
