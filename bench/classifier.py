"""The classifier: linear heads by themselves, with the rules, with the encoder; loading, memory.

The heads are timed from a masked text, its tokens and cues to the probabilities of every head; the
rules, which make tokens and cues and are always read as well, are timed with the whole.
"""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from bench import references
from bench.cases import REGION
from bench.figures import Result
from bench.references import HASH, rate
from bench.texts import texts
from services.classifier.choosing import AUTO, artefacts, chosen, newest
from services.classifier.layered import LayeredClassifier, Model
from services.classifier.linear.model import Document
from services.classifier.ports import ClassificationRequest, Classifier, Unit
from services.classifier.ruled import RuleClassifier
from services.classifier.training.sets import own_reports
from shared.db.read.directory import directory_of_seed

_BATCH = 256
_WRITTEN = ("tone", "language")
# Processor time: others who use the machine do not change what a core can do.
CPU = time.thread_time
ALL_THREADS = time.process_time
_CORES = 2
_CALM = 64  # texts of the largest batch that the encoder reads in service
_T = TypeVar("_T")
_LOAD = """
import time
from services.classifier.choosing import chosen
from services.classifier.ports import ClassificationRequest
begin = time.process_time()
chosen().classify([ClassificationRequest("jalan rusak")])
spent = time.process_time() - begin
import bench.memory as memory
print(spent, memory.peak_mb())
"""


def run(console: Console, *, quick: bool, file: Path | None) -> list[Result]:
    """Measure everything; `quick` takes shorter rounds."""
    result = Result("one core")
    result.references[HASH] = references.hashes(CPU)
    result.references[references.PYTHON] = references.bare_python()
    seconds = 0.3 if quick else 1.0
    units = directory_of_seed().opds(REGION)
    found = texts(_BATCH * 4, file)
    with console.status("classifying …"):
        classifier = chosen(newest(artefacts()) or AUTO)
        assert isinstance(classifier, LayeredClassifier)
        _heads(result, classifier, found, seconds)
        _whole(result, classifier, found, units, seconds)
        _encoder(result, found, units, seconds)
        _loading(result)
    return [result]


def _heads(
    result: Result, classifier: LayeredClassifier, found: Sequence[str], seconds: float
) -> None:
    model = classifier.model
    requests = [ClassificationRequest(text) for text in found]
    documents = [list(map(classifier.document, batch)) for batch in _batches(requests)]
    plain = [[Document(request.text) for request in batch] for batch in _batches(requests)]
    every = rate(partial(_predicted, model, _endless(documents), None), seconds, CPU)
    name = "all linear heads, texts, batches of 256"
    result.add(name, every * _BATCH, "/s", of=HASH, goal="≥ 3,000 /s")
    written = rate(partial(_predicted, model, _endless(plain), _WRITTEN), seconds, CPU)
    name = "tone and language alone, texts, batches of 256"
    result.add(name, written * _BATCH, "/s", of=HASH)
    one = _endless([[document] for batch in documents for document in batch])
    per_second = rate(partial(_predicted, model, one, None), seconds, CPU)
    result.add_time("all linear heads, one text", 1 / per_second, of=HASH, goal="< 0.005 s")


def _predicted(
    model: Model, turn: Iterator[Sequence[Document]], heads: Sequence[str] | None
) -> object:
    return model.predict(next(turn), heads)


def _whole(
    result: Result,
    classifier: LayeredClassifier,
    found: Sequence[str],
    units: tuple[Unit, ...],
    seconds: float,
) -> None:
    requests = [ClassificationRequest(text, units) for text in found]
    one_by_one = _endless([[request] for request in requests])
    for name, model in (("rules and linear heads", classifier), ("rules alone", RuleClassifier())):
        work = partial(_next, model, _endless(_batches(requests)))
        per_second = rate(work, seconds, CPU)
        result.add(f"{name}, texts, batches of 256", per_second * _BATCH, "/s", of=HASH)
    per_second = rate(partial(_next, classifier, one_by_one), seconds, CPU)
    result.add_time("rules and linear heads, one text", 1 / per_second, of=HASH, goal="< 0.005 s")


def _encoder(result: Result, found: Sequence[str], units: tuple[Unit, ...], seconds: float) -> None:
    """Everything together; its threads share a batch, so what they spend counts together."""
    classifier = chosen()
    requests = [ClassificationRequest(text, units) for text in found]
    calm = [requests[start : start + _CALM] for start in range(0, len(requests), _CALM)]
    per_second = rate(partial(_next, classifier, _endless(calm)), seconds, ALL_THREADS)
    name = f"with the encoder, texts, batches of {_CALM}, on {_CORES} cores"
    result.add(name, _CORES * per_second * _CALM, "/s", of=HASH)
    # Its time goes by length, and people write shorter than the texts above: 28 pieces, not 39.
    written = [ClassificationRequest(text, units) for text in _as_people_write()]
    calm = [written[start : start + _CALM] for start in range(0, len(written), _CALM)]
    per_second = rate(partial(_next, classifier, _endless(calm)), seconds, ALL_THREADS)
    name = "  the same, texts of the labelled set"
    result.add(name, _CORES * per_second * _CALM, "/s", of=HASH, goal="≥ 200 /s")
    one = _endless([[request] for request in requests])
    per_second = rate(partial(_next, classifier, one), seconds, ALL_THREADS)
    result.add_time("with the encoder, one text", 1 / per_second, of=HASH, goal="< 0.04 s")


def _as_people_write() -> list[str]:
    """The train rows of the own set, whole batches of them."""
    found = [report.text for report in own_reports() if report.split == "train"]
    return found[: len(found) // _CALM * _CALM]


def _next(model: Classifier, turn: Iterator[Sequence[ClassificationRequest]]) -> object:
    return model.classify(next(turn))


def _loading(result: Result) -> None:
    """In a process of its own: from nothing to the first answer."""
    command = [sys.executable, "-c", _LOAD]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    spent, peak = map(float, told)
    result.add_time("loading and the first answer", spent, of=HASH, goal="< 3 s")
    result.add("memory afterwards, peak", peak, "MB", of=references.PYTHON, goal="< 400 MB")


def _batches(
    requests: Sequence[ClassificationRequest],
) -> list[Sequence[ClassificationRequest]]:
    return [requests[start : start + _BATCH] for start in range(0, len(requests), _BATCH)]


def _endless(items: Sequence[_T]) -> Iterator[_T]:
    while True:
        yield from items
