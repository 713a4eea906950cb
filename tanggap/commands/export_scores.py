"""`tanggap export scores`: the figures of a region's units, as a table."""

import typer


def register(group: typer.Typer) -> None:
    """Add the command."""
