"""How much work a call is: Python's own calls counted, the same on every machine, never timed."""

import sys
from collections.abc import Callable
from types import FrameType


def calls(run: Callable[[], object]) -> int:
    """Calls and returns that `run` makes in this thread; what a regex does inside is not seen."""
    seen = 0

    def count(_frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal seen
        seen += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(before)
    return seen
