"""The evaluator's inputs through the API and the pages: who, what, which evidence, what shows."""

import io
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from services.desk.app import MAX_BODY
from services.desk.assessing import standing
from services.desk.evidence import MAX_FILE_BYTES, sweep
from services.desk.permissions import EVALUATION_READERS
from shared.db.tables.desk import desk_audit
from shared.db.tables.evaluation import desk_assessments
from shared.files.store import EVIDENCE, FileStore
from tests.deskroom import Deskroom, Staff, deskroom, standard_staff

PATH = "/api/v1/opds/paser/dinkes/assessments"
PAGE = "/penilaian/paser/dinkes"
LINK = "https://example.id/foto"


# Only what the database decides is asked of both.
BOTH = pytest.mark.parametrize("room", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deskroom]:
    if getattr(request, "param", "sqlite") == "sqlite":
        url = f"sqlite:///{tmp_path / 'desk.db'}"
    else:
        url = request.getfixturevalue("postgres_url")
    with deskroom(url, tmp_path) as found:
        standard_staff(found)
        yield found


def picture() -> bytes:
    """A photo that carries where it was taken."""
    out = io.BytesIO()
    image = Image.new("RGB", (40, 30), "teal")
    exif = Image.Exif()
    exif[0x010E] = "rumah Bu Siti"
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def enter(staff: Staff, expect: int = 201, path: str = PATH, **fields: Any) -> dict[str, Any]:
    values = {"year": 2026, "item": "25", "value": 4, "links": [LINK]} | fields
    answer = staff.call("POST", path, json=values)
    assert answer.status_code == expect, answer.text
    return dict(answer.json())


def upload(staff: Staff, *files: tuple[str, bytes], expect: int = 201, **fields: str) -> Any:
    values = {"year": "2026", "item": "27", "value": "3"} | fields
    sent = [("files[]", (name, content, "image/jpeg")) for name, content in files]
    answer = staff.call("POST", PATH, data=values, files=sent)
    assert answer.status_code == expect, answer.text
    return answer.json()


def stored(room: Deskroom) -> list[str]:
    assert room.context.files is not None
    return [found.name for found in room.context.files.list(EVIDENCE)]


def test_only_the_regions_evaluator_enters(room: Deskroom) -> None:
    unit = {"year": 2026, "item": "25", "value": 4, "links": [LINK]}
    assert room.client.post(PATH, json=unit).status_code == 401
    assert room.client.get(PATH).status_code == 401
    for name in ("kesehatan", "jalan", "tetangga", "pantau", "pengelola", "pengawas"):
        staff = room.login(name)
        enter(staff, expect=403)
        reads = {"kesehatan", "pantau"}
        assert staff.call("GET", PATH).status_code == (200 if name in reads else 403), name
        opened = {"pantau"}
        page = staff.call("GET", "/penilaian/paser")
        assert page.status_code == (200 if name in opened else 403), name
    coordinator = room.login("koordinator")
    token = coordinator.client.headers.pop("X-CSRF-Token")
    assert coordinator.call("POST", PATH, json=unit).status_code == 403
    coordinator.client.headers["X-CSRF-Token"] = token
    with room.db.read() as conn:
        assert conn.execute(select(desk_assessments.c.id)).all() == []
    enter(coordinator, expect=404, path="/api/v1/opds/paser/tidak-ada/assessments")
    enter(coordinator, expect=404, path="/api/v1/opds/paser/ext-pln/assessments")
    enter(coordinator, expect=403, path="/api/v1/opds/kutim/dinkes/assessments")
    assert set(EVALUATION_READERS.values()) == {"unit", "region"}


