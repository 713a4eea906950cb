"""Scoring on a real database: however events arrive, the counters are those of a clean run."""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select, update

from services.scoring import audit
from services.scoring.announcing import Announcer
from services.scoring.handlers import Scorer
from services.scoring.metrics import latency_observer, read_gauges
from services.scoring.ports import NullPublisher
from services.scoring.regions import DirectoryRules
from shared.clock import FixedClock
from shared.contracts.classification import Classification
from shared.contracts.codec import Envelope, Event, RawMessage
from shared.contracts.enums import Channel, Form, SKMElement
from shared.contracts.feedback import FeedbackClassified
from shared.contracts.topics import Topic
from shared.db.engine import Database
from shared.db.migrate import upgrade
from shared.db.read.directory import Directory
from shared.db.read.hiding import public_view
from shared.db.read.scores import (
    UnknownUnitError,
    explained_score,
    load_region,
    opd_score,
    region_score,
)
from shared.db.tables.directory import desk_regions
from shared.db.tables.scoring import (
    scoring_case_units,
    scoring_cases,
    scoring_counters,
    scoring_events,
    scoring_skm_counters,
    scoring_surveys,
)
from shared.directory.seed import seed
from shared.errors import InvalidMessageError, TanggapError
from shared.scores.figures import walk
from tests.casebook import CaseBook, T, X, Y, at

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
MON = "2026-09-07"
Handle = Callable[[Connection, Sequence[Event]], Any]


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    yield from _seeded(f"sqlite:///{tmp_path_factory.mktemp('scoring') / 'tanggap.db'}")


@pytest.fixture(scope="module")
def on_postgres(postgres_server: Any) -> Iterator[Database]:
    name = f"scoring_{os.getpid()}"
    yield from _seeded(postgres_server.ensure_running().create_database(name))
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgres"])
def db(request: pytest.FixtureRequest) -> Database:
    """One database a module, emptied before each test: making one is what takes time."""
    database: Database = request.getfixturevalue(f"on_{request.param}")
    with database.write() as conn:
        for table in (
            scoring_counters, scoring_skm_counters, scoring_surveys, scoring_events, scoring_cases,
        ):  # fmt: skip
            conn.execute(delete(table))
        conn.execute(update(desk_regions).values(counts_from=None))
    return database


def _seeded(url: str) -> Iterator[Database]:
    upgrade(url)
    database = Database(url)
    with database.write() as conn:
        seed(conn, now=NOW)
    yield database
    database.close()


class Bench:
    """Scoring with its ports in hand."""

    def __init__(self, database: Database) -> None:
        self.db = database
        self.observed: list[datetime] = []
        self.rules = DirectoryRules()
        announcer = Announcer(NullPublisher(), FixedClock(NOW), lambda _: ())
        self.scorer = Scorer(self.rules, announcer, self.observed.append)

    def take(self, handle: Handle, events: Sequence[Event], size: int = 500) -> None:
        for start in range(0, len(events), size):
            with self.db.write() as conn:
                after = handle(conn, events[start : start + size])
            after()

    def cases(self, *books: CaseBook, size: int = 500) -> None:
        self.take(self.scorer.on_case_events, [e for b in books for e in b.messages()], size)

    def report(self) -> audit.VerifyReport:
        return audit.verify(self.db, self.rules)

    def counters(self) -> dict[Any, int]:
        with self.db.read() as conn:
            *key, n = scoring_counters.c
            return {tuple(row[:-1]): row[-1] for row in conn.execute(select(*key, n).where(n != 0))}

    def score(self, opd: str, **options: Any) -> dict[str, Any]:
        with self.db.read() as conn:
            found: dict[str, Any] = opd_score(conn, opd, options.pop("now", NOW), **options)
            return found


@pytest.fixture
def bench(db: Database) -> Bench:
    return Bench(db)


def survey(receipt: str, opd: str | None = X, **fields: Any) -> Event:
    data = FeedbackClassified.model_construct(
        ticket=None, receipt=receipt, form=Form.SURVEY, channel=Channel.WEB, region="paser",
        opd_asked=opd, service=fields.get("service"), text="", token_used=True,
        answers=fields.get("answers", dict.fromkeys(SKMElement, 3)), category_asked=None,
        received_at=fields.get("received_at", NOW), history=fields.get("history", False),
        classification=Classification.model_construct(
            sentiment=type("Tone", (), {"label": type("L", (), {"value": "neutral"})})
        ),
    )  # fmt: skip
    envelope = Envelope(receipt, "t", "/tanggap/classifier", NOW, receipt)
    raw = RawMessage(Topic.FEEDBACK_CLASSIFIED.value, 0, 0, 0, None, b"", {})
    return Event(envelope, data, raw)


