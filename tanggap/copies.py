"""Copies of what an installation must not lose: database, sealed files, master key.

Every copy is consistent in itself while the services run.
"""

import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from shared.errors import TanggapError
from tanggap.installation import KEY_FILE, sqlite_path

if TYPE_CHECKING:
    from shared.settings import Settings

_PAGES_AT_ONCE = 2000
_NOTE = """The master key of a Tanggap installation, as TANGGAP_MASTER_KEY takes it.
Keep it on another medium than the database: together they open every citizen's identity.
Without it, nothing that was sealed can ever be read again.
"""
Advance = Callable[[int], None]


def new_folder(folder: Path) -> None:
    """Make a folder that only we can read; one that holds something is refused."""
    if folder.exists() and any(folder.iterdir()):
        raise TanggapError(f"{folder} is not empty: name a new folder")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def copy_database(settings: "Settings", folder: Path, advance: Advance) -> Path:
    """A snapshot of the database: an SQLite file, or what `pg_restore` reads."""
    folder.mkdir(mode=0o700)
    source = sqlite_path(settings)
    if source is None:
        return _dump(settings, folder / "tanggap.dump")
    if not source.exists():
        raise TanggapError(f"no database at {source}")
    target = folder / "tanggap.db"
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        # One read transaction for the whole copy: without it every writer starts it again.
        old.execute("BEGIN")
        old.execute("SELECT count(*) FROM sqlite_master").fetchone()
        old.backup(new, pages=_PAGES_AT_ONCE, progress=lambda _, left, __: advance(left), sleep=0)
        old.rollback()
        new.execute("PRAGMA journal_mode=DELETE")
    target.chmod(0o600)
    return target


def _dump(settings: "Settings", target: Path) -> Path:
    from sqlalchemy import make_url

    program = shutil.which("pg_dump")
    if program is None:
        raise TanggapError(
            "pg_dump is not installed (on Debian: apt-get install postgresql-client)"
        )
    url = make_url(settings.database_url)
    environment = {"PGPASSWORD": url.password or "", "PATH": "/usr/bin:/bin"}
    address = url.set(drivername="postgresql", password=None)
    done = subprocess.run(
        [program, "--format=custom", f"--file={target}", address.render_as_string()],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().split("\n")[-1]
        raise TanggapError(f"pg_dump failed: {said}")
    target.chmod(0o600)
    return target


def copy_files(settings: "Settings", folder: Path, advance: Advance) -> str:
    """The sealed attachments; a bucket is left to its own backup."""
    parts = urlsplit(settings.files_url)
    if parts.scheme != "file":
        return f"{settings.files_url} is not copied: back the bucket up where it lies"
    folder.mkdir(mode=0o700)
    source = Path(unquote(parts.path))
    count = 0
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        if not path.is_file():
            continue
        target = folder / path.relative_to(source)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            shutil.copy2(path, target)
        except FileNotFoundError:
            continue  # erased meanwhile
        count += 1
        advance(count)
    return f"{folder} ({count})"


def copy_key(settings: "Settings", folder: Path) -> str:
    """The master key with a note on how to keep it."""
    if settings.master_key is None:
        return "no master key is known here: back TANGGAP_MASTER_KEY up from where it is kept"
    target = folder / KEY_FILE
    target.touch(mode=0o600)
    target.write_text(settings.master_key.get_secret_value() + "\n", encoding="ascii")
    (folder / "README.txt").write_text(_NOTE, encoding="utf-8")
    return str(target)
