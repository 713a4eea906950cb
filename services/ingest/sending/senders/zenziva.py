"""SMS by Zenziva, sent for the channel `generic`.

LIMIT: its contract is known from clients of others only, hence the settings for names; of its
answers just `status` 1 counts as taken, and every other one is tried again.
"""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from services.ingest.sending.base import BLOCK, HTTPSender
from services.ingest.sending.http import HTTP
from services.ingest.sending.ports import AgainError, Outward
from shared.contracts.enums import Channel


class ZenzivaSettings(BaseSettings):
    """What sending by Zenziva needs."""

    model_config = BLOCK

    send_zenziva_userkey: str = Field(default="", description="User key; none: not sent so.")
    send_zenziva_passkey: SecretStr = Field(default=SecretStr(""), description="Pass key.")
    send_zenziva_url: str = Field(
        default="https://gsm.zenziva.net/api/sendsms/",
        description="Address (`https://masking.zenziva.net/…` for a sender name).",
    )
    send_zenziva_to: str = Field(default="nohp", description="Name of the field with the number.")
    send_zenziva_text: str = Field(default="pesan", description="Name of the field with the words.")


class ZenzivaSender(HTTPSender):
    """Posts a form."""

    channel = Channel.GENERIC
    limit = 459

    def __init__(self, settings: ZenzivaSettings, http: HTTP) -> None:
        super().__init__(http)
        self._settings = settings

    def send(self, message: Outward) -> str | None:
        """One call; numbers of Indonesia as people write them there."""
        settings = self._settings
        home = message.to.startswith("+62")
        form = {
            "userkey": settings.send_zenziva_userkey,
            "passkey": settings.send_zenziva_passkey.get_secret_value(),
            settings.send_zenziva_to: f"0{message.to[3:]}" if home else message.to.lstrip("+"),
            settings.send_zenziva_text: message.text,
        }
        found = self.http.post(settings.send_zenziva_url, form=form).require().json()
        if str(found.get("status")) != "1":
            raise AgainError(f"code-{found.get('status')}"[:40])
        given = found.get("messageId")
        return str(given) if isinstance(given, str | int) else None


def configured(site: str, http: HTTP) -> ZenzivaSender | None:
    """The sender, if a user key is set."""
    settings = ZenzivaSettings()
    return ZenzivaSender(settings, http) if settings.send_zenziva_userkey else None
