"""What must hold before anything starts: folder, key, mark, schema and seed, in this order."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from shared.errors import TanggapError
from tanggap.installation import ACCOUNTS_FILE, KEY_FILE, master_key, settings_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from shared.db.engine import Database
    from shared.settings import Settings

DEMO_MARK = "demo"
DEMO_REGION = "paser"
_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """An installation that can be started."""

    settings: "Settings"
    accounts: Path | None


def make_data_folder(data: Path) -> Path:
    """The data folder, readable by nobody else."""
    data = data.absolute()
    data.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
    data.chmod(_PRIVATE_FOLDER)
    return data


def prepare(data: Path, *, demo: bool, tell: Tell) -> Prepared:
    """Bring the installation to where its services can start; `TanggapError` says why not.

    A database of the other sort (demo or real) is refused before anything in it is changed.
    """
    from shared.clock import SystemClock
    from shared.db import migrate
    from shared.db.engine import Database

    settings = settings_of(data, demo=demo, **_demo_defaults(data, demo=demo, make=False))
    database = Database(settings.database_url)
    try:
        _check_mark(database, demo=demo, data=data)
        settings = settings_of(data, demo=demo, **_demo_defaults(data, demo=demo, make=True))
        master_key(settings)
        tell("migrating the database …")
        migrate.upgrade(settings.database_url)
        database.assert_rules()
        now = SystemClock().now()
        with database.write() as conn:
            _mark(conn, demo=demo)
            _seed(conn, now, demo=demo)
        accounts = _seed_accounts(database, data, now) if demo else None
    finally:
        database.close()
    return Prepared(settings, accounts)


def seed_directory(settings: "Settings") -> None:
    """Write the regions and OPDs of the start where there are none (`tanggap db upgrade`)."""
    from shared.clock import SystemClock
    from shared.db.engine import Database

    database = Database(settings.database_url)
    try:
        with database.write() as conn:
            _seed(conn, SystemClock().now(), demo=False)
    finally:
        database.close()


def is_demo(conn: "Connection") -> bool | None:
    """Whether the database was made with `--demo`; none when it does not say."""
    from sqlalchemy import inspect, select

    from shared.db.tables.common import meta

    if not inspect(conn).has_table(meta.name):
        return None
    stored = conn.execute(select(meta.c.value).where(meta.c.key == DEMO_MARK)).scalar()
    return None if stored is None else stored == "true"


def require_demo(conn: "Connection", what: str) -> None:
    """Refuse to put invented things among real ones."""
    if not is_demo(conn):
        raise TanggapError(f"{what} is for demonstrations: this database was not made with --demo")


def _demo_defaults(data: Path, *, demo: bool, make: bool) -> dict[str, str]:
    if not demo:
        return {}
    values = {}
    if not os.environ.get("TANGGAP_MASTER_KEY") and make:
        values["master_key"] = _demo_key(data / KEY_FILE)
    if not os.environ.get("TANGGAP_DEFAULT_REGION"):
        values["default_region"] = DEMO_REGION
    return values


def _demo_key(path: Path) -> str:
    from shared.privacy.vault import new_master_key

    if not path.exists():
        write_private(path, new_master_key().encode() + b"\n")
    return path.read_text(encoding="ascii").strip()


def write_private(path: Path, content: bytes) -> None:
    """Write a file that nobody else can read at any moment, whole or not at all."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _check_mark(database: "Database", *, demo: bool, data: Path) -> None:
    with database.read() as conn:
        marked = is_demo(conn)
        if marked is None and _in_use(conn):
            marked = False
    if marked is True and not demo:
        raise TanggapError(
            f"the database of {data} was made with --demo: start it with `tanggap up --demo`, "
            "or name another --data folder"
        )
    if marked is False and demo:
        raise TanggapError(
            f"the database of {data} was made without --demo and may hold real reports: start it "
            "with `tanggap up`, or name another --data folder"
        )


def _in_use(conn: "Connection") -> bool:
    """Whether somebody works with a database that carries no mark."""
    from sqlalchemy import inspect, select

    from shared.db.tables.common import outbox
    from shared.db.tables.desk import desk_users

    tables = [table for table in (outbox, desk_users) if inspect(conn).has_table(table.name)]
    return any(conn.execute(select(table).limit(1)).first() is not None for table in tables)


def _mark(conn: "Connection", *, demo: bool) -> None:
    from shared.db.statements import insert_ignore
    from shared.db.tables.common import meta

    insert_ignore(conn, meta, [{"key": DEMO_MARK, "value": "true" if demo else "false"}])


def _seed(conn: "Connection", now: datetime, *, demo: bool) -> None:
    from shared.directory.seed import seed

    seed(conn, now=now, public_scores=demo)


def _seed_accounts(database: "Database", data: Path, now: datetime) -> Path:
    """The demo's accounts and the file that lists them; both stay once they are there."""
    from services.desk.passwords import Passwords
    from services.desk.users import seed_demo
    from shared.db.read.directory import Directory

    path = data / ACCOUNTS_FILE
    if not path.exists():
        # The passwords are random and long, so a quick hash protects them as well as a slow one,
        # which would keep the first start waiting; desk makes it a slow one at the first login.
        passwords = Passwords(memory_kib=1024, rounds=1)
        with database.write() as conn:
            accounts = seed_demo(conn, passwords, Directory.load(conn), now)
            # Inside the transaction: passwords that nobody could read would have to be reset.
            listed = [account.as_json() for account in accounts]
            write_private(path, orjson.dumps(listed, option=orjson.OPT_INDENT_2))
    return path
