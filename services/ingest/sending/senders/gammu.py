"""SMS by a modem: a file in the outbox folder of gammu-smsd's FILES backend, once a message.

A repeat finds its file and writes none, unless gammu has sent and moved it meanwhile.
"""

import os
import re
import time
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings

from services.ingest.sending.base import BLOCK
from services.ingest.sending.http import HTTP
from services.ingest.sending.ports import AgainError, Outward, RefusedError
from shared.contracts.enums import Channel

_NUMBER = re.compile(r"\+?[0-9]{3,20}")
_UTF16 = b"\xff\xfe"


class GammuSettings(BaseSettings):
    """What sending by gammu needs."""

    model_config = BLOCK

    send_gammu_outbox: Path | None = Field(
        default=None, description="Outbox folder of gammu-smsd (`outboxpath`); none: not sent so."
    )


class GammuSender:
    """Writes files; gammu sends them when the modem can."""

    channel = Channel.GAMMU
    limit = 459
    confirms = False
    has_template = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: Outward) -> str | None:
        """A file whose name carries the number and our reference, complete when it appears."""
        if _NUMBER.fullmatch(message.to) is None:
            raise RefusedError("no-number")
        try:
            if next(self._folder.glob(f"OUT*_{message.reference}.txt*"), None) is None:
                stamp = time.strftime("%Y%m%d_%H%M%S", time.gmtime())
                name = f"OUTC{stamp}_00_{message.to}_{message.reference}.txt"
                unfinished = self._folder / f".{message.reference}"
                # Anything but ASCII: with the mark by which gammu knows UTF-16.
                words = message.text
                plain = words.isascii()
                unfinished.write_bytes(
                    words.encode() if plain else _UTF16 + words.encode("utf-16-le")
                )
                os.replace(unfinished, self._folder / name)
        except OSError as error:
            raise AgainError("file") from error
        return message.reference

    def close(self) -> None:
        """Nothing is open."""


def configured(site: str, http: HTTP) -> GammuSender | None:
    """The sender, if a folder is set."""
    folder = GammuSettings().send_gammu_outbox
    return GammuSender(folder) if folder else None
