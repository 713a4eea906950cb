"""Every count opens into exactly its cases, and every past day into the value it had: both from
one database of random cases, against the sums that pages read."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select

from services.scoring import audit
from services.scoring.handlers import apply_events
from services.scoring.regions import DirectoryRules
from services.scoring.store import KnownEvent
from shared.db.engine import Database
from shared.db.migrate import upgrade
from shared.db.read import case_marks
from shared.db.read.case_marks import FIGURES, Place, Wanted, cases_of, count_of
from shared.db.read.history import HistoryRangeError, load_history, unit_history
from shared.db.read.scores import RegionScores, UnknownUnitError, added, load_region
from shared.db.tables.directory import desk_opds
from shared.db.tables.scoring import scoring_case_units, scoring_cases
from shared.directory.seed import seed
from shared.scores.windows import Window
from tests.casebook import X, Y
from tests.randomcases import seeded_cases

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
REGION = "paser"


def _filled(url: str) -> Iterator[Database]:
    database = Database(url)
    rules = DirectoryRules()
    events = [
        KnownEvent(f"T{number}", f"{number}-{fact.sequence}", fact)
        for number, facts in enumerate(seeded_cases(3, 400))
        for fact in facts
    ]
    random.Random(5).shuffle(events)
    with database.write() as conn:
        seed(conn, now=NOW)
        _change_list(conn)
        for start in range(0, len(events), 100):
            apply_events(conn, events[start : start + 100], rules(conn))
    yield database
    database.close()


def _change_list(conn: Connection) -> None:
    """Y exists from 15 February 2026 on, and from June on as a unit of X."""
    row = dict(conn.execute(select(desk_opds).where(desk_opds.c.code == Y)).mappings().one())
    conn.execute(delete(desk_opds).where(desk_opds.c.code == Y))
    begins, changes = date(2026, 2, 15), date(2026, 6, 1)
    conn.execute(insert(desk_opds), [row | {"valid_from": begins, "valid_to": changes}])
    conn.execute(insert(desk_opds), [row | {"valid_from": changes, "parent": X}])


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path_factory.mktemp('explained') / 'tanggap.db'}"
    upgrade(url)
    yield from _filled(url)


@pytest.fixture(scope="module")
def on_postgres(postgres_server: Any) -> Iterator[Database]:
    from tests.databases import give_back_postgres, take_postgres

    name, url = take_postgres(postgres_server.ensure_running())
    yield from _filled(url)
    give_back_postgres(postgres_server, name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def db(request: pytest.FixtureRequest) -> Database:
    """Filled once a module and only read."""
    found: Database = request.getfixturevalue(f"on_{request.param}")
    return found


def counter(scores: RegionScores, codes: tuple[str, ...], figure: str, what: str) -> int:
    marks = FIGURES[figure, what]
    year = marks.year
    sums = scores.sums if year is None else scores.years[scores.span.end.year - year]
    return count_of(marks, added(sums, codes))


@pytest.mark.parametrize("window", list(Window))
def test_a_count_opens_into_exactly_its_cases(db: Database, window: Window) -> None:
    opened = 0
    with db.read() as conn:
        for day in (None, date(2026, 3, 31), date(2026, 6, 14)):
            scores = load_region(conn, REGION, NOW, as_of=day, window=window)
            for (figure, what), marks in FIGURES.items():
                for codes in ((X,), (X, Y)):
                    count = counter(scores, codes, figure, what)
                    # As if the counter were larger: what is found must not depend on it.
                    wanted = Wanted(codes, marks, scores.span, count + 1)
                    found, after = cases_of(conn, wanted, limit=10_000)
                    assert sum(case.n for case in found) == count, (figure, what, day, codes)
                    assert after is None
                    opened += count
    assert opened > 300


def test_pages_follow_each_other_and_end_with_the_count(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.read() as conn:
        scores = load_region(conn, REGION, NOW, window="year")
        count = counter(scores, (X, Y), "shares.received", "value")
        wanted = Wanted((X, Y), FIGURES["shares.received", "value"], scores.span, count)
        whole, _ = cases_of(conn, wanted, limit=10_000)
        assert [case.received_day for case in whole] == sorted(
            (case.received_day for case in whole), reverse=True
        )
        monkeypatch.setattr(case_marks, "CHUNK", 7)
        monkeypatch.setattr(case_marks, "MOST_READ", 14)
        pages: list[Any] = []
        after: Place | None = None
        while True:
            page, after = cases_of(conn, wanted, limit=5, after=after)
            pages += page
            if after is None:
                break
        assert pages == whole


@pytest.mark.parametrize(
    ("window", "first", "last"),
    [
        (Window.DAYS_90, date(2026, 2, 1), date(2026, 6, 20)),
        (Window.MONTH, date(2026, 5, 20), None),
        (Window.YEAR, date(2025, 11, 22), date(2026, 3, 10)),
    ],
)
def test_a_history_is_what_each_day_reads_by_itself(
    db: Database, window: Window, first: date, last: date | None
) -> None:
    corrected = random.Random(str(window))
    with db.read() as conn:
        found = {
            unit: load_history(conn, unit, NOW, first=first, last=last, window=window)
            for unit in (X, Y, REGION)
        }
        days = [point.day for point in found[REGION]]
        assert days[0] == first
        assert days[-1] == (last or NOW.date())
        shown = {days[0], days[-1], *corrected.sample(days, 22)}
        for number, day in enumerate(days):
            if day in shown:
                scores = load_region(conn, REGION, NOW, as_of=day, window=window)
                assert found[X][number].index == scores.indexes[X], day
                assert found[Y][number].index == scores.indexes.get(Y), day
                assert found[REGION][number].index == scores.index, day
    assert len({point.index.value for point in found[X] if point.index}) > 20


def test_histories_are_asked_for_days_that_are_there(db: Database) -> None:
    def field(unit: str = X, **options: Any) -> str:
        with db.read() as conn, pytest.raises(HistoryRangeError) as caught:
            load_history(conn, unit, NOW, **options)
        return caught.value.field

    assert field(last=date(2026, 11, 22)) == "to"
    assert field(first=date(2026, 11, 2), last=date(2026, 11, 1)) == "from"
    assert field(first=date(2025, 11, 20)) == "from"
    assert field(first=date(2000, 12, 31), last=date(2001, 2, 1)) == "from"
    assert field(last=date(1, 1, 1)) == "to"
    with db.read() as conn:
        for unit in ("nowhere", "paser/nothing"):
            with pytest.raises(UnknownUnitError):
                load_history(conn, unit, NOW)
        assert len(unit_history(conn, X, NOW, window="90d")["points"]) == 90


def test_a_rebuild_lists_the_cases_of_before(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    upgrade(url)
    units = select(scoring_case_units.c.opd, scoring_case_units.c.ticket)
    cases = select(scoring_cases.c.ticket, scoring_cases.c.deltas)
    for database in _filled(url):
        with database.write() as conn:
            counted = {(d[0], case.ticket) for case in conn.execute(cases) for d in case.deltas}
            # A case may have counted for a unit only until a late event was known.
            assert {tuple(row) for row in conn.execute(units)} >= counted
            conn.execute(delete(scoring_case_units))
        audit.rebuild(database, DirectoryRules())
        with database.read() as conn:
            assert {tuple(row) for row in conn.execute(units)} == counted
