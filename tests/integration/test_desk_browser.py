"""Desk in a real browser: on a phone without a script, and live with one."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from shared.contracts.enums import Urgency
from tests.deskroom import PASSWORD, Deskroom, deskroom, standard_staff

PHONE = {"width": 360, "height": 740}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Deskroom, str]]:
    with deskroom(f"sqlite:///{tmp_path / 'desk.db'}", tmp_path) as room:
        standard_staff(room)
        config = uvicorn.Config(
            room.client.app, port=0, log_level="error", lifespan="off", ws="none"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield room, f"http://127.0.0.1:{port}"
        room.context.hub.close()
        server.should_exit = True
        thread.join()


def log_in(page: Any, url: str, username: str) -> None:
    page.goto(f"{url}/masuk")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("text=Masuk >> nth=-1")


def test_a_phone_without_scripts_clears_a_queue(
    site: tuple[Deskroom, str], chromium_page: Callable[..., Any]
) -> None:
    room, url = site
    ticket = room.complaint(text="x" * 400)
    page = chromium_page(viewport=PHONE, java_script_enabled=False)
    page.goto(f"{url}/masuk")
    page.fill("[name=username]", "jalan")
    page.fill("[name=password]", PASSWORD)
    page.click("button.primary")
    page.click(f"text={ticket}")
    page.click("button:text-is('Verifikasi')")
    page.fill("textarea[name=text] >> nth=0", "Sudah ditambal.")
    page.click("button:text-is('Selesaikan')")
    assert page.locator("text=Kasus diselesaikan").count() == 1
    assert room.login("jalan").case(ticket)["status"] == "selesai"


def test_no_page_is_wider_than_a_phone(
    site: tuple[Deskroom, str], chromium_page: Callable[..., Any]
) -> None:
    room, url = site
    ticket = room.complaint(text="tanpaspasi" * 60, confidence=0.1, urgency=Urgency.DARURAT)
    page = chromium_page(viewport=PHONE)
    log_in(page, url, "koordinator")
    paths = ("/antrean", "/triase", "/antrean/terbatas", f"/kasus/{ticket}", "/",
             "/wilayah/paser", "/wilayah/paser/dpupr", "/tidak-ada", "/penilaian/paser",
             "/penilaian/paser/dinkes", "/tindak-lanjut/paser/dinkes",
             "/wilayah/paser/dpupr/penjelasan", "/wilayah/paser/riwayat")  # fmt: skip
    for path in paths:
        page.goto(url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        small = page.evaluate(
            "[...document.querySelectorAll('button')].filter("
            "b => b.offsetHeight && b.offsetHeight < 44).length"
        )
        assert small == 0, path


def test_open_pages_learn_of_changes(
    site: tuple[Deskroom, str], chromium_page: Callable[..., Any]
) -> None:
    room, url = site
    errors: list[str] = []
    page = chromium_page(viewport={"width": 1280, "height": 800})
    page.on("pageerror", lambda error: errors.append(str(error)))
    log_in(page, url, "jalan")
    _wait_for(lambda: room.context.hub.size == 1)
    room.complaint()
    page.wait_for_selector("#queue-changed:not([hidden])")
    urgent = room.complaint(urgency=Urgency.DARURAT)
    page.wait_for_selector(f"#darurat >> text={urgent}")
    room.login("jalan").act(urgent, "take")
    page.wait_for_selector(f"#darurat >> text={urgent}", state="detached")
    page.goto(f"{url}/wilayah/paser")
    _wait_for(lambda: room.context.hub.size == 1)
    with page.expect_response(f"{url}/wilayah/paser"):
        room.context.hub.score_changed("paser", "paser/dpupr")
    assert errors == []


def _wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
