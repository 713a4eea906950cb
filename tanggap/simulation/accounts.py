"""The demo's accounts, and a session of one of them at desk's API."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson

from shared.contracts.enums import Role
from shared.errors import TanggapError


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A row of `demo-accounts.json`."""

    username: str
    password: str = field(repr=False)
    role: Role
    region: str | None
    opd: str | None


def read_accounts(path: Path) -> tuple[DemoAccount, ...]:
    """The accounts that work on cases."""
    try:
        listed = orjson.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise TanggapError(f"{path} is missing: start `tanggap up --demo` once") from error
    accounts = (DemoAccount(**{**row, "role": Role(row["role"])}) for row in listed)
    return tuple(a for a in accounts if a.role in (Role.HANDLER, Role.COORDINATOR))


class StaffSession:
    """One account's cookie and CSRF token; logs in when it must."""

    def __init__(self, account: DemoAccount, transport: httpx.AsyncBaseTransport, url: str) -> None:
        self.account = account
        # Each has its own cookies; the connections are shared.
        self._client = httpx.AsyncClient(
            base_url=url, transport=transport, timeout=30.0, trust_env=False
        )
        self._token = ""
        self._logging_in = asyncio.Lock()

    async def get(self, path: str, **params: Any) -> httpx.Response:
        """A read; logs in first, and again when the session has ended."""
        return await self._send("GET", path, params=params)

    async def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """A change."""
        return await self._send("POST", path, json=body)

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        await self._log_in(expired="")
        used = self._token
        answer = await self._request(method, path, **options)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            await self._log_in(expired=used)
            answer = await self._request(method, path, **options)
        return answer

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"X-CSRF-Token": self._token} if method != "GET" else {}
        return await self._client.request(method, path, headers=headers, **options)

    async def _log_in(self, expired: str) -> None:
        """A new session, unless another task has replaced the expired one meanwhile."""
        async with self._logging_in:
            if self._token != expired:
                return
            account = self.account
            credentials = {"username": account.username, "password": account.password}
            answer = await self._client.post("/api/v1/session", json=credentials)
            answer.raise_for_status()
            self._token = answer.json()["csrf_token"]


def sessions(
    accounts: Sequence[DemoAccount], transport: httpx.AsyncBaseTransport, url: str
) -> list[StaffSession]:
    """A session for each account, not yet logged in."""
    return [StaffSession(account, transport, url) for account in accounts]
