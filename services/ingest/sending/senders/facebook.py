"""Messages of our Facebook pages, by Messenger; a public comment gets a private reply."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from services.ingest.sending.base import BLOCK
from services.ingest.sending.graph import GraphSender
from services.ingest.sending.http import HTTP
from shared.contracts.enums import Channel


class FacebookSettings(BaseSettings):
    """What sending by Facebook needs."""

    model_config = BLOCK

    send_facebook_tokens: dict[str, SecretStr] = Field(
        default={}, description="JSON, page id to its access token; none: not sent so."
    )
    send_facebook_tag: str = Field(
        default="",
        description="Message tag the app may use after a day (`HUMAN_AGENT`); none: SMS instead.",
    )
    send_facebook_url: str = Field(
        default="https://graph.facebook.com/v23.0", description="Address and version of the API."
    )


class FacebookSender(GraphSender):
    """Posts messages; Meta sends no receipts that end anything."""

    channel = Channel.FACEBOOK
    limit = 2000

    def __init__(self, settings: FacebookSettings, http: HTTP) -> None:
        tokens, tag = settings.send_facebook_tokens, settings.send_facebook_tag
        super().__init__(settings.send_facebook_url, tokens, tag, http)


def configured(site: str, http: HTTP) -> FacebookSender | None:
    """The sender, if a token is set."""
    settings = FacebookSettings()
    return FacebookSender(settings, http) if settings.send_facebook_tokens else None
