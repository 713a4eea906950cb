"""Which messages of a sender can be handled now, and what pieces make together. Pure.

The pieces of a long SMS are one message once all are there, in whatever order they came, or when
the time for them is over; an album once no further picture came for a while.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.ingest.channels.message import Message

LOST = "[…]"
# Design §2.10: further back a provider's time says nothing about when we could have known.
LONGEST_WAY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stored message as far as joining needs it."""

    row_id: int
    due_at: datetime
    attempts: int = 0
    group: str | None = None
    part: int | None = None
    parts: int | None = None


Turn = tuple[Piece, ...]
"""What is handled at once: a message, or the pieces of one, in reading order."""


def turns(waiting: Sequence[Piece], now: datetime) -> list[Turn]:
    """The turns of one sender that can be taken now, in the order the messages came.

    A message that is to be tried again holds back what came after it; one whose pieces are missing
    does not.
    """
    found: list[Turn] = []
    taken: set[int] = set()
    for piece in sorted(waiting, key=lambda one: one.row_id):
        if piece.row_id in taken:
            continue
        if piece.attempts and piece.due_at > now:
            break
        left = [one for one in waiting if one.row_id not in taken]
        turn = _together(piece, left, now) if piece.group else _alone(piece, now)
        taken |= {one.row_id for one in turn}
        if turn:
            found.append(turn)
    return found


def _alone(piece: Piece, now: datetime) -> Turn:
    return (piece,) if piece.due_at <= now else ()


def _together(first: Piece, waiting: Iterable[Piece], now: datetime) -> Turn:
    mine = [piece for piece in waiting if piece.group == first.group]
    if first.parts is None:
        return tuple(mine) if max(piece.due_at for piece in mine) <= now else ()
    # Two long messages may carry the same reference: the first of each number belong together.
    by_number: dict[int, Piece] = {}
    for piece in sorted(mine, key=lambda one: one.row_id):
        by_number.setdefault(piece.part or 0, piece)
    complete = len(by_number) == first.parts
    over = min(piece.due_at for piece in by_number.values()) <= now
    return tuple(by_number[number] for number in sorted(by_number)) if complete or over else ()


def joined(turn: Turn, messages: Mapping[int, Message]) -> Message:
    """The one message that the pieces of a turn make; what is missing of it is marked."""
    found = [messages[piece.row_id] for piece in turn]
    if len(found) == 1 and turn[0].parts is None:
        return found[0]
    first = min(turn, key=lambda one: one.row_id)
    times = [message.sent_at for message in found if message.sent_at]
    return replace(
        messages[first.row_id],
        text=_long_text(turn, found) if turn[0].parts else _texts(found),
        sent_at=min(times, default=None),
        media=tuple(item for message in found for item in message.media),
        part=None,
        group=None,
    )


def _long_text(turn: Turn, found: Sequence[Message]) -> str:
    """The texts in order; a mark stands for any number of pieces that never came."""
    texts = {piece.part: message.text for piece, message in zip(turn, found, strict=True)}
    whole, gap = "", False
    for number in range(1, (turn[0].parts or 0) + 1):
        text = texts.get(number)
        if text is not None:
            whole += f" {text}" if gap else text
        elif not gap:
            whole += f" {LOST}" if whole else LOST
        gap = text is None
    return whole


def _texts(found: Sequence[Message]) -> str:
    """The captions of an album, each once."""
    return "\n".join(dict.fromkeys(message.text for message in found if message.text.strip()))


def clocks_start(sent_at: datetime | None, received_at: datetime) -> datetime | None:
    """The provider's time where clocks may start at it; none: they start at receipt."""
    if sent_at is None or not received_at - LONGEST_WAY <= sent_at <= received_at:
        return None
    return sent_at
