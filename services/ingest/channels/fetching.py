"""Gets the files that hang on messages, from where the provider keeps them.

Only from the provider's own hosts, over TLS, bounded in size and time. It never logs: addresses and
headers hold tokens.
"""

import base64
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import httpx
import orjson

from services.ingest.attachments import FileRules
from services.ingest.channels.message import Media, Message
from services.ingest.ports import Fetched
from services.ingest.sending.senders.telegram import TelegramSettings
from services.ingest.sending.senders.twilio import TwilioSettings
from services.ingest.sending.senders.whatsapp import WhatsappSettings
from shared.contracts.enums import Channel
from shared.errors import TransientError

TOTAL_SECONDS = 20.0
"""A whole file, however slowly it drips; a message waits for its worker so long at most."""
_REDIRECTS = 3
_DIGITS = 20
_META = ("fbcdn.net", "fbsbx.com", "cdninstagram.com", "facebook.com", "whatsapp.net")
_HOSTS: Mapping[Channel, tuple[str, ...]] = {
    Channel.WHATSAPP: _META,
    Channel.FACEBOOK: _META,
    Channel.INSTAGRAM: _META,
    Channel.TELEGRAM: ("telegram.org",),
    Channel.TWILIO: ("twilio.com", "twiliocdn.com", "amazonaws.com"),
    Channel.X: ("twimg.com",),
}
# What passes, and what an operator repairs: a token, a permission.
_LATER = frozenset({401, 403, 408, 425, 429})


class _GoneError(Exception):
    """The file cannot be had, now or later."""


@dataclass(frozen=True, slots=True)
class _Way:
    """Where a file lies: its address, the headers of who may ask, and how it is checked."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    digest: str | None = None


class Fetching:
    """A source of files for all channels; several threads share it."""

    def __init__(
        self,
        rules: FileRules,
        telegram: TelegramSettings | None = None,
        twilio: TwilioSettings | None = None,
        whatsapp: WhatsappSettings | None = None,
        *,
        total_seconds: float = TOTAL_SECONDS,
        trust_env: bool = True,
    ) -> None:
        self._rules = rules
        self._telegram = telegram or TelegramSettings()
        self._twilio = twilio or TwilioSettings()
        self._whatsapp = whatsapp or WhatsappSettings()
        self._total = total_seconds
        self._client = httpx.Client(
            timeout=httpx.Timeout(min(10.0, total_seconds), connect=5.0),
            follow_redirects=False,
            trust_env=trust_env,
        )
        self._ways: Mapping[Channel, Callable[[Media, float], _Way]] = {
            Channel.TELEGRAM: self._telegram_way,
            Channel.WHATSAPP: self._whatsapp_way,
            Channel.TWILIO: self._twilio_way,
        }

    def fetch(self, channel: Channel, message: Message) -> Fetched:
        """The files that can be had; raises `TransientError` when the provider may have them later.

        All or later: what was fetched before the trouble is fetched again.
        """
        until = time.monotonic() + self._total
        files: list[bytes] = []
        for media in message.media[: self._rules.max_count]:
            try:
                files.append(self._file(channel, media, until))
            except _GoneError:
                continue
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                # The error's text holds the address, and the address a token.
                raise TransientError(type(error).__name__) from None
        return Fetched(tuple(files), len(message.media) - len(files))

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def _file(self, channel: Channel, media: Media, until: float) -> bytes:
        way = self._ways.get(channel, _plain)(media, until)
        url, headers = way.url, way.headers
        for _ in range(_REDIRECTS + 1):
            self._assert_known(channel, url)
            content, onward = self._get(url, headers, self._rules.max_bytes, until)
            if onward is None:
                _assert_same(content, way.digest)
                return content
            # A redirect leads to a store that the secret is no business of.
            url, headers = urljoin(url, onward), {}
        raise _GoneError

    def _assert_known(self, channel: Channel, url: str) -> None:
        """Raise unless the address is the provider's: nobody sends us about in our own network."""
        parts = urlsplit(url)
        own = {
            Channel.TELEGRAM: self._telegram.send_telegram_url,
            Channel.WHATSAPP: self._whatsapp.send_whatsapp_url,
            Channel.TWILIO: self._twilio.send_twilio_url,
        }.get(channel, "")
        mine = urlsplit(own)
        if own and (parts.scheme, parts.netloc) == (mine.scheme, mine.netloc):
            return
        host = (parts.hostname or "").lower()
        known = any(host == name or host.endswith(f".{name}") for name in _HOSTS.get(channel, ()))
        if parts.scheme != "https" or not known or parts.port not in (None, 443):
            raise _GoneError

    def _get(
        self, url: str, headers: Mapping[str, str], most: int, until: float
    ) -> tuple[bytes, str | None]:
        """The body, or where it is said to lie; never more than `most` bytes of it."""
        with self._client.stream("GET", url, headers=dict(headers)) as answer:
            if answer.is_redirect:
                return b"", answer.headers.get("location", "")
            if answer.status_code in _LATER or answer.status_code >= 500:
                raise TransientError(f"status-{answer.status_code}")
            if not answer.is_success:
                raise _GoneError
            # A video that is too large is not read up to the limit first.
            told = answer.headers.get("content-length", "")
            if told.isdecimal() and len(told) < _DIGITS and int(told) > most:
                raise _GoneError
            body = bytearray()
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > most:
                    raise _GoneError
                if time.monotonic() > until:
                    raise TransientError("slow")
        return bytes(body), None

    def _document(self, url: str, headers: Mapping[str, str], until: float) -> dict[str, Any]:
        body, _ = self._get(url, headers, 64 * 1024, until)
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise TransientError("unreadable") from error
        return found if isinstance(found, dict) else {}

    def _telegram_way(self, media: Media, until: float) -> _Way:
        base, token = self._telegram.send_telegram_url, self._telegram.send_telegram_token
        if not (secret := token.get_secret_value()):
            raise _GoneError
        asked = f"{base}/bot{secret}/getFile?file_id={quote(media.reference, safe='')}"
        result = self._document(asked, {}, until).get("result")
        path = result.get("file_path") if isinstance(result, dict) else None
        if not isinstance(path, str):
            raise _GoneError
        return _Way(f"{base}/file/bot{secret}/{quote(path)}")

    def _whatsapp_way(self, media: Media, until: float) -> _Way:
        settings = self._whatsapp
        if not (token := settings.send_whatsapp_token.get_secret_value()):
            raise _GoneError
        headers = {"authorization": f"Bearer {token}"}
        asked = f"{settings.send_whatsapp_url}/{quote(media.reference, safe='')}"
        url = self._document(asked, headers, until).get("url")
        if not isinstance(url, str):
            raise _GoneError
        return _Way(url, headers, media.digest)

    def _twilio_way(self, media: Media, until: float) -> _Way:
        settings = self._twilio
        if not settings.send_twilio_account:
            raise _GoneError
        secret = settings.send_twilio_token.get_secret_value()
        basic = base64.b64encode(f"{settings.send_twilio_account}:{secret}".encode()).decode()
        return _Way(media.reference, {"authorization": f"Basic {basic}"}, media.digest)


def _plain(media: Media, until: float) -> _Way:
    return _Way(media.reference, digest=media.digest)


def _assert_same(content: bytes, digest: str | None) -> None:
    """Raise when the bytes are not those the provider told of; it writes SHA-256 in two ways."""
    found = hashlib.sha256(content).digest()
    told = (digest or "").strip()
    if told and told.lower() != found.hex() and told != base64.b64encode(found).decode():
        raise TransientError("other-bytes")
