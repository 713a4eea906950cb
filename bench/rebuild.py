"""`tanggap score rebuild` and `verify` at several sizes: linear in time, flat in memory.

Each runs in a fresh process, as `python -m bench.rebuild DATABASE_URL rebuild`, and prints what it
took.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bench.cases import cases
from bench.memory import peak_mb
from services.scoring.audit import rebuild, verify
from services.scoring.regions import DirectoryRules
from shared.clocks.facts import CaseFact, to_json
from shared.db.engine import Database
from shared.db.migrate import upgrade
from shared.db.tables.scoring import scoring_cases, scoring_events
from shared.directory.seed import seed

_CASES_AT_ONCE = 2_000
_WORK = {"rebuild": rebuild, "verify": verify}


@dataclass(frozen=True, slots=True)
class Took:
    """What one command took, in seconds of a core."""

    seconds: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The commands at one size."""

    events: int
    took: dict[str, Took]


def measure_rebuilds(folder: Path, sizes: Sequence[int]) -> list[Rebuilt]:
    """Rebuild and verify databases with that many events, received over the same year."""
    return [_measured(folder / f"rebuild-{events}.db", events) for events in sizes]


def _measured(path: Path, wanted: int) -> Rebuilt:
    url = f"sqlite:///{path}"
    events = _fill(url, wanted)
    took = {what: _run(url, what) for what in _WORK}
    for part in path.parent.glob(f"{path.name}*"):
        part.unlink()
    return Rebuilt(events, took)


def _run(url: str, what: str) -> Took:
    command = [sys.executable, "-m", "bench.rebuild", url, what]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Took(**json.loads(done.stdout))


def _fill(url: str, wanted: int) -> int:
    """An empty scoring database with facts, and cases that have added nothing yet.

    Tickets are random, as real ones are: no order of them is that of time.
    """
    upgrade(url)
    rng, events = random.Random(5), 0
    made = iter(cases(wanted // 5))
    with closing(Database(url)) as db:
        with db.write() as conn:
            seed(conn, now=datetime(2026, 11, 1, tzinfo=UTC))
        while part := [
            (f"{rng.getrandbits(48):012x}", facts) for facts in islice(made, _CASES_AT_ONCE)
        ]:
            with db.write() as conn:
                conn.execute(insert(scoring_events), list(_event_rows(part)))
                conn.execute(insert(scoring_cases), list(_case_rows(part)))
            events += sum(len(facts) for _, facts in part)
    return events


def _event_rows(part: Iterable[tuple[str, list[CaseFact]]]) -> Iterable[dict[str, Any]]:
    for ticket, facts in part:
        for fact in facts:
            yield {
                "ticket": ticket,
                "sequence": fact.sequence,
                "event_id": f"{ticket}-{fact.sequence}",
                "type": fact.type.value,
                "at": fact.at,
                "fact": to_json(fact),
            }


def _case_rows(part: Iterable[tuple[str, list[CaseFact]]]) -> Iterable[dict[str, Any]]:
    for ticket, facts in part:
        yield {"ticket": ticket, "region": facts[0].opd.partition("/")[0], "deltas": []}


def main() -> None:
    with closing(Database(sys.argv[1])) as db:
        begin = time.process_time()
        _WORK[sys.argv[2]](db, DirectoryRules())
        seconds = time.process_time() - begin
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
