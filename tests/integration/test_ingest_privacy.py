"""What is planted in a complaint is found nowhere it must not lie: disk, outbox, logs, metrics."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from prometheus_client import REGISTRY, generate_latest
from sqlalchemy import select

from services.ingest.attachments import sweep_orphans
from services.ingest.erasure import erase
from shared.contracts.feedback import FeedbackReceived
from shared.db.read import intake
from shared.db.tables import metadata
from shared.db.tables.ingest import ingest_erasures, ingest_files, ingest_keys
from shared.files.store import MissingFileError
from shared.logs import configure
from tests.databases import new_sqlite
from tests.intake_site import Site, open_site

NAME, PHONE, NIK = "Zubaidah Kusumawardhani", "081298765432", "6401015708900003"
EMAIL, PLACE = "zubaidah@contoh.id", "Patung-Rahasia-77"
TEXT = f"Saya {NAME}, NIK {NIK}, telepon {PHONE}, surel {EMAIL}. Air mati di Gang Mawar."
PLANTED = [NAME, "Zubaidah", PHONE, "+6281298765432", NIK, EMAIL, PLACE]


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    with open_site(database_url, tmp_path) as opened:
        yield opened


def photo(size: tuple[int, int] = (400, 300)) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = PLACE
    out = io.BytesIO()
    Image.new("RGB", size, "olive").save(out, "JPEG", exif=exif)
    return out.getvalue()


def file(site: Site, *contents: bytes, **fields: str) -> Any:
    values = {"text": TEXT, "region": "paser"} | fields
    uploads = [("files[]", (f"{PLACE}.jpg", content, "image/jpeg")) for content in contents]
    return site.client.post("/api/v1/complaints", data=values, files=uploads)


def everything_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def everything_in_database(site: Site) -> str:
    parts = []
    with site.database.read() as conn:
        for table in metadata.sorted_tables:
            if table.name.startswith(("desk_regions", "desk_opds")):
                continue
            for row in conn.execute(select(table)):
                parts += [
                    bytes(v).decode("latin-1") if isinstance(v, bytes) else str(v) for v in row
                ]
    return "\n".join(parts)


def test_nothing_planted_is_found_anywhere(
    site: Site, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    previous = logging.getLogger().handlers[:]
    configure("ingest", "DEBUG")
    try:
        answer = file(
            site,
            photo(),
            **{
                "reporter.name": NAME,
                "reporter.phone": PHONE,
                "reporter.nik": NIK,
                "reporter.email": EMAIL,
            },
        )
        assert answer.status_code == 202
        ticket, code = answer.json()["ticket"], answer.json()["tracking_code"]
        acted = site.client.post(
            f"/api/v1/complaints/{ticket}/acts",
            json={"code": code, "act": "add", "text": f"Ini {NAME} lagi, {PHONE}"},
        )
        assert acted.status_code == 202
        bad = file(site, b"bukan gambar " + PLACE.encode())
        assert bad.status_code == 422
        survey = {
            "region": "paser",
            "opd": "paser/dinkes",
            "answers": {"waktu": 1},
            "comment": f"Hubungi {PHONE}",
        }
        assert site.client.post("/api/v1/surveys", json=survey).status_code == 202
    finally:
        logging.getLogger().handlers[:] = previous
    stored, disk = everything_in_database(site), everything_on_disk(tmp_path)
    logs = "".join(capfd.readouterr())
    metrics = generate_latest(REGISTRY).decode()
    for secret in [*PLANTED, code]:
        assert secret not in stored, secret
        assert secret.encode() not in disk, secret
        assert secret not in logs, secret
        assert secret not in metrics, secret
    assert ticket not in metrics
    assert "Gang Mawar" in stored, "the place of the problem stays"


def test_words_beside_the_text_hold_no_unseen_marks(site: Site) -> None:
    site.complain(
        service="\u202eKTP",
        location={"address": f"Pasar \u202e, hubungi {PHONE}"},
        text="Hubungi zubai\u200bdah\u00ad@contoh.id",
        reporter={"name": NAME},
    )
    [event] = site.events()
    data = event.data
    assert isinstance(data, FeedbackReceived)
    assert data.service == "KTP"
    assert data.location is not None
    assert data.location.address == "Pasar , hubungi [TELEPON]"
    assert data.text == "Hubungi [EMAIL]"


def test_what_was_sealed_opens_for_the_case_alone(site: Site) -> None:
    reporter = {"reporter.name": NAME, "reporter.phone": PHONE}
    ticket = file(site, photo(), **reporter).json()["ticket"]
    other = file(site, **reporter).json()["ticket"]
    with site.database.read() as conn:
        assert intake.open_text(conn, site.vault, ticket) == TEXT
        identity = intake.open_identity(conn, site.vault, ticket)
        assert identity == intake.Identity(name=NAME, phone="+6281298765432")
        [row] = intake.files_of(conn, ticket)
        opened = intake.open_file(conn, site.vault, site.store, ticket, row.file_id)
        assert opened is not None
        assert opened[0] == "image/jpeg"
        assert Image.open(io.BytesIO(opened[1])).size == (400, 300)
        assert not Image.open(io.BytesIO(opened[1])).getexif()
        assert intake.open_file(conn, site.vault, site.store, other, row.file_id) is None
        assert intake.files_of(conn, other) == []


def test_erasing_destroys_key_texts_and_files(site: Site, tmp_path: Path) -> None:
    ticket = file(site, photo(), photo()).json()["ticket"]
    with site.database.read() as conn:
        names = [row.object_name for row in intake.files_of(conn, ticket)]
        wrapped = conn.execute(
            select(ingest_keys.c.wrapped_key).where(ingest_keys.c.ticket == ticket)
        ).scalar_one()
    assert len(names) == 2
    asked = site.clock.now() - timedelta(hours=3)
    done = erase(site.database, site.store, site.clock, ticket, "admin", "permintaan", asked)
    assert done.files == 2
    with site.database.read() as conn:
        record = conn.execute(select(ingest_erasures.c.removed)).scalar_one()
    assert datetime.fromisoformat(record["asked_at"]) == asked
    for name in names:
        with pytest.raises(MissingFileError):
            site.store.get(name)
    with site.database.read() as conn:
        assert intake.open_text(conn, site.vault, ticket) is None
        assert intake.open_identity(conn, site.vault, ticket) is None
    # Not in free pages of the file or in its log either.
    assert bytes(wrapped) not in everything_on_disk(tmp_path)
    assert not list((tmp_path / "files").rglob("*")) or not any(
        path.is_file() for path in (tmp_path / "files").rglob("*")
    )


@pytest.mark.parametrize(
    ("contents", "status", "field"),
    [
        ([b""], 422, "files.0"),
        ([photo((40, 40)), b"<svg onload=alert(1)>"], 422, "files.1"),
        ([b"x" * (5 * 1024 * 1024 + 1)], 413, "files.0"),
        ([photo((20, 20))] * 6, 422, "files"),
        ([photo((40, 40))[:100]], 422, "files.0"),
    ],
)
def test_bad_attachments_are_named_and_nothing_is_kept(
    tmp_path: Path, contents: list[bytes], status: int, field: str
) -> None:
    with open_site(new_sqlite(tmp_path), tmp_path) as site:
        answer = file(site, *contents)
        assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
        assert answer.json()["remedy"]
        assert site.events() == []
        assert list(site.store.list()) == []


def test_a_form_as_multipart_is_the_same_as_json(tmp_path: Path) -> None:
    with open_site(new_sqlite(tmp_path), tmp_path) as site:
        answer = file(
            site,
            opd="paser/dpupr",
            anonymous="true",
            location=json.dumps({"lat": -1.9, "lon": 116.1}),
            occurred_on="2026-11-02",
        )
        assert answer.status_code == 202
        [event] = site.events()
        wire = event.data.as_json()
        assert (wire["opd_asked"], wire["anonymous"], wire["files"]) == ("paser/dpupr", True, 0)
        assert wire["location"]["lat"] == -1.9


def test_repeats_with_the_same_photo_keep_one_copy(tmp_path: Path) -> None:
    with open_site(new_sqlite(tmp_path), tmp_path) as site:
        body = {"text": TEXT, "region": "paser"}
        upload = {"files[]": ("a.jpg", photo(), "image/jpeg")}
        tickets = {
            site.client.post(
                "/api/v1/complaints", data=body, files=upload, headers={"Idempotency-Key": "k"}
            ).json()["ticket"]
            for _ in range(3)
        }
        assert len(tickets) == 1
        assert len(list(site.store.list())) == 1
        other = {"files[]": ("a.jpg", photo((30, 30)), "image/jpeg")}
        conflict = site.client.post(
            "/api/v1/complaints", data=body, files=other, headers={"Idempotency-Key": "k"}
        )
        assert conflict.status_code == 409


def test_orphans_are_swept_and_nothing_else(tmp_path: Path) -> None:
    with open_site(new_sqlite(tmp_path), tmp_path) as site:
        file(site, photo())
        site.store.put("2026/01/01/orphan", b"x")
        [newest] = {item.modified_at for item in site.store.list() if "orphan" in item.name}
        assert sweep_orphans(site.database, site.store, newest + timedelta(hours=5)) == 0
        assert sweep_orphans(site.database, site.store, newest + timedelta(hours=7)) == 1
        with site.database.read() as conn:
            names = set(conn.execute(select(ingest_files.c.object_name)).scalars())
        assert {item.name for item in site.store.list()} == names


def test_too_many_uploads_at_once_are_told_to_wait(tmp_path: Path) -> None:
    options: dict[str, Any] = {"uploads_max_bytes": 1024 * 1024}
    with open_site(new_sqlite(tmp_path), tmp_path, **options) as site:
        answer = file(site, b"x" * (2 * 1024 * 1024))
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert file(site, photo()).status_code == 202, "the budget was given back"
