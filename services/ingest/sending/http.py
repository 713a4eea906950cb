"""Calls to providers: bounded in time and size, with every trouble sorted into a `SendError`.

It never logs: addresses of calls hold tokens, bodies hold words and numbers.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson

from services.ingest.sending.ports import AgainError, RefusedError

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
TOTAL_SECONDS = 15.0
"""A whole call, however slowly the answer drips."""
LONGEST_WAIT = 6 * 3600.0
"""The most of a `Retry-After` that is believed, in seconds."""
_MOST_BYTES = 64 * 1024
# Too early, too many, and what a login that an operator repairs answers.
_PASSING = frozenset({401, 403, 408, 423, 425, 429})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider answered."""

    status: int
    body: bytes
    after: float | None

    @property
    def ok(self) -> bool:
        """A 2xx."""
        return 200 <= self.status < 300

    def json(self) -> dict[str, Any]:
        """The body as an object; raises `AgainError` when it is none (a proxy's page, say)."""
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise AgainError("unreadable", self.after) from error
        if not isinstance(found, dict):
            raise AgainError("unreadable", self.after)
        return found

    def require(self) -> "Answer":
        """Itself if it is a 2xx, else what its status means."""
        if self.ok:
            return self
        raise self.trouble()

    def trouble(self, code: object = None) -> AgainError | RefusedError:
        """What a failing status means; `code` is the provider's own, a number or a short word."""
        reason = f"status-{self.status}" if code is None else f"code-{code}"[:40]
        if self.status in _PASSING or self.status >= 500:
            return AgainError(reason, self.after)
        return RefusedError(reason)


class HTTP:
    """A client that several threads share. `trust_env`: use the proxies of the environment."""

    def __init__(
        self, *, trust_env: bool = True, total_seconds: float = TOTAL_SECONDS, now: Any = time.time
    ) -> None:
        self._total = total_seconds
        self._now = now
        timeout = httpx.Timeout(min(READ_SECONDS, total_seconds), connect=CONNECT_SECONDS)
        # A redirect would carry words and tokens to a place nobody named.
        self._client = httpx.Client(
            timeout=timeout, trust_env=trust_env, follow_redirects=False, verify=True
        )

    def post(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
        auth: tuple[str, str] | None = None,
    ) -> Answer:
        """Post a form, JSON or bytes; raises `AgainError` when no answer came."""
        sent = dict(headers or {})
        if json is not None:
            content = orjson.dumps(json)
            sent["content-type"] = "application/json"
        return self._call("POST", url, headers=sent, data=form, content=content, auth=auth)

    def get(self, url: str, params: Mapping[str, str]) -> Answer:
        """Ask with parameters; raises `AgainError` when no answer came."""
        return self._call("GET", url, params=params)

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def _call(self, method: str, url: str, **options: Any) -> Answer:
        until = time.monotonic() + self._total
        try:
            with self._client.stream(method, url, **options) as answer:
                body = b""
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > _MOST_BYTES or time.monotonic() > until:
                        raise AgainError("endless")
                after = retry_after(answer.headers.get("retry-after"), self._now())
                return Answer(answer.status_code, body, after)
        except httpx.TimeoutException as error:
            raise AgainError("timeout") from error
        except (httpx.HTTPError, httpx.InvalidURL, RuntimeError) as error:
            # A RuntimeError: the client was closed because the service stops.
            raise AgainError("unreachable") from error


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds that a `Retry-After` asks for: a number or a date; none when it is neither."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            at = parsedate_to_datetime(value)
        except ValueError:
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        seconds = (at - datetime.fromtimestamp(now, UTC)).total_seconds()
    if not seconds >= 0:  # negative, or not a number
        return None
    return min(seconds, LONGEST_WAIT)
