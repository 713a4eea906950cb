"""The citizens' pages: whole without JavaScript, light, safe, in two languages."""

import html
import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from services.ingest.erasure import erase
from services.ingest.tracking import CaseView, Due, Entry
from shared.contracts.enums import CitizenAct, SKMElement, Status
from shared.contracts.feedback import CitizenActed, FeedbackReceived
from shared.db.read.directory import Directory
from tanggap.service_list import Listed, replace_services
from tests.intake_site import NOW, Site, open_site

HTML = {"accept": "text/html"}
FORM_LIMIT = 30_000


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Iterator[Site]:
    with open_site(sqlite_url, tmp_path) as opened:
        yield opened


def nonce(page: str) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def send(site: Site, **fields: str) -> Any:
    page = site.client.get("/lapor?wilayah=paser").text
    values = {"text": "Jalan rusak", "region": "paser", "nonce": nonce(page), "mode": "biasa"}
    return site.client.post("/lapor", data=values | fields, headers=HTML)


def codes(page: str) -> tuple[str, str]:
    ticket, code = re.search(r'id="tiket">([^<]+)', page), re.search(r'id="kode">([^<]+)', page)
    assert ticket is not None
    assert code is not None
    return ticket[1], code[1]


def case(status: Status, *allowed: CitizenAct, question: str | None = None) -> CaseView:
    entries = [
        Entry(NOW, "opened", "system", opd="paser/dpupr"),
        Entry(NOW, "resolved", "handler", "Sudah <b>ditambal</b>", "paser/dpupr"),
    ]
    due = Due(NOW, NOW, NOW + timedelta(days=14))
    return CaseView(status, "paser/dpupr", due, entries, question, frozenset(allowed))


def test_the_whole_form_weighs_little_and_loads_nothing_from_elsewhere(site: Site) -> None:
    for lang in ("id", "en"):
        page = site.client.get(f"/lapor?wilayah=paser&lang={lang}")
        addresses = re.findall(r'(?:src|href)="(/warga/[^"]+)"', page.text)
        assert len(addresses) == 3
        files = [site.client.get(html.unescape(address)) for address in addresses]
        assert all(file.status_code == 200 for file in files)
        assert all("immutable" in file.headers["cache-control"] for file in files)
        total = len(page.content) + sum(len(file.content) for file in files)
        assert total <= FORM_LIMIT, total
        everything = page.text + "".join(file.text for file in files)
        assert "@font-face" not in everything
        assert "@import" not in everything
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page.text)
        assert "<script>" not in page.text
        assert not re.search(r'\son[a-z]+="|style="', page.text)


def test_the_form_says_who_will_see_what_before_sending(site: Site) -> None:
    page = site.client.get("/lapor?wilayah=paser").text
    before = page[: page.index("Kirim laporan</button>")]
    note = re.search(r'id="siapa">(.*?)</div>', before, re.DOTALL)
    assert note is not None
    sentences = re.findall(r"<p>(.*?)</p>", note[1])
    assert len(sentences) == 2
    for word in ("Nama", "teks", "foto", "Anonim", "Rahasia"):
        assert word in sentences[0]
    assert "Inspektorat" in sentences[1]
    for mode in ("biasa", "anonim", "rahasia"):
        assert f'value="{mode}"' in before
    assert "tel:112" in before


def test_every_input_has_a_label(site: Site) -> None:
    for path in ("/lapor?wilayah=paser", "/lacak", "/survei/paser/dinkes"):
        page = site.client.get(path).text
        labelled = set(re.findall(r'<label for="([^"]+)"', page))
        inside = re.findall(r"<label class=\"pick\"><input[^>]*>", page)
        for tag in re.findall(r"<(?:input|select|textarea)[^>]*>", page):
            if 'type="hidden"' in tag or any(tag in label for label in inside):
                continue
            found = re.search(r'id="([^"]+)"', tag)
            assert found is not None, tag
            assert found[1] in labelled, tag


def test_a_report_without_javascript_from_region_to_ticket(site: Site) -> None:
    home = site.client.get("/")
    assert "/lapor?wilayah=paser" in home.text
    answer = send(
        site,
        opd="paser/dpupr",
        category="jalan_jembatan",
        occurred_on="2026-11-20",
        **{"location.address": "Jalan Gajah Mada", "reporter.phone": "0812 3456 7890"},
    )
    assert answer.status_code == 200
    ticket, _ = codes(answer.text)
    assert "Kamis, 3 Desember 2026" in answer.text
    [event] = site.events()
    assert isinstance(event.data, FeedbackReceived)
    assert event.data.ticket == ticket
    assert (event.data.anonymous, event.data.confidential) == (False, False)
    # A phone that chose its region before goes to the form at once.
    assert site.client.get("/").headers["location"] == "/lapor?wilayah=paser"
    assert site.client.get("/?pilih=1").status_code == 200


