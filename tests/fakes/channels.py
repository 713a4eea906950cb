"""A channel whose calls hold what the test put into them, and are always genuine."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.ingest.channels.message import HookAnswer, HookKeys, HookRequest, Item
from shared.contracts.enums import Channel


@dataclass(frozen=True)
class FakeAdapter:
    """Hands out `items`, whatever the call."""

    channel: Channel
    items: Sequence[Item] = ()
    max_bytes: int = 1_000_000

    def challenge(self, request: HookRequest, keys: HookKeys) -> HookAnswer | None:
        """None."""
        return None

    def authentic(self, request: HookRequest, keys: HookKeys) -> bool:
        """Always."""
        return True

    def parse(self, request: HookRequest, keys: HookKeys) -> Sequence[Item]:
        """The items."""
        return self.items

    def accepted(self) -> HookAnswer:
        """Plain 200."""
        return HookAnswer()
