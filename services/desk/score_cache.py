"""Computed scores, kept for a moment: a hundred live pages cost one computation, not a hundred.

One thread computes an entry, the others wait for it. What a reader may see is decided afterwards.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any, Generic, TypeVar

_MOST = 500
_PAST_FACTOR = 120.0
Key = tuple[Any, ...]
"""The region, then whatever tells entries apart: day, window, unit."""
_T = TypeVar("_T")


@dataclass
class _Slot(Generic[_T]):
    lock: Lock = field(default_factory=Lock)
    until: float = 0.0
    found: _T | None = None


class ScoreCache(Generic[_T]):
    """What was computed for a key."""

    def __init__(self, seconds: float, ticks: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._ticks = ticks
        self._lock = Lock()
        self._slots: dict[tuple[Key, bool], _Slot[_T]] = {}

    def get(self, key: Key, compute: Callable[[], _T], *, past: bool = False) -> _T:
        """The entry, computed anew when it is too old; a failure is not kept.

        `past`: a history, which only corrections change; a minute's delay is fine.
        """
        if self._seconds == 0:
            return compute()
        slot = self._slot((key, past))
        with slot.lock:
            if slot.found is None or self._ticks() >= slot.until:
                slot.found = compute()
                factor = _PAST_FACTOR if past else 1.0
                slot.until = self._ticks() + self._seconds * factor
            return slot.found

    def forget(self, region: str) -> None:
        """Compute the region's entries anew: somebody has just changed what they are made of.

        Whoever waits for a computation under way still gets that one.
        """
        with self._lock:
            self._slots = {key: slot for key, slot in self._slots.items() if key[0][0] != region}

    def _slot(self, key: tuple[Key, bool]) -> _Slot[_T]:
        with self._lock:
            if len(self._slots) >= _MOST and key not in self._slots:
                self._slots.clear()
            return self._slots.setdefault(key, _Slot())
