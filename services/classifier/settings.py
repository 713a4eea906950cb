"""Settings of the classifier; those every service shares are in `shared.settings`."""

from pathlib import Path

from pydantic import Field

from shared.settings import Settings


class ClassifierSettings(Settings):
    """Prefix `TANGGAP_`, read once at start."""

    classifier_model: str = Field(
        default="auto",
        pattern=r"^(auto|rules-1|linear-\d+|encoder-\d+(\+linear-\d+)?)$",
        description="Model that answers: `auto` is the newest encoder with the newest linear one; "
        "name what to go back to: `encoder-1+linear-1`, `linear-1` alone, or `rules-1` for none. "
        "Every answer names its model.",
    )
    classifier_encoder_batch: int = Field(
        default=64,
        ge=0,
        le=5000,
        description="Largest batch the encoder reads. Larger ones mean that texts wait: the linear "
        "model answers them alone, and every answer says so. 0: never the encoder.",
    )
    classifier_artefacts: Path | None = Field(
        default=None,
        description="Folder of artefacts that `tanggap train` wrote; without it those that came "
        "with the release are used.",
    )
