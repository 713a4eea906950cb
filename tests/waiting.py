"""Waiting for something to become true: by a deadline, never by a fixed sleep."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def eventually(look: Callable[[], Found], *, seconds: float = 20.0, what: str = "") -> Found:
    """The first true answer of `look`; fails with the last one when time is up."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what or look} (last: {found!r})")
        time.sleep(0.01)
    return found
