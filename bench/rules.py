"""The pure parts on one core, and the parts of scoring whose cost must not grow with history."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from rich.console import Console

from bench import references
from bench.cases import REGION, cases
from bench.counters import page_seconds
from bench.figures import Result
from bench.rebuild import measure_rebuilds
from bench.references import HASH, beside, rate
from bench.texts import texts
from services.classifier.ports import ClassificationRequest
from services.classifier.ruled import RuleClassifier
from services.scoring.rules import deltas
from shared.clocks.facts import CaseFact, from_json, to_json
from shared.clocks.fold import fold
from shared.clocks.region import RegionRules
from shared.db.read.directory import directory_of_seed
from shared.privacy.mask import mask

ZONE = "Asia/Makassar"
_BATCH = 256
_ROUNDS = 5
# Processor time: others who use the machine do not change what a core can do.
CPU = time.thread_time
_T = TypeVar("_T")


def run(console: Console, *, quick: bool, file: Path | None) -> list[Result]:
    """Measure everything; `quick` does less of the same."""
    result = Result("one core")
    result.references[HASH] = references.hashes(CPU)
    result.references[references.PYTHON] = references.bare_python()
    steps: list[tuple[str, Callable[[], None]]] = [
        ("folding", partial(_folding, result, 1_000 if quick else 5_000)),
        ("classifying", partial(_classifying, result, file)),
        ("masking", partial(_masking, result, file)),
        ("score rebuild", partial(_rebuilding, result, quick=quick)),
        ("score page", partial(_page, result, quick=quick)),
    ]
    with console.status("") as status:
        for name, step in steps:
            status.update(f"{name} …")
            step()
    return [result]


def _folding(result: Result, count: int) -> None:
    rules = RegionRules(REGION, ZONE)
    found = list(cases(count))
    events = sum(map(len, found))
    stored = [[(f.type.value, f.sequence, to_json(f)) for f in facts] for facts in found]

    def add(name: str, items: Sequence[_T], work: Callable[[_T], object], goal: str = "") -> None:
        seconds, fitting = beside(lambda: [work(item) for item in items], _ROUNDS, CPU)
        result.add_beside(name, events / seconds, "/s", events / fitting, of=HASH, goal=goal)

    for facts in found:  # fills the calendars
        deltas(facts, rules)
    add("case events folded to clocks", found, lambda facts: fold(facts, rules))
    goal = "≥ 20,000 /s"
    add("case events folded to counters", found, lambda facts: deltas(facts, rules), goal)
    add(
        "the same, from stored facts", stored,
        lambda rows: deltas([from_json(*row) for row in rows], rules),
    )  # fmt: skip
    add("the same, event by event", found, lambda facts: _one_by_one(facts, rules))


def _one_by_one(facts: list[CaseFact], rules: RegionRules) -> None:
    """The costliest way a case can arrive: each event in a batch of its own."""
    for known in range(1, len(facts) + 1):
        deltas(facts[:known], rules)


def _classifying(result: Result, file: Path | None) -> None:
    units = directory_of_seed().opds(REGION)
    classifier = RuleClassifier()
    requests = [ClassificationRequest(text, units) for text in texts(_BATCH * 4, file)]
    batches = [requests[start : start + _BATCH] for start in range(0, len(requests), _BATCH)]
    turn = iter(range(10**9))
    classifier.classify(batches[0])
    per_second = rate(lambda: classifier.classify(batches[next(turn) % len(batches)]), 1.0, CPU)
    result.add("texts classified, batches of 256", per_second * _BATCH, "/s", of=HASH)


def _masking(result: Result, file: Path | None) -> None:
    found = texts(500, file)
    size = sum(len(text.encode()) for text in found) / 1e6
    per_second = rate(lambda: [mask(text) for text in found], clock=CPU)
    result.add("texts masked", per_second * len(found), "/s", of=HASH)
    result.add("text masked", per_second * size, "MB/s", of=HASH)


def _rebuilding(result: Result, *, quick: bool) -> None:
    sizes = (5_000, 20_000) if quick else (100_000, 300_000, 1_000_000)
    with TemporaryDirectory(prefix="tanggap-bench-") as folder:
        for found in measure_rebuilds(Path(folder), sizes):
            for what, took in found.took.items():
                name = f"score {what} of {found.events:,} events"
                result.add(name, found.events / took.seconds, "/s", of=HASH)
                result.add(f"{name}: peak memory", took.peak_mb, "MB", of=references.PYTHON)


def _page(result: Result, *, quick: bool) -> None:
    count = 100_000 if quick else 1_000_000
    with TemporaryDirectory(prefix="tanggap-bench-") as folder:
        found = page_seconds(Path(folder), count)
    for what, (seconds, fitting) in found.took.items():
        name = f"region page, {found.cases:,} cases, {what}"
        result.add_beside(name, seconds, "s", fitting, of=HASH, goal="< 0.05 s")
    result.notes.append(f"region page: {found.rows:,} counter rows")
