"""A quick hash, such as the demo's accounts begin with, becomes a slow one at the first login."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from services.desk.passwords import Passwords
from services.desk.sessions import SessionLimits, Sessions
from shared.db.tables.desk import desk_users
from tests.deskroom import CHEAP, PASSWORD, Deskroom, deskroom, standard_staff


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Deskroom]:
    with deskroom(f"sqlite:///{tmp_path / 'desk.db'}", tmp_path) as found:
        standard_staff(found)
        yield found


def _stored(room: Deskroom) -> str:
    query = select(desk_users.c.password_hash).where(desk_users.c.username == "jalan")
    with room.db.read() as conn:
        return str(conn.execute(query).scalar_one())


def test_the_first_login_makes_a_quick_hash_a_slow_one(room: Deskroom) -> None:
    class Watched(Passwords):
        def hash(self, password: str) -> str:
            # Slow on purpose, so never while other writers wait.
            with room.db.write():
                return super().hash(password)

    slow = Watched(memory_kib=128, rounds=2)
    assert slow.outdated(_stored(room))
    sessions = Sessions(room.db, room.clock, slow, SessionLimits())
    assert sessions.login("jalan", "not the password", "10.0.0.1") is None
    assert slow.outdated(_stored(room))
    assert sessions.login("jalan", PASSWORD, "10.0.0.1") is not None
    renewed = _stored(room)
    assert not slow.outdated(renewed)
    assert slow.check(renewed, PASSWORD)
    assert not CHEAP.check(renewed, "not the password")
    # The next login finds it good.
    assert sessions.login("jalan", PASSWORD, "10.0.0.1") is not None
    assert _stored(room) == renewed