def test_a_complaint_moves_its_opds_score(bench: Bench) -> None:
    book = CaseBook("2026-11-16").verify("2026-11-16").reply("2026-11-17")
    bench.cases(book)
    before = bench.score(X)["responsiveness"]
    assert before["parts"]["finish"]["running"] == 1
    assert before["state"] == "few"
    book.resolve("2026-11-18").rate("2026-11-19", 5)
    bench.cases(book)
    after = bench.score(X)["responsiveness"]
    assert after["parts"]["finish"]["on_time"] == 1
    assert after["parts"]["satisfaction"]["n"] == 1
    assert after["value"] > before["value"]
    assert bench.observed == [at("2026-11-16"), at("2026-11-16")]
    assert bench.report().agrees


def test_an_opd_counts_its_units_and_the_region_everything(bench: Bench) -> None:
    with bench.db.read() as conn:
        entries = Directory.load(conn)
        unit = next(opd for opd in entries.opds("paser") if opd.parent == "paser/dinkes")
    bench.cases(CaseBook("2026-11-16", unit.code).verify("2026-11-16"), CaseBook("2026-11-16"))
    assert bench.score("paser/dinkes")["responsiveness"]["parts"]["verify"]["on_time"] == 1
    assert bench.score(unit.code)["parent"] == "paser/dinkes"
    with bench.db.read() as conn:
        region = region_score(conn, "paser", NOW)
    parts = region["responsiveness"]["parts"]
    # NOW is 21 November: the other case's verification was due on the 19th.
    assert (parts["verify"]["on_time"], parts["verify"]["missed"]) == (1, 1)
    assert {entry["opd"] for entry in region["opds"]} >= {X, unit.code, "paser/ext-pln"}


def test_ranks_leave_out_units_external_bodies_and_internal_units(bench: Bench) -> None:
    books = [
        CaseBook("2026-11-16", opd).resolve("2026-11-17")
        for opd in (X, Y, "paser/bpkad", "paser/setda-organisasi", "paser/ext-pln")
        for _ in range(5)
    ]
    bench.cases(*books)
    with bench.db.read() as conn:
        scores = load_region(conn, "paser", NOW)
    assert set(scores.ranks) == {X, Y}
    assert set(scores.ranks.values()) == {1}


def test_duplicates_replays_and_small_batches_change_nothing(bench: Bench) -> None:
    books = [
        CaseBook(MON).verify(MON).forward("2026-09-09", Y).resolve("2026-09-10").rate(MON, 4),
        CaseBook(MON).ask("2026-09-08").answer("2026-09-11").resolve("2026-09-30").reopen(MON),
        CaseBook(MON).reject("2026-09-28"),
    ]  # fmt: skip
    bench.cases(*books)
    clean = bench.counters()
    bench.cases(*books, size=1)
    assert bench.counters() == clean
    assert bench.report().agrees


def test_arrival_in_any_order_gives_the_counters_of_a_clean_run(bench: Bench) -> None:
    def books(mark: str) -> list[CaseBook]:
        return [
            CaseBook(MON, ticket=f"{mark}1").verify(MON).resolve("2026-09-29").reopen(MON),
            CaseBook(MON, Y, ticket=f"{mark}2").ask(MON).system(T.UNSENT, MON, question=2),
            CaseBook(MON, ticket=f"{mark}3").forward("2026-09-24", Y).resolve("2026-10-05"),
        ]  # fmt: skip

    bench.cases(*books("A"))
    once = bench.counters()
    events = [event for book in books("B") for event in book.messages()]
    random.Random(7).shuffle(events)
    bench.take(bench.scorer.on_case_events, events, size=2)
    twice = bench.counters()
    assert twice == {key: 2 * n for key, n in once.items()}
    assert bench.report().agrees


def test_two_workers_at_once_agree_with_one(bench: Bench) -> None:
    books = [
        CaseBook(MON, opd).verify(MON).reply("2026-09-08").resolve("2026-09-10")
        for opd in (X, Y) * 8
    ]
    events = [event for book in books for event in book.messages()]
    halves = [events[0::2] + events[:10], list(reversed(events[1::2])) + events[:10]]

    def work(half: list[Event]) -> None:
        Bench(bench.db).cases()
        Bench(bench.db).take(Bench(bench.db).scorer.on_case_events, half, size=7)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, halves))
    assert bench.report().agrees
    assert bench.score(X, as_of=date(2026, 9, 10))["responsiveness"]["n"] == 8