@BOTH
def test_a_level_is_history_audit_and_score(room: Deskroom) -> None:
    coordinator = room.login("koordinator")
    first = enter(coordinator, reason="Menurut Pak Budi Santoso, 081234567890, 3402010101900001.")
    assert first["holds"]
    assert "0812" not in first["reason"]
    assert "3402010101900001" not in first["reason"]
    room.clock.advance(timedelta(minutes=1))
    enter(coordinator, value=5)
    room.clock.advance(timedelta(minutes=1))
    enter(coordinator, expect=422, item="28", value=5)
    enter(coordinator, expect=422, year=2027)
    enter(coordinator, expect=422, value="4,5")
    enter(coordinator, expect=422, lain="x")
    enter(coordinator, item="a", value="4,1234", links=[])
    told: list[Any] = []
    room.context.hub.score_changed = lambda *changed: told.append(changed)  # type: ignore[method-assign] # what live pages would hear
    enter(coordinator, item="f03", value=3.9, n=34, links=[])
    assert told == [("paser", "paser/dinkes")]
    seen = room.login("kesehatan").call("GET", f"{PATH}?year=2026").json()
    assert [(e["item"], e["value"], e["superseded"]) for e in seen["items"]] == [
        ("f03", 3.9, False), ("a", 4.1234, False), ("25", 5.0, False), ("25", 4.0, True),
    ]  # fmt: skip
    assert seen["items"][-1]["username"] == "koordinator"
    enter(coordinator, item="f03", year=2025, value=1, n=4, links=[])
    few = room.login("kesehatan").call("GET", f"{PATH}?year=2025").json()["items"][0]
    assert (few["value"], few["n"], few["hidden"]) == (None, None, True)
    assert coordinator.call("GET", f"{PATH}?year=2025").json()["items"][0]["value"] == 1
    assert "Disembunyikan" in room.login("kesehatan").call("GET", f"{PAGE}?tahun=2025").text
    with room.db.read() as conn:
        said = conn.execute(
            select(desk_audit.c.reason).where(desk_audit.c.action == "assess")
        ).scalars()
        assert next(iter(said)) == "paser/dinkes 2026 25"
    public = room.client.get("/api/v1/opds/paser/dinkes/score")
    indicator = public.json()["pekppp"]["aspect_e"]["indicators"]["25"]
    assert (indicator["level"], indicator["source"]) == (5, "evaluator")
    assert "koordinator" not in public.text
    room.clock.advance(timedelta(minutes=1))
    back = enter(coordinator, value=None, reason="Foto salah unit.", links=[])
    assert not back["holds"]
    public = room.client.get("/api/v1/opds/paser/dinkes/score").json()
    assert public["pekppp"]["aspect_e"]["indicators"]["25"]["level"] is None
    with room.db.read() as conn:
        assert set(standing(conn, "paser", 2026)["paser/dinkes"]) == {"a", "f03"}


def test_evidence_is_sealed_and_only_for_those_who_may_see_it(room: Deskroom) -> None:
    coordinator = room.login("koordinator")
    entered = upload(coordinator, ("../Foto 3402010101900001.php", picture()), links=LINK)
    file, link = sorted(entered["evidence"], key=lambda piece: piece["kind"])
    assert (link["url"], file["type"]) == (LINK, "image/jpeg")
    assert "3402010101900001" not in file["name"]
    assert file["name"].endswith(".jpg")
    assert {"object", "key"} & set(file) == set()
    [name] = stored(room)
    assert isinstance(room.context.files, FileStore)
    sealed = room.context.files.get(name)
    answer = coordinator.call("GET", file["url"])
    assert answer.status_code == 200
    assert b"Siti" not in answer.content
    assert answer.content[:64] not in sealed
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert room.login("kesehatan").call("GET", file["url"]).status_code == 200
    assert room.login("pantau").call("GET", file["url"]).status_code == 200
    assert room.client.get(file["url"]).status_code == 401
    for name in ("jalan", "puskesmas", "tetangga", "pengelola"):
        assert room.login(name).call("GET", file["url"]).status_code == 404, name
    for wrong in ("/api/v1/evidence/999/0", f"{file['url']}9", f"/api/v1/evidence/1/{link['n']}"):
        assert coordinator.call("GET", wrong).status_code == 404


