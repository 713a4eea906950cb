"""Killing everything mid-stream: nothing accepted is lost, nothing counts twice."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer
from sqlalchemy import text

from services.classifier.choosing import artefacts, newest
from shared.contracts.topics import Topic
from tests.servers.process import Child, free_port, wait_until
from tests.stack import SERVICES, Stack, post_all, running

PREFIX = "faults."
COMPLAINTS = 900
OUTAGE_SECONDS = 90
_TEXTS = (
    "Jalan berlubang di depan pasar, sudah dua kali motor jatuh",
    "air pdam mati 3 hari di rt 04, mohon dibantu",
    "Sampah menumpuk di TPS dekat sekolah dan baunya sampai ke kelas",
    "petugas kecamatan minta uang untuk tanda tangan surat",
    "lampu jln mati smua, gelap bgt kalo mlm",
    "Antrean puskesmas lama sekali, datang pagi dilayani siang",
    "apa syarat membuat akta kelahiran anak?",
)
_REGIONS = ("paser", "ppu", "kukar", "kutim", "mimika")
# While texts queue up the linear models answer alone, and may name another unit than with the
# encoder: here one layer answers in calm and in trouble, so that the figures can be compared.
_ONE_LAYER = {"TANGGAP_CLASSIFIER_MODEL": newest(artefacts()) or ""}

_Scores = dict[tuple[str, str], int]
"""OPD, measure → n."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]


def _bodies() -> list[dict[str, str]]:
    return [
        {"text": f"{_TEXTS[n % len(_TEXTS)]} (laporan {n})", "region": _REGIONS[n % 5]}
        for n in range(COMPLAINTS)
    ]


def _scores(stack: Stack) -> _Scores:
    """What each OPD's counters hold, whatever the day on which the test ran."""
    query = text("SELECT opd, measure, sum(abs(n)) FROM scoring_counters GROUP BY opd, measure")
    rows = stack.read(lambda conn: conn.execute(query).all())
    return {(row[0], row[1]): int(row[2]) for row in rows}


