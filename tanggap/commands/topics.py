"""`tanggap topics`: what the broker must hold."""

import typer

from tanggap.installation import DEFAULT_DATA, DataDir, require_broker, settings_of
from tanggap.screen import note

group = typer.Typer(help="The broker's topics.", no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def _group() -> None:
    """The broker's topics."""


@group.command(epilog="Example: TANGGAP_TOPIC_REPLICAS=3 tanggap topics apply")
def apply(data: DataDir = DEFAULT_DATA) -> None:
    """Create the topics that are missing; existing ones stay as they are."""
    from shared.kafka import topics

    settings = settings_of(data)
    require_broker(settings)
    note(f"asking the broker at {', '.join(settings.bootstrap_servers)} …")
    created = topics.apply(settings)
    for name in created:
        print(f"created {name}")
    print(f"{len(created)} topics created." if created else "All topics exist.")
