"""Settings of the intake; those every service shares are in `shared.settings`."""

from pydantic import Field, SecretStr

from shared.settings import Settings

_MEGABYTE = 1024 * 1024
DEFAULT_PER_MINUTE = 10


class IngestSettings(Settings):
    """Prefix `TANGGAP_`, read once at start."""

    intake_per_minute: int | None = Field(
        default=None,
        ge=0,
        description="Submissions a minute per sender (phone, ticket); 0: no limit. Default 10, "
        "with `--demo` 0.",
    )
    intake_per_minute_address: int = Field(
        default=600,
        ge=0,
        description="The same per network address; high, since mobile operators put thousands "
        "behind one. 0: no limit.",
    )
    tracking_guesses: int = Field(
        default=10, ge=1, description="Wrong tracking codes per ticket in 15 minutes."
    )
    body_max_bytes: int = Field(
        default=1_000_000, ge=10_000, description="Largest body without attachments."
    )
    body_seconds: float = Field(
        default=300, gt=0, description="How long a body may take to arrive; past it: 408."
    )
    files_max_count: int = Field(default=5, ge=0, le=20, description="Attachments a submission.")
    files_max_bytes: int = Field(
        default=5 * _MEGABYTE, ge=1, description="Largest attachment in bytes."
    )
    files_total_bytes: int = Field(
        default=15 * _MEGABYTE, ge=1, description="Largest submission with attachments in bytes."
    )
    files_max_pixels: int = Field(
        default=50_000_000, ge=1_000_000, description="Largest image in pixels."
    )
    uploads_max_bytes: int = Field(
        default=256 * _MEGABYTE,
        ge=_MEGABYTE,
        description="Attachments held in memory at once, over all requests; past it: 503.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses whose X-Forwarded-For is believed (comma-separated).",
    )
    ingest_threads: int = Field(
        default=40, ge=4, le=200, description="Requests handled at the same time."
    )
    notice_file: str = Field(
        default="",
        description="For development: messages of channels without a sender go to this file, with "
        "words and addresses; `-`: to the console. Empty: they are not sent.",
    )

    hook_open311_secrets: SecretStr = Field(
        default=SecretStr(""),
        description="API keys of Open311 clients; comma-separated, newest first. None set: nobody "
        "files reports through Open311.",
    )

    @property
    def open311_keys(self) -> tuple[str, ...]:
        """The live API keys of Open311, newest first."""
        listed = self.hook_open311_secrets.get_secret_value().split(",")
        return tuple(key for part in listed if (key := part.strip()))

    @property
    def per_minute(self) -> int:
        """The limit per sender in force."""
        if self.intake_per_minute is None:
            return 0 if self.demo else DEFAULT_PER_MINUTE
        return self.intake_per_minute

    @property
    def per_minute_address(self) -> int:
        """The limit per address in force: none where senders have none."""
        return self.intake_per_minute_address if self.per_minute else 0

    @property
    def site(self) -> str:
        """Where citizens reach the pages, without a slash at the end."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.ingest_port}"