def test_the_past_asked_later_is_unchanged_except_by_late_known_events(bench: Bench) -> None:
    book = CaseBook(MON).verify("2026-09-08")
    bench.cases(book)

    def september() -> dict[str, Any]:
        found: dict[str, Any] = bench.score(X, as_of=date(2026, 9, 30), window="month")
        return dict(found["responsiveness"])

    then = bench.score(X, as_of=date(2026, 9, 30), window="month", now=at("2026-10-01"))
    assert september() == then["responsiveness"]
    book.resolve("2026-10-05").reopen("2026-10-07").resolve("2026-10-08").rate("2026-10-09", 1)
    bench.cases(book)
    assert september() == then["responsiveness"]
    late = CaseBook("2026-09-14").resolve("2026-09-15")
    bench.cases(late)
    assert september()["parts"]["finish"]["on_time"] == 1
    with pytest.raises(ValueError, match="not begun"):
        bench.score(X, as_of=date(2026, 11, 22))


def test_today_has_not_ended_yet(bench: Bench) -> None:
    # Verification is due at 24:00 of 19 November 2026.
    bench.cases(CaseBook("2026-11-16"))
    evening = at("2026-11-19 23:59")
    live = bench.score(X, now=evening)["responsiveness"]["parts"]["verify"]
    assert (live["running"], live["missed"]) == (1, 0)
    midnight = evening + timedelta(minutes=1)
    passed = bench.score(X, now=midnight)["responsiveness"]["parts"]["verify"]
    assert (passed["running"], passed["missed"]) == (0, 1)


def test_cases_before_the_regions_start_are_left_out(bench: Bench) -> None:
    with bench.db.write() as conn:
        conn.execute(update(desk_regions).values(counts_from=date(2026, 9, 8)))
    bench.cases(CaseBook(MON).resolve("2026-09-08"))
    found = bench.score(X, window="year")
    assert found["responsiveness"]["state"] == "none"
    assert found["responsiveness"]["value"] is None
    counts = found["pekppp"]["aspect_e"]["indicators"]["28"]["counts"]
    assert (counts["received"], counts["finished"]) == (1, 1)


def test_no_28_of_the_running_and_the_assessed_year(bench: Bench) -> None:
    bench.cases(
        CaseBook("2026-03-02", lapor=True).resolve("2026-03-03"),
        CaseBook("2025-12-29").resolve("2026-01-05"),
        CaseBook("2025-12-29").withdraw("2026-01-05"),
    )
    found = bench.score(X)["pekppp"]
    running = found["aspect_e"]["indicators"]["28"]
    assert (found["year"], running["level"], running["thin"]) == (2026, 5, True)
    assert found["aspect_e"]["value"] is None
    assert (found["aspect_e"]["low"], found["aspect_e"]["high"]) == (1.5, 5.0)
    assert found["ipp"]["value"] is None
    assert "F-03" in found["ipp"]["missing"]
    assessed = found["assessed"]
    assert (assessed["year"], assessed["aspect_e"]["indicators"]["28"]["level"]) == (2025, 2)
    before = bench.score(X, as_of=date(2025, 12, 31))["pekppp"]
    assert before["aspect_e"]["indicators"]["28"]["counts"]["finished"] == 0


# -- surveys --------------------------------------------------------------------------------------


def test_surveys_make_the_skm_once_each(bench: Bench) -> None:
    three = [survey(f"S-{n}") for n in range(6)]
    last_year = survey("S-old", received_at=NOW - timedelta(days=400), history=True)
    july = survey("S-july", received_at=at("2026-07-01"))
    handle = bench.scorer.on_feedback
    bench.take(handle, [*three, last_year, july])
    bench.take(handle, three, size=1)
    skm = bench.score(X)["skm"]
    assert (skm["ikm"], skm["grade"], skm["n"], skm["n_required"]) == (75.0, "C", 6, 384)
    assert skm["nrr"]["pengaduan"] == 3.0
    assert bench.score(X, window="year")["skm"]["n"] == 7
    assert bench.score(X, window="month")["skm"]["n"] == 6
    assert bench.score(Y)["skm"]["ikm"] is None
    assert len(bench.observed) == 13
    assert bench.report().surveys == 8
    assert bench.report().agrees


