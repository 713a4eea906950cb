"""SMS by Infobip. We give each message its id, so that a repeat is known as one."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from services.ingest.sending.base import BLOCK, HTTPSender
from services.ingest.sending.http import HTTP
from services.ingest.sending.ports import AgainError, Outward, RefusedError
from shared.contracts.enums import Channel

_REFUSED = frozenset({"REJECTED", "UNDELIVERABLE", "EXPIRED"})
_DUPLICATE = "REJECTED_DUPLICATE_MESSAGE_ID"
# What an operator or time repairs.
_PASSING = frozenset(
    {"REJECTED_NOT_ENOUGH_CREDITS", "REJECTED_SYSTEM_ERROR", "REJECTED_FLOODING_FILTER"}
)


class InfobipSettings(BaseSettings):
    """What sending by Infobip needs."""

    model_config = BLOCK

    send_infobip_url: str = Field(
        default="", description="The account's own address (`https://….api.infobip.com`)."
    )
    send_infobip_key: SecretStr = Field(default=SecretStr(""), description="API key.")
    send_infobip_from: str = Field(default="", description="Our number or sender name.")
    send_infobip_notify_url: SecretStr = Field(
        default=SecretStr(""),
        description="Where receipts go: `https://…/hooks/infobip/<secret>`; none: no receipts.",
    )


class InfobipSender(HTTPSender):
    """Posts a message."""

    channel = Channel.INFOBIP
    limit = 459

    def __init__(self, settings: InfobipSettings, http: HTTP) -> None:
        self._settings = settings
        self._notify = settings.send_infobip_notify_url.get_secret_value()
        super().__init__(http, confirms=bool(self._notify))

    def send(self, message: Outward) -> str | None:
        """One call; the id is our reference, also when Infobip knows it already."""
        settings = self._settings
        one = {
            "from": (message.account or settings.send_infobip_from).lstrip("+"),
            "destinations": [{"to": message.to.lstrip("+"), "messageId": message.reference}],
            "text": message.text,
        }
        if self._notify:
            one |= {"notifyUrl": self._notify, "notifyContentType": "application/json"}
        key = settings.send_infobip_key.get_secret_value()
        answer = self.http.post(
            f"{settings.send_infobip_url}/sms/2/text/advanced",
            headers={"authorization": f"App {key}", "accept": "application/json"},
            json={"messages": [one]},
        ).require()
        pieces = answer.json().get("messages")
        first = pieces[0] if isinstance(pieces, list) and pieces else None
        status = first.get("status") if isinstance(first, dict) else None
        if not isinstance(status, dict):
            raise AgainError("unreadable")
        name = str(status.get("name"))
        if name in _PASSING:
            raise AgainError(f"code-{status.get('id')}"[:40])
        if status.get("groupName") in _REFUSED and name != _DUPLICATE:
            raise RefusedError(f"code-{status.get('id')}"[:40])
        return message.reference


def configured(site: str, http: HTTP) -> InfobipSender | None:
    """The sender, if an account's address is set."""
    settings = InfobipSettings()
    return InfobipSender(settings, http) if settings.send_infobip_url else None
