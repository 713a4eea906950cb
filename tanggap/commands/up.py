"""`tanggap up`: everything on this machine, with one command and no question asked."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.errors import TanggapError
from tanggap.installation import DEFAULT_DATA, EMBEDDED_SESSION_SECONDS, DataDir
from tanggap.screen import note

if TYPE_CHECKING:
    from shared.contracts.topics import Service
    from shared.settings import Settings
    from tanggap.supervisor.broker import Broker
    from tanggap.supervisor.loop import Signals
    from tanggap.supervisor.preparation import Prepared
    from tanggap.supervisor.settings import UpSettings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: tanggap up --demo --data /tmp/tanggap")(up)


def up(
    demo: Annotated[
        bool, typer.Option("--demo", help="Invented data, accounts and a stream of submissions.")
    ] = False,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Run broker, migrations and all services here; Ctrl-C stops them in order."""
    from shared import runfile
    from tanggap.supervisor.loop import Signals
    from tanggap.supervisor.preparation import make_data_folder, prepare

    folder = make_data_folder(data)
    lock = runfile.Lock(folder)
    if not lock.acquire():
        found = runfile.read(folder)
        who = f" (process {found.pid})" if found else ""
        raise TanggapError(f"tanggap up runs on {folder} already{who}")
    # What an installation wrote that ended without cleaning up must not be taken for ours.
    runfile.remove(folder)
    signals = Signals()
    signals.install()
    try:
        _supervise(prepare(folder, demo=demo, tell=note), signals)
    finally:
        lock.release()


def _supervise(prepared: "Prepared", signals: "Signals") -> None:
    from tanggap.supervisor.children import Child
    from tanggap.supervisor.demo_stream import DemoStream
    from tanggap.supervisor.environment import choose_ports, service_environment
    from tanggap.supervisor.loop import Supervisor
    from tanggap.supervisor.settings import UpSettings

    settings = prepared.settings
    options = UpSettings()
    logs = settings.data_dir / "logs"
    logs.mkdir(mode=0o700, exist_ok=True)
    broker = _broker(settings, options, signals, logs)
    ports = choose_ports(settings, note)
    session = EMBEDDED_SESSION_SECONDS if broker.is_embedded else settings.broker_session_seconds
    urls = {
        service: f"http://{_reachable(settings.host)}:{port}" for service, port in ports.items()
    }
    supervisor = Supervisor(
        settings,
        broker,
        {service: Child(service, url, logs / f"{service}.log") for service, url in urls.items()},
        service_environment(settings, ports, broker.url, session),
        signals,
        note,
    )
    stream = DemoStream(settings, urls, options.demo_rate if prepared.accounts else 0.0)
    try:
        supervisor.start()
        if supervisor.run_until_ready():
            _show(prepared, urls, options.demo_rate)
            stream.start()
            supervisor.run()
    finally:
        note("stopping …")
        stream.stop()
        supervisor.stop()
        note("stopped")


def _broker(
    settings: "Settings", options: "UpSettings", signals: "Signals", logs: Path
) -> "Broker":
    from shared.kafka.embedded import DEFAULT_PORT, EmbeddedBroker, broker_program, free_port
    from shared.settings import EMBEDDED_SCHEME
    from tanggap.supervisor.broker import Broker

    embedded = None
    if settings.broker_url == EMBEDDED_SCHEME:
        program = broker_program(options.embedded_broker_bin, settings.data_dir)
        wanted = options.embedded_broker_port
        port = free_port(wanted)
        if port != wanted and wanted == DEFAULT_PORT:
            note(f"port {wanted} is taken: the broker answers on {port}")
        embedded = EmbeddedBroker(program, port, logs / "broker.log")
    max_mb = options.embedded_broker_max_mb
    return Broker(settings, embedded, max_mb, lambda: not signals.count, note)


def _reachable(host: str) -> str:
    """An address to call, where the services listen on all of them."""
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 — compared only


def _show(prepared: "Prepared", urls: "dict[Service, str]", demo_rate: float) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.table import Table

    from shared.contracts.topics import Service

    lines = Table.grid(padding=(0, 2))
    lines.add_row("Citizens: form, tracking, survey", f"{urls[Service.INGEST]}/")
    lines.add_row("Staff and public scores", f"{urls[Service.DESK]}/")
    for service in (Service.CLASSIFIER, Service.SCORING):
        lines.add_row(f"Metrics of {service}", f"{urls[service]}/metrics")
    if prepared.accounts:
        lines.add_row("Accounts of the staff", str(prepared.accounts))
        lines.add_row("Invented submissions", f"{demo_rate:g} a minute")
    lines.add_row("Logs", str(prepared.settings.data_dir / "logs"))
    lines.add_row("To stop", "Ctrl-C")
    # Into a pipe the addresses must not be cut at the 80 columns of no terminal.
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(Panel(lines, title="Tanggap is ready", expand=False))
