"""Arguments and options that the commands for files share, so that all say the same."""

from pathlib import Path
from typing import Annotated

import typer

InFile = Annotated[Path, typer.Argument(metavar="FILE", help="A CSV or XLSX file.")]
OutFile = Annotated[Path, typer.Argument(metavar="FILE", help="Ends in .xlsx or .csv.")]
SheetName = Annotated[
    str | None, typer.Option("--sheet", help="The sheet of an XLSX file (none: the first).")
]
Partial = Annotated[
    bool,
    typer.Option("--partial", help="Import the good rows even when others are refused."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check the file only.")]
Force = Annotated[bool, typer.Option("--force", help="Write over a file that exists.")]
