"""Every real LAPOR! report becomes a ticket, a case and a part of the score, on both set-ups.

Needs the data that stands beside the checkout; the product itself does not.
"""

import csv
import re
from pathlib import Path

import httpx
import pytest

from tests.stack import Stack, post_all, running

DATA = Path(__file__).parents[3] / "shared" / "data" / "lapor2017_sector_train.csv"
# Three reports of the file hold bytes of an SMS header that their gateway left in the text.
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
WITH_CONTROLS = 3
REGIONS = ("paser", "ppu", "kukar", "kutim", "mimika")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason="needs the LAPOR! file beside the checkout"),
]


def _bodies() -> list[dict[str, str]]:
    with DATA.open(newline="", encoding="utf-8") as file:
        return [
            {
                "text": f"{row['title']}\n{row['text']}".strip(),
                "region": REGIONS[number % len(REGIONS)],
            }
            for number, row in enumerate(csv.DictReader(file))
        ]


def _readable(url: str, bodies: list[dict[str, str]]) -> list[dict[str, str]]:
    """The reports as the service takes them: it names what it cannot read, and we heed that."""
    broken = [body for body in bodies if CONTROLS.search(body["text"])]
    assert len(broken) == WITH_CONTROLS
    for body in broken:
        answer = httpx.post(f"{url}/api/v1/complaints", json=body)
        assert answer.status_code == 422
        assert answer.json()["field"] == "text"
    return [{**body, "text": CONTROLS.sub(" ", body["text"])} for body in bodies]


def _all_scored(stack: Stack) -> None:
    bodies = _readable(stack.url("ingest"), _bodies())
    tickets = post_all(stack.url("ingest"), bodies)
    assert len(set(tickets)) == len(bodies)
    stack.settle(len(bodies), seconds=120)
    for table in ("ingest_complaints", "desk_cases", "scoring_cases", "classifier_results"):
        assert stack.count(f"SELECT count(*) FROM {table}") == len(bodies), table
    assert stack.count("SELECT count(*) FROM dead_letters") == 0
    verify = stack.command("score", "verify")
    verify.wait(120)
    assert verify.returncode == 0, verify.tail()


def test_embedded_on_sqlite(tmp_path: Path) -> None:
    """One machine, nothing installed."""
    with running(tmp_path / "var") as stack:
        _all_scored(stack)


def test_kafka_with_postgresql(tmp_path: Path, kafka_url: str, postgres_url: str) -> None:
    """The same code on the production set-up."""
    env = {
        "TANGGAP_BROKER_URL": kafka_url,
        "TANGGAP_DATABASE_URL": postgres_url,
        "TANGGAP_TOPIC_PREFIX": "lapor.",
        "TANGGAP_BROKER_SESSION_SECONDS": "6",
    }
    with running(tmp_path / "var", env) as stack:
        _all_scored(stack)
