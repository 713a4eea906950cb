"""Entry of `tanggap`: puts the command groups together and tells failures in one line."""

import os
import sys

import typer

from shared.logs import on_standard_error
from tanggap.commands import (
    backup,
    channels,
    classify,
    database,
    dead_letters,
    erase,
    evaluate,
    exports,
    imports,
    outbox,
    run,
    score,
    simulate,
    survey,
    topics,
    train,
    up,
    users,
)
from tanggap.failure import exit_code, failure_line

app = typer.Typer(
    name="tanggap",
    help="Tanggap: what citizens report, and how each agency responds.",
    epilog="Example: tanggap up --demo",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for module in (up, run, backup, simulate, classify, train, evaluate, erase):
    module.register(app)
app.add_typer(database.group, name="db")
app.add_typer(topics.group, name="topics")
app.add_typer(score.group, name="score")
app.add_typer(dead_letters.group, name="dlq")
app.add_typer(channels.group, name="channels")
app.add_typer(outbox.group, name="outbox")
app.add_typer(users.group, name="users")
app.add_typer(survey.group, name="survey")
app.add_typer(imports.group, name="import")
app.add_typer(exports.group, name="export")


def main(argv: list[str] | None = None) -> None:
    """Run a command; whatever fails is told in one line on standard error."""
    on_standard_error()
    command = typer.main.get_command(app)
    try:
        code = command.main(args=argv, prog_name="tanggap", standalone_mode=False)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing may be written to it at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if os.environ.get("TANGGAP_TRACEBACK"):
            raise
        if line := failure_line(error):
            print(f"tanggap: {line}", file=sys.stderr)
        sys.exit(exit_code(error))
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
