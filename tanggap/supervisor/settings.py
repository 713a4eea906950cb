"""Settings of `tanggap up` alone."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.kafka.embedded import DEFAULT_MAX_MB, DEFAULT_PORT


class UpSettings(BaseSettings):
    """Prefix `TANGGAP_`, read once at start."""

    model_config = SettingsConfigDict(env_prefix="TANGGAP_", frozen=True, extra="ignore")

    demo_rate: float = Field(
        default=6.0, ge=0, le=6000, description="Submissions a minute with `--demo`; 0: none."
    )
    embedded_broker_bin: str = Field(
        default="", description="Program of the embedded broker, instead of the one shipped."
    )
    embedded_broker_port: int = Field(
        default=DEFAULT_PORT, ge=0, le=65535, description="Its port; a free one if taken."
    )
    embedded_broker_max_mb: int = Field(
        default=DEFAULT_MAX_MB, ge=32, description="Past this memory `up` starts it afresh."
    )
