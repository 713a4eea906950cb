"""What a day's figures were when it had ended stays, and a later correction is seen beside it."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from services.scoring.announcing import Announcer
from services.scoring.handlers import Scorer
from services.scoring.ports import NullPublisher
from services.scoring.publishing import DayPublisher
from services.scoring.regions import DirectoryRules
from services.scoring.ticking import Ticker
from shared.clock import FixedClock
from shared.db.engine import Database
from shared.db.leases import Lease
from shared.db.read.history import unit_history
from shared.db.read.scores import load_region
from shared.db.tables.scoring import scoring_published
from shared.directory.seed import seed
from shared.scores.numbers import figure
from tests.casebook import CaseBook, X, Y, at

MONDAY = at("2026-11-16 23:50")


class Room:
    """Scoring on a clock of its own."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.clock = FixedClock(MONDAY)
        self.announcer = Announcer(NullPublisher(), self.clock, lambda _: ())
        self.scorer = Scorer(DirectoryRules(), self.announcer)
        with db.write() as conn:
            seed(conn, now=MONDAY)

    def cases(self, *books: CaseBook) -> None:
        with self.db.write() as conn:
            self.scorer.on_case_events(conn, [e for book in books for e in book.messages()])()

    def ticker(self, holder: str = "one") -> Ticker:
        lease = Lease(self.db, "ticker:scoring", holder, 30)
        publisher = DayPublisher(self.db, self.clock)
        return Ticker(self.announcer, dict, self.clock, lease, publisher)

    def passes(self, ticker: Ticker, **time: float) -> int:
        """Let time pass; returns how many of a region's days were written."""
        self.clock.advance(timedelta(**time))
        ticker.look()
        written = 0
        while ticker.publish():
            written += 1
        return written

    def days(self, unit: str = "paser") -> list[str]:
        c = scoring_published.c
        with self.db.read() as conn:
            found = conn.execute(select(c.day).where(c.unit == unit).order_by(c.day)).scalars()
            return [date.fromordinal(day).isoformat() for day in found]

    def history(self, unit: str = X) -> dict[str, dict[str, Any]]:
        with self.db.read() as conn:
            found = unit_history(conn, unit, self.clock.now(), window="90d")
        return {point["as_of"]: point for point in found["points"]}


@pytest.fixture
def room(db: Database) -> Room:
    return Room(db)


def test_a_day_is_noted_once_it_has_ended_and_corrections_show(room: Room) -> None:
    late = CaseBook("2026-11-12", Y).resolve("2026-11-13")
    book = CaseBook("2026-11-13").verify("2026-11-13").resolve("2026-11-16")
    room.cases(book)
    ticker = room.ticker()
    assert room.passes(ticker) == 3  # 13 to 15 November; the 16th has not ended
    assert room.passes(ticker, minutes=12) == 0  # what came before midnight may be on its way
    assert room.passes(ticker, minutes=5) == 1
    assert room.days() == ["2026-11-13", "2026-11-14", "2026-11-15", "2026-11-16"]
    before = room.history()["2026-11-16"]
    assert "published" not in before
    with room.db.read() as conn:
        scores = load_region(conn, "paser", room.clock.now(), as_of=date(2026, 11, 16))
        c = scoring_published.c
        query = select(scoring_published).where(
            c.unit == X, c.day == date(2026, 11, 16).toordinal()
        )
        row = conn.execute(query).one()
    assert float(row.value) == figure(scores.indexes[X].value) == before["value"]
    assert (row.n, row.rank, row.at) == (1, None, room.clock.now())

    # Two events of that day become known later: one of the OPD's own, one that moves p0.
    book.reopen("2026-11-16").rate("2026-11-16", 1)
    room.cases(book, late)
    # The 17th, and the 12th, of which something is known only now.
    assert room.passes(ticker, days=1) == 2
    after = room.history()["2026-11-16"]
    assert after["corrected"] is True
    assert after["value"] < before["value"]
    assert after["published"]["value"] == before["value"]
    assert "corrected" not in room.history()["2026-11-17"]
    assert "corrected" not in room.history()["2026-11-12"]
    assert room.history(Y)["2026-11-13"]["published"]["value"] is None
    assert room.history("paser")["2026-11-16"]["corrected"] is True
    assert room.passes(room.ticker()) == 0


def test_one_process_notes_what_was_missed_while_all_were_down(room: Room) -> None:
    one, two = room.ticker("one"), room.ticker("two")
    assert room.passes(one) == 0  # nothing known, nothing to note
    room.cases(CaseBook("2026-08-03"))
    assert room.passes(two) == 0
    assert room.passes(two, seconds=31) == 31
    assert room.days()[0] == "2026-10-16"
    assert room.days()[-1] == "2026-11-15"
    assert room.passes(one, seconds=5) == 0
    room.clock.advance(timedelta(days=3))
    two.stop()
    assert room.passes(one) == 3
    assert room.days("kukar") == []


def test_a_database_that_is_away_leaves_the_day_for_later(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.cases(CaseBook("2026-11-13"))
    ticker = room.ticker()
    ticker.look()
    with monkeypatch.context() as patch:
        away = OperationalError("", {}, Exception("away"))
        patch.setattr(room.db, "write", lambda: (_ for _ in ()).throw(away))
        assert ticker.publish() is False
    assert room.passes(ticker) == 3
    # What was noted first stays, whatever is noted again.
    with room.db.write() as conn:
        conn.execute(update(scoring_published).values(n=77))
    assert room.passes(room.ticker("one")) == 0
