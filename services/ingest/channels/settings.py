"""Settings of the channels: what a provider's calls are checked with, and whose account is whose.

One block a channel, the same names for all. Without a secret a channel lets nothing in.
"""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from services.ingest.channels.message import HookKeys
from shared.contracts.enums import Channel
from shared.settings import Settings

_META = frozenset({Channel.WHATSAPP, Channel.FACEBOOK, Channel.INSTAGRAM})
_NONE = SecretStr("")
_PLACE = ("secret_header",)
# What the adapters ask for by name; each adapter's first lines say what it means.
OPTIONS: Mapping[Channel, tuple[str, ...]] = {
    Channel.VONAGE: ("method", "tolerance_seconds", *_PLACE),
    Channel.INFOBIP: _PLACE,
    Channel.KANNEL: ("zone", *_PLACE),
    Channel.GAMMU: ("account", "zone", *_PLACE),
    Channel.GENERIC: (
        *("from", "to", "text", "id", "time", "udh", "status", "list", "account", "zone"),
        *("secret_field", *_PLACE),
    ),
    Channel.TELEGRAM: ("account",),
    Channel.FACEBOOK: ("own",),
    Channel.INSTAGRAM: ("own",),
}


def _secrets(whose: str) -> SecretStr:
    field: SecretStr = Field(
        default=_NONE,
        description=f"{whose}; comma-separated, newest first. None set: every call gets 403.",
    )
    return field


def _options(channel: Channel) -> dict[str, str]:
    names = ", ".join(f"`{name}`" for name in OPTIONS[channel])
    field: dict[str, str] = Field(
        default_factory=dict, description=f"JSON of the adapter's own options: {names}."
    )
    return field


class ChannelSettings(Settings):
    """Prefix `TANGGAP_`, read once at start."""

    hook_twilio_secrets: SecretStr = _secrets("Auth tokens of the Twilio account")
    hook_vonage_secrets: SecretStr = _secrets("Signature secrets of the Vonage account")
    hook_infobip_secrets: SecretStr = _secrets("Secrets in Infobip's address or Basic header")
    hook_kannel_secrets: SecretStr = _secrets("Secrets in the path that Kannel calls")
    hook_gammu_secrets: SecretStr = _secrets("Secrets that gammu's script sends")
    hook_generic_secrets: SecretStr = _secrets("Secrets of the gateway mapped by field names")
    hook_whatsapp_secrets: SecretStr = _secrets("App secrets of WhatsApp")
    hook_telegram_secrets: SecretStr = _secrets("Secret tokens of the Telegram bot's webhook")
    hook_facebook_secrets: SecretStr = _secrets("App secrets of the Facebook page")
    hook_instagram_secrets: SecretStr = _secrets("App secrets of the Instagram account")
    hook_x_secrets: SecretStr = _secrets("Consumer secrets of X")
    hook_vonage_options: dict[str, str] = _options(Channel.VONAGE)
    hook_infobip_options: dict[str, str] = _options(Channel.INFOBIP)
    hook_kannel_options: dict[str, str] = _options(Channel.KANNEL)
    hook_gammu_options: dict[str, str] = _options(Channel.GAMMU)
    hook_generic_options: dict[str, str] = _options(Channel.GENERIC)
    hook_telegram_options: dict[str, str] = _options(Channel.TELEGRAM)
    hook_facebook_options: dict[str, str] = _options(Channel.FACEBOOK)
    hook_instagram_options: dict[str, str] = _options(Channel.INSTAGRAM)
    hook_meta_verify_token: SecretStr = Field(
        default=_NONE,
        description="What Meta repeats when a webhook (WhatsApp, Facebook, Instagram) is set up.",
    )
    channel_accounts: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description='JSON, channel to receiving number, page or bot to region: `{"whatsapp": '
        '{"100000000000001": "paser"}}`. `*` stands for every account of the channel.',
    )
    hook_calls: int = Field(
        default=64,
        ge=1,
        le=10_000,
        description="Calls of one channel under way at once; past it: 503 with Retry-After.",
    )
    message_threads: int = Field(
        default=1,
        ge=1,
        le=32,
        description="Senders whose messages are handled at once; each more slows the answers to "
        "providers.",
    )
    parts_seconds: float = Field(
        default=300.0,
        gt=0,
        description="How long the pieces of a long SMS are waited for; then what came is taken.",
    )
    album_seconds: float = Field(
        default=2.0, gt=0, description="How long after its last picture an album is complete."
    )

    @field_validator("channel_accounts")
    @classmethod
    def _known_channels(cls, value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        known = {channel.value for channel in Channel}
        if unknown := sorted(set(value) - known):
            raise ValueError(f"no such channel: {', '.join(unknown)}")
        return value

    @model_validator(mode="after")
    def _known_options(self) -> Self:
        for channel, names in OPTIONS.items():
            given: dict[str, str] = getattr(self, f"hook_{channel.value}_options")
            if unknown := sorted(set(given) - set(names)):
                raise ValueError(f"{channel.value} has no option {', '.join(unknown)}")
        return self

    def keys_of(self, channel: Channel) -> HookKeys:
        """What calls of the channel are checked with; secrets of other channels never count."""
        secrets: SecretStr = getattr(self, f"hook_{channel.value}_secrets", _NONE)
        options: dict[str, str] = getattr(self, f"hook_{channel.value}_options", {})
        token = self.hook_meta_verify_token.get_secret_value() if channel in _META else ""
        listed = (part.strip() for part in secrets.get_secret_value().split(","))
        return HookKeys(tuple(part for part in listed if part), token or None, options)
