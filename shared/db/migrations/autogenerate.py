"""Writes a revision from what the tables in `shared/db/tables` have that the newest one lacks.

    python -m shared.db.migrations.autogenerate "add the citizen's language"
    python -m shared.db.migrations.autogenerate --initial    # 0001 anew, until the first release

Read what it wrote before committing it.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.operations import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from shared.db.engine import Database
from shared.db.migrate import CURRENT_HEAD, FOLDER, configuration, move

VERSIONS = FOLDER / "versions"


def main() -> None:
    """Write the revision and make it the current head."""
    parser = argparse.ArgumentParser(description="Write a revision from the tables' difference.")
    parser.add_argument("message", nargs="?", help="what it does, imperative")
    parser.add_argument("--initial", action="store_true", help="write 0001 anew, drop the others")
    arguments = parser.parse_args()
    if arguments.initial:
        for old in VERSIONS.glob("[0-9]*.py"):
            old.unlink()
        _write("Initial schema", 1, "initial")
    elif arguments.message:
        number = len(list(VERSIONS.glob("[0-9]*.py"))) + 1
        slug = "_".join("".join(c if c.isalnum() else " " for c in arguments.message).split())
        _write(arguments.message, number, slug.lower()[:40])
    else:
        parser.error("say what it does, or --initial")


def _write(message: str, number: int, slug: str) -> None:
    revision = f"{number:04}"
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{folder}/empty.db")
        with db.write() as conn:
            config = configuration(conn)
            config.set_main_option("file_template", f"{revision}_{slug}")
            head = ScriptDirectory.from_config(config).get_current_head()
            if head:
                move(conn, head)
            command.revision(
                config,
                message,
                autogenerate=True,
                rev_id=revision,
                process_revision_directives=_refuse_nothing,
            )
        db.close()
    path = VERSIONS / f"{revision}_{slug}.py"
    # Alembic marks what it wrote with comments that say nothing.
    lines = [line for line in path.read_text().splitlines() if "# ###" not in line]
    path.write_text("\n".join(lines))
    for step in (["format"], ["check", "--fix"]):
        subprocess.run([sys.executable, "-m", "ruff", *step, "--quiet", str(path)], check=True)
    CURRENT_HEAD.write_text(f"{revision}\n")
    sys.stdout.write(f"{path.relative_to(Path.cwd())}\n")


def _refuse_nothing(
    context: MigrationContext, revision: object, directives: list[MigrationScript]
) -> None:
    operations = directives[0].upgrade_ops
    if operations is None or operations.is_empty():
        sys.exit("the tables and the newest revision agree: nothing to write")


if __name__ == "__main__":
    main()
