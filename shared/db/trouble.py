"""Telling a database that is away from a statement that is wrong."""

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shared.errors import TransientError

# Serialisation failures and deadlocks: the same transaction may succeed the next time.
_RETRY_STATES = frozenset({"40001", "40P01", "55P03", "57014"})


# PostgreSQL calls a row too large or a value nested too deeply operational; the event is to blame.
_LIMITS_OF_A_ROW = "54"


def is_dependency_trouble(error: Exception) -> bool:
    """Whether the dependency, not the event, is to blame."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    if state.startswith(_LIMITS_OF_A_ROW):
        return False
    if isinstance(error, TransientError | OperationalError | InterfaceError | PoolTimeoutError):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or state in _RETRY_STATES
    return isinstance(error, OSError)
