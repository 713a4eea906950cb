"""Which region a message is for, as far as its way in tells. Pure; it asks nobody.

In order: what a person of ours assigned, the account it came to, what the citizen answered before,
the default. A code in the text (domain.md §3.4) wins over all of them and is the conversation's
business, since it reads the text. None: nobody can tell yet.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.contracts.enums import Channel

EVERY = "*"


@dataclass(frozen=True, slots=True)
class Accounts:
    """The settings that tell regions apart; a region that there is not counts for nothing."""

    by_channel: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)
    default: str = ""

    def of(self, channel: Channel, account: str) -> str | None:
        """The region of a receiving number, page or bot; numbers with or without a plus."""
        mine = {_plain(name): region for name, region in self.by_channel.get(channel, {}).items()}
        return mine.get(_plain(account)) or mine.get(EVERY)

    def region(
        self,
        channel: Channel,
        account: str,
        known: Iterable[str],
        *,
        assigned: str | None = None,
        told: str | None = None,
    ) -> str | None:
        """The region of a message, always one of `known`; none when nothing tells it."""
        regions = frozenset(known)
        ways = (assigned, self.of(channel, account), told, self.default)
        return next((way for way in ways if way in regions), None)


def _plain(account: str) -> str:
    return account.strip().lstrip("+").casefold()
