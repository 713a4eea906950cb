"""From acceptance to score: by scoring's histogram as Prometheus sees it, and exactly from rows.

An exact time ends when scoring's transaction claims the event, a few milliseconds before commit.
"""

import math
import time
from collections.abc import Sequence

import httpx
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select

from shared.contracts.topics import Service
from shared.db.engine import Database
from shared.db.tables.common import inbox
from shared.db.tables.ingest import ingest_complaints
from shared.db.tables.scoring import scoring_events

_HISTOGRAM = "tanggap_accept_to_score_seconds"
Buckets = dict[float, float]
"""Upper bound → how many at most that."""


def buckets(scoring_url: str) -> Buckets:
    """The histogram's buckets as they stand."""
    return {
        float(sample.labels["le"]): sample.value
        for family in text_string_to_metric_families(_metrics(scoring_url))
        for sample in family.samples
        if sample.name == f"{_HISTOGRAM}_bucket"
    }


def settled_buckets(scoring_url: str, wanted: int, seconds: float = 10.0) -> Buckets:
    """The buckets once they hold that many: scoring observes a batch after its commit."""
    deadline = time.monotonic() + seconds
    while max((found := buckets(scoring_url)).values(), default=0) < wanted:
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    return found


def _metrics(url: str) -> str:
    return httpx.get(f"{url}/metrics", timeout=10).raise_for_status().text


def quantile(before: Buckets, after: Buckets, share: float) -> float:
    """The quantile between two readings, as `histogram_quantile` interpolates it."""
    found = sorted((le, n - before.get(le, 0.0)) for le, n in after.items())
    if not found or not found[-1][1]:
        return math.nan
    wanted = share * found[-1][1]
    low, below = 0.0, 0.0
    for le, n in found:
        if n >= wanted:
            return low if math.isinf(le) else low + (le - low) * (wanted - below) / (n - below)
        low, below = le, n
    return math.nan


def exact(values: Sequence[float], share: float) -> float:
    """The value that a share of all does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def accept_to_score(db: Database, count: int) -> list[float]:
    """Seconds from acceptance to score of the newest complaints."""
    query = (
        select(inbox.c.at, ingest_complaints.c.received_at)
        .join(scoring_events, scoring_events.c.event_id == inbox.c.event_id)
        .join(ingest_complaints, ingest_complaints.c.ticket == scoring_events.c.ticket)
        .where(inbox.c.group == Service.SCORING.value, scoring_events.c.sequence == 1)
        .order_by(ingest_complaints.c.received_at.desc())
        .limit(count)
    )
    with db.read() as conn:
        return [(row.at - row.received_at).total_seconds() for row in conn.execute(query)]
