"""ASGI middleware: strict browser headers on every answer, and a limit on every request body."""

import re
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.problem import Page, ProblemError, problem_response

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(self), microphone=(), payment=()",
}
_ONE_YEAR = 31_536_000


class SecurityHeaders:
    """Adds the headers; answers are not cached unless the route says otherwise."""

    def __init__(self, app: ASGIApp, *, https: bool = False) -> None:
        self._app = app
        self._headers = dict(_HEADERS)
        if https:
            self._headers["Strict-Transport-Security"] = f"max-age={_ONE_YEAR}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, the headers added to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)


class BodyLimit:
    """Refuses a body over the limit with 413, by its declared length or while it is read.

    `multipart_bytes`, if given, is the limit of multipart bodies (attachments); `prefixes` or
    `paths`, if given, are the only paths that may use it. Below `elsewhere` a route keeps limits of
    its own. `page` may answer a browser with a page.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_bytes: int,
        multipart_bytes: int | None = None,
        prefixes: Sequence[str] = (),
        paths: re.Pattern[str] | None = None,
        page: Page | None = None,
        elsewhere: str | None = None,
    ) -> None:
        self._app = app
        self._elsewhere = elsewhere
        self._max = max_bytes
        self._multipart = multipart_bytes or max_bytes
        self._prefixes = tuple(prefixes)
        self._paths = paths
        self._page = page

    def _limit(self, scope: Scope, headers: Headers) -> int:
        multipart = headers.get("content-type", "").lower().startswith("multipart/")
        path = str(scope["path"])
        allowed = not self._prefixes or path.startswith(self._prefixes)
        if self._paths is not None:
            allowed = self._paths.fullmatch(path) is not None
        return self._multipart if multipart and allowed else self._max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on while its body stays within the limit."""
        own = self._elsewhere is not None and str(scope.get("path", "")).startswith(self._elsewhere)
        if scope["type"] != "http" or own:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._limit(scope, headers)
        declared = headers.get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            error = _too_large(limit)
            shown = self._page(Request(scope), error) if self._page else None
            await (shown or problem_response(error))(scope, receive, send)
            return
        read = 0

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise _too_large(limit)
            return message

        await self._app(scope, limited, send)


def _too_large(limit: int) -> ProblemError:
    return ProblemError(
        413,
        "Terlalu besar",
        f"Isi permintaan melebihi {limit:,} byte.".replace(",", "."),
        field="body",
        remedy="Perpendek teks atau kurangi lampiran.",
    )
