"""`tanggap simulate`: invented citizens and staff, through the real HTTP surfaces."""

from typing import Annotated

import typer

from shared.errors import TanggapError
from tanggap.installation import ACCOUNTS_FILE, DEFAULT_DATA, DataDir, opened_database, service_url
from tanggap.screen import AsJSON, note, print_json, print_table, progress


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: tanggap simulate --rate 5 --seconds 60 --seed 7")(simulate)


def simulate(
    rate: Annotated[float, typer.Option(min=0.01, max=1000, help="Submissions a second.")],
    seconds: Annotated[float, typer.Option(min=0.1, help="For how long.")],
    seed: Annotated[int | None, typer.Option(help="The same seed says the same things.")] = None,
    as_json: AsJSON = False,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Complaints, surveys, and what citizens and handlers do with them; demo databases only."""
    import asyncio

    from shared.db.read.directory import Directory
    from tanggap.simulation.accounts import read_accounts
    from tanggap.simulation.run import Plan
    from tanggap.simulation.run import simulate as run
    from tanggap.supervisor.preparation import require_demo

    with opened_database(data) as database, database.read() as conn:
        require_demo(conn, "simulate")
        directory = Directory.load(conn)
    plan = Plan(
        ingest_url=service_url(data, "ingest"),
        desk_url=service_url(data, "desk"),
        directory=directory,
        accounts=read_accounts(data / ACCOUNTS_FILE),
        per_second=rate,
        seconds=seconds,
        seed=seed,
    )
    with progress("accepted") as advance:
        outcome = asyncio.run(run(plan, lambda: False, advance))
    if as_json:
        print_json(outcome.as_json())
    else:
        rows = [[kind, *counts.values()] for kind, counts in outcome.as_json().items()]
        print_table(["what", "accepted", "refused", "failed"], rows)
    lost = outcome.failed["complaint"] + outcome.failed["survey"]
    if not sum(outcome.accepted.values()) and lost:
        raise TanggapError(f"nothing was accepted: is ingest running at {plan.ingest_url}?")
    if lost:
        note(f"{lost} submissions got no answer")
