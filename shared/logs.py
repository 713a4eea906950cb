"""JSON log lines: a constant event name, the rest in fields; ids, never objects or text."""

import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import orjson
import structlog


def _dumps(value: Any, **_: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def _name_exception(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Where an exception came from and of what kind: its message may quote a citizen's text."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["exception"] = "\n".join(_places(error))
    return event


def _places(error: BaseException) -> Iterator[str]:
    """Each exception of the chain, the one that was raised last first, innermost frame first."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield type(following).__qualname__
        for frame in reversed(traceback.extract_tb(following.__traceback__)):
            yield f"  {frame.filename}:{frame.lineno} {frame.name}"
        hidden = following.__suppress_context__
        following = following.__cause__ or (None if hidden else following.__context__)


def logging_config(service: str, level: str = "INFO") -> dict[str, Any]:
    """A `logging.config` dictionary under which every library's lines are JSON as well."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _chain(service),
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _name_exception,
                    structlog.processors.JSONRenderer(serializer=_dumps),
                ],
            }
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            **{
                name: {"level": "WARNING"}
                for name in ("aiokafka", "faust", "mode", "httpx", "httpcore", "uvicorn")
            },
            # It warns at every retry of an outage that our own lines already tell once.
            "kafka": {"level": "ERROR"},
        },
    }


def _chain(service: str) -> list[Any]:
    def name_service(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
        event["service"] = service
        return event

    return [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_service,
    ]


def configure(service: str, level: str = "INFO") -> dict[str, Any]:
    """Set up logging for this process; returns the dictionary for those that set it up again."""
    import logging.config

    config = logging_config(service, level)
    logging.config.dictConfig(config)
    structlog.configure(
        processors=[*_chain(service), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _log_crash
    threading.excepthook = _log_crash_of_thread
    return config


def on_standard_error() -> None:
    """Let what is logged go there, for programs whose answer is on standard output."""
    structlog.reset_defaults()
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


def _log_crash(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        logging.getLogger("tanggap").critical("crashed", exc_info=error)


def _log_crash_of_thread(found: threading.ExceptHookArgs) -> None:
    if not issubclass(found.exc_type, SystemExit):
        _log_crash(found.exc_type, found.exc_value, found.exc_traceback)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose lines carry constant event names and fields."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