@pytest.mark.parametrize(
    ("mode", "flags"),
    [
        ("biasa", (False, False)),
        ("anonim", (True, False)),
        ("rahasia", (False, True)),
        # Whatever a broken form sends, nobody is shown who meant to stay unnamed.
        ("Anonim ", (True, False)),
    ],
)
def test_modes_become_flags(site: Site, mode: str, flags: tuple[bool, bool]) -> None:
    assert send(site, mode=mode).status_code == 200
    [event] = site.events()
    assert isinstance(event.data, FeedbackReceived)
    assert (event.data.anonymous, event.data.confidential) == flags


def test_a_double_click_gives_one_ticket_and_a_changed_form_a_new_one(site: Site) -> None:
    page = site.client.get("/lapor?wilayah=paser").text
    values = {"text": "Jalan rusak", "region": "paser", "nonce": nonce(page), "mode": "biasa"}
    first = site.client.post("/lapor", data=values, headers=HTML)
    again = site.client.post("/lapor", data=values, headers=HTML)
    assert codes(first.text) == codes(again.text)
    changed = site.client.post("/lapor", data=values | {"text": "Lampu mati"}, headers=HTML)
    assert changed.status_code == 409
    assert "sudah kami terima" in changed.text
    assert "Lampu mati" in changed.text
    values["nonce"] = nonce(changed.text)
    assert (
        site.client.post("/lapor", data=values | {"text": "Lampu mati"}, headers=HTML).status_code
        == 200
    )
    assert len(site.events()) == 2


def test_errors_keep_what_was_typed_and_nothing_runs_in_it(site: Site) -> None:
    answer = send(
        site,
        text="<script>alert(1)</script>\x07",
        occurred_on="2027-01-01",
        **{"reporter.phone": "1708", "reporter.name": '"><b>x'},
    )
    assert answer.status_code == 422
    page = answer.text
    assert "Belum terkirim" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert '"><b>x' not in page
    assert 'value="2027-01-01"' in page
    assert 'id="phone-err"' in page
    assert "<details open" in page
    assert site.events() == []


def test_a_photo_that_cannot_be_kept_is_named_at_its_field(site: Site) -> None:
    page = site.client.get("/lapor?wilayah=paser").text
    answer = site.client.post(
        "/lapor",
        data={"text": "Jalan rusak", "region": "paser", "nonce": nonce(page)},
        files={"files[]": ("a.jpg", b"bukan gambar", "image/jpeg")},
        headers=HTML,
    )
    assert answer.status_code == 422
    assert 'id="files-err"' in answer.text
    assert "dipilih ulang" in answer.text


def test_an_empty_file_field_of_a_browser_is_no_file(site: Site) -> None:
    page = site.client.get("/lapor?wilayah=paser").text
    answer = site.client.post(
        "/lapor",
        data={"text": "Jalan rusak", "region": "paser", "nonce": nonce(page)},
        files={"files[]": ("", b"", "application/octet-stream")},
        headers=HTML,
    )
    assert answer.status_code == 200


def test_english_is_remembered(site: Site) -> None:
    assert "Send a report" in site.client.get("/lapor?wilayah=paser&lang=en").text
    assert "Send a report" in site.client.get("/lapor?wilayah=paser").text
    assert 'lang="en"' in site.client.get("/lacak").text
    assert "Sampaikan laporan" in site.client.get("/lapor?wilayah=paser&lang=id").text


def track(site: Site, ticket: str, code: str) -> Any:
    return site.client.post("/lacak", data={"ticket": ticket, "code": code}, headers=HTML)


def act(site: Site, ticket: str, code: str, kind: str, page: str, **fields: str) -> Any:
    values = {"ticket": ticket, "code": code, "act": kind, "nonce": f"{nonce(page)}-{kind}"}
    return site.client.post("/lacak/tindakan", data=values | fields, headers=HTML)


