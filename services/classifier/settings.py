"""Settings of the classifier; those every service shares are in `shared.settings`."""

from pathlib import Path

from pydantic import Field

from shared.settings import Settings


class ClassifierSettings(Settings):
    """Prefix `TANGGAP_`, read once at start."""

    classifier_model: str = Field(
        default="auto",
        pattern=r"^(auto|rules-1|linear-\d+)$",
        description="Model that answers: `auto` is the newest artefact; name one to go back to it, "
        "or `rules-1` for none. Every answer names its model.",
    )
    classifier_artefacts: Path | None = Field(
        default=None,
        description="Folder of artefacts that `tanggap train` wrote; without it those that came "
        "with the release are used.",
    )
