"""The whole pipeline as a user starts it, embedded on SQLite and on Kafka with PostgreSQL."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.status import Status

from bench import backlog, latency, references
from bench.clients import Plan, Seen, post
from bench.figures import Result
from bench.processes import Sampler
from bench.references import COMMIT, HASH, PYTHON
from bench.texts import bodies
from shared.contracts.topics import Service
from tests.servers import KafkaServer, PostgresServer
from tests.stack import SERVICES, Stack, running

BROKERS = ("embedded", "kafka")
RATE = 50.0
_TITLES = {"embedded": "embedded + SQLite", "kafka": "Kafka + PostgreSQL"}


@dataclass(frozen=True, slots=True)
class Size:
    """How much is sent: bounded in number and time."""

    submissions: int
    open_seconds: float
    backlog: int


FULL = Size(3_000, 30.0, 20_000)
QUICK = Size(600, 8.0, 2_000)


def run(
    console: Console, *, brokers: Sequence[str], quick: bool, file: Path | None
) -> list[Result]:
    """Measure each set-up in turn."""
    size = QUICK if quick else FULL
    results = []
    for name in brokers:
        with console.status(f"{_TITLES[name]}: starting …") as status:
            results.append(_measured(name, size, file, status))
    return results


@contextmanager
def _started(name: str, folder: Path) -> Iterator[tuple[Stack, str, dict[str, int]]]:
    """An installation, the address of a database for the reference, and its broker's process."""
    with ExitStack() as stack:
        if name == "embedded":
            found = stack.enter_context(running(folder / "var"))
            yield found, f"sqlite:///{folder / 'reference.db'}", {}
            return
        kafka = stack.enter_context(KafkaServer())
        postgres = stack.enter_context(PostgresServer())
        env = {
            "TANGGAP_BROKER_URL": kafka.url,
            "TANGGAP_DATABASE_URL": postgres.create_database("bench"),
            "TANGGAP_BROKER_SESSION_SECONDS": "6",
        }
        reference = postgres.create_database("reference")
        found = stack.enter_context(running(folder / "var", env))
        yield found, reference, {}


def _measured(name: str, size: Size, file: Path | None, status: Status) -> Result:
    result = Result(_TITLES[name])
    with (
        TemporaryDirectory(prefix="tanggap-bench-", ignore_cleanup_errors=True) as folder,
        _started(name, Path(folder)) as (stack, reference, extra),
    ):
        status.update(f"{result.title}: reference …")
        result.references[HASH] = references.hashes()
        result.references[COMMIT] = references.commits(reference)
        result.references[PYTHON] = references.bare_python()
        with Sampler({**_pids(stack), **extra}) as sampler:
            for what, step in (
                ("16 clients", _closed_loop),
                (f"{RATE:g} arrivals/s", _open_loop),
                ("backlog", _backlog),
            ):
                status.update(f"{result.title}: {what} …")
                step(stack, result, size, file, sampler)
        for process, use in sampler.found.items():
            result.add(f"peak memory of {process}", use.peak_mb, "MB", of=PYTHON)
    return result


def _pids(stack: Stack) -> dict[str, int]:
    run_file = stack.run()
    pids = {name: int(run_file["services"][name]["pid"]) for name in SERVICES}
    if run_file.get("broker"):
        pids["broker"] = int(run_file["broker"]["pid"])
    return pids


def _closed_loop(
    stack: Stack, result: Result, size: Size, file: Path | None, sampler: Sampler
) -> None:
    cpu = sampler.cpu()
    seen = post(Plan(stack.url("ingest"), bodies(size.submissions, file, seed=21)))
    _note_refused(result, seen)
    intake = sampler.cpu()["ingest"] - cpu["ingest"]
    result.add(
        "accepted submissions, 16 clients",
        seen.accepted / seen.seconds,
        "/s",
        of=COMMIT,
        goal="≥ 150 /s",
    )
    result.add_time("  answer, p50", latency.exact(seen.times, 0.5), of=COMMIT)
    result.add_time("  answer, p99", latency.exact(seen.times, 0.99), of=COMMIT)
    result.add_time(
        "  processor time of intake, a thousand", intake / seen.accepted * 1000, of=HASH
    )
    _settle(stack, seen.accepted)


def _open_loop(
    stack: Stack, result: Result, size: Size, file: Path | None, sampler: Sampler
) -> None:
    scoring = stack.url("scoring")
    done = backlog.applied(stack.database, Service.SCORING)
    before = latency.settled_buckets(scoring, done)
    count = int(RATE * size.open_seconds * 1.3)
    plan = Plan(
        stack.url("ingest"), bodies(count, file, seed=22), rate=RATE, seconds=size.open_seconds
    )
    cpu = sum(sampler.cpu().values())
    seen = post(plan)
    cores = (sum(sampler.cpu().values()) - cpu) / seen.seconds
    _note_refused(result, seen)
    _settle(stack, done + seen.accepted)
    after = latency.settled_buckets(scoring, done + seen.accepted)
    spent = latency.accept_to_score(stack.database, seen.accepted)
    for share, goal in ((0.5, ""), (0.99, "< 1 s")):
        name = f"accepted to score at {RATE:g}/s, p{share * 100:g}"
        result.add_time(name, latency.exact(spent, share), of=COMMIT, goal=goal)
        result.add_time(f"{name}, histogram", latency.quantile(before, after, share), of=COMMIT)
    result.add("  cores in use", cores, "")
    result.add_time("  answer, p99 at 50/s", latency.exact(seen.times, 0.99), of=COMMIT)


def _backlog(stack: Stack, result: Result, size: Size, file: Path | None, sampler: Sampler) -> None:
    db = stack.database
    backlog.write(db, bodies(size.backlog, file, seed=23))
    cpu = sampler.cpu()
    cleared = backlog.clear(db, size.backlog, seconds=600)
    spent = {name: used - cpu[name] for name, used in sampler.cpu().items()}
    result.add(
        f"backlog of {size.backlog:,}: classified and scored",
        size.backlog / cleared.seconds,
        "/s",
        of=HASH,
        goal="≥ 400 /s",
    )
    for group in (Service.CLASSIFIER, Service.DESK, Service.SCORING):
        result.add(f"  through {group}", size.backlog / cleared.by_group[group], "/s", of=HASH)
    for name, used in spent.items():
        name = f"  processor time of {name}, a thousand"
        result.add_time(name, used / size.backlog * 1000, of=HASH)


def _settle(stack: Stack, wanted: int) -> None:
    backlog.wait_scored(stack.database, wanted, seconds=300)


def _note_refused(result: Result, seen: Seen) -> None:
    if not seen.accepted:
        raise RuntimeError(f"nothing was accepted; refused, by status: {seen.refused}")
    if seen.refused:
        result.notes.append(f"refused, by status (0: no answer): {seen.refused}")
