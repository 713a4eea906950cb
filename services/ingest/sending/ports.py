"""What every way out has in common: what it is handed, and how it says that it failed."""

from dataclasses import dataclass
from typing import Protocol

from shared.contracts.enums import Channel


@dataclass(frozen=True, slots=True)
class Outward:
    """One message as a sender gets it; only the sender opens it, nothing of it is logged.

    `account` is our number, page or bot, empty when the citizen wrote to none of them. `thread`:
    the comment a private reply hangs on. `reference` is the same at every try. `template`: free
    words are not allowed any more, only what the provider approved, with `ticket` and `link`.
    """

    to: str
    text: str
    account: str = ""
    thread: str | None = None
    ticket: str = ""
    link: str = ""
    reference: str = ""
    template: bool = False


class SendError(Exception):
    """The message was not taken. `reason` is a code of ours or the provider's, never any text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AgainError(SendError):
    """Trouble that passes or that an operator repairs; `after`: seconds the provider asks for."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class RefusedError(SendError):
    """This message will never be taken on this way: no such number, blocked, forbidden words."""


class WindowClosedError(RefusedError):
    """The citizen wrote too long ago for free words; an approved template may still go."""


class Sender(Protocol):
    """One way out. Used by several threads at once; idempotent where the provider can be."""

    @property
    def channel(self) -> Channel:
        """The channel it sends for."""
        ...

    @property
    def limit(self) -> int:
        """The most characters it sends; longer words are cut before."""
        ...

    @property
    def confirms(self) -> bool:
        """Whether receipts come back: until then a message counts as on its way."""
        ...

    @property
    def has_template(self) -> bool:
        """Whether it has an approved template for citizens who wrote long ago."""
        ...

    def send(self, message: Outward) -> str | None:
        """The provider's id of what it took, if it gives one; else raises a `SendError`."""
        ...

    def close(self) -> None:
        """Give connections back; a call under way fails."""
        ...
