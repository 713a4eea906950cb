"""Classifies a stream of JSON lines: one line out for each line in, in order, whatever it holds."""

from collections.abc import Iterable, Iterator
from itertools import islice

import orjson

from services.classifier.ports import ClassificationRequest, Classifier, Unit

AT_ONCE = 64


def classify_lines(
    lines: Iterable[bytes],
    classifier: Classifier,
    units: tuple[Unit, ...] = (),
    *,
    at_once: int = AT_ONCE,
) -> Iterator[bytes]:
    """Answers to `{"text": …}` lines, each without its line end.

    `lines` must be cut at line feeds only (a binary stream does so): U+2028 within a text is no
    line end. A line that is not understood gives `{"error": …, "line": n}`.
    """
    numbered = enumerate(lines, 1)
    while batch := list(islice(numbered, at_once)):
        read = [_read(line, number) for number, line in batch]
        requests = [ClassificationRequest(one, units) for one in read if isinstance(one, str)]
        answers = iter(classifier.classify(requests))
        for one in read:
            if isinstance(one, str):
                yield next(answers).model_dump_json().encode()
            else:
                yield orjson.dumps(one)


def _read(line: bytes, number: int) -> str | dict[str, object]:
    """The text of a line, or what is wrong with it."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {"error": 'not JSON: write {"text": "…"}', "line": number}
    text = value.get("text") if isinstance(value, dict) else None
    if not isinstance(text, str):
        return {"error": 'no text: write {"text": "…"}', "line": number}
    return text
