"""Settings of the channels: what a provider's calls are checked with, and whose account is whose.

One block a channel, the same names for all. Without a secret a channel lets nothing in.
"""

from pydantic import Field, SecretStr, field_validator

from services.ingest.channels.message import HookKeys
from shared.contracts.enums import Channel
from shared.settings import Settings

_META = frozenset({Channel.WHATSAPP, Channel.FACEBOOK, Channel.INSTAGRAM})
_NONE = SecretStr("")


def _secrets(whose: str) -> SecretStr:
    field: SecretStr = Field(
        default=_NONE,
        description=f"{whose}; comma-separated, newest first. None set: every call gets 403.",
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
    hook_threads: int = Field(
        default=6, ge=1, le=64, description="Of these, how many are checked and stored at once."
    )
    message_threads: int = Field(
        default=4, ge=1, le=32, description="Senders whose messages are handled at once."
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

    def keys_of(self, channel: Channel) -> HookKeys:
        """What calls of the channel are checked with; secrets of other channels never count."""
        block = f"hook_{channel.value}_"
        secrets: SecretStr = getattr(self, f"{block}secrets", _NONE)
        options = {
            name.removeprefix(block): str(getattr(self, name))
            for name in type(self).model_fields
            if name.startswith(block) and name != f"{block}secrets" and getattr(self, name)
        }
        token = self.hook_meta_verify_token.get_secret_value() if channel in _META else ""
        listed = (part.strip() for part in secrets.get_secret_value().split(","))
        return HookKeys(tuple(part for part in listed if part), token or None, options)