def test_the_citizen_follows_answers_adds_contests_rates_and_withdraws(site: Site) -> None:
    ticket, code = codes(send(site, text="Jalan di Kuaro rusak").text)
    page = track(site, ticket.lower(), code.lower()).text
    assert "Jalan di Kuaro rusak" in page
    assert code not in site.client.get(f"/lacak?tiket={ticket}").text
    site.cases.views[ticket] = case(
        Status.DIPROSES, CitizenAct.ANSWER, CitizenAct.ADD, question="Di sebelah mana?"
    )
    page = track(site, ticket, code).text
    assert "Di sebelah mana?" in page
    assert "Dinas Pekerjaan Umum" in page
    assert "&lt;b&gt;ditambal" in page
    done = act(site, ticket, code, "answer", page, text="Di depan pasar")
    assert "Jawaban Anda terkirim" in done.text
    empty = act(site, ticket, code, "add", page, text=" ")
    assert empty.status_code == 422
    site.cases.views[ticket] = case(Status.SELESAI, CitizenAct.RATE, CitizenAct.NOT_DONE)
    page = track(site, ticket, code).text
    assert "Selesai paling lambat" not in page
    assert "nilainya" in act(site, ticket, code, "rate", page, score="4").text
    page = track(site, ticket, code).text
    assert "belum selesai" in act(site, ticket, code, "not_done", page).text
    refused = act(site, ticket, code, "withdraw", track(site, ticket, code).text)
    assert refused.status_code == 422
    acts = [e.data for e in site.events() if isinstance(e.data, CitizenActed)]
    assert [(a.act.value, a.text, a.score) for a in acts] == [
        ("answer", "Di depan pasar", None),
        ("rate", None, 4),
        ("not_done", None, None),
    ]


def test_acts_before_the_case_opens_are_shown_and_a_withdrawal_ends_them(site: Site) -> None:
    ticket, code = codes(send(site).text)
    page = track(site, ticket, code).text
    act(site, ticket, code, "add", page, text="Lubangnya makin dalam, telepon 081234567890")
    page = track(site, ticket, code).text
    assert "Anda menambahkan" in page
    assert "Lubangnya makin dalam, telepon 081234567890" in page
    act(site, ticket, code, "withdraw", page)
    page = track(site, ticket, code).text
    assert "Anda menarik laporan" in page
    assert 'name="act"' not in page


def test_no_act_without_the_code(site: Site) -> None:
    ticket, code = codes(send(site).text)
    page = track(site, ticket, code).text
    for wrong in ("", "AAAAAA"):
        answer = act(site, ticket, wrong, "withdraw", page)
        assert answer.status_code == 404
        assert "tidak cocok" in answer.text
    assert len(site.events()) == 1
    wrong_ticket = track(site, "2222-2222", code)
    assert wrong_ticket.status_code == 404


def test_own_attachments_open_with_ticket_and_code_only(site: Site) -> None:
    out = io.BytesIO()
    Image.new("RGB", (50, 40), "teal").save(out, "PNG")
    page = site.client.get("/lapor?wilayah=paser").text
    sent = site.client.post(
        "/lapor",
        data={"text": "Jalan rusak", "region": "paser", "nonce": nonce(page)},
        files={"files[]": ("a.png", out.getvalue(), "image/png")},
        headers=HTML,
    )
    ticket, code = codes(sent.text)
    page = track(site, ticket, code).text
    found = re.search(r'name="file" value="([0-9a-f]+)"', page)
    assert found is not None
    fields = {"ticket": ticket, "code": code, "file": found[1]}
    picture = site.client.post("/lacak/berkas", data=fields)
    assert picture.headers["content-type"] == "image/jpeg"
    assert "sandbox" in picture.headers["content-security-policy"]
    assert Image.open(io.BytesIO(picture.content)).size == (50, 40)
    for change in ({"code": "AAAAAA"}, {"file": "0" * 32}):
        assert site.client.post("/lacak/berkas", data=fields | change).status_code == 404
    other, other_code = codes(send(site).text)
    stolen = fields | {"ticket": other, "code": other_code}
    assert site.client.post("/lacak/berkas", data=stolen).status_code == 404
    erase(site.database, site.store, site.clock, ticket, by="admin")
    assert site.client.post("/lacak/berkas", data=fields).status_code == 404


def test_the_survey_asks_nine_elements_and_gives_a_receipt(site: Site) -> None:
    assert "/survei/paser" in site.client.get("/survei").text
    assert "/survei/paser/dinkes" in site.client.get("/survei/paser").text
    page = site.client.get("/survei/paser/dinkes").text
    for element in SKMElement:
        assert page.count(f'name="{element.value}"') == 4
    assert "Tidak sopan dan ramah" in page
    empty = site.client.post("/survei/paser/dinkes", data={"nonce": nonce(page)}, headers=HTML)
    assert empty.status_code == 422
    answers = {element.value: "3" for element in SKMElement}
    values = answers | {"nonce": nonce(page), "respondent.age": "40", "comment": "Baik"}
    done = site.client.post("/survei/paser/dinkes", data=values, headers=HTML)
    assert done.status_code == 200
    assert "S-" in done.text
    again = site.client.post("/survei/paser/dinkes", data=values, headers=HTML)
    assert again.text == done.text
    [event] = site.events()
    assert isinstance(event.data, FeedbackReceived)
    assert event.data.answers == dict.fromkeys(SKMElement, 3)
    wrong = site.client.post(
        "/survei/paser/dinkes", data=values | {"nonce": "baru", "token": "K-1"}, headers=HTML
    )
    assert wrong.status_code == 422
    assert 'id="token-err"' in wrong.text


