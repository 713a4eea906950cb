"""Apache Kafka: one node, KRaft, on loopback."""

import contextlib
import shutil
import signal
import socket
import struct
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers.install import find_java, kafka_jars, require
from tests.servers.process import Child, free_port, new_folder

_CLUSTER_ID = "dGFuZ2dhcC10ZXN0LTAwMQ"
_ARCHIVE = "classes.jsa"


class KafkaServer:
    """A Kafka broker of our own; it keeps its port and its data over `stop`, `kill` and `start`."""

    def __init__(
        self, *, heap_mb: int = 512, partitions: int = 3, settings: dict[str, str] | None = None
    ) -> None:
        require("kafka")
        self.port = free_port()
        self._controller_port = free_port()
        self._folder = new_folder("kafka")
        self._heap_mb = heap_mb
        self._child: Child | None = None
        self._archive_to: Path | None = None
        self._settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
            "controller.listener.names": "CONTROLLER",
            "listeners": (
                f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self._controller_port}"
            ),
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "log.dirs": str(self._folder / "data"),
            "auto.create.topics.enable": "false",
            "num.partitions": str(partitions),
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "4",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "share.coordinator.state.topic.num.partitions": "1",
            "group.initial.rebalance.delay.ms": "0",
            # a group may give up a dead member as fast as our shortest session setting
            "group.min.session.timeout.ms": "1000",
            # a broker that was killed may come back at once under its old number
            "broker.session.timeout.ms": "2000",
            "broker.heartbeat.interval.ms": "250",
            "controlled.shutdown.enable": "false",
            **(settings or {}),
        }

    @property
    def bootstrap(self) -> str:
        """Its address as clients want it, `127.0.0.1:PORT`."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Its address as `TANGGAP_BROKER_URL` wants it, `kafka://127.0.0.1:PORT`."""
        return f"kafka://{self.bootstrap}"

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._child is not None and self._child.running

    @property
    def log(self) -> Path:
        """The file with its output."""
        return self._folder / "kafka.log"

    def start(self) -> Self:
        """Start it, the first time with a freshly formatted folder, and wait until it answers."""
        if self.running:
            return self
        config = self._folder / "server.properties"
        config.write_text("".join(f"{k}={v}\n" for k, v in self._settings.items()))
        if not (self._folder / "data").exists():
            self._format(config)
        self._child = Child(
            [
                *self._java(f"-Xmx{self._heap_mb}m", f"-Xms{min(self._heap_mb, 256)}m"),
                "kafka.Kafka",
                config,
            ],
            log=self.log,
            cwd=self._folder,
        )
        try:
            self._child.wait_until(self._answers, seconds=60, what="the start of Kafka")
        except BaseException:
            self._child.kill()
            raise
        return self

    def stop(self) -> None:
        """End it in order."""
        if self._child:
            self._child.stop(signal.SIGTERM, seconds=20)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._child:
            self._child.kill()

    def restart(self) -> Self:
        """End it in order and start it again, on the same port with the same data."""
        self.stop()
        return self.start()

    def ensure_running(self) -> Self:
        """Start it if a test left it down."""
        return self.start()

    def close(self) -> None:
        """End it and remove its data."""
        if self._child:
            self._child.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _java(self, *options: str) -> list[str]:
        if self._archive_to:
            options = (f"-XX:ArchiveClassesAtExit={self._archive_to}", *options)
        elif (archive := kafka_jars() / _ARCHIVE).exists():
            options = (f"-XX:SharedArchiveFile={archive}", *options)
        return [
            find_java() or "java",
            *options,
            "-XX:+UseSerialGC",
            "-Djava.awt.headless=true",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp",
            f"{kafka_jars()}/*",
        ]

    def _format(self, config: Path) -> None:
        archive, self._archive_to = self._archive_to, None  # of the broker's classes only
        done = subprocess.run(
            [
                *self._java("-XX:TieredStopAtLevel=1"),
                *("kafka.tools.StorageTool", "format", "--cluster-id", _CLUSTER_ID),
                *("--config", str(config)),
            ],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
        self._archive_to = archive
        if done.returncode:
            raise RuntimeError(f"Kafka's folder could not be formatted:\n{done.stderr}")

    def _answers(self) -> bool:
        """Whether the broker is registered with its controller and unfenced.

        It asks for the cluster's metadata (version 4, no topics) as every client does: an open
        port alone is not enough, for a while after it opens the answer lists no broker.
        """
        # header: key, version, correlation id, no client id; body: no topics, create none
        request = struct.pack(">hhih", 3, 4, 1, -1) + struct.pack(">ib", 0, 0)
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection,
        ):
            connection.settimeout(2)
            connection.sendall(struct.pack(">i", len(request)) + request)
            reply = connection.makefile("rb")
            size = struct.unpack(">i", reply.read(4) or b"\0\0\0\0")[0]
            answer = reply.read(size)
            # correlation id, throttle time, number of brokers
            return len(answer) > 12 and struct.unpack(">iii", answer[:12])[2] > 0
        return False


def prepare_classes() -> None:
    """Keep Kafka's loaded classes in a file beside its jars: each later start takes 2 s, not 4.

    Without it everything works as well, so nothing that goes wrong here matters.
    """
    archive = kafka_jars() / _ARCHIVE
    partial = archive.with_suffix(".partial")
    server = KafkaServer()
    server._archive_to = partial
    try:
        server.start().stop()
        partial.rename(archive)
    except (OSError, RuntimeError):  # TimeoutError is an OSError
        partial.unlink(missing_ok=True)
    finally:
        server.close()
