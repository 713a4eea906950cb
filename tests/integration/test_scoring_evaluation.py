"""What evaluators enter, on a real database: read as of a day, taken back, averaged, and shown."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, update

from services.desk.evaluation import Entry, record
from shared.db.engine import Database
from shared.db.read.directory import Directory
from shared.db.read.evaluation import load_inputs
from shared.db.read.hiding import public_view
from shared.db.read.scores import RegionScores, load_region
from shared.db.tables.evaluation import desk_followups
from shared.directory.seed import seed
from tests.casebook import at

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
SCHOOLS, REGISTRY, HEALTH, CLINIC = (
    "paser/disdik", "paser/disdukcapil", "paser/dinkes", "paser/pkm-senaken",
)  # fmt: skip
LINK = ({"kind": "link", "url": "https://contoh.go.id/f02"},)
EVERYTHING = {**dict.fromkeys("abcdf", "4"), "25": "4", "26": "4", "27": "3", "28": "5"}


@pytest.fixture
def desk(db: Database) -> Database:
    with db.write() as conn:
        seed(conn, now=NOW)
    return db


def enter(desk: Database, opd: str, when: str, n: int | None = None, **items: str | None) -> None:
    """Items as `i25="4"` or `b="3.5"`; none takes back."""
    entries = [
        Entry(
            opd, 2026, item.removeprefix("i"), None if value is None else Decimal(value),
            n if item == "f03" and value else None, "surat penilai", LINK,
        )
        for item, value in items.items()
    ]  # fmt: skip
    with desk.write() as conn:
        record(conn, entries, source="evaluator", username="rini", now=at(when))


def whole(desk: Database, opd: str, when: str, f03: str) -> None:
    items = {key if key.isalpha() else f"i{key}": value for key, value in EVERYTHING.items()}
    enter(desk, opd, when, 40, f03=f03, **items)


def scores(desk: Database, as_of: date | None = None, now: datetime = NOW) -> RegionScores:
    with desk.read() as conn:
        return load_region(conn, "paser", now, as_of=as_of)


def pekppp(desk: Database, opd: str, as_of: date | None = None) -> dict[str, Any]:
    found = scores(desk, as_of)
    unit = found.directory.opd(opd)
    assert unit is not None
    part: dict[str, Any] = found.document(unit)["pekppp"]
    return part


def test_entries_hold_from_their_own_time_until_they_are_taken_back(desk: Database) -> None:
    enter(desk, SCHOOLS, "2026-05-04 23:59", i25="2")
    enter(desk, SCHOOLS, "2026-05-06 00:00", i25="4", b="3.25")
    enter(desk, SCHOOLS, "2026-06-01", i25=None)

    def level(day: str) -> Any:
        found = pekppp(desk, SCHOOLS, date.fromisoformat(day))
        return found["aspect_e"]["indicators"]["25"]["level"]

    assert [level(f"2026-05-{day}") for day in ("03", "04", "05", "06", "31")] == [
        None, 2, 2, 4, 4,
    ]  # fmt: skip
    assert level("2026-06-01") is None
    assert pekppp(desk, SCHOOLS)["aspects"]["b"]["value"] == 3.25
    # An entry of this very moment is seen, and one more is not hidden by what was read before.
    with desk.write() as conn:
        now = [Entry(SCHOOLS, 2026, "25", Decimal(1), reason="-", evidence=LINK)]
        record(conn, now, source="import", username="import", now=NOW)
    assert pekppp(desk, SCHOOLS)["aspect_e"]["indicators"]["25"]["source"] == "import"
    with desk.read() as conn:
        kept = load_inputs(conn, "paser", NOW)[SCHOOLS]
        again = load_inputs(conn, "paser", NOW)[SCHOOLS]
        assert (2026, "25") not in kept.assessed
        assert set(kept.assessed) == set(again.assessed) == {(2026, "b")}
        assert load_inputs(conn, "paser", NOW, first_year=2027) == {}
        assert load_inputs(conn, "kukar", NOW) == {}


def test_the_region_is_the_mean_of_each_locus(desk: Database) -> None:
    whole(desk, SCHOOLS, "2026-05-04", "4")
    lacking = scores(desk).region_document()["pekppp"]["ipp"]
    assert (lacking["value"], lacking["units"], lacking["missing_units"]) == (None, 2, [REGISTRY])
    whole(desk, REGISTRY, "2026-05-05", "3")
    whole(desk, HEALTH, "2026-05-05", "3")
    document = scores(desk).region_document()
    ipp, mandiri = document["pekppp"]["ipp"], document["pekppp"]["ipp_mandiri"]
    # F-02 is 0.9·4 + 0.1·4.05 = 4.005; with F-03 4 and 3 the units have 4.00375 and 3.75375.
    assert (ipp["value"], ipp["low"], ipp["high"], ipp["grade"]) == (3.88, 3.88, 3.88, "B")
    assert (ipp["units"], ipp["missing_units"]) == (2, [])
    assert mandiri["value"] is None
    assert HEALTH not in mandiri["missing_units"]
    assert len(mandiri["missing_units"]) == mandiri["units"] - 1
    by_code = {entry["opd"]: entry["pekppp"]["ipp"] for entry in document["opds"]}
    assert by_code[SCHOOLS]["value"] == 4.0
    assert "paser" not in by_code
    before = scores(desk, date(2026, 5, 3)).region_document()["pekppp"]["ipp"]
    assert (before["value"], before["missing_units"]) == (None, [SCHOOLS, REGISTRY])
    assert document["pekppp"]["assessed"]["ipp"]["missing_units"] == [SCHOOLS, REGISTRY]
    # The next year begins with what may be carried; its locus is not known yet.
    january = scores(desk, now=datetime(2027, 1, 5, 3, tzinfo=UTC))
    unit = january.directory.opd(SCHOOLS)
    assert unit is not None
    carried = january.document(unit)["pekppp"]["ipp"]
    assert {entry["item"] for entry in carried["carried"]} == {*"abcdf", "f03"}
    assert january.region_document()["pekppp"]["ipp"]["missing"] == ["locus"]
    explained = january.explain(unit)["explain"]
    assert {gain["indicator"] for gain in explained["what_would_it_take"]} >= {25, 26, 27, 28}
    assert "pekppp.assessed.28" in str(explained["figures"])


def test_the_register_counts_for_a_unit_and_the_office_above_it(desk: Database) -> None:
    with desk.read() as conn:
        unit = Directory.load(conn, now=NOW).opd(CLINIC)
    assert unit is not None
    assert unit.parent == HEALTH
    line = {
        "region": "paser", "service": "", "year": 2026, "element": "waktu", "finding": "lama",
        "plan": "loket kedua", "owner": "Kepala Puskesmas", "due_on": date(2026, 6, 1),
        "evidence": [], "created_by": "rini", "changed_at": at("2026-02-01"), "version": 1,
        "result_on": date(2026, 2, 1), "created_on": date(2026, 2, 1),
    }  # fmt: skip
    with desk.write() as conn:
        conn.execute(insert(desk_followups), [line | {"opd": CLINIC}, line | {"opd": HEALTH}])

    def levels(opd: str, as_of: date | None = None) -> list[Any]:
        nowcast = scores(desk, as_of).nowcast
        found = nowcast.directory.opd(opd)
        assert found is not None
        computed = nowcast.unit(found, 2026).computed
        return [computed.get(8), computed.get(9)]

    assert levels(HEALTH) == levels(CLINIC) == [1, 0]
    with desk.write() as conn:
        conn.execute(
            update(desk_followups)
            .where(desk_followups.c.opd == CLINIC)
            .values(done_on=date(2026, 4, 30), changed_at=at("2026-05-20"), version=2)
        )
    assert (levels(CLINIC), levels(HEALTH)) == ([5, 4], [3, 0])
    assert levels(CLINIC, date(2026, 4, 29)) == [1, 0]
    assert levels(CLINIC, date(2026, 1, 31)) == [None, None]


def test_the_public_sees_neither_who_entered_nor_an_f03_of_few(desk: Database) -> None:
    enter(desk, SCHOOLS, "2026-05-04", 4, f03="1.3", i27="2")
    found = scores(desk)
    unit = found.directory.opd(SCHOOLS)
    assert unit is not None
    staff = found.explain(unit)
    assert "rini" in str(staff)
    assert staff["pekppp"]["ipp"]["f03"]["value"] == 1.3
    with desk.read() as conn:
        seen = public_view(conn, found, staff, NOW)
        region = public_view(conn, found, found.region_document(), NOW)
    assert "rini" not in str(seen)
    assert "1.3," not in str(seen)
    assert seen["pekppp"]["aspect_e"]["indicators"]["27"]["entered"]["evidence"] == 1
    assert "rini" not in str(region)
