"""Every sender against a provider over real HTTP (or its file, folder or mail server)."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import SecretStr

from services.ingest.sending.fallback import line_sender
from services.ingest.sending.http import HTTP
from services.ingest.sending.ports import (
    AgainError,
    Outward,
    RefusedError,
    Sender,
    WindowClosedError,
)
from services.ingest.sending.registry import all_senders
from services.ingest.sending.senders.facebook import FacebookSender, FacebookSettings
from services.ingest.sending.senders.gammu import GammuSender
from services.ingest.sending.senders.generic import GenericSender, GenericSettings
from services.ingest.sending.senders.infobip import InfobipSender, InfobipSettings
from services.ingest.sending.senders.instagram import InstagramSender, InstagramSettings
from services.ingest.sending.senders.kannel import KannelSender, KannelSettings
from services.ingest.sending.senders.mail import MailSender
from services.ingest.sending.senders.telegram import TelegramSender, TelegramSettings
from services.ingest.sending.senders.twilio import TwilioSender, TwilioSettings
from services.ingest.sending.senders.vonage import VonageSender, VonageSettings
from services.ingest.sending.senders.whatsapp import WhatsappSender, WhatsappSettings
from services.ingest.sending.senders.x import XSender, XSettings
from services.ingest.sending.senders.zenziva import ZenzivaSender, ZenzivaSettings
from shared.contracts.enums import Channel
from shared.errors import TanggapError
from shared.mail.smtp import MailSettings
from tests.providers import FakeMailServer, FakeProvider, Reply

SECRET = SecretStr("rahasia")
TEXT = "Laporan 7KQ4-2MXR, tanggapan petugas: sudah kami perbaiki."
MESSAGE = Outward(
    to="+6281200000001",
    text=TEXT,
    account="622150000000",
    ticket="7KQ4-2MXR",
    link="https://lapor.example.go.id/lacak?tiket=7KQ4-2MXR",
    reference="a" * 32,
)


@dataclass(frozen=True)
class Case:
    """A provider: how its sender is made, what it answers, and what then comes of it."""

    make: Callable[[str, HTTP], Sender]
    taken: Any
    given: str | None
    refusals: tuple[tuple[Reply, type[Exception]], ...] = ()
    passing: tuple[Reply, ...] = ()
    reads_json: bool = True
    says: Callable[[Any], bool] = field(default=lambda call: True)


def meta_error(code: int, sub: int | None = None, status: int = 400) -> Reply:
    return Reply(status, {"error": {"code": code, "error_subcode": sub, "message": "no"}})


def infobip(group: str, name: str, number: int) -> Any:
    status = {"groupName": group, "name": name, "id": number}
    return {"messages": [{"messageId": "a" * 32, "status": status}]}


def vonage(status: str) -> Any:
    return {"message-count": "1", "messages": [{"status": status, "message-id": "0A1"}]}


def telegram(url: str, http: HTTP) -> Sender:
    return TelegramSender(TelegramSettings(send_telegram_url=url, send_telegram_token=SECRET), http)


def kannel(url: str, http: HTTP) -> Sender:
    settings = KannelSettings(
        send_kannel_url=f"{url}/cgi-bin/sendsms",
        send_kannel_username="tanggap",
        send_kannel_password=SECRET,
        send_kannel_dlr_url=SecretStr("https://lapor.example.go.id/hooks/kannel/s"),
    )
    return KannelSender(settings, http)


def generic(url: str, http: HTTP) -> Sender:
    settings = GenericSettings(
        send_generic_url=SecretStr(url), send_generic_secrets=SecretStr("whsec_cmFoYXNpYQ==")
    )
    return GenericSender(settings, http)


CASES = {
    "twilio": Case(
        lambda url, http: TwilioSender(
            TwilioSettings(
                send_twilio_url=url, send_twilio_account="AC1", send_twilio_token=SECRET
            ),
            "https://lapor.example.go.id",
            http,
        ),
        {"sid": "SM1"},
        "SM1",
        refusals=((Reply(400, {"code": 21610}), RefusedError), (Reply(400, {}), RefusedError)),
        passing=(Reply(401, {"code": 20003}),),
        says=lambda call: (
            call.path == "/2010-04-01/Accounts/AC1/Messages.json"
            and call.form()["To"] == MESSAGE.to
            and call.form()["Body"] == TEXT
            and call.form()["StatusCallback"] == "https://lapor.example.go.id/hooks/twilio"
        ),
    ),
    "vonage": Case(
        lambda url, http: VonageSender(
            VonageSettings(send_vonage_url=url, send_vonage_key="k", send_vonage_secret=SECRET),
            http,
        ),
        vonage("0"),
        "0A1",
        refusals=((Reply(200, vonage("7")), RefusedError),),
        passing=(Reply(200, vonage("1")), Reply(200, {"messages": []})),
        says=lambda call: call.form()["to"] == "6281200000001" and call.form()["type"] == "text",
    ),
    "infobip": Case(
        lambda url, http: InfobipSender(
            InfobipSettings(send_infobip_url=url, send_infobip_key=SECRET), http
        ),
        infobip("PENDING", "PENDING_ACCEPTED", 26),
        "a" * 32,
        refusals=((Reply(200, infobip("REJECTED", "REJECTED_DESTINATION", 8)), RefusedError),),
        passing=(Reply(200, infobip("REJECTED", "REJECTED_NOT_ENOUGH_CREDITS", 12)),),
        says=lambda call: (
            call.headers["authorization"] == "App rahasia"
            and call.json()["messages"][0]["destinations"][0]["messageId"] == "a" * 32
        ),
    ),
    "kannel": Case(
        kannel,
        b"0: Accepted for delivery",
        "a" * 32,
        refusals=((Reply(400, b"bad"), RefusedError),),
        passing=(Reply(503, b"Temporal failure, try again later."), Reply(403, b"Denied")),
        reads_json=False,
        says=lambda call: (
            call.query["text"] == [TEXT] and call.query["dlr-url"][0].endswith(f"id={'a' * 32}")
        ),
    ),
    "zenziva": Case(
        lambda url, http: ZenzivaSender(
            ZenzivaSettings(
                send_zenziva_url=url, send_zenziva_userkey="u", send_zenziva_passkey=SECRET
            ),
            http,
        ),
        {"messageId": 12, "status": "1", "text": "Success"},
        "12",
        passing=(Reply(200, {"status": "0"}),),
        says=lambda call: call.form()["nohp"] == "081200000001" and call.form()["pesan"] == TEXT,
    ),
    "generic": Case(
        generic,
        None,
        "a" * 32,
        refusals=((Reply(422), RefusedError),),
        reads_json=False,
        says=lambda call: (
            call.headers["webhook-id"] == "a" * 32
            and call.headers["webhook-signature"].startswith("v1,")
            and call.json()["text"] == TEXT
        ),
    ),
    "whatsapp": Case(
        lambda url, http: WhatsappSender(
            WhatsappSettings(send_whatsapp_url=url, send_whatsapp_token=SECRET), http
        ),
        {"messages": [{"id": "wamid.1"}]},
        "wamid.1",
        refusals=(
            (meta_error(131047), WindowClosedError),
            (meta_error(131026), RefusedError),
            (meta_error(132001, status=404), RefusedError),
        ),
        passing=(meta_error(130429), meta_error(190, status=401)),
        says=lambda call: (
            call.path == "/622150000000/messages"
            and call.json()["to"] == "6281200000001"
            and call.json()["text"]["body"] == TEXT
        ),
    ),
    "telegram": Case(
        telegram,
        {"ok": True, "result": {"message_id": 5, "date": 1763690000}},
        "622150000000:+6281200000001:5:1763690000",
        refusals=((Reply(403, {}), RefusedError), (Reply(400, {}), RefusedError)),
        passing=(Reply(404, {}), Reply(401, {})),
        says=lambda call: (
            call.path == "/botrahasia/sendMessage" and call.json()["chat_id"] == MESSAGE.to
        ),
    ),
    "facebook": Case(
        lambda url, http: FacebookSender(
            FacebookSettings(send_facebook_url=url, send_facebook_tokens={"622150000000": SECRET}),
            http,
        ),
        {"recipient_id": "9", "message_id": "m_1"},
        "m_1",
        refusals=(
            (meta_error(10, 2018278), WindowClosedError),
            (meta_error(551, 1545041), RefusedError),
        ),
        passing=(meta_error(613), meta_error(190, status=401)),
        says=lambda call: call.json()["recipient"] == {"id": MESSAGE.to},
    ),
    "instagram": Case(
        lambda url, http: InstagramSender(
            InstagramSettings(
                send_instagram_url=url, send_instagram_tokens={"622150000000": SECRET}
            ),
            http,
        ),
        {"message_id": "m_2"},
        "m_2",
        refusals=((meta_error(10, 2534022), WindowClosedError),),
        passing=(meta_error(4),),
    ),
    "x": Case(
        lambda url, http: XSender(
            XSettings(
                send_x_url=url,
                send_x_key="k",
                send_x_secret=SECRET,
                send_x_token="t",
                send_x_token_secret=SECRET,
            ),
            http,
        ),
        {"data": {"dm_event_id": "11"}},
        "11",
        refusals=((Reply(403, {}), RefusedError),),
        passing=(Reply(401, {}),),
        says=lambda call: call.headers["authorization"].startswith("OAuth oauth_consumer_key"),
    ),
}


@pytest.fixture(scope="module")
def http() -> Iterator[HTTP]:
    client = HTTP(trust_env=False, total_seconds=0.4)
    yield client
    client.close()


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_what_a_provider_takes_has_its_id(case: Case, http: HTTP) -> None:
    with FakeProvider(Reply(201, case.taken)).running() as provider:
        assert case.make(provider.url, http).send(MESSAGE) == case.given
        assert case.says(provider.calls[0]), provider.calls[0]


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_trouble_that_passes_is_tried_again(case: Case, http: HTTP) -> None:
    held = threading.Event()
    script = [
        Reply(429, {"error": {}}, {"retry-after": "41"}),
        Reply(500, b"<html>Oops</html>"),
        Reply(503, {}, {"retry-after": "7"}),
        *case.passing,
        Reply(200, case.taken, hold=held),
    ]
    with FakeProvider(*script).running() as provider:
        sender = case.make(provider.url, http)
        waits = []
        for _ in script:
            with pytest.raises(AgainError) as found:
                sender.send(MESSAGE)
            waits.append(found.value.after)
            assert TEXT not in found.value.reason
            assert "rahasia" not in str(found.value)
        assert waits[:3] == [41.0, None, 7.0]
        assert found.value.reason == "timeout"


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_what_is_refused_is_refused(case: Case, http: HTTP) -> None:
    for reply, error in case.refusals:
        with FakeProvider(reply).running() as provider, pytest.raises(RefusedError) as found:
            case.make(provider.url, http).send(MESSAGE)
        assert type(found.value) is error, reply


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_page_instead_of_an_answer_is_no_acceptance(case: Case, http: HTTP) -> None:
    for body in (b"<html>Login ke WiFi</html>", b"[]", b"{", b'"x"'):
        with FakeProvider(Reply(200, body)).running() as provider:
            sender = case.make(provider.url, http)
            if case.reads_json:
                with pytest.raises(AgainError, match="unreadable"):
                    sender.send(MESSAGE)
            else:
                assert sender.send(MESSAGE) == case.given


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_provider_that_is_not_there_is_tried_again(case: Case, http: HTTP) -> None:
    provider = FakeProvider()
    with provider.running():
        url = provider.url
    with pytest.raises(AgainError, match="unreachable"):
        case.make(url, http).send(MESSAGE)


def test_an_answer_that_never_ends_is_cut_off(http: HTTP) -> None:
    endless = FakeProvider(Reply(200, b" " * 200_000))
    with endless.running() as provider, pytest.raises(AgainError, match="endless"):
        generic(provider.url, http).send(MESSAGE)


def test_whatsapp_by_twilio_carries_the_scheme_at_both_ends(http: HTTP) -> None:
    with FakeProvider(Reply(201, {"sid": "SM2"})).running() as provider:
        settings = TwilioSettings(send_twilio_url=provider.url, send_twilio_account="AC1")
        sender = TwilioSender(settings, "http://local", http)
        sender.send(Outward(**{**_fields(MESSAGE), "to": "whatsapp:+62812"}))
        form = provider.calls[0].form()
    assert (form["From"], form["To"]) == ("whatsapp:622150000000", "whatsapp:+62812")
    assert "StatusCallback" not in form
    assert not sender.confirms


def test_telegram_s_own_wait_counts(http: HTTP) -> None:
    reply = Reply(429, {"parameters": {"retry_after": 19}})
    with FakeProvider(reply).running() as provider, pytest.raises(AgainError) as found:
        telegram(provider.url, http).send(MESSAGE)
    assert found.value.after == 19


def test_a_late_whatsapp_is_the_template_with_ticket_and_link(http: HTTP) -> None:
    with FakeProvider(Reply(200, {"messages": [{"id": "w"}]})).running() as provider:
        settings = WhatsappSettings(
            send_whatsapp_url=provider.url,
            send_whatsapp_token=SECRET,
            send_whatsapp_template="kabar_laporan",
        )
        late = Outward(**{**_fields(MESSAGE), "template": True})
        WhatsappSender(settings, http).send(late)
        sent = provider.calls[0].json()["template"]
    assert sent["name"] == "kabar_laporan"
    words = [part["text"] for part in sent["components"][0]["parameters"]]
    assert words == [MESSAGE.ticket, MESSAGE.link]
    assert TEXT not in orjson.dumps(sent).decode()


def test_a_public_comment_gets_a_private_reply_and_a_late_message_its_tag(http: HTTP) -> None:
    with FakeProvider(Reply(200, {"message_id": "m"})).running() as provider:
        settings = FacebookSettings(
            send_facebook_url=provider.url,
            send_facebook_tokens={"622150000000": SECRET},
            send_facebook_tag="HUMAN_AGENT",
        )
        sender = FacebookSender(settings, http)
        sender.send(Outward(**{**_fields(MESSAGE), "thread": "1_2"}))
        sender.send(Outward(**{**_fields(MESSAGE), "thread": "622150000000_2"}))
        sender.send(Outward(**{**_fields(MESSAGE), "template": True}))
        reply, post, late = (call.json() for call in provider.calls)
        assert post["recipient"] == {"post_id": "622150000000_2"}
        assert reply["recipient"] == {"comment_id": "1_2"}
        assert (late["messaging_type"], late["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
        with pytest.raises(AgainError, match="no-token"):
            sender.send(Outward(**{**_fields(MESSAGE), "account": "other"}))


def _fields(message: Outward) -> dict[str, Any]:
    return {name: getattr(message, name) for name in Outward.__slots__}


def test_the_modem_s_folder_gets_one_file_a_message(tmp_path: Path) -> None:
    sender = GammuSender(tmp_path)
    assert sender.send(MESSAGE) == sender.send(MESSAGE) == MESSAGE.reference
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("OUTC")
    assert f"_{MESSAGE.to}_{MESSAGE.reference}.txt" in file.name
    assert file.read_text() == TEXT
    other = Outward(**{**_fields(MESSAGE), "reference": "b" * 32, "text": "sudah – ya"})
    sender.send(other)
    (made,) = tmp_path.glob(f"*{'b' * 32}*")
    assert made.read_bytes() == b"\xff\xfe" + "sudah – ya".encode("utf-16-le")
    with pytest.raises(RefusedError):
        sender.send(Outward(**{**_fields(MESSAGE), "to": "../../etc/x"}))
    with pytest.raises(AgainError):
        GammuSender(tmp_path / "no").send(MESSAGE)


def test_lines_of_a_file_and_of_the_console(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.jsonl"
    sender = line_sender(Channel.WHATSAPP, str(path))
    assert sender.send(MESSAGE) == MESSAGE.reference
    assert orjson.loads(path.read_bytes())["text"] == TEXT
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(AgainError):
        line_sender(Channel.X, str(tmp_path / "no" / "x")).send(MESSAGE)
    line_sender(Channel.TWILIO, "-").send(MESSAGE)
    assert orjson.loads(capsys.readouterr().out)["channel"] == "twilio"


def mailer(port: int) -> MailSender:
    settings = MailSettings(
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_security="none",
        smtp_from="lapor@example.go.id",
    )
    return MailSender(settings)


def test_an_e_mail_is_taken_refused_or_tried_again() -> None:
    to = {**_fields(MESSAGE), "to": "warga@example.id"}
    with FakeMailServer().running() as server:
        assert mailer(server.port).send(Outward(**to)) == MESSAGE.reference
        (mail,) = server.mails
        assert "Subject: Laporan 7KQ4-2MXR" in mail
        assert f"Message-ID: <{MESSAGE.reference}@example.go.id>" in mail
        assert "sudah kami perbaiki" in mail
        for wrong in ("warga@x.id\r\nBcc: x@y.id", "tidak ada", ""):
            with pytest.raises(RefusedError):
                mailer(server.port).send(Outward(**{**to, "to": wrong}))
    for answer, error in (("550 no such user", RefusedError), ("451 later", AgainError)):
        with FakeMailServer(answer).running() as server, pytest.raises(error):
            mailer(server.port).send(Outward(**to))
    with pytest.raises(AgainError, match="unreachable"):
        mailer(server.port).send(Outward(**to))


def test_senders_are_found_by_their_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, http: HTTP
) -> None:
    assert all_senders("http://x", http) == {}
    settings = {
        "SEND_TWILIO_ACCOUNT": "AC1",
        "SEND_VONAGE_KEY": "k",
        "SEND_INFOBIP_URL": "https://x",
        "SEND_KANNEL_URL": "http://x",
        "SEND_GAMMU_OUTBOX": str(tmp_path),
        "SEND_ZENZIVA_USERKEY": "u",
        "SEND_WHATSAPP_TOKEN": "t",
        "SEND_TELEGRAM_TOKEN": "t",
        "SEND_FACEBOOK_TOKENS": '{"1": "t"}',
        "SEND_INSTAGRAM_TOKENS": '{"1": "t"}',
        "SEND_X_KEY": "k",
        "SEND_X_SECRET": "s",
        "SEND_X_TOKEN": "t",
        "SEND_X_TOKEN_SECRET": "s",
        "SMTP_HOST": "mail",
        "SMTP_FROM": "a@b.id",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"TANGGAP_{name}", value)
    found = all_senders("https://lapor.example.go.id", http)
    sms = {Channel.TWILIO, Channel.VONAGE, Channel.INFOBIP, Channel.KANNEL, Channel.GAMMU}
    chats = {Channel.WHATSAPP, Channel.TELEGRAM, Channel.FACEBOOK, Channel.INSTAGRAM, Channel.X}
    assert set(found) == sms | chats | {Channel.GENERIC, Channel.EMAIL}
    filled = all_senders("https://lapor.example.go.id", http, str(tmp_path / "out"))
    assert set(filled) == set(Channel)
    monkeypatch.setenv("TANGGAP_SEND_GENERIC_URL", "https://gateway")
    with pytest.raises(TanggapError):
        all_senders("https://lapor.example.go.id", http)
    monkeypatch.setenv("TANGGAP_SEND_GENERIC_SECRETS", "whsec_cmFoYXNpYQ==")
    with pytest.raises(TanggapError, match="keep one"):
        all_senders("https://lapor.example.go.id", http)