def test_complaints_on_the_same_topic_are_left_to_case_events(bench: Bench) -> None:
    event = survey("S-1")
    other = event.data.model_copy(update={"form": Form.COMPLAINT})
    bench.take(bench.scorer.on_feedback, [Event(event.envelope, other, event.raw)])
    assert bench.report().surveys == 0
    with bench.db.write() as conn, pytest.raises(InvalidMessageError, match="survey-without-opd"):
        bench.scorer.on_feedback(conn, [survey("S-2", opd=None)])
    old = survey("S-3", received_at=datetime(1980, 1, 1, tzinfo=UTC))
    with bench.db.write() as conn, pytest.raises(InvalidMessageError, match="out-of-range"):
        bench.scorer.on_feedback(conn, [old])


def test_few_answers_and_ratings_stay_hidden_from_the_public(bench: Bench) -> None:
    bench.cases(CaseBook("2026-11-16").resolve("2026-11-17").rate("2026-11-18", 2))
    bench.take(bench.scorer.on_feedback, [survey("S-1")])

    def told(**options: Any) -> dict[str, dict[str, Any]]:
        with bench.db.read() as conn:
            scores = load_region(conn, "paser", NOW, **options)
            seen = public_view(conn, scores, scores.region_document(), NOW)
            opened = public_view(conn, scores, scores.explain(scores.directory.opd(Y)), NOW)
        # The share of an OPD without ratings is the region's: here of one person.
        figures = {found["id"]: found for found in walk(opened["explain"]["figures"])}
        assert figures["responsiveness.satisfaction"]["value"] is None
        assert figures["responsiveness.satisfaction.p0"]["value"] is None
        return {entry["opd"]: entry for entry in (seen, *seen["opds"])}

    seen = told()
    assert {e["responsiveness"]["parts"]["satisfaction"]["p"] for e in seen.values()} == {None}
    for unit in ("paser", X):
        assert seen[unit]["skm"]["ikm"] is None
        assert set(seen[unit]["skm"]["nrr"].values()) == {None}
    bench.take(bench.scorer.on_feedback, [survey(f"S-{n}") for n in range(2, 7)])
    seen = told()
    assert seen[X]["skm"]["ikm"] == seen["paser"]["skm"]["ikm"] == 75.0
    bench.take(bench.scorer.on_feedback, [survey(f"R-{n}", opd=Y) for n in range(2)])
    # The region less the one is the other: both are closed, whatever the window.
    for window in ("90d", "month", "year"):
        seen = told(window=window)
        assert (seen[X]["skm"]["ikm"], seen[Y]["skm"]["ikm"]) == (None, None)
        assert (seen[X]["skm"]["n"], seen[Y]["skm"]["n"]) == (6, None)
        assert seen["paser"]["skm"]["ikm"] == 75.0


# -- verify and rebuild ---------------------------------------------------------------------------


def test_verify_finds_a_changed_digit_and_rebuild_repairs_it(bench: Bench) -> None:
    bench.cases(CaseBook(MON).resolve("2026-09-08"), CaseBook(MON, Y))
    bench.take(bench.scorer.on_feedback, [survey("S-1")])
    right = bench.counters()
    with bench.db.write() as conn:
        some = conn.execute(select(scoring_counters.c.opd).limit(1)).scalar_one()
        conn.execute(update(scoring_counters).where(scoring_counters.c.opd == some).values(n=9))
        conn.execute(delete(scoring_skm_counters))
    broken = bench.report()
    assert not broken.agrees
    assert broken.differences > len(broken.examples) or broken.examples
    assert broken.as_json()["agrees"] is False
    assert audit.rebuild(bench.db, bench.rules, lambda _: None) == 2
    assert bench.report().agrees
    assert bench.counters() == right
    assert audit.rebuild(bench.db, bench.rules) == 2


def test_verify_finds_a_case_that_no_figure_leads_to_and_rebuild_lists_it(bench: Bench) -> None:
    book = CaseBook(MON).verify(MON).forward("2026-09-08", Y)
    bench.cases(book)
    with bench.db.write() as conn:
        conn.execute(delete(scoring_case_units).where(scoring_case_units.c.opd == Y))
    report = bench.report()
    assert report.differences == 1
    assert report.examples[0].startswith(Y)
    assert book.ticket not in report.examples[0]
    audit.rebuild(bench.db, bench.rules)
    assert bench.report().agrees


