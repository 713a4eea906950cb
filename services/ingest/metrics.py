"""What the intake counts; the metrics themselves are declared in `shared.metrics`."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import wraps
from typing import ParamSpec, Protocol, TypeVar

from services.ingest.refusals import Refusal, RefusedError
from shared.contracts.enums import Channel
from shared.metrics import SUBMISSIONS

P = ParamSpec("P")


class Counted(StrEnum):
    """Kinds of submission in `tanggap_submissions_total`."""

    COMPLAINT = "complaint"
    SURVEY = "survey"
    ACT = "act"
    EVENT = "event"


class Outcome(StrEnum):
    """How a submission ended."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    INVALID = "invalid"
    UNAUTHORISED = "unauthorised"
    LIMITED = "limited"
    IGNORED = "ignored"
    FAILED = "failed"


_OUTCOMES = {
    Refusal.NOT_FOUND: Outcome.UNAUTHORISED,
    Refusal.LIMITED: Outcome.LIMITED,
    Refusal.BUSY: Outcome.LIMITED,
}


class Answer(Protocol):
    """What a counted handler returns."""

    @property
    def repeated(self) -> bool:
        """Whether the submission had been accepted before."""
        ...


A = TypeVar("A", bound=Answer)


def count(kind: Counted, outcome: Outcome, channel: Channel = Channel.WEB, times: int = 1) -> None:
    """Count a submission, or several that ended alike."""
    series = SUBMISSIONS.labels(channel=channel.value, kind=kind.value, outcome=outcome.value)
    series.inc(times)


def count_refusal(kind: Counted, error: RefusedError, channel: Channel = Channel.WEB) -> None:
    """Count one refused submission by the kind of its refusal."""
    count(kind, _OUTCOMES.get(error.refusal, Outcome.INVALID), channel)


def counted(kind: Counted) -> Callable[[Callable[P, A]], Callable[P, A]]:
    """Count each call of a handler, by how it ends; its last argument tells the channel."""

    def wrap(handler: Callable[P, A]) -> Callable[P, A]:
        @wraps(handler)
        def handle(*args: P.args, **kwargs: P.kwargs) -> A:
            channel = getattr(args[-1] if args else None, "channel", Channel.WEB)
            outcome = Outcome.FAILED
            try:
                answer = handler(*args, **kwargs)
                outcome = Outcome.DUPLICATE if answer.repeated else Outcome.ACCEPTED
            except RefusedError as error:
                outcome = _OUTCOMES.get(error.refusal, Outcome.INVALID)
                raise
            finally:
                count(kind, outcome, channel)
            return answer

        return handle

    return wrap


def declare(hooks: Iterable[Channel] = ()) -> None:
    """Start the series of the web and of `hooks` at 0: a rate is then right from the first one."""
    for kind in (Counted.COMPLAINT, Counted.SURVEY, Counted.ACT):
        for outcome in Outcome:
            SUBMISSIONS.labels(channel=Channel.WEB.value, kind=kind.value, outcome=outcome.value)
    for channel in hooks:
        for outcome in Outcome:
            count(Counted.EVENT, outcome, channel, 0)
