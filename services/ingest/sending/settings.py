"""How the way back behaves, whatever the providers; each sender has a block of its own."""

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from services.ingest.sending.base import BLOCK
from services.ingest.sending.ladder import SMS, Quiet
from shared.contracts.enums import Channel


class SendingSettings(BaseSettings):
    """Prefix `TANGGAP_`, read once at start."""

    model_config = BLOCK

    sms_channel: Channel | None = Field(
        default=None,
        description="Which SMS channel writes to citizens who left a phone on another channel, "
        "and follows when that one fails; none: no SMS to them.",
    )
    quiet_hours: str = Field(
        default="21:00-06:00",
        description="Night, in the region's zone, in which notices wait; answers to a message and "
        "words about a danger do not. Empty: none.",
    )
    sending_parallel: int = Field(
        default=4, ge=1, le=32, description="Calls to one provider under way at once."
    )
    receipt_hours: float = Field(
        default=24,
        gt=0,
        le=168,
        description="How long a provider's receipt is waited for; then a notice counts as sent.",
    )

    @field_validator("sms_channel")
    @classmethod
    def _an_sms(cls, value: Channel | None) -> Channel | None:
        if value is not None and value not in SMS:
            raise ValueError(f"{value} is no SMS channel: use one of {', '.join(sorted(SMS))}")
        return value

    @field_validator("quiet_hours")
    @classmethod
    def _readable(cls, value: str) -> str:
        Quiet.read(value)
        return value

    @property
    def quiet(self) -> Quiet:
        """The quiet hours."""
        return Quiet.read(self.quiet_hours)
