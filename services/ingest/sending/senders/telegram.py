"""Telegram's Bot API. The token stands in the address, so no address is ever told."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from services.ingest.sending.base import BLOCK, HTTPSender
from services.ingest.sending.http import HTTP, LONGEST_WAIT, Answer
from services.ingest.sending.ports import AgainError, Outward, RefusedError
from shared.contracts.enums import Channel


class TelegramSettings(BaseSettings):
    """What sending by Telegram needs."""

    model_config = BLOCK

    send_telegram_token: SecretStr = Field(
        default=SecretStr(""), description="The bot's token; none: not sent so."
    )
    send_telegram_url: str = Field(
        default="https://api.telegram.org", description="Address of the API."
    )


class TelegramSender(HTTPSender):
    """Calls `sendMessage`; Telegram sends no receipts."""

    channel = Channel.TELEGRAM
    limit = 4096

    def __init__(self, settings: TelegramSettings, http: HTTP) -> None:
        super().__init__(http)
        token = settings.send_telegram_token.get_secret_value()
        self._url = f"{settings.send_telegram_url}/bot{token}/sendMessage"

    def send(self, message: Outward) -> str | None:
        """One call."""
        body = {
            "chat_id": message.to,
            "text": message.text,
            "link_preview_options": {"is_disabled": True},
        }
        answer = self.http.post(self._url, json=body)
        if answer.ok:
            return _reference(message, answer.json().get("result"))
        if answer.status == 403:
            raise RefusedError("blocked")  # by the citizen, who stopped the bot
        if answer.status == 404:
            raise AgainError("status-404")  # no such bot: a wrong token
        if answer.status == 429:
            raise AgainError("status-429", _asked(answer))
        raise answer.trouble()


def _reference(message: Outward, result: object) -> str | None:
    """What a reply or a pressed button names it by (`channels.adapters.telegram`)."""
    taken = result if isinstance(result, dict) else {}
    number, date = taken.get("message_id"), taken.get("date")
    if not isinstance(number, int) or not isinstance(date, int):
        return None
    return f"{message.account}:{message.to}:{number}:{date}"


def _asked(answer: Answer) -> float | None:
    """The wait that Telegram asks for, in seconds; it tells it in the body."""
    found = answer.json().get("parameters")
    seconds = found.get("retry_after") if isinstance(found, dict) else None
    if not isinstance(seconds, int) or seconds < 0:
        return answer.after
    return min(float(seconds), LONGEST_WAIT)


def configured(site: str, http: HTTP) -> TelegramSender | None:
    """The sender, if a token is set."""
    settings = TelegramSettings()
    return (
        TelegramSender(settings, http) if settings.send_telegram_token.get_secret_value() else None
    )