def _poison(bootstrap: str) -> None:
    """Messages no version of ours ever sent, on every topic that is consumed."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, allow_auto_create_topics=False)
    headers = [("ce_specversion", b"1.0"), ("ce_id", b"\xff\xfe"), ("ce_type", b"x")]
    for topic in (Topic.FEEDBACK_RECEIVED, Topic.FEEDBACK_CLASSIFIED, Topic.CASE_EVENTS):
        for value in (b"\x00\xffnot json", b'{"ticket": 1}'):
            producer.send(f"{PREFIX}{topic}", value=value, key=b"poison", headers=headers)
    producer.flush(timeout=20)
    producer.close()


class _Stream:
    """Citizens who keep posting from a thread while things die."""

    def __init__(self, stack: Stack) -> None:
        self.tickets: list[str] = []
        self._bodies = _bodies()
        self._stack = stack
        self._failed: list[BaseException] = []
        self._thread = threading.Thread(target=self._run)
        self._url = stack.url("ingest")

    def _run(self) -> None:
        try:
            for start in range(0, COMPLAINTS, 30):
                part = self._bodies[start : start + 30]
                self.tickets += post_all(self._url, part, threads=8, first=start)
        except BaseException as error:  # noqa: BLE001 - raised again where it is joined
            self._failed.append(error)

    def start(self) -> "_Stream":
        self._thread.start()
        return self

    def reached(self, number: int) -> None:
        wait_until(
            lambda: len(self.tickets) >= number or bool(self._failed),
            seconds=150,
            what=f"{number} accepted complaints",
        )

    def join(self) -> None:
        self._thread.join(200)
        assert not self._thread.is_alive()
        if self._failed:
            raise self._failed[0]


def _second_scoring_worker(stack: Stack) -> Child:
    run = stack.run()
    env = {
        **stack.env,
        "TANGGAP_BROKER_URL": run["broker_url"],
        "TANGGAP_DATABASE_URL": run["database_url"],
        "TANGGAP_SCORING_PORT": str(free_port()),
    }
    words = ["run", "scoring", "--data", str(stack.data)]
    return Child(stack.argv(*words), log=stack.data.parent / "scoring-2.log", env=env)


def _agrees(stack: Stack, stream: _Stream) -> None:
    """Accepted = tickets + dead letters, no doubles, and the score is what its events say."""
    assert len(set(stream.tickets)) == COMPLAINTS
    stack.settle(COMPLAINTS, seconds=120)
    assert stack.count("SELECT count(*) FROM ingest_complaints") == COMPLAINTS
    dead = stack.count("SELECT count(*) FROM dead_letters WHERE ticket IS NOT NULL")
    cases = stack.count("SELECT count(*) FROM desk_cases")
    assert cases + dead == COMPLAINTS
    assert stack.count("SELECT count(*) FROM scoring_cases") == cases
    assert stack.count("SELECT count(*) FROM classifier_results") == COMPLAINTS
    opened = "SELECT count(*) FROM scoring_events WHERE sequence = 1"
    assert stack.count(opened) == cases
    verify = stack.command("score", "verify")
    verify.wait(120)
    assert verify.returncode == 0, verify.tail()


@pytest.fixture(scope="module")
def clean_scores(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[], Future[_Scores]]]:
    """The same complaints where nothing dies, embedded; begun by the first call, which may use the
    time of an outage.
    """

    def scores() -> _Scores:
        with running(tmp_path_factory.mktemp("clean") / "var", _ONE_LAYER) as stack:
            post_all(stack.url("ingest"), _bodies())
            stack.settle(COMPLAINTS, seconds=120)
            return _scores(stack)

    with ThreadPoolExecutor(1) as pool:
        yield cache(partial(pool.submit, scores))


def test_nothing_is_lost_on_kafka_with_postgresql(
    tmp_path: Path,
    new_kafka: Callable[..., Any],
    new_postgres: Callable[..., Any],
    clean_scores: Callable[[], Future[_Scores]],
) -> None:
    """Poison first, middle and last; kill -9 of each service and the broker; the database away."""
    kafka, postgres = new_kafka(), new_postgres()
    env = _ONE_LAYER | {
        "TANGGAP_BROKER_URL": kafka.url,
        "TANGGAP_DATABASE_URL": postgres.create_database("faults"),
        "TANGGAP_TOPIC_PREFIX": PREFIX,
        "TANGGAP_BROKER_SESSION_SECONDS": "6",
        "TANGGAP_DEPENDENCY_SECONDS": "20",
    }
    with running(tmp_path / "var", env) as stack:
        _poison(kafka.bootstrap)
        stream = _Stream(stack).start()
        stream.reached(60)
        second = _second_scoring_worker(stack)
        for number, service in enumerate(SERVICES, start=1):
            stream.reached(60 + 60 * number)
            stack.kill(service)
        stream.reached(360)
        _poison(kafka.bootstrap)
        kafka.kill()
        stream.reached(420)
        kafka.start()
        second.kill()
        stream.reached(480)
        clean_scores()
        _stop_for(postgres, OUTAGE_SECONDS)
        stream.join()
        _poison(kafka.bootstrap)
        stack.wait_ready(120)
        _agrees(stack, stream)
        assert _scores(stack) == clean_scores().result(150)


def _stop_for(postgres: Any, seconds: float) -> None:
    """The outage itself is what is tested: its length is not a wait for something."""
    postgres.stop()
    threading.Event().wait(seconds)
    postgres.start()


def test_nothing_is_lost_embedded(
    tmp_path: Path, clean_scores: Callable[[], Future[_Scores]]
) -> None:
    """The broker that forgets everything is killed, and each service, mid-stream."""
    with running(tmp_path / "var", _ONE_LAYER) as stack:
        stream = _Stream(stack).start()
        for number, victim in enumerate((*SERVICES, "broker"), start=1):
            stream.reached(120 * number)
            stack.kill(victim)
        stream.join()
        stack.wait_ready(120)
        _agrees(stack, stream)
        assert _scores(stack) == clean_scores().result(150)