def test_strange_addresses_and_languages_are_no_trouble(site: Site) -> None:
    for path in ("/lapor", "/lapor?wilayah=%00", "/survei/xx", "/survei/paser/ext-pln"):
        assert site.client.get(path).status_code == 303
    lost = site.client.get("/tidak-ada", headers=HTML)
    assert lost.status_code == 404
    assert "Halaman ini tidak ada" in lost.text
    assert site.client.get("/lapor?wilayah=paser&lang=xx").status_code == 200
    assert site.client.get("/warga/../settings.py").status_code == 404
    assert site.client.get("/warga/tidak.css").status_code == 404


@pytest.mark.slow
def test_in_a_browser_on_a_small_phone_without_javascript(
    site: Site, chromium_page: Callable[..., Any]
) -> None:
    page = chromium_page(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page.goto(f"{site.url}/lapor?wilayah=paser")
    page.fill("#text", "Jalan di depan pasar rusak")
    page.check("input[value=anonim]")
    page.click("text=Kirim laporan")
    ticket = page.inner_text("#tiket")
    page.click("text=Lihat laporan ini")
    assert ticket in page.inner_text("h1")
    page.click("summary:has-text('Tarik laporan')")
    page.click("text=Ya, tarik laporan")
    assert "Laporan ditarik" in page.inner_text("[role=status]")
    assert len(site.events()) == 2


@pytest.mark.slow
def test_in_a_browser_nothing_is_blocked_and_nothing_is_wider_than_the_phone(
    site: Site, chromium_page: Callable[..., Any]
) -> None:
    page = chromium_page(viewport={"width": 320, "height": 640})
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    for path in ("/", "/lapor?wilayah=paser", "/lacak", "/survei/paser", "/survei/paser/dinkes"):
        page.goto(site.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        small = page.evaluate(
            "[...document.querySelectorAll('button:not(.js),.btn,select,.pick,summary')]"
            ".filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44)"
            ".map(e => e.outerHTML)"
        )
        assert small == [], path
    assert messages == []


@pytest.mark.parametrize("path", ["/", "/lapor?wilayah=paser", "/lacak"])
def test_every_page_leads_to_the_public_scores(site: Site, path: str) -> None:
    # A phone that chose its region before never sees the front page again.
    assert 'href="/lapor/skor"' in site.client.get(path).text
    answer = site.client.get("/lapor/skor")
    assert answer.headers["location"] == "http://127.0.0.1:8000/wilayah"


def test_the_form_offers_the_services_of_the_chosen_office(site: Site) -> None:
    listed = [Listed("paser/dinkes", 'Izin "apotek" <b>', None, None, None)]
    with site.database.write() as conn:
        replace_services(conn, listed, Directory.load(conn), NOW)
    page = site.client.get("/lapor?wilayah=paser&opd=paser/dinkes").text
    assert '<option value="Izin &#34;apotek&#34; &lt;b&gt;">' in page
    assert 'name="service"' not in site.client.get("/lapor?wilayah=paser&opd=paser/dlh").text
    send(site, opd="paser/dinkes", service="Yang lain sama sekali")
    received = site.events()[-1].data
    assert isinstance(received, FeedbackReceived)
    assert received.service == "Yang lain sama sekali"


def test_the_survey_offers_the_services_of_the_office(site: Site) -> None:
    listed = [Listed("paser/dinkes", 'Izin "apotek" <b>', None, None, None)]
    with site.database.write() as conn:
        replace_services(conn, listed, Directory.load(conn), NOW)
    page = site.client.get("/survei/paser/dinkes?service=Imunisasi&token=K-1").text
    chosen = "<option selected>Imunisasi</option>"
    assert chosen + "<option>Izin &#34;apotek&#34; &lt;b&gt;</option></select>" in page
    assert 'value="K-1"' in page
    other = site.client.get("/survei/paser/dlh").text
    assert '<input id="service"' in other
    assert '<select id="service"' not in other
