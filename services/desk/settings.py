"""Desk's own settings, beside the shared ones."""

import re
from datetime import time
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import Settings

_UNIT = re.compile(r"[a-z][a-z0-9]{1,15}/[a-z0-9-]{1,48}")
_CONTACT = re.compile(r"[a-z][a-z0-9]{1,15}(/inspektorat)?")


class DeskSettings(Settings):
    """Read once in `__main__`; every variable has the prefix `TANGGAP_`."""

    # A contact's address is often a secret: it is not repeated where a mistake in it is told.
    model_config = SettingsConfigDict(hide_input_in_errors=True)

    desk_opd_threshold: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Confidence from which a case opens at the OPD the classifier names; below it "
        "the case waits in triage. How often such an OPD is right: services/classifier/README.md, "
        "and by people's own decisions `tanggap_classifier_decisions`.",
    )
    desk_session_idle_minutes: int = Field(
        default=120, ge=1, le=1440, description="A session unused for so long is over."
    )
    desk_session_hours: int = Field(
        default=12, ge=1, le=72, description="A session is over after this time in any case."
    )
    desk_login_failures: int = Field(
        default=5,
        ge=1,
        description="Failed logins of one account from one address in the window, then 429.",
    )
    desk_login_failures_address: int = Field(
        default=50,
        ge=1,
        description="Failed logins from one address, or of one account, in the window, then 429.",
    )
    desk_login_window_minutes: int = Field(
        default=15, ge=1, le=1440, description="Window in which failed logins are counted."
    )
    desk_stream_clients: int = Field(
        default=200, ge=0, description="Most live pages one process serves; more are told to poll."
    )
    desk_score_cache_seconds: float = Field(
        default=0.5,
        ge=0,
        le=60,
        description="How long computed scores serve all readers (history: 120 times as long).",
    )
    desk_tick_seconds: float = Field(
        default=30.0, gt=0, le=3600, description="How often silent cases are looked for."
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses of reverse proxies whose X-Forwarded-For is believed.",
    )
    duty_contacts: dict[str, SecretStr] = Field(
        default={},
        description="Who is told of a complaint that is darurat: JSON, region (or "
        "`<region>/inspektorat`, for accusations) → webhook `https://…` or `file:///…`.",
    )
    urgent_minutes: int = Field(
        default=5,
        ge=1,
        le=1440,
        description="A complaint that is darurat and on which nobody acts for so long is alerted.",
    )

    digest_at: str = Field(
        default="07:30",
        pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$",
        description="When staff with an e-mail address get the morning's digest, on working days "
        "and in the region's zone. Empty: never.",
    )
    digest_contacts: dict[str, SecretStr] = Field(
        default={},
        description="Units that get the digest on a channel of their own: JSON, OPD code → "
        "webhook `https://…`, `file:///…` or e-mail address.",
    )

    @field_validator("duty_contacts")
    @classmethod
    def _known_contacts(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, address in value.items():
            if _CONTACT.fullmatch(name) is None:
                raise ValueError(f"{name!r} is no region: use `paser` or `paser/inspektorat`")
            if not _reachable(address.get_secret_value()):
                raise ValueError(f"the contact of {name} needs https://…, http://… or file:///…")
        return value

    @field_validator("digest_contacts")
    @classmethod
    def _known_units(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for unit, address in value.items():
            if _UNIT.fullmatch(unit) is None:
                raise ValueError(f"{unit!r} is no OPD code: use `paser/dpupr`")
            known = address.get_secret_value()
            if not (_reachable(known) or ("://" not in known and "@" in known)):
                raise ValueError(f"the digest of {unit} needs https://…, file:///… or an e-mail")
        return value

    @property
    def digest_hour(self) -> time | None:
        """The local hour of the digest; none: off."""
        return time.fromisoformat(self.digest_at) if self.digest_at else None

    @property
    def site(self) -> str:
        """Where staff reach the pages, without a slash at the end."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.desk_port}"


def _reachable(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme == "file":
        return not parts.netloc and parts.path.startswith("/")
    return parts.scheme in ("http", "https") and bool(parts.hostname)
