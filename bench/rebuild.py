"""`tanggap score rebuild` at two sizes, each in a fresh process: linear in time, flat in memory.

Run as `python -m bench.rebuild DATABASE_URL` it rebuilds and prints what it took.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bench.cases import cases
from bench.memory import peak_mb
from services.scoring.audit import rebuild
from services.scoring.regions import DirectoryRules
from shared.clocks.facts import CaseFact, to_json
from shared.db.engine import Database
from shared.db.migrate import upgrade
from shared.db.tables.scoring import scoring_cases, scoring_events
from shared.directory.seed import seed

_CASES_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What one rebuild took, in seconds of a core."""

    events: int
    seconds: float
    peak_mb: float


def measure_rebuilds(folder: Path, sizes: Sequence[int]) -> list[Rebuilt]:
    """Rebuild databases with that many events, received over the same year."""
    return [_measured(folder / f"rebuild-{events}.db", events) for events in sizes]


def _measured(path: Path, wanted: int) -> Rebuilt:
    url = f"sqlite:///{path}"
    events = _fill(url, wanted)
    done = subprocess.run(
        [sys.executable, "-m", "bench.rebuild", url], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    for part in path.parent.glob(f"{path.name}*"):
        part.unlink()
    return Rebuilt(events, found["seconds"], found["peak_mb"])


def _fill(url: str, wanted: int) -> int:
    """An empty scoring database with facts, and cases that have added nothing yet."""
    upgrade(url)
    now = datetime(2026, 11, 1, tzinfo=UTC)
    made = cases(wanted // 5)
    with closing(Database(url)) as db:
        with db.write() as conn:
            seed(conn, now=now)
        for start in range(0, len(made), _CASES_AT_ONCE):
            part = list(enumerate(made[start : start + _CASES_AT_ONCE], start))
            with db.write() as conn:
                conn.execute(insert(scoring_events), list(_event_rows(part)))
                conn.execute(insert(scoring_cases), list(_case_rows(part)))
    return sum(map(len, made))


def _event_rows(part: Iterable[tuple[int, list[CaseFact]]]) -> Iterable[dict[str, Any]]:
    for number, facts in part:
        for fact in facts:
            yield {
                "ticket": f"B{number:07d}",
                "sequence": fact.sequence,
                "event_id": f"B{number:07d}-{fact.sequence}",
                "type": fact.type.value,
                "at": fact.at,
                "fact": to_json(fact),
            }


def _case_rows(part: Iterable[tuple[int, list[CaseFact]]]) -> Iterable[dict[str, Any]]:
    for number, facts in part:
        region = facts[0].opd.partition("/")[0]
        yield {"ticket": f"B{number:07d}", "region": region, "deltas": []}


def main() -> None:
    with closing(Database(sys.argv[1])) as db:
        begin = time.process_time()
        rebuild(db, DirectoryRules())
        seconds = time.process_time() - begin
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
