"""Files that hang on messages: from the provider only, bounded, later when it is in trouble."""

import base64
import gzip
import hashlib
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from services.ingest.attachments import FileRules
from services.ingest.channels.fetching import Fetching
from services.ingest.channels.message import Media, MediaKind, Message
from services.ingest.sending.senders.telegram import TelegramSettings
from services.ingest.sending.senders.twilio import TwilioSettings
from services.ingest.sending.senders.whatsapp import WhatsappSettings
from shared.contracts.enums import Channel
from shared.errors import TransientError
from shared.files.inspection import ImageLimits
from tests.providers import FakeProvider, Reply

PHOTO = b"\xff\xd8 a photo"
TOKEN = SecretStr("token-rahasia")


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider().running() as fake:
        yield fake


@pytest.fixture
def fetching(provider: FakeProvider) -> Iterator[Fetching]:
    source = Fetching(
        FileRules(3, 1000, ImageLimits()),
        TelegramSettings(send_telegram_token=TOKEN, send_telegram_url=provider.url),
        TwilioSettings(
            send_twilio_account="AC1", send_twilio_token=TOKEN, send_twilio_url=provider.url
        ),
        WhatsappSettings(send_whatsapp_token=TOKEN, send_whatsapp_url=provider.url),
        total_seconds=2,
        trust_env=False,
    )
    yield source
    source.close()


def message(*references: str, kind: MediaKind = MediaKind.IMAGE, **more: str) -> Message:
    media = tuple(Media(kind, reference, **more) for reference in references)
    return Message(provider_id="m", account="a", sender="s", media=media)


def test_telegram_is_asked_for_the_path_then_for_the_file(
    provider: FakeProvider, fetching: Fetching
) -> None:
    provider.script = [Reply(body={"result": {"file_path": "photos/a b.jpg"}}), Reply(body=PHOTO)]
    assert fetching.fetch(Channel.TELEGRAM, message("AgAC/1")).files == (PHOTO,)
    assert [call.path for call in provider.calls] == [
        "/bottoken-rahasia/getFile",
        "/file/bottoken-rahasia/photos/a%20b.jpg",
    ]
    assert provider.calls[0].query == {"file_id": ["AgAC/1"]}


@pytest.mark.parametrize("written", ["hex", "base64"])
def test_whatsapp_tells_the_address_and_the_bytes_are_checked(
    provider: FakeProvider, fetching: Fetching, written: str
) -> None:
    digest = hashlib.sha256(PHOTO)
    told = digest.hexdigest() if written == "hex" else base64.b64encode(digest.digest()).decode()
    provider.script = [Reply(body={"url": f"{provider.url}/file"}), Reply(body=PHOTO)]
    assert fetching.fetch(Channel.WHATSAPP, message("77", digest=told)).files == (PHOTO,)
    assert {call.headers["authorization"] for call in provider.calls} == {"Bearer token-rahasia"}
    provider.script = [Reply(body={"url": f"{provider.url}/file"}), Reply(body=b"other")]
    with pytest.raises(TransientError):
        fetching.fetch(Channel.WHATSAPP, message("77", digest=told))


@pytest.mark.parametrize("kind", MediaKind)
def test_every_kind_of_file_is_fetched(
    provider: FakeProvider, fetching: Fetching, kind: MediaKind
) -> None:
    provider.script = [Reply(body={"result": {"file_path": "voice/1.oga"}}), Reply(body=b"OggS")]
    assert fetching.fetch(Channel.TELEGRAM, message("AwAC", kind=kind)).files == (b"OggS",)


def test_a_redirect_is_followed_without_the_secret(
    provider: FakeProvider, fetching: Fetching
) -> None:
    provider.script = [Reply(307, headers={"location": "/store"}), Reply(body=PHOTO)]
    found = fetching.fetch(Channel.TWILIO, message(f"{provider.url}/Media/1"))
    assert found.files == (PHOTO,)
    first, second = provider.calls
    assert "authorization" in first.headers
    assert "authorization" not in second.headers


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8000/api/v1/queue",
        "http://media.twiliocdn.com/x",
        "https://twilio.com.evil.example/x",
        "https://media.twiliocdn.com:8443/x",
        "file:///etc/passwd",
        "",
    ],
)
def test_nobody_sends_us_about_in_our_own_network(
    provider: FakeProvider, fetching: Fetching, address: str
) -> None:
    found = fetching.fetch(Channel.TWILIO, message(address))
    assert (found.files, found.missing) == ((), 1)
    provider.script = [Reply(302, headers={"location": address or "/x"}), Reply(404)]
    assert fetching.fetch(Channel.TWILIO, message(f"{provider.url}/1")).missing == 1


def test_trouble_is_for_later_what_is_gone_too_large_or_never_kept_is_missing(
    provider: FakeProvider, fetching: Fetching
) -> None:
    for status in (429, 500, 503, 401):
        provider.script = [Reply(status)]
        with pytest.raises(TransientError) as raised:
            fetching.fetch(Channel.TWILIO, message(f"{provider.url}/1"))
        assert "token" not in str(raised.value)
    packed = Reply(body=gzip.compress(b"x" * 1001), headers={"content-encoding": "gzip"})
    for large in (Reply(body=b"x" * 1001), packed):
        provider.script = [large]
        assert fetching.fetch(Channel.TWILIO, message(f"{provider.url}/1")).missing == 1
    calls = len(provider.calls)
    assert fetching.fetch(Channel.KANNEL, message("x")).missing == 1
    assert len(provider.calls) == calls
    provider.script = [Reply(body=PHOTO)]
    many = message(*[f"{provider.url}/{n}" for n in range(5)])
    found = fetching.fetch(Channel.TWILIO, many)
    assert (len(found.files), found.missing) == (3, 2)
