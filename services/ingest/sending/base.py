"""What senders share beside the port: how their settings blocks are read, and their client."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from services.ingest.sending.http import HTTP
from shared.contracts.enums import Channel

BLOCK = SettingsConfigDict(
    env_prefix="TANGGAP_", frozen=True, extra="ignore", hide_input_in_errors=True
)


class HTTPSender:
    """A sender that calls a provider; what it leaves out of the port is the same for most."""

    channel: ClassVar[Channel]
    limit: int
    has_template = False

    def __init__(self, http: HTTP, *, confirms: bool = False) -> None:
        self.http = http
        self.confirms = confirms

    def close(self) -> None:
        """Close its connections."""
        self.http.close()
