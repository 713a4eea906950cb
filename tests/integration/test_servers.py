"""The servers of the other tests start, answer, survive what the tests do to them, and end."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic
from sqlalchemy import create_engine, text

from tests.servers import Child, KafkaServer, PostgresServer, PrometheusServer, wait_until

pytestmark = pytest.mark.slow


def _topics(server: KafkaServer) -> set[str]:
    admin = KafkaAdminClient(bootstrap_servers=server.bootstrap)
    try:
        return set(admin.list_topics())
    finally:
        admin.close()


def _read(server: KafkaServer, topic: str) -> list[bytes]:
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=server.bootstrap,
        auto_offset_reset="earliest",
        consumer_timeout_ms=1500,
    )
    try:
        return [message.value for message in consumer]
    finally:
        consumer.close()


def _send(server: KafkaServer, topic: str, *values: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=server.bootstrap, acks="all")
    try:
        for value in values:
            producer.send(topic, value)
        producer.flush()
    finally:
        producer.close()


def test_kafka_keeps_its_topics_and_messages_over_kill_and_stop(
    new_kafka: Callable[..., KafkaServer],
) -> None:
    server = new_kafka()
    assert server.url == f"kafka://127.0.0.1:{server.port}"
    admin = KafkaAdminClient(bootstrap_servers=server.bootstrap)
    admin.create_topics([NewTopic(name="kept", num_partitions=3, replication_factor=1)])
    admin.close()
    _send(server, "kept", b"before")

    server.kill()
    assert not server.running
    server.start()
    _send(server, "kept", b"between")
    server.restart()
    _send(server, "kept", b"after")

    assert "kept" in _topics(server)
    assert sorted(_read(server, "kept")) == [b"after", b"before", b"between"]
    server.close()


def test_kafka_creates_no_topic_by_itself(kafka_server: KafkaServer) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka_server.bootstrap, max_block_ms=1000)
    with pytest.raises(Exception, match=r"(?i)time.?out|metadata|nobody-made-this"):
        producer.send("nobody-made-this", b"x").get(timeout=3)
    producer.close(timeout=1)
    assert "nobody-made-this" not in _topics(kafka_server)


def test_postgres_keeps_its_data_over_kill_and_stop(
    new_postgres: Callable[..., PostgresServer],
) -> None:
    server = new_postgres()
    engine = create_engine(server.create_database("kept"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (n int)"))
        connection.execute(text("INSERT INTO t VALUES (1)"))
    engine.dispose()

    server.kill()
    assert not server.running
    server.start()
    server.restart()

    engine = create_engine(server.create_database("copied", template="kept"))
    with engine.begin() as connection:
        assert connection.execute(text("SELECT n FROM t")).scalars().all() == [1]
    engine.dispose()
    server.drop_database("copied")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"host=127.0.0.1 port={server.port} user=postgres dbname=copied")
    server.close()


@pytest.mark.parametrize("run", [1, 2])
def test_a_postgres_url_is_an_empty_database_each_time(run: int, postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (n int)"))
        assert connection.execute(text("SHOW server_encoding")).scalar_one() == "UTF8"
    engine.dispose()


def test_prometheus_scrapes_and_promtool_checks(
    promtool: str, new_prometheus: Callable[[str], PrometheusServer], tmp_path: Path
) -> None:
    config = "global: {scrape_interval: 1s}\nscrape_configs: []\n"
    (tmp_path / "prometheus.yml").write_text(config)
    subprocess.run([promtool, "check", "config", tmp_path / "prometheus.yml"], check=True)

    server = new_prometheus(config)
    with urllib.request.urlopen(f"{server.url}/api/v1/query?query=vector(1)") as answer:
        assert json.load(answer)["data"]["result"][0]["value"][1] == "1"


def test_chromium_shows_a_page(chromium_page: Callable[..., object], tmp_path: Path) -> None:
    page: object = chromium_page(viewport={"width": 360, "height": 640})
    page.goto("data:text/html,<html lang=id><title>Halo</title><h1>Jalan rusak</h1>")  # type: ignore[attr-defined]
    assert page.title() == "Halo"  # type: ignore[attr-defined]
    picture = page.screenshot(path=tmp_path / "page.png")  # type: ignore[attr-defined]
    assert picture.startswith(b"\x89PNG")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux only")
def test_servers_end_when_the_process_that_started_them_is_killed(tmp_path: Path) -> None:
    """Started from a thread that has ended, to show that only the end of the process counts."""
    program = """
import sys, threading, time
from tests.servers import PostgresServer, Child
from pathlib import Path
pids = []
def start():
    server = PostgresServer().start()
    pids.append(server._child.pid)
    pids.append(Child(["sleep", "100"], log=Path(sys.argv[1])).pid)
thread = threading.Thread(target=start); thread.start(); thread.join()
time.sleep(0.5)
print(*pids, flush=True)
time.sleep(100)
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", program, tmp_path / "log"], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    pids = [int(word) for word in parent.stdout.readline().split()]
    children = [psutil.Process(pid) for pid in pids]
    family = children + [c for child in children for c in child.children(recursive=True)]
    assert len(pids) == 2
    assert all(process.is_running() for process in family)

    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()

    wait_until(
        lambda: not any(p.is_running() and p.status() != "zombie" for p in family),
        seconds=10,
        what="the end of the orphans",
    )


def test_a_child_that_ends_early_is_reported_with_its_output(tmp_path: Path) -> None:
    child = Child(["sh", "-c", "echo out of luck; exit 3"], log=tmp_path / "log")
    started = time.monotonic()
    with pytest.raises(RuntimeError, match="ended with 3:\nout of luck"):
        child.wait_until(lambda: False, seconds=20, what="its start")
    assert time.monotonic() - started < 5
    assert child.returncode == 3
