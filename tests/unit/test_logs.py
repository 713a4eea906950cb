"""Log lines are JSON with constant names, and the message of an exception is in none of them."""

import io
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

import orjson
import pytest
import structlog

from shared import logs

PLANTED = "Budi Santoso 0812-3456-7890"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What was logged since, each line read as JSON."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, sys.excepthook, threading.excepthook
    logs.configure("desk")
    stream = io.StringIO()
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)

    def read() -> list[dict[str, Any]]:
        text = stream.getvalue()
        stream.seek(0)
        stream.truncate()
        return [orjson.loads(line) for line in text.splitlines()]

    yield read
    root.handlers[:], _, sys.excepthook, threading.excepthook = before
    root.setLevel(before[1])
    structlog.reset_defaults()


def test_a_line_has_a_name_a_service_a_time_and_its_fields(lines: Lines) -> None:
    logs.get_logger("tanggap.x").info("case_opened", ticket="H6KW-34RF", n=2)
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "case_opened",
        "level": "info",
        "service": "desk",
        "ticket": "H6KW-34RF",
        "n": 2,
    }


def test_lines_of_libraries_are_json_too_and_only_when_they_matter(lines: Lines) -> None:
    logging.getLogger("sqlalchemy.pool").warning("pool %s", "full")
    logging.getLogger("faust.app").info("connected")
    logging.getLogger("faust.app").warning("lost")
    assert [(line["event"], line["level"], line["service"]) for line in lines()] == [
        ("pool full", "warning", "desk"),
        ("lost", "warning", "desk"),
    ]


def test_a_value_that_is_no_json_does_not_stop_a_line(lines: Lines) -> None:
    logs.get_logger("tanggap.x").info("odd", value={1, 2}, error=ValueError)
    (line,) = lines()
    assert line["event"] == "odd"


def _raise() -> None:
    def inner(text: str) -> None:
        raise ValueError(text) from KeyError(text)

    inner(PLANTED)


def _caught() -> tuple[type[BaseException], BaseException, TracebackType | None]:
    try:
        _raise()
    except ValueError as error:
        return type(error), error, error.__traceback__
    raise AssertionError


def test_the_traceback_of_an_exception_is_logged_without_its_message(lines: Lines) -> None:
    _, error, _ = _caught()
    logs.get_logger("tanggap.x").error("failed", exc_info=error)
    logging.getLogger("uvicorn.error").error("failed", exc_info=error)
    for line in lines():
        assert PLANTED not in repr(line)
        assert "ValueError" in line["exception"]
        assert "test_logs.py" in line["exception"]
        assert "_raise" in line["exception"]


def test_the_chain_of_exceptions_is_followed_to_its_end(lines: Lines) -> None:
    _, error, _ = _caught()
    error.__cause__.__context__ = error  # type: ignore[union-attr]  # a circle, as libraries make
    logs.get_logger("tanggap.x").error("failed", exc_info=error)
    (line,) = lines()
    kinds = [part for part in line["exception"].splitlines() if not part.startswith(" ")]
    assert kinds == ["ValueError", "KeyError"]


def test_a_crash_is_told_without_its_message(lines: Lines) -> None:
    sys.excepthook(*_caught())
    (line,) = lines()
    assert (line["event"], line["level"]) == ("crashed", "critical")
    assert "ValueError" in line["exception"]
    assert "test_logs.py" in line["exception"]
    assert PLANTED not in repr(line)


def test_a_crash_of_a_thread_is_told_the_same_way(lines: Lines) -> None:
    thread = threading.Thread(target=_raise)
    thread.start()
    thread.join()
    (line,) = lines()
    assert line["event"] == "crashed"
    assert "ValueError" in line["exception"]
    assert PLANTED not in repr(line)


def test_being_stopped_by_hand_is_no_crash(lines: Lines) -> None:
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert lines() == []
