"""Real servers for tests and benchmarks, on loopback; they end when we end.

Used through the fixtures of `tests/conftest.py`, or directly::

    with KafkaServer() as kafka, PostgresServer() as postgres:
        print(kafka.url, postgres.create_database("bench"))
"""

from tests.servers.chromium import ChromiumBrowser
from tests.servers.install import NAMES, ServerUnavailable, reason_missing
from tests.servers.kafka import KafkaServer
from tests.servers.postgres import PostgresServer
from tests.servers.process import Child, free_port, wait_until
from tests.servers.prometheus import PrometheusServer, prometheus_path, promtool_path

__all__ = [
    "NAMES",
    "Child",
    "ChromiumBrowser",
    "KafkaServer",
    "PostgresServer",
    "PrometheusServer",
    "ServerUnavailable",
    "free_port",
    "prometheus_path",
    "promtool_path",
    "reason_missing",
    "wait_until",
]