def test_what_is_lacking_may_be_added_while_the_services_go_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_MOST_KEYS", 10)  # many parts, as of many cases
    monkeypatch.setattr(audit, "_MOST_SURVEYS", 1)
    monkeypatch.setattr(audit, "_chunk", lambda _: 7)
    bench.cases(CaseBook(MON).resolve("2026-09-08"), CaseBook(MON, Y))
    bench.take(bench.scorer.on_feedback, [survey("S-1"), survey("S-2")])
    with bench.db.write() as conn:
        conn.execute(delete(scoring_counters))
        conn.execute(update(scoring_skm_counters).values(n=9))
    # One event at each pause: while cases are folded anew, and while counters are repaired.
    books = [CaseBook(MON, Y).verify("2026-09-08"), CaseBook("2026-09-14").reject("2026-09-28")]
    events = [event for book in books for event in book.messages()]

    def meanwhile(_: Database) -> None:
        bench.take(bench.scorer.on_case_events, [events.pop()] if events else [])
        bench.take(bench.scorer.on_feedback, [survey(f"S-later-{len(events)}")])

    monkeypatch.setattr(audit, "_pause", meanwhile)
    audit.rebuild(bench.db, bench.rules)
    assert not events
    assert bench.report().agrees


def test_two_rebuilds_at_once_add_nothing_twice(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.cases(CaseBook(MON).resolve("2026-09-08"), CaseBook(MON, Y))
    with bench.db.write() as conn:
        conn.execute(delete(scoring_counters))
    first = audit._want_cases

    def second_comes_before(conn: Connection, found: Any) -> None:
        first(conn, found)
        monkeypatch.setattr(audit, "_want_cases", first)
        audit.rebuild(bench.db, bench.rules)

    monkeypatch.setattr(audit, "_want_cases", second_comes_before)
    with pytest.raises(TanggapError, match="another rebuild"):
        audit.rebuild(bench.db, bench.rules)
    assert bench.report().agrees


def test_rebuild_takes_a_changed_start_of_counting_over(bench: Bench) -> None:
    bench.cases(CaseBook(MON).resolve("2026-09-08"))
    with bench.db.write() as conn:
        conn.execute(update(desk_regions).values(counts_from=date(2026, 10, 1)))
    assert not bench.report().agrees
    audit.rebuild(bench.db, bench.rules)
    assert bench.report().agrees
    assert bench.score(X, window="year")["responsiveness"]["n"] == 0


def test_an_explanation_adds_up_to_the_value(bench: Bench) -> None:
    bench.cases(CaseBook("2026-11-16").resolve("2026-11-17"), CaseBook("2026-11-10", Y))
    with bench.db.read() as conn:
        found = explained_score(conn, X, NOW)
        region = explained_score(conn, "paser", NOW)
        with pytest.raises(UnknownUnitError):
            explained_score(conn, "paser/nothing", NOW)
    [opened] = [f for f in found["explain"]["figures"] if f["id"] == "responsiveness"]
    total = sum(part["inputs"].get("points", 0) for part in opened["parts"])
    assert total == pytest.approx(found["responsiveness"]["value"], abs=0.03)
    assert opened["value"] == found["responsiveness"]["value"]
    assert opened["interval"] == found["responsiveness"]["interval"]
    assert opened["parts"][-1]["value"] is None
    assert region["explain"]["policies"]["name"] == region["policy"]
    assert "opds" not in region


def test_unknown_units_are_named(bench: Bench) -> None:
    with pytest.raises(UnknownUnitError):
        bench.score("nowhere/dlh")
    with pytest.raises(UnknownUnitError):
        bench.score("paser/nothing")


def test_the_gauges_read_every_region(bench: Bench) -> None:
    bench.cases(CaseBook("2026-11-16").resolve("2026-11-17"))
    bench.take(bench.scorer.on_feedback, [survey("S-1")])
    with bench.db.read() as conn:
        reading = read_gauges(conn, NOW)
    assert {(o, w) for o, w, _ in reading.index} == {(X, w) for w in ("90d", "month", "year")}
    assert (X, 2) in reading.levels
    assert reading.skm == [(X, 75.0)]
    assert ("paser", "low") in {(region, bound) for region, bound, _ in reading.ipp_bounds}
    latency_observer(FixedClock(NOW))(NOW - timedelta(seconds=1))
