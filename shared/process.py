"""Ending the process when going on would lose or hide something."""

import os
import sys
from typing import NoReturn

from shared.logs import get_logger

EXIT_DEPENDENCY = 75
"""`EX_TEMPFAIL`: the supervisor starts the process again."""

log = get_logger("tanggap.process")


def end_uncommitted(event: str, **fields: object) -> NoReturn:
    """End at once, from any thread, without clean-up: nothing may commit an offset any more."""
    log.critical(event, **fields)
    sys.stderr.flush()
    os._exit(EXIT_DEPENDENCY)
