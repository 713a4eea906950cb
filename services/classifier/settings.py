"""Settings of the classifier; those every service shares are in `shared.settings`."""

from typing import Literal

from pydantic import Field

from shared.settings import Settings


class ClassifierSettings(Settings):
    """Prefix `TANGGAP_`, read once at start."""

    classifier_model: Literal["rules-1"] = Field(
        default="rules-1", description="Version of the model that answers; named in every answer."
    )
