"""Binds a child's life to its parent's: the child is killed when the parent ends, however it ends.

`bound(argv)` gives the command to start instead; this file is also that command's program, so it
imports nothing of the product and starts in a few milliseconds.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1


def bound(argv: Sequence[str]) -> list[str]:
    """The command that runs `argv` for as long as this process lives.

    Start it from a thread that lives as long as the process: the kernel watches the thread.
    LIMIT: Linux only; elsewhere a child ends with us only when we end in order.
    """
    if sys.platform != "linux":
        return list(argv)
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *argv]


def _run(parent: int, argv: Sequence[str]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        sys.exit("cannot bind to the parent process")
    # The parent may have ended before the kernel was told to watch it.
    if os.getppid() != parent:
        sys.exit("the parent process has ended")
    os.execvp(argv[0], list(argv))  # noqa: S606 — the command comes from our own parent


if __name__ == "__main__":
    _run(int(sys.argv[1]), sys.argv[2:])
