"""JSON log lines: a constant event name, the rest in fields; ids, never objects or text."""

import logging
import sys
from typing import Any

import orjson
import structlog


def _dumps(value: Any, **_: Any) -> str:
    return orjson.dumps(value, default=str).decode()


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
                    structlog.processors.format_exc_info,
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
    return config


def _log_crash(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    # The message of an exception may quote a citizen's text, so only its kind is logged.
    logging.getLogger("tanggap").critical("crashed: %s", kind.__name__)
    import traceback

    traceback.print_tb(trace)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose lines carry constant event names and fields."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
