"""A figure opened at the desk: the same on page, interface and command line; its cases only to who
may open them; its history with what was corrected.
"""

import html
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select
from typer.testing import CliRunner

from services.scoring.app import create_app
from services.scoring.ports import NullPublisher
from services.scoring.settings import ScoringSettings
from shared.contracts.codec import RawMessage
from shared.contracts.enums import CitizenAct
from shared.contracts.topics import Topic
from shared.db.tables.common import outbox
from shared.db.tables.evaluation import desk_services
from shared.db.tables.scoring import scoring_published
from shared.scores.figures import walk
from tanggap.__main__ import app as tanggap
from tests.deskroom import Deskroom, deskroom, standard_staff

OPD = "paser/dpupr"
API = f"/api/v1/opds/{OPD}"
VERIFY = {"figure": "responsiveness.verify"}


class Figures:
    """A desk whose cases have been counted."""

    def __init__(self, room: Deskroom, url: str) -> None:
        self.room, self.url = room, url
        settings = ScoringSettings(database_url=url, score_gauge_seconds=0)
        self.scoring = create_app(settings, room.db, NullPublisher(), room.clock)
        self.taken = 0
        standard_staff(room)
        jalan = room.login("jalan")
        # Citizens write a service as they like; the third names none.
        named = ("perbaikan  jalan", "Perbaikan Jalan", None)
        self.mine = [room.complaint(service=service) for service in named]
        self.secret = room.complaint(confidential=True)
        self.moved = room.complaint()
        self.open = room.complaint()
        room.clock.advance(timedelta(days=8))
        for ticket in (*self.mine, self.secret, self.moved):
            jalan.act(ticket, "verify")
        jalan.act(self.moved, "forward", opd="paser/dlh", text="Bukan di kami")
        jalan.act(self.mine[0], "resolve", text="Sudah.")
        room.act(self.mine[0], CitizenAct.RATE, score=2)
        room.clock.advance(timedelta(days=1))
        self.count()

    def count(self) -> None:
        """Hand scoring what desk has published since."""
        columns = (outbox.c.id, outbox.c.key, outbox.c.headers, outbox.c.value)
        query = select(*columns).where(
            outbox.c.topic == Topic.CASE_EVENTS.value, outbox.c.id > self.taken
        )
        with self.room.db.read() as conn:
            rows = conn.execute(query.order_by(outbox.c.id)).all()
        self.taken = rows[-1].id
        self.scoring.processor.process(
            [
                RawMessage(
                    Topic.CASE_EVENTS.value, 0, row.id, 0, row.key.encode(), row.value,
                    {name: value.encode() for name, value in row.headers.items()},
                )
                for row in rows
            ]
        )  # fmt: skip

    def get(self, path: str, who: str | None = None, **params: Any) -> Any:
        client = self.room.login(who).client if who else self.room.client
        return client.get(path, params=params or None)

    def cases(self, who: str | None, **params: Any) -> tuple[int, set[str], int | None]:
        found = self.get(f"{API}/explain/cases", who, **params).json()
        assert found["next"] is None
        return found["count"], {item["ticket"] for item in found["items"]}, found["not_shown"]


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Figures]:
    folder = tmp_path_factory.mktemp("figures")
    url = f"sqlite:///{folder / 'desk.db'}"
    with deskroom(url, folder) as room:
        yield Figures(room, url)


