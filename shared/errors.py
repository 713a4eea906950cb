"""Three kinds of trouble, and what a person at the command line is told (style.md 20)."""


class TanggapError(Exception):
    """An expected failure whose message is one clear line for the person who caused it."""


class InvalidMessageError(Exception):
    """The event itself is bad: never retried, it becomes a dead letter.

    `reason` is a short constant (a metric's label and a header), `detail` says more and holds no
    text of a citizen.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class TransientError(Exception):
    """A dependency (database, broker, disk) is away: retry, then exit; never a dead letter."""
