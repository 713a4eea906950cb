"""Settings of scoring; those every service shares are in `shared.settings`."""

from pydantic import Field

from shared.settings import Settings


class ScoringSettings(Settings):
    """Prefix `TANGGAP_`, read once at start."""

    score_gauge_seconds: float = Field(
        default=15.0, ge=0, le=60, description="How long the score gauges keep what they read."
    )
