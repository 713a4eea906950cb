"""`tanggap channels`: which channels are open, and the messages that wait for a person."""

from typing import Annotated, Any

import typer

from shared.errors import TanggapError
from tanggap.installation import DEFAULT_DATA, DataDir, opened_database, settings_of, vault_of
from tanggap.screen import AsJSON, print_json, print_table

group = typer.Typer(
    help="SMS, chat and social channels.", no_args_is_help=True, rich_markup_mode=None
)
_MOST = 10_000
Limit = Annotated[int, typer.Option(min=1, max=_MOST, help="The oldest so many.")]
_COLUMNS = ["number", "channel", "received_at", "attempts", "region", "error"]


@group.callback()
def _group() -> None:
    """SMS, chat and social channels."""


@group.command("ls", epilog="Example: tanggap channels ls --json")
def list_(as_json: AsJSON = False, data: DataDir = DEFAULT_DATA) -> None:
    """Show each channel: whether a secret is set, and its messages by state."""
    from services.ingest.channels import care
    from services.ingest.channels.registry import all_adapters
    from services.ingest.channels.settings import ChannelSettings

    settings = ChannelSettings(data_dir=data.absolute())
    with opened_database(data) as database, database.read() as conn:
        counts = care.counts(conn)
    states = ["waiting", "triage", "dead", "done"]
    rows: list[dict[str, Any]] = [
        {"channel": channel.value, "open": bool(settings.keys_of(channel).secrets)}
        | {state: counts.get((channel.value, state), 0) for state in states}
        for channel in sorted(all_adapters())
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(["channel", "open", *states], [list(row.values()) for row in rows])


@group.command(epilog="Example: tanggap channels triage")
def triage(limit: Limit = 200, as_json: AsJSON = False, data: DataDir = DEFAULT_DATA) -> None:
    """List messages whose region nobody could tell; the citizens were asked for it."""
    _stuck("triage", limit, as_json, data)


@group.command(epilog="Example: tanggap channels dead")
def dead(limit: Limit = 200, as_json: AsJSON = False, data: DataDir = DEFAULT_DATA) -> None:
    """List messages that failed by themselves, with the kind of trouble."""
    _stuck("dead", limit, as_json, data)


@group.command(epilog="Example: tanggap channels show 12")
def show(number: int, as_json: AsJSON = False, data: DataDir = DEFAULT_DATA) -> None:
    """Show what a kept message says, without who wrote it."""
    from services.ingest.channels import care

    vault = vault_of(settings_of(data))
    with opened_database(data) as database, database.read() as conn:
        message = care.opened(conn, vault, number)
    shown = {
        "account": message.account,
        "sent_at": message.sent_at,
        "text": message.text,
        "attachments": ", ".join(media.kind.value for media in message.media),
        "place": f"{message.point.lat}, {message.point.lon}" if message.point else "",
    }
    if as_json:
        print_json(shown)
    else:
        print_table(["field", "value"], [[name, value] for name, value in shown.items()])


@group.command(epilog="Example: tanggap channels assign 12 13 --region kukar")
def assign(
    numbers: Annotated[list[int], typer.Argument(help="Messages in triage, by number.")],
    region: Annotated[str, typer.Option(help="Code of the region they are for.")],
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Give messages in triage their region, and with each all that its sender has there."""
    from services.ingest.channels import care
    from shared.clock import SystemClock
    from shared.db.read.directory import Directory

    now = SystemClock().now()
    with opened_database(data) as database, database.write() as conn:
        done = care.assign(conn, numbers, region, Directory.load(conn, now=now), now)
    print(f"{done} messages go to {region}.")


@group.command(epilog="Example: tanggap channels retry --all")
def retry(
    numbers: Annotated[list[int] | None, typer.Argument(help="Dead messages, by number.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All dead messages.")] = False,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Let dead messages be handled once more, after the cause was mended."""
    from services.ingest.channels import care
    from shared.clock import SystemClock

    if bool(numbers) == every:
        raise TanggapError("name the messages by number, or say --all")
    with opened_database(data) as database, database.write() as conn:
        done = care.retry(conn, numbers or None, SystemClock().now())
    if numbers and not done:
        raise TanggapError("none of these messages is dead")
    print(f"{done} messages are tried again.")


def _stuck(state: str, limit: int, as_json: bool, data: Any) -> None:
    from dataclasses import asdict

    from services.ingest.channels import care

    with opened_database(data) as database, database.read() as conn:
        rows = [asdict(row) for row in care.stuck(conn, state, limit)]
    if as_json:
        print_json(rows)
    elif not rows:
        print(f"No messages in {state}.")
    else:
        print_table(_COLUMNS, [[row[name] for name in _COLUMNS] for row in rows])
