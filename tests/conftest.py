"""Markers by folder, and the real servers as fixtures. Never import from this file."""

import gc
import itertools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import hypothesis
import pytest

from tests.servers.install import ServerUnavailable

_TESTS = Path(__file__).parent
_STAGE_OF_FOLDER = {
    "unit": "unit",
    "contract": "contract",
    "integration": "integration",
    "e2e": "e2e",
    "docs": "docs",
}
_SLOW_SECONDS = 300
# A test is never timed: whichever profile fits the machine, without a deadline for an example.
hypothesis.settings.register_profile("untimed", hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("untimed")
# Modules and tests stay until the end: a fifth of the unit tests' time went into looking at them
# again and again for garbage.
gc.set_threshold(20_000, 20, 20)
_SERVER_FIXTURES = {
    "kafka": {"kafka_server", "kafka_url", "new_kafka"},
    "postgres": {"postgres_server", "postgres_url", "new_postgres"},
}


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker of the fixture `_nothing_swallowed`."""
    config.addinivalue_line(
        "markers", "swallows: a handler's bug is meant to end as a dead letter in this test"
    )


def pytest_collection_finish() -> None:
    """Leave out of collections what was made until now."""
    gc.freeze()


@pytest.fixture(autouse=True)
def _nothing_swallowed(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Fail a test in which the guard made a dead letter of a bug, unless it is meant to."""
    guard = sys.modules.get("shared.kafka.batch")
    if guard is None or request.node.get_closest_marker("swallows"):
        yield
        return
    bugs: list[str] = []
    judge = guard.failure_of

    def noting(error: Exception) -> Any:
        failure = judge(error)
        if failure.reason == "bug":
            bugs.append(failure.error)
        return failure

    monkeypatch.setattr(guard, "failure_of", noting)
    yield
    if bugs:
        pytest.fail(f"the guard swallowed unexpected errors: {'; '.join(bugs)}", pytrace=False)


@pytest.hookimpl(tryfirst=True)  # before `-m` picks by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test by its folder and by the servers it uses; files with slow ones come first."""
    for item in items:
        folder = item.path.relative_to(_TESTS).parts[0] if item.path.is_relative_to(_TESTS) else ""
        if stage := _STAGE_OF_FOLDER.get(folder):
            item.add_marker(stage)
            if stage in {"unit", "contract"}:
                item.add_marker("disable_socket")
        for server, fixtures in _SERVER_FIXTURES.items():
            if fixtures.intersection(getattr(item, "fixturenames", ())):
                item.add_marker(server)
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(_SLOW_SECONDS))
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def _unavailable(error: ServerUnavailable) -> NoReturn:
    """Skip with the reason; in continuous integration, where nothing may be left out, fail."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(str(error), pytrace=False)
    pytest.skip(str(error))


# -- Kafka ----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def new_kafka() -> Iterator[Callable[..., Any]]:
    """A function that starts one more `KafkaServer` (its arguments go there); ended by itself."""
    from tests.servers.kafka import KafkaServer

    started: list[KafkaServer] = []

    def start(**options: Any) -> KafkaServer:
        try:
            server = KafkaServer(**options)
        except ServerUnavailable as error:
            _unavailable(error)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.close()


@pytest.fixture(scope="session")
def kafka_server(new_kafka: Callable[..., Any]) -> Any:
    """The `KafkaServer` that the tests share; a test that stops it starts it again."""
    return new_kafka()


@pytest.fixture
def kafka_url(kafka_server: Any) -> str:
    """The address of the shared broker, which runs for certain: `kafka://127.0.0.1:PORT`."""
    return str(kafka_server.ensure_running().url)


@pytest.fixture(scope="session")
def embedded_server() -> Iterator[Any]:
    """The `EmbeddedServer` that the tests share; a test that kills it starts it again."""
    from tests.brokers import EmbeddedServer

    try:
        server = EmbeddedServer()
    except ServerUnavailable as error:
        _unavailable(error)
    yield server.start()
    server.close()


@pytest.fixture(
    params=["embedded_server", pytest.param("kafka_server", marks=pytest.mark.kafka)],
    ids=["embedded", "kafka"],
)
def broker(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A broker that runs: each test runs on the embedded one and on Kafka. May be killed."""
    server = request.getfixturevalue(request.param)
    yield server.ensure_running()
    server.ensure_running()


