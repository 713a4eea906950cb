"""Why a submission is refused: codes and fields, no sentences (those are in `words`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default
from enum import IntEnum


class Refusal(IntEnum):
    """The kinds of refusal; the value is the HTTP status both surfaces answer with."""

    NOT_FOUND = 404
    TOO_SLOW = 408
    CONFLICT = 409
    GONE = 410
    TOO_LARGE = 413
    UNSUPPORTED = 415
    INVALID = 422
    LIMITED = 429
    BUSY = 503


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with a field; `values` fill the sentence that explains the code."""

    field: str
    code: str
    values: Mapping[str, object] = default(default_factory=dict)


class RefusedError(Exception):
    """A submission that is not accepted; nothing of it was written."""

    def __init__(
        self, refusal: Refusal, flaws: Sequence[Flaw], retry_after: int | None = None
    ) -> None:
        super().__init__(", ".join(f"{flaw.field}:{flaw.code}" for flaw in flaws))
        self.refusal = refusal
        self.flaws = tuple(flaws)
        self.retry_after = retry_after


def invalid(*flaws: Flaw) -> RefusedError:
    """A refusal of what was entered."""
    return RefusedError(Refusal.INVALID, flaws)


def refused(refusal: Refusal, code: str, field: str = "body", **values: object) -> RefusedError:
    """A refusal with one reason."""
    return RefusedError(refusal, [Flaw(field, code, values)])
