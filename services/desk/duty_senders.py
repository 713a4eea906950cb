"""The ways to reach a duty contact: an HTTP webhook, or a file. They know no case and no database.

E-mail and the channels of citizens are further senders of the same port.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import orjson
from sqlalchemy import ColumnElement, and_, or_, true

from services.desk.ports import DutyMessage, DutySender, UndeliveredError
from services.desk.settings import DeskSettings
from shared.db.read.directory import INSPECTORATE
from shared.db.tables.desk import desk_cases

_SECONDS = 5.0
DEMO_FILE = "duty-messages.jsonl"


class WebhookSender:
    """Posts the message as JSON; `text` is what chat services show by themselves."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._url = url
        self._transport = transport

    def send(self, message: DutyMessage) -> None:
        """One call; anything but a 2xx answer is no delivery."""
        try:
            with httpx.Client(timeout=_SECONDS, transport=self._transport) as client:
                answer = client.post(self._url, json=as_json(message))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # Its message names the address.
            raise UndeliveredError("unreachable") from error
        if not answer.is_success:
            raise UndeliveredError(f"status-{answer.status_code}")


class FileSender:
    """Appends one JSON line a message: for trials, and for a gateway that reads a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, message: DutyMessage) -> None:
        """Write the line."""
        try:
            with self._path.open("ab") as file:
                file.write(orjson.dumps(as_json(message)) + b"\n")
        except OSError as error:
            raise UndeliveredError("file") from error


@dataclass(frozen=True)
class Contacts:
    """Whom to tell in each region; accusations go to Inspektorat's contact or to nobody."""

    senders: Mapping[str, DutySender]
    fallback: DutySender | None = None

    @classmethod
    def of_settings(
        cls, settings: DeskSettings, sender: Callable[[str], DutySender] | None = None
    ) -> "Contacts":
        """As configured; with `--demo` a file takes what no contact takes."""
        make = sender or sender_of
        senders = {
            name: make(address.get_secret_value())
            for name, address in settings.duty_contacts.items()
        }
        demo = FileSender(settings.data_dir / DEMO_FILE) if settings.demo else None
        return cls(senders, demo)

    def of(self, region: str, *, restricted: bool) -> DutySender | None:
        """The contact, or none."""
        key = f"{region}/{INSPECTORATE}" if restricted else region
        return self.senders.get(key, self.fallback)

    def reached(self) -> ColumnElement[bool]:
        """The cases that some contact is told of."""
        if self.fallback is not None:
            return true()
        case, inspectors = desk_cases.c, f"/{INSPECTORATE}"
        regions = [name for name in self.senders if not name.endswith(inspectors)]
        restricted = [
            name.removesuffix(inspectors) for name in self.senders if name.endswith(inspectors)
        ]
        return or_(
            and_(case.restricted.is_(False), case.region.in_(regions)),
            and_(case.restricted.is_(True), case.region.in_(restricted)),
        )


def sender_of(address: str) -> DutySender:
    """The sender of a checked address."""
    parts = urlsplit(address)
    if parts.scheme == "file":
        return FileSender(Path(unquote(parts.path)))
    return WebhookSender(address)


def as_json(message: DutyMessage) -> dict[str, Any]:
    """What travels."""
    return {
        "source": "tanggap",
        "status": "off" if message.off else "darurat",
        "region": message.region,
        "opd": message.opd,
        "ticket": message.ticket,
        "received_at": message.received_at.isoformat(),
        "url": message.url,
        "text": message.text,
    }