def test_what_is_refused_leaves_no_file_behind(room: Deskroom) -> None:
    coordinator = room.login("koordinator")
    wrong = upload(coordinator, ("foto.jpg", b"MZ" + bytes(200)), expect=422)
    assert wrong["field"] == "files"
    upload(coordinator, *[("foto.jpg", picture())] * 6, expect=422)
    upload(coordinator, ("foto.jpg", picture() + bytes(MAX_FILE_BYTES)), expect=422)
    upload(coordinator, ("foto.jpg", picture()), expect=422, value="9")
    answer = coordinator.call(
        "POST", PATH, content=bytes(20_000_001),
        headers={"content-type": "multipart/form-data; boundary=x"},
    )  # fmt: skip
    assert answer.status_code == 413
    answer = coordinator.call("POST", PATH, content=b"x", headers={"content-type": "text/plain"})
    assert answer.status_code == 415
    assert coordinator.call("POST", PATH, content=b"[1]").status_code == 422
    assert stored(room) == []
    out = io.BytesIO()
    Image.effect_noise((900, 900), 100).save(out, "JPEG", quality=95)
    assert len(out.getvalue()) > MAX_BODY
    files = [("files[]", ("besar.jpg", out.getvalue(), "image/jpeg"))]
    assert coordinator.call("POST", "/keluar", files=files).status_code == 413
    upload(coordinator, ("besar.jpg", out.getvalue()))


def test_only_orphans_are_swept(room: Deskroom, tmp_path: Path) -> None:
    upload(room.login("koordinator"), ("foto.jpg", picture()))
    files = room.context.files
    assert isinstance(files, FileStore)
    files.put(f"{EVIDENCE}2026/11/yatim", b"x")
    files.put("2026/11/23/lampiran", b"of the intake")
    # The sweep reads the age of the file, which only the file system can make up.
    long_ago = time.time() - 7 * 3600
    for path in (tmp_path / "files").rglob("*"):
        if path.is_file():
            os.utime(path, (long_ago, long_ago))
    assert sweep(room.db, files, datetime.now(UTC)) == 1
    assert len(stored(room)) == 1
    assert files.get("2026/11/23/lampiran") == b"of the intake"


def test_the_form_of_the_page_does_the_same(
    room: Deskroom, capsys: pytest.CaptureFixture[str]
) -> None:
    coordinator = room.login("koordinator")
    values = {
        "csrf_token": coordinator.session["csrf_token"], "year": "2026", "item": "25", "value": "4",
        "reason": "Hubungi 081234567890", "links": "", "n": "",
    }  # fmt: skip
    client = coordinator.client
    empty = [("files[]", ("", b"", "application/octet-stream"))]
    refused = client.post(PAGE, data=values, files=empty, headers={"accept": "text/html"})
    assert refused.status_code == 422
    assert "Butir ini perlu bukti" in refused.text
    assert "Hubungi 081234567890" in refused.text
    assert client.post(PAGE, data=values | {"csrf_token": "x"}, files=empty).status_code == 403
    none = client.post(PAGE, data=values | {"value": ""}, files=empty)
    assert "Nilai belum dipilih" in none.text
    photo = [("files[]", ("foto.jpg", picture(), "image/jpeg"))]
    done = client.post(PAGE, data=values, files=photo, follow_redirects=False)
    assert done.status_code == 303
    page = client.get(done.headers["location"])
    assert "Tersimpan." in page.text
    assert "perkiraan, bukan nilai resmi" in page.text
    assert "foto.jpg" in page.text
    overview = client.get("/penilaian/paser?tahun=2026").text
    assert "25: <strong>4</strong>" in overview
    assert "erkiraan, bukan nilai resmi" in overview
    back = client.post(
        PAGE, data=values | {"tarik": "1", "reason": "Salah."}, files=empty, follow_redirects=False
    )
    assert back.status_code == 303
    assert "Ditarik kembali" in client.get(PAGE).text
    assert PAGE in room.login("kesehatan").call("GET", "/wilayah/paser/dinkes").text
    assert PAGE not in room.client.get("/wilayah/paser/dinkes").text
    assert "<form" not in room.login("kesehatan").call("GET", PAGE).text.split("butir-25")[1]
    assert "081234567890" not in "".join(capsys.readouterr())
