"""The survey from file to page on both databases: counted once, told by service, few hidden."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from services.ingest.commands import AnswerSurvey
from services.ingest.importing import (
    Imported,
    PastSurvey,
    import_surveys,
    known_surveys,
    past_survey,
)
from services.scoring import audit, surveys
from services.scoring.announcing import Announcer
from services.scoring.handlers import Scorer
from services.scoring.ports import NullPublisher
from services.scoring.regions import DirectoryRules
from shared.contracts.codec import Envelope, Event, RawMessage
from shared.contracts.enums import Role, SKMElement
from shared.contracts.feedback import FeedbackClassified, FeedbackReceived
from shared.contracts.topics import Topic
from shared.db.read.accounting import accounting
from shared.db.read.directory import Directory
from shared.db.read.intake import COMMENT_CONTEXT, data_key, sealed_context
from shared.db.read.skm import load_skm
from shared.db.tables.common import outbox
from shared.db.tables.evaluation import desk_services
from shared.db.tables.ingest import ingest_keys, ingest_surveys
from shared.db.tables.scoring import scoring_skm_counters, scoring_surveys
from shared.privacy.vault import Vault
from tanggap.__main__ import main
from tests.deskroom import MASTER_KEY, MONDAY, Deskroom, complaint, deskroom

KTP, KK = "Perekaman KTP", "Kartu Keluarga"
CAPIL = "paser/disdukcapil"
ALL = dict.fromkeys((element.value for element in SKMElement), 3)
VAULT = Vault.from_text(MASTER_KEY)
YEAR = "/api/v1/opds/paser/disdukcapil/skm?period=2026"


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Deskroom]:
    if database_url.startswith("sqlite"):
        database_url = f"sqlite:///{tmp_path / 'tanggap.db'}"
    with deskroom(database_url, tmp_path) as opened:
        opened.account("koordinator", Role.COORDINATOR)
        opened.account("capil", Role.HANDLER, "paser", CAPIL)
        yield opened


@pytest.fixture
def cli(room: Deskroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command on the room's installation; its exit code."""
    monkeypatch.setenv("TANGGAP_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TANGGAP_DATABASE_URL", str(room.context.settings.database_url))
    monkeypatch.setenv("TANGGAP_MASTER_KEY", MASTER_KEY)

    def run(*argv: str) -> int:
        with pytest.raises(SystemExit) as ended:
            main(list(argv))
        return int(ended.value.code or 0)

    return run


def score(room: Deskroom) -> None:
    """What the classifier and scoring make of every survey in the outbox, duplicates included."""
    with room.db.read() as conn:
        rows = conn.execute(select(outbox.c.event_id, outbox.c.value).order_by(outbox.c.id)).all()
    received = [(row.event_id, FeedbackReceived.model_validate_json(row.value)) for row in rows]
    judged = complaint().classification
    events = [
        classified(FeedbackClassified(**dict(data), classification=judged), event_id)
        for event_id, data in received
    ]
    announcer = Announcer(NullPublisher(), room.clock, lambda _: ())
    scorer = Scorer(DirectoryRules(), announcer)
    for _ in range(2):
        with room.db.write() as conn:
            scorer.on_feedback(conn, events)


def classified(data: FeedbackClassified, event_id: str) -> Event:
    envelope = Envelope(event_id, "t", "/tanggap/classifier", MONDAY, data.reference)
    return Event(
        envelope, data, RawMessage(Topic.FEEDBACK_CLASSIFIED.value, 0, 0, 0, None, b"", {})
    )


def kept(room: Deskroom, count: int, service: str, **given: Any) -> None:
    """Survey rows as scoring keeps them, a minute apart, before the room's present."""
    day = given.pop("at", MONDAY)
    rows = []
    for number in range(count):
        at = day - timedelta(minutes=number)
        rows.append(
            {
                "receipt": f"S-{service[:8]}-{day:%m%d}-{number}", "region": "paser",
                "opd": CAPIL, "service": service, "day": day.date().toordinal(),
                "received_at": at, "answers": ALL, "token_used": number % 2 == 0,
                "sentiment": "negative", "history": False, "commented": False, **given,
            }
        )  # fmt: skip
    with room.db.write() as conn:
        surveys.keep(conn, rows)


