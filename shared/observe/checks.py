"""Readiness checks by name, for every service, however it answers them over HTTP."""

from collections.abc import Callable, Mapping

from sqlalchemy.exc import SQLAlchemyError

from shared.errors import TransientError

Check = Callable[[], bool | str]
"""True when ready, else False or the reason in a few words."""


def run_checks(checks: Mapping[str, Check]) -> dict[str, str]:
    """Each check by name: `ok`, or in a few words why not."""
    return {name: _outcome(check) for name, check in checks.items()}


def _outcome(check: Check) -> str:
    try:
        result = check()
    except (OSError, SQLAlchemyError, TransientError) as error:
        return f"failed: {type(error).__name__}"
    if result is True:
        return "ok"
    return result or "failed"
