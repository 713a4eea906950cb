"""Waiting for something to become true: by a deadline, never by a fixed sleep."""

from collections.abc import Callable

from tests.servers.process import wait_until


def eventually(look: Callable[[], object], *, seconds: float = 20.0, what: str = "") -> None:
    """Return once `look` finds something; looks often, since the wait is the test's length."""
    wait_until(
        lambda: bool(look()), seconds=seconds, what=what or "what was waited for", every=0.01
    )