# -- PostgreSQL -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def new_postgres() -> Iterator[Callable[..., Any]]:
    """A function that starts one more `PostgresServer`; ended by itself."""
    from tests.servers.postgres import PostgresServer

    started: list[PostgresServer] = []

    def start(**options: Any) -> PostgresServer:
        try:
            server = PostgresServer(**options)
        except ServerUnavailable as error:
            _unavailable(error)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.close()


@pytest.fixture(scope="session")
def postgres_server(new_postgres: Callable[..., Any]) -> Any:
    """The `PostgresServer` that the tests share; a test that stops it starts it again."""
    return new_postgres()


_numbers = itertools.count(1)


@pytest.fixture
def postgres_url(postgres_server: Any) -> Iterator[str]:
    """The address of a fresh, empty database, removed after the test."""
    postgres_server.ensure_running()
    name = f"test_{os.getpid()}_{next(_numbers)}"
    yield postgres_server.create_database(name)
    postgres_server.ensure_running()
    postgres_server.drop_database(name)


# -- Migrated databases ---------------------------------------------------------------------------


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a fresh SQLite database with the newest schema."""
    from tests.databases import new_sqlite

    return new_sqlite(tmp_path)


@pytest.fixture
def migrated_postgres_url(postgres_server: Any) -> Iterator[str]:
    """The address of an empty PostgreSQL database with the newest schema."""
    from tests.databases import give_back_postgres, take_postgres

    name, url = take_postgres(postgres_server)
    yield url
    give_back_postgres(postgres_server, name)


@pytest.fixture(
    params=["sqlite_url", pytest.param("migrated_postgres_url", marks=pytest.mark.postgres)],
    ids=["sqlite", "postgresql"],
)
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database with the newest schema: each test runs on SQLite and on PostgreSQL."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def db(database_url: str) -> Iterator[Any]:
    """The same, as the product opens it: a `shared.db.engine.Database`."""
    from shared.db.engine import Database

    database = Database(database_url)
    yield database
    database.close()


# -- Prometheus and Chromium ----------------------------------------------------------------------


@pytest.fixture(scope="session")
def prometheus_binary() -> str:
    """The path of the `prometheus` program."""
    from tests.servers.prometheus import prometheus_path

    try:
        return prometheus_path()
    except ServerUnavailable as error:
        _unavailable(error)


@pytest.fixture(scope="session")
def promtool() -> str:
    """The path of `promtool`."""
    from tests.servers.prometheus import promtool_path

    try:
        return promtool_path()
    except ServerUnavailable as error:
        _unavailable(error)


@pytest.fixture
def new_prometheus() -> Iterator[Callable[..., Any]]:
    """A function that starts a `PrometheusServer` with a configuration (text or a file)."""
    from tests.servers.prometheus import PrometheusServer

    started: list[PrometheusServer] = []

    def start(config: str | Path) -> PrometheusServer:
        try:
            server = PrometheusServer(config)
        except ServerUnavailable as error:
            _unavailable(error)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.close()


@pytest.fixture(scope="module")
def chromium_browser() -> Iterator[Any]:
    """The `ChromiumBrowser` of a test module, started at its first page.

    Not of the session: while it is open, `asyncio.run` does not work in this thread. So a module
    that uses it holds synchronous tests only.
    """
    from tests.servers.chromium import ChromiumBrowser

    try:
        browser = ChromiumBrowser()
    except ServerUnavailable as error:
        _unavailable(error)
    with browser:
        yield browser


@pytest.fixture
def chromium_page(chromium_browser: Any) -> Iterator[Callable[..., Any]]:
    """A function that opens a Playwright `Page` with a fresh context; closed after the test.

    Its arguments go to `Browser.new_context`: `chromium_page(viewport={"width": 360, …})`.
    """
    pages: list[Any] = []

    def open_page(**context: Any) -> Any:
        pages.append(chromium_browser.new_page(**context))
        return pages[-1]

    yield open_page
    for page in pages:
        page.context.close()
