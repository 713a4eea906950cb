"""What went wrong, as one line for the person at the terminal; knows no command.

Libraries are recognised by what is loaded already, so that nothing is imported for a failure.
"""

import sys
from typing import Any

from shared.errors import InvalidMessageError, TanggapError, TransientError

_USAGE = 2


def exit_code(error: BaseException) -> int:
    """2 for a misused command, 1 for everything else."""
    code = getattr(error, "exit_code", None)
    return code if isinstance(code, int) and code else 1


def failure_line(error: BaseException) -> str:
    """One line, without a traceback; empty when the command has said it all."""
    text = _explained(error)
    return " ".join(text.split())


def _explained(error: BaseException) -> str:
    if hasattr(error, "format_message"):
        return _usage(error)
    if type(error).__name__ in ("Exit", "Abort"):
        return "" if type(error).__name__ == "Exit" else "stopped"
    if isinstance(error, (TanggapError, TransientError, InvalidMessageError)):
        return str(error) or type(error).__name__
    if _is_a(error, "pydantic", "ValidationError"):
        return _settings(error)
    if _is_a(error, "sqlalchemy.exc", "SQLAlchemyError"):
        return _database(error)
    if _is_a(error, "shared.db.engine", "DatabaseConfigError"):
        return str(error)
    if _is_a(error, "kafka.errors", "KafkaError"):
        return f"the broker does not answer ({type(error).__name__}): is it running?"
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror or error}{where}"
    return f"unexpected {type(error).__name__}; set TANGGAP_TRACEBACK=1 to see where"


def _usage(error: Any) -> str:
    context = getattr(error, "ctx", None)
    hint = f" (see {context.command_path} --help)" if context is not None else ""
    return f"{error.format_message().rstrip('.')}{hint}"


def _settings(error: Any) -> str:
    parts = []
    for found in error.errors():
        name = "_".join(str(part) for part in found["loc"])
        said = found["msg"].removeprefix("Value error, ")
        parts.append(f"TANGGAP_{name.upper()}: {said}" if name else said)
    return "; ".join(parts)


def _database(error: BaseException) -> str:
    # The message of the driver, never the statement: its parameters may hold personal data.
    cause = getattr(error, "orig", None) or error
    said = str(cause).split("\n", 1)[0]
    if "no such table" in said or "does not exist" in said:
        return f"the database is not of this version ({said}): run `tanggap db upgrade`"
    return f"the database does not answer: {said}"


def _is_a(error: BaseException, module: str, name: str) -> bool:
    loaded = sys.modules.get(module)
    kind = getattr(loaded, name, None)
    return isinstance(kind, type) and isinstance(error, kind)