@pytest.fixture(scope="module")
def on_postgres(
    postgres_server: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Figures]:
    from tests.databases import give_back_postgres, take_postgres

    name, url = take_postgres(postgres_server.ensure_running())
    with deskroom(url, tmp_path_factory.mktemp("figures")) as room:
        yield Figures(room, url)
    give_back_postgres(postgres_server, name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def desk(request: pytest.FixtureRequest) -> Figures:
    """Filled once a module; the tests add nothing that another one counts."""
    found: Figures = request.getfixturevalue(f"on_{request.param}")
    return found


def test_page_interface_and_command_line_open_the_same_figures(
    desk: Figures, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("shared.clock.SystemClock.now", lambda _: desk.room.clock.now())
    for unit in (OPD, "paser"):
        kind = "opds" if "/" in unit else "regions"
        told = desk.get(f"/api/v1/{kind}/{unit}/explain", "koordinator").json()
        tickets = told.pop("tickets", None)
        assert (tickets is not None) == (unit == OPD)
        env = {"TANGGAP_DATABASE_URL": desk.url}
        arguments = ["score", "explain", unit, "--data", str(tmp_path)]
        printed = CliRunner().invoke(tanggap, [*arguments, "--json"], env=env)
        assert json.loads(printed.stdout) == told
        readable = CliRunner().invoke(tanggap, arguments, env=env).stdout
        page = desk.get(f"/wilayah/{unit}/penjelasan", "koordinator").text
        shown = dict(re.findall(r'id="([\w.-]+)" data-value="([^"]*)"', page))
        figures = walk(told["explain"]["figures"])
        assert len(figures) > 25
        assert len({found["id"] for found in figures}) == len(figures)
        for found in figures:
            value = "" if found["value"] is None else str(found["value"])
            assert html.unescape(shown[found["id"]]) == value, found["id"]
            assert found["formula"] in readable
            assert found["policy"]
    assert "Perkiraan, bukan nilai resmi" in readable


def test_a_count_leads_to_the_cases_one_may_open(desk: Figures) -> None:
    mine, late = set(desk.mine), VERIFY | {"what": "late"}
    assert desk.cases("jalan", **late) == (5, mine, None)
    assert desk.cases("koordinator", **late) == (5, {*mine, desk.moved}, 1)
    for who in (None, "capil", "pantau", "pengelola"):
        assert desk.cases(who, **late) == (5, set(), None)
    # The case that nobody verified, and those held here that came in.
    assert desk.cases("jalan", **VERIFY, what="missed") == (1, {desk.open}, None)
    count, tickets, _ = desk.cases("jalan", figure="shares.received", what="value")
    assert (count, tickets) == (6, {*mine, desk.open})
    counted = desk.cases("koordinator", figure="pekppp.28", what="finished")
    assert counted == (1, {desk.mine[0]}, 0)
    before = desk.room.clock.now().date() - timedelta(days=5)
    assert desk.cases("jalan", **late, as_of=before) == (0, set(), None)


def test_one_persons_rating_is_not_told_to_the_unit(desk: Figures) -> None:
    rated = {"figure": "responsiveness.satisfaction", "what": "ratings"}
    for who in (None, "jalan"):
        found = desk.get(f"{API}/explain/cases", who, **rated).json()
        assert (found["count"], found["items"]) == (None, [])
        opened = desk.get(f"{API}/explain", who).json()["explain"]["figures"]
        [part] = [f for f in walk(opened) if f["id"] == "responsiveness.satisfaction"]
        assert part["hidden"] is True
        page = desk.get(f"/wilayah/{OPD}/penjelasan", who).text
        assert "di bawah 5 jawaban" in page
    assert desk.cases("koordinator", **rated) == (1, {desk.mine[0]}, 0)


def test_pages_of_long_lists_follow_each_other(
    desk: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.desk.figure_cases.PAGE", 2)
    asked: dict[str, Any] = {"figure": "shares.received", "what": "value"}
    seen: list[str] = []
    pages = 0
    while True:
        found = desk.get(f"{API}/explain/cases", "koordinator", **asked).json()
        seen += [item["ticket"] for item in found["items"]]
        pages += 1
        if found["next"] is None:
            break
        asked["after"] = found["next"]
    assert pages == 3
    assert sorted(seen) == sorted({*desk.mine, desk.moved, desk.open})
    for after in ("x", "1.2", "99999999.0.A", "1.0.\x00", "1.-1.A"):
        answer = desk.get(f"{API}/explain/cases", "koordinator", **asked | {"after": after})
        assert answer.json()["field"] == "after"
    wrong = desk.get(f"{API}/explain/cases", "koordinator", figure="nothing", what="late")
    assert (wrong.status_code, wrong.json()["field"]) == (422, "figure")


def test_staff_follow_a_count_on_the_page(desk: Figures) -> None:
    link = f"/wilayah/{OPD}/kasus?figure=responsiveness.verify&what=late&window=90d"
    page = desk.get(f"/wilayah/{OPD}", "jalan").text
    assert html.escape(link) in page
    assert "/kasus?" not in desk.get(f"/wilayah/{OPD}").text
    assert "/kasus?" not in desk.get(f"/wilayah/{OPD}", "pantau").text
    listed = desk.get(link, "jalan").text
    assert "Verifikasi: telat" in listed
    assert desk.mine[1] in listed
    assert desk.secret not in listed
    assert desk.moved not in listed
    assert "1 kasus pada halaman ini tidak ditampilkan" in desk.get(link, "koordinator").text
    login = desk.room.client.get(link, follow_redirects=False)
    assert login.headers["location"].startswith("/masuk")
    past = desk.get(f"/wilayah/{OPD}", "jalan", as_of="2026-11-24").text
    assert "data-live" not in past
    assert "window=90d&amp;as_of=2026-11-24" in past
    wrong = desk.get(f"/wilayah/{OPD}", as_of="kemarin")
    assert wrong.status_code == 422
    assert desk.get(f"/wilayah/{OPD}", as_of="").status_code == 200


def test_a_history_tells_each_day_and_what_was_corrected(desk: Figures) -> None:
    yesterday = desk.room.clock.now().date() - timedelta(days=1)
    with desk.room.db.write() as conn:
        for unit, value in ((OPD, "71.20"), ("paser", None)):
            row = {"unit": unit, "day": yesterday.toordinal(), "value": value, "low": "50.00",
                   "high": "90.00", "n": 4, "rank": None, "at": desk.room.clock.now()}  # fmt: skip
            conn.execute(insert(scoring_published).values(row))
    found = desk.get(f"{API}/history").json()
    assert len(found["points"]) == 90
    live = desk.get(f"{API}/score").json()["responsiveness"]
    last = found["points"][-1]
    assert (last["value"], last["n"], last["state"]) == (live["value"], live["n"], live["state"])
    assert [last["low"], last["high"]] == live["interval"]
    point = found["points"][-2]
    assert point["as_of"] == yesterday.isoformat()
    assert point["corrected"] is True
    assert point["published"]["value"] == 71.2
    assert "corrected" not in found["points"][-3]
    asked: dict[str, Any] = {"from": yesterday, "window": "month"}
    first = desk.get("/api/v1/regions/paser/history", **asked).json()["points"][0]
    assert first["as_of"] == yesterday.isoformat()
    assert "corrected" not in first  # published for 90 days only
    ended = desk.get(f"{API}/history", as_of=yesterday).json()["points"][-1]
    assert ended == point
    wrong = desk.get(f"{API}/history", **{"from": "2024-01-01"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "from")
    assert desk.get("/api/v1/opds/paser/tidak-ada/history").status_code == 404
    shown = f"dikoreksi: semula 71,20, kini {point['value']:.2f}".replace(".", ",")
    for path in (f"/wilayah/{OPD}", f"/wilayah/{OPD}/riwayat"):
        page = desk.get(path).text
        assert shown in page
        assert "<polyline" in page
    assert "dikoreksi: semula –" in desk.get("/wilayah/paser/riwayat").text
    assert desk.get("/wilayah/paser/riwayat", **{"from": "", "to": "x"}).status_code == 422


def test_the_services_of_an_office_add_up_to_it_and_only_some_may_see_them(
    desk: Figures, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("shared.clock.SystemClock.now", lambda _: desk.room.clock.now())
    begin = desk.room.clock.now().date() - timedelta(days=30)
    rows = [
        {"opd": OPD, "name": name, "valid_from": begin, "region": "paser"}
        for name in ("Perbaikan Jalan", "Izin Trotoar")
    ]
    with desk.room.db.write() as conn:
        conn.execute(delete(desk_services))
        conn.execute(insert(desk_services), rows)
    told = desk.get(f"{API}/services", "koordinator").json()
    found = {(one["service"], one["listed"]): one["responsiveness"] for one in told["services"]}
    assert list(found) == [(None, False), ("Perbaikan Jalan", True), ("Izin Trotoar", True)]
    assert found["Perbaikan Jalan", True]["parts"]["verify"]["late"] == 2
    assert found["Izin Trotoar", True]["state"] == "none"
    whole = desk.get(f"{API}/score", "koordinator").json()["responsiveness"]["parts"]
    for clock in ("verify", "first_response", "finish"):
        for what in ("n", "on_time", "late", "missed", "running"):
            together = sum(index["parts"][clock][what] for index in found.values())
            assert together == whole[clock][what], (clock, what)
    past = {"as_of": (desk.room.clock.now() - timedelta(days=5)).date().isoformat()}
    before = desk.get(f"{API}/services", "koordinator", **past).json()["services"]
    assert sum(one["responsiveness"]["parts"]["verify"]["late"] for one in before) == 0
    # What three people rated would stand there as it is.
    assert desk.get(f"{API}/services", "jalan").status_code == 403
    assert desk.get(f"{API}/services").status_code == 401
    assert desk.get(f"{API}/services", "pantau").status_code == 200
    assert "Izin Trotoar" in desk.get(f"/wilayah/{OPD}/layanan", "koordinator").text
    env = {"TANGGAP_DATABASE_URL": desk.url}
    arguments = ["score", "services", OPD, "--json", "--data", str(tmp_path)]
    assert json.loads(CliRunner().invoke(tanggap, arguments, env=env).stdout) == told