def test_a_file_is_counted_once_and_its_order_decides_who_is_u8(
    room: Deskroom, cli: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = "Nama;Tanggal;Layanan;U1;U2;U3;U4;U5;U6;U7;U8;U9;Saran\n"
    row = "Siti;02/03/2026;KTP;3;3;3;3;3;3;3;1;4;Lama sekali, hubungi 081234567890\n"
    file = tmp_path / "skm.csv"
    silent = row.replace(";1;4;Lama sekali, hubungi 081234567890", ";0;9;")
    file.write_text(header + row * 3 + silent)
    base = ("import", "skm", str(file), "--region", "paser", "--opd")
    assert cli(*base, "disdukcapil") == 1
    assert "--order pengaduan-sarana" in capsys.readouterr().err
    assert cli(*base, "disdukcapil", "--order", "sarana-pengaduan") == 0
    assert "4 surveys: 4 are new" in capsys.readouterr().out
    assert cli(*base, "disdukcapil", "--order", "sarana-pengaduan") == 0
    assert "0 are new, 4 were imported before" in capsys.readouterr().out
    assert cli(*base, "dinkes", "--source", "permenpanrb-14-2017") == 0
    score(room)
    found = {}
    with room.db.read() as conn:
        for opd in (CAPIL, "paser/dinkes"):
            report = load_skm(conn, "paser", opd, first=date(2026, 1, 1), last=date(2026, 3, 31))
            found[opd] = report.document()
    first, other = found[CAPIL]["skm"], found["paser/dinkes"]["skm"]
    assert (first["n"], first["nrr"]["sarana"], first["nrr"]["pengaduan"]) == (4, 1.0, 4.0)
    assert (other["n"], other["nrr"]["sarana"], other["nrr"]["pengaduan"]) == (4, 4.0, 1.0)
    assert first["comments"] == {"n": 3, "positive": 0, "neutral": 0, "negative": 3}
    assert [q["n"] for q in found[CAPIL]["history"]] == [4, 0, 0, 0]
    with room.db.read() as conn:
        assert conn.execute(select(scoring_surveys.c.history).distinct()).scalars().all() == [True]
        sent = conn.execute(select(outbox.c.value)).scalars().all()
        row_ = conn.execute(
            select(ingest_surveys).where(ingest_surveys.c.sealed_comment.is_not(None))
        ).first()
        assert accounting(conn, room.clock.now()).missing_survey_scores == 0
        assert row_ is not None
        key = data_key(conn, VAULT, row_.receipt)
    assert not [value for value in sent if b"0812" in value or b"Siti" in value]
    assert sum(b"[TELEPON]" in value for value in sent) == 6
    assert all(b'"channel":"walkin"' in value for value in sent)
    assert key is not None
    words = VAULT.open(key, row_.sealed_comment, sealed_context(COMMENT_CONTEXT, row_.receipt))
    assert b"081234567890" in words
    verified = audit.verify(room.db, DirectoryRules())
    assert (verified.agrees, verified.surveys) == (True, 8), verified.examples
    with room.db.write() as conn:
        conn.execute(
            scoring_skm_counters.delete().where(scoring_skm_counters.c.element == "~negative")
        )
    assert not audit.verify(room.db, DirectoryRules()).agrees
    audit.rebuild(room.db, DirectoryRules())
    assert audit.verify(room.db, DirectoryRules()).agrees


def test_all_rows_or_none_unless_partial(room: Deskroom, cli: Any, tmp_path: Path) -> None:
    file = tmp_path / "skm.csv"
    good = "".join(f"r{n},2026-03-{n + 1:02},3,4\n" for n in range(5))
    file.write_text(f"id,tanggal,pengaduan,waktu\n{good}bad,2027-01-01,3,3\nworse,2026-03-01,x,3\n")

    def count() -> int:
        with room.db.read() as conn:
            return conn.execute(select(func.count()).select_from(ingest_surveys)).scalar_one()

    command = ("import", "skm", str(file), "--opd", CAPIL)
    assert cli(*command) == 1
    assert count() == 0
    report = (tmp_path / "skm.csv.errors.csv").read_text(encoding="utf-8-sig")
    assert [line.split(",")[:2] for line in report.splitlines()[1:]] == [
        ["7", "date"],
        ["8", "pengaduan"],
    ]
    assert cli(*command, "--partial", "--dry-run") == 1
    assert count() == 0
    assert cli(*command, "--partial") == 1
    assert count() == 5
    file.write_text(file.read_text().replace("2027", "2026").replace(",x,", ",2,"))
    assert cli(*command) == 0
    assert count() == 7


def test_a_receipt_that_is_taken_gives_way_to_another(room: Deskroom) -> None:
    """Receipts are short: the next one is tried, and the survey is still counted once."""
    with room.db.read() as conn:
        directory = Directory.load(conn)
    command = AnswerSurvey.model_validate({"region": "paser", "opd": CAPIL, "answers": ALL})

    def made(name: str) -> PastSurvey:
        return past_survey(VAULT, directory, name, command, MONDAY)

    taken = made("r1").event.key
    row = {
        "receipt": taken, "event_id": "another", "channel": "web", "region": "paser", "opd": CAPIL,
        "token_used": False, "received_at": MONDAY,
    }  # fmt: skip
    with room.db.write() as conn:
        conn.execute(insert(ingest_surveys).values(row))
    two = [made("r1"), made("r2")]
    assert import_surveys(room.db, VAULT, room.clock, two) == Imported(2, 0)
    assert import_surveys(room.db, VAULT, room.clock, two) == Imported(0, 2)
    with room.db.read() as conn:
        assert known_surveys(conn, two) == 2
        receipts = set(conn.execute(select(ingest_surveys.c.receipt)).scalars())
        keys = set(conn.execute(select(ingest_keys.c.ticket)).scalars())
        sent = set(conn.execute(select(outbox.c.key)).scalars())
    assert len(receipts) == 3
    assert keys == sent == receipts - {taken}


def test_the_page_and_the_api_tell_services_quarters_and_bursts_but_no_few(room: Deskroom) -> None:
    with room.db.write() as conn:
        conn.execute(
            insert(desk_services).values(
                opd=CAPIL, name=KTP, valid_from=date(2026, 1, 1), region="paser", users_per_year=30
            )
        )
    kept(room, 25, KTP, at=MONDAY - timedelta(days=200), answers=dict(ALL, waktu=1))
    kept(room, 16, KK)
    kept(room, 2, "Legalisir")
    staff, handler = room.login("koordinator"), room.login("capil")
    full = staff.call("GET", YEAR).json()
    assert (full["skm"]["n"], full["skm"]["n_required"], full["skm"]["population"]) == (43, 28, 30)
    assert {s["service"]: s["n"] for s in full["services"]} == {KTP: 25, KK: 16, "Legalisir": 2}
    assert [q["n"] for q in full["history"]] == [0, 25, 0, 18]
    assert [(b["service"], b["count"]) for b in full["bursts"]] == [(KK, 16), (KTP, 25)][::-1]
    assert (full["bursts"][1]["day"], full["bursts"][1]["from"]) == ("2026-11-23", "09:45")
    score_ = staff.call("GET", "/api/v1/opds/paser/disdukcapil/score?window=year").json()["skm"]
    assert (score_["ikm"], score_["n_required"]) == (full["skm"]["ikm"], 28)
    old = staff.call("GET", YEAR + "&rule=0.11").json()["skm"]
    assert (full["skm"]["ikm"], old["ikm"]) == (71.77, 71.05)
    for reader in (room.client, handler.client):
        seen = reader.get(YEAR).json()
        assert {s["service"]: s["ikm"] is None for s in seen["services"]} == {
            KTP: False, KK: True, "Legalisir": True,
        }  # fmt: skip
        # Asked for alone, a service shows no more than in the list.
        for name in (KK, "Legalisir"):
            assert (
                reader.get(YEAR, params={"period": "2026", "service": name}).json()["skm"]["ikm"]
                is None
            )
        assert reader.get(YEAR, params={"period": "2026", "service": KTP}).json()["skm"]["n"] == 25
    page = room.client.get("/skm/paser/disdukcapil?period=2026").text
    assert "16 jawaban persis sama" in page
    assert 'Waktu penyelesaian <span class="tag mendesak">terendah' in page
    assert "/skm/paser/disdukcapil" in room.client.get("/skm/paser").text
    assert "/skm/paser/disdukcapil" in room.client.get("/wilayah/paser/disdukcapil").text
    region = room.client.get("/api/v1/regions/paser/skm?from=2026-11-01&to=2026-11-30").json()
    assert {u["opd"]: u["n"] for u in region["units"] if u["n"]} == {CAPIL: 18}
    for wrong in (
        "period=2026-Q9",
        "rule=0.12",
        "from=2026-02-01&to=2026-01-01",
        "period=2026&to=2026-01-01",
    ):
        assert room.client.get(f"/api/v1/opds/paser/dinkes/skm?{wrong}").status_code == 422
    assert room.client.get("/api/v1/opds/paser/nobody/skm").status_code == 404


def test_the_public_cannot_subtract_its_way_to_a_single_answer(room: Deskroom) -> None:
    """By days, months and quarters, units, OPDs and services: what is left is never one person."""
    base, dukcapil = "/api/v1/opds/paser", "/api/v1/opds/paser/disdukcapil"
    october = MONDAY - timedelta(days=40)
    kept(room, 7, KTP, at=MONDAY - timedelta(days=3))
    kept(room, 9, KTP, at=october)
    kept(room, 1, KK, answers=dict(ALL, waktu=1))
    kept(room, 12, KTP, opd="paser/pkm-kuaro")
    kept(room, 3, "Rujukan", opd="paser/dinkes")
    kept(room, 30, KTP, opd="paser/dlh", at=october)
    staff, handler = room.login("koordinator"), room.login("capil")
    span = "skm?from=2026-11-20&to=2026-11-20"
    for reader in (room.client, handler.client):
        for days in (span, "skm?from=2026-11-01&to=2026-11-22", "skm?from=2026-11-20"):
            refused = reader.get(f"{dukcapil}/{days}")
            assert (refused.status_code, refused.json()["field"]) == (422, "from")
            assert reader.get(f"/api/v1/regions/paser/{days}").status_code == 422

        def told(path: str, reader: Any = reader) -> Any:
            answer = reader.get(path)
            assert answer.status_code == 200, path
            return answer.json()

        # November holds 7 KTP and 1 KK: neither service, nor the KK of the quarter or the year.
        for code in ("2026-11", "2026-Q4", "2026-S2", "2026"):
            found = told(f"{dukcapil}/skm?period={code}")
            assert {s["service"]: s["ikm"] for s in found["services"]} == {KTP: None, KK: None}
        assert told(f"{dukcapil}/skm?period=2026")["skm"]["ikm"] == 74.67
        # The health office's own three are its total less its unit's: so the unit is closed.
        found = told(f"{base}/dinkes/skm?period=2026")
        assert found["skm"]["n"] == 15
        assert [u["ikm"] for u in found["units"] if u["n"] != 0] == [None, None]
        assert told(f"{base}/pkm-kuaro/skm?period=2026")["skm"]["ikm"] is None
        # The score pages hide the same, live and on past days.
        region = told("/api/v1/regions/paser/scores?window=year")
        ikm = {o["opd"]: o["skm"]["ikm"] for o in region["opds"] if o["skm"]["n"] != 0}
        assert ikm == {
            CAPIL: 74.67,
            "paser/dinkes": 75.0,
            "paser/dlh": 75.0,
            "paser/pkm-kuaro": None,
        }
        for window in ("year", "month", "90d"):
            past = f"{dukcapil}/score?window={window}&as_of="
            found = told(f"{past}2026-11-22")["skm"]
            assert (found["ikm"], found["hidden"]) == (None, True)
        assert told(f"{dukcapil}/score?window=month&as_of=2026-10-31")["skm"]["ikm"] == 75.0
        opened = told(f"{dukcapil}/explain?as_of=2026-11-22")["explain"]["figures"]
        skm = next(figure for figure in opened if figure["id"] == "skm.ikm")
        assert skm["value"] is None
        assert all(part["value"] is None for part in skm["parts"])
    assert staff.call("GET", f"{dukcapil}/{span}").json()["skm"]["n"] == 7
    assert room.client.get(f"{dukcapil}/skm?from=2026-10-01&to=2026-10-31").json()["skm"]["n"] == 9


def test_units_add_up_and_an_export_hides_nothing(room: Deskroom, cli: Any, tmp_path: Path) -> None:
    kept(room, 3, KTP, opd="paser/dinkes")
    kept(room, 12, KK, opd="paser/pkm-kuaro", answers=dict(ALL, biaya=4))
    # Answers from a file have no time of day: as many as there are at noon, they are no burst.
    kept(room, 12, "Berkas", opd="paser/dlh", history=True)
    found = room.client.get("/api/v1/opds/paser/dinkes/skm?period=2026-Q4").json()
    assert (found["skm"]["n"], found["skm"]["nrr"]["biaya"]) == (15, 3.8)
    assert [(u["opd"], u["n"]) for u in found["units"] if u["n"] != 0] == [
        ("paser/dinkes", None), ("paser/pkm-kuaro", 12),
    ]  # fmt: skip
    file = tmp_path / "skm.csv"
    span = ("--from", "2026-07-01", "--to", "2026-11-23")
    assert cli("export", "skm", "paser", str(file), *span, "--each", "quarter") == 0
    lines = [line.split(",") for line in file.read_text(encoding="utf-8-sig").splitlines()]
    columns = {name: at for at, name in enumerate(lines[0])}
    rows = [[line[columns[c]] for c in ("opd", "service", "n", "bursts")] for line in lines[1:]]
    assert rows == [
        ["paser/dinkes", "*", "15", "1"], ["paser/dinkes", KK, "12", "1"],
        ["paser/dinkes", KTP, "3", "0"],
        ["paser/pkm-kuaro", "*", "12", "1"], ["paser/pkm-kuaro", KK, "12", "1"],
        ["paser/dlh", "*", "12", "0"], ["paser/dlh", "Berkas", "12", "0"],
    ]  # fmt: skip
    assert cli("export", "skm", "paser/dinkes", str(tmp_path / "skm.xlsx")) == 0
