"""The morning's digest: once a person and day; counts and links, no word of a case."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select, update

from services.desk.digest import morning
from services.desk.digest_sending import (
    LADDER,
    DigestMessenger,
    DigestPost,
    Posting,
    UnsentError,
)
from services.desk.settings import DeskSettings
from services.desk.users import Account, set_email
from shared.clocks.region import RegionRules
from shared.contracts.enums import Role
from shared.db.read.directory import directory_of_seed
from shared.db.tables.desk import desk_cases, desk_digests
from shared.errors import TanggapError
from shared.mail.smtp import MailSettings
from tests.deskroom import MONDAY, PASSWORD, Deskroom, deskroom
from tests.providers import FakeMailServer, FakeProvider, Reply

SITE = "http://desk"
HALF_PAST_SEVEN = time(7, 30)
PEOPLE = {
    "jalan": "paser/dpupr",
    "kesehatan": "paser/dinkes",
    "pengawas": "paser/inspektorat",
}


class FakePost(DigestPost):
    """Takes every digest, or fails as told."""

    def __init__(self) -> None:
        super().__init__(MailSettings(), SITE)
        self.sent: list[Posting] = []
        self.fail: UnsentError | None = None

    def takes(self, address: str) -> bool:
        return True

    def send(self, posting: Posting) -> None:
        if self.fail is not None:
            raise self.fail
        self.sent.append(posting)

    def counts(self) -> dict[str, tuple[int, int, int, int | None]]:
        """What each recipient was told."""
        found = {one.recipient.viewer.username: one.counts for one in self.sent}
        return {name: (c.new, c.soon, c.overdue, c.waiting) for name, c in found.items()}


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Deskroom]:
    with deskroom(database_url, tmp_path) as opened:
        accounts = [
            Account(name, PASSWORD, Role.HANDLER, "paser", opd, f"{name}@example.go.id")
            for name, opd in PEOPLE.items()
        ]
        opened.add(
            *accounts,
            Account("koordinator", PASSWORD, Role.COORDINATOR, "paser", None, "k@example.go.id"),
            Account("tanpa", PASSWORD, Role.HANDLER, "paser", "paser/dpupr"),
            Account("pantau", PASSWORD, Role.MONITOR, None, None, "m@example.go.id"),
        )
        yield opened


def messenger(room: Deskroom, post: DigestPost, **contacts: str) -> DigestMessenger:
    units = {f"paser/{name}": address for name, address in contacts.items()}
    return DigestMessenger(
        room.context.db, room.clock, room.context.directory, units, HALF_PAST_SEVEN, post
    )


def to(room: Deskroom, hour: int, minute: int, days: int = 0) -> None:
    """Turn the clock to that time in Paser (UTC+8), `days` after the Monday."""
    base = MONDAY.replace(hour=0, minute=0, second=0, microsecond=0)
    wanted = base + timedelta(days=days, hours=hour - 8, minutes=minute)
    room.clock.advance(wanted - room.clock.now())


def states(room: Deskroom) -> dict[str, int]:
    """The gauge of digests as it is scraped."""
    lines = room.client.get("/metrics").text.splitlines()
    found = [line.split() for line in lines if line.startswith("tanggap_digests{")]
    return {name.split('"')[1]: int(float(value)) for name, value in found}


def test_once_a_day_and_person_whoever_sends_it(room: Deskroom) -> None:
    room.complaint(text="Rahasia Jalan Melati")
    room.complaint(guess="paser/dinkes")
    room.complaint(guess=None)
    room.complaint(guess="paser/dinkes", berkadar=True)
    post = FakePost()
    to(room, 7, 29, days=1)
    assert messenger(room, post).round() == 0
    to(room, 7, 30, days=1)
    assert messenger(room, post).round() == 4
    # Another process, and the same one again after a restart.
    assert messenger(room, post).round() == 0
    assert post.counts() == {
        "jalan": (1, 1, 0, None),  # to be verified by Thursday
        "kesehatan": (1, 1, 0, None),
        "koordinator": (3, 3, 0, 1),
        "pengawas": (1, 1, 0, None),
    }
    to(room, 12, 0, days=2)  # nothing is new any more
    assert messenger(room, post).round() == 4
    assert post.counts()["jalan"] == (0, 1, 0, None)
    to(room, 9, 0, days=7)
    messenger(room, post).round()
    assert post.counts()["jalan"][2] == 1


def test_a_failed_digest_is_tried_again_and_a_dead_address_is_not(room: Deskroom) -> None:
    room.complaint()
    post = FakePost()
    post.fail = UnsentError("unreachable")
    to(room, 7, 30, days=1)
    assert messenger(room, post).round() == 0
    assert states(room) == {"waiting": 0, "sent": 0, "failing": 2, "refused": 0}
    post.fail = None
    assert messenger(room, post).round() == 0  # not before its next try
    room.clock.advance(timedelta(seconds=LADDER[0]))
    assert messenger(room, post).round() == 2  # jalan and koordinator; the others have nothing
    assert states(room) == {"waiting": 0, "sent": 2, "failing": 0, "refused": 0}
    with room.context.db.read() as conn:
        rows = conn.execute(select(desk_digests).order_by(desk_digests.c.recipient)).all()
    assert [(row.recipient, row.trouble, row.attempts) for row in rows] == [
        ("user:jalan", None, 2),
        ("user:kesehatan", "nothing", 1),
        ("user:koordinator", None, 2),
        ("user:pengawas", "nothing", 1),
    ]
    room.clock.advance(timedelta(days=1))
    post.fail = UnsentError("smtp-550", final=True)
    messenger(room, post).round()
    assert states(room) == {"waiting": 0, "sent": 0, "failing": 0, "refused": 2}
    post.fail = None
    room.clock.advance(timedelta(hours=2))
    assert messenger(room, post).round() == 0
    with room.context.db.write() as conn:  # as a crash before the end of a try leaves it
        conn.execute(update(desk_digests).values(trouble=None))
    assert states(room)["waiting"] == 4
    to(room, 8, 0, days=3)
    assert states(room) == {"waiting": 0, "sent": 0, "failing": 0, "refused": 0}


def test_a_crash_after_sending_sends_once_more_and_no_day_is_made_up_for(room: Deskroom) -> None:
    room.complaint()
    post = FakePost()
    to(room, 7, 30, days=1)
    with room.context.db.write() as conn:
        conn.execute(update(desk_cases).values(opd="paser/dpupr"))
    messenger(room, post).round()
    first = len(post.sent)
    with room.context.db.write() as conn:  # as a crash between sending and marking leaves it
        conn.execute(update(desk_digests).values(sent_at=None, next_at=room.clock.now()))
    assert messenger(room, post).round() == first
    with room.context.db.write() as conn:
        conn.execute(update(desk_digests).values(sent_at=None, next_at=room.clock.now()))
    to(room, 7, 0, days=2)
    assert messenger(room, post).round() == 0


def test_units_have_channels_of_their_own(room: Deskroom, tmp_path: Path) -> None:
    room.complaint(text="Rahasia Jalan Melati")
    path = tmp_path / "digest.jsonl"
    to(room, 7, 30, days=1)
    with FakeProvider(Reply(500), Reply(200)).running() as hook, FakeMailServer().running() as smtp:
        settings = MailSettings(
            smtp_host="127.0.0.1",
            smtp_port=smtp.port,
            smtp_security="none",
            smtp_from="tanggap@example.go.id",
        )
        units = {"dpupr": path.as_uri(), "setda-organisasi": hook.url}
        sender = messenger(room, DigestPost(settings, SITE), **units)
        assert sender.round() == 3  # the file and two mailboxes; the webhook answered 500
        room.clock.advance(timedelta(seconds=LADDER[0]))
        assert sender.round() == 1
        told = hook.calls[1].json()
        mails = "".join(smtp.mails)
    line = orjson.loads(path.read_bytes())
    assert (line["unit"], line["new"], line["waiting"]) == ("paser/dpupr", 1, None)
    assert (told["unit"], told["waiting"]) == ("paser/setda-organisasi", 0)
    assert "Baru sejak hari kerja lalu: 1" in mails
    assert f"{SITE}/antrean" in mails
    for said in (path.read_text(), orjson.dumps(told).decode(), mails):
        assert "Melati" not in said
        assert "Rahasia" not in said


def test_the_hour_and_the_working_days_are_the_region_s() -> None:
    paser, mimika = (
        RegionRules(code, directory_of_seed().zone(code)) for code in ("paser", "mimika")
    )
    at = datetime(2026, 11, 22, 22, 45, tzinfo=UTC)  # Monday: 06.45 WITA, 07.45 WIT
    assert morning(paser, HALF_PAST_SEVEN, at) is None
    found = morning(mimika, HALF_PAST_SEVEN, at)
    assert found
    assert found.since == datetime(2026, 11, 19, 22, 30, tzinfo=UTC)  # Friday 07.30 WIT
    assert found.soon == datetime(2026, 11, 25, 15, 0, tzinfo=UTC)  # the end of Wednesday
    assert morning(mimika, HALF_PAST_SEVEN, at - timedelta(days=1)) is None  # a Sunday


def test_settings_and_addresses_are_checked(room: Deskroom) -> None:
    def read(contacts: str) -> DeskSettings:
        return DeskSettings(digest_contacts=orjson.loads(contacts))

    assert read('{"paser/dpupr": "a@b.id", "paser/dlh": "https://x/y"}').digest_contacts
    for wrong in ('{"paser": "a@b.id"}', '{"paser/dlh": "rahasia"}', '{"paser/dlh": "ftp://x"}'):
        with pytest.raises(ValueError, match="paser") as found:
            read(wrong)
        assert "rahasia" not in str(found.value)
    assert DeskSettings(digest_at="").digest_hour is None
    with room.context.db.write() as conn:
        set_email(conn, "jalan", None, room.clock.now())
        for bad in ("jalan", "a@b", "a b@c.id", "x" * 200 + "@c.id"):
            with pytest.raises(TanggapError):
                set_email(conn, "jalan", bad, room.clock.now())
