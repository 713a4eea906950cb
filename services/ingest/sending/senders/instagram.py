"""Messages of our Instagram accounts; a public comment gets a private reply."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from services.ingest.sending.base import BLOCK
from services.ingest.sending.graph import GraphSender
from services.ingest.sending.http import HTTP
from shared.contracts.enums import Channel


class InstagramSettings(BaseSettings):
    """What sending by Instagram needs."""

    model_config = BLOCK

    send_instagram_tokens: dict[str, SecretStr] = Field(
        default={}, description="JSON, account id to its access token; none: not sent so."
    )
    send_instagram_tag: str = Field(
        default="",
        description="Message tag the app may use after a day (`HUMAN_AGENT`); none: SMS instead.",
    )
    send_instagram_url: str = Field(
        default="https://graph.facebook.com/v23.0", description="Address and version of the API."
    )


class InstagramSender(GraphSender):
    """Posts messages; Meta sends no receipts that end anything."""

    channel = Channel.INSTAGRAM
    limit = 1000

    def __init__(self, settings: InstagramSettings, http: HTTP) -> None:
        tokens, tag = settings.send_instagram_tokens, settings.send_instagram_tag
        super().__init__(settings.send_instagram_url, tokens, tag, http)


def configured(site: str, http: HTTP) -> InstagramSender | None:
    """The sender, if a token is set."""
    settings = InstagramSettings()
    return InstagramSender(settings, http) if settings.send_instagram_tokens else None
