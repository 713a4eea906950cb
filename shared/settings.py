"""Settings that every service shares; read once, in each `__main__`, never at import."""

import base64
import binascii
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.contracts.topics import PARTITIONS

EMBEDDED_SCHEME = "embedded://"
KAFKA_SCHEME = "kafka://"
Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseSettings):
    """Names and meanings are fixed by design §3; every variable has the prefix `TANGGAP_`."""

    model_config = SettingsConfigDict(env_prefix="TANGGAP_", frozen=True, extra="ignore")

    data_dir: Path = Field(
        default=Path("var"), description="Folder of the database, keys, files and run.json."
    )
    demo: bool = Field(default=False, description="Made by `--demo`: seeded data and accounts.")
    database_url: str = Field(
        default="",
        description="`sqlite:///…` or `postgresql+psycopg://…`; default `<data>/tanggap.db`.",
    )
    broker_url: str = Field(
        default=EMBEDDED_SCHEME, description="`embedded://` or `kafka://host:9092,…`."
    )
    broker_session_seconds: float = Field(
        default=30.0, gt=0, le=300, description="Session time-out of consumers (embedded: 6)."
    )
    broker_username: str = Field(default="", description="SASL user name; empty: no SASL.")
    broker_password: SecretStr = Field(default=SecretStr(""), description="SASL password.")
    broker_tls: bool = Field(default=False, description="Speak TLS to the broker.")
    topic_prefix: str = Field(
        default="",
        pattern=r"^[a-z0-9.\-]{0,40}$",
        description="Put before topics and groups where several installations share a cluster.",
    )
    topic_replicas: int = Field(
        default=1, ge=1, le=7, description="Replication factor for `topics apply`."
    )
    topic_partitions: int = Field(
        default=PARTITIONS,
        ge=1,
        le=256,
        description="Partitions of each topic for `topics apply`.",
    )
    master_key: SecretStr | None = Field(
        default=None, description="32 bytes in base64: wraps the key of every ticket. No default."
    )
    files_url: str = Field(
        default="", description="Where attachments lie: `file:///…` or `s3://bucket/prefix`."
    )
    gazetteer: str = Field(
        default="",
        description="Folder of the regions' place names, `<region>.csv`, written by "
        "`tanggap import places`; default `<data>/gazetteer`.",
    )
    public_url: str = Field(
        default="", description="Address of the reverse proxy, such as `https://lapor.example.id`."
    )
    emergency_number: str = Field(
        default="112",
        pattern=r"^\+?[0-9]{2,15}$",
        description="Number that pages and the reply to an emergency tell citizens to call.",
    )
    default_region: str = Field(
        default="", description="Region of a message that names none (demo: `paser`)."
    )
    host: str = Field(default="127.0.0.1", description="Address the services listen on.")
    desk_port: Port = Field(default=8000, description="Staff and public score pages.")
    ingest_port: Port = Field(default=8001, description="Citizens' pages and API.")
    classifier_port: Port = Field(default=8011, description="Health and metrics of classifier.")
    scoring_port: Port = Field(default=8012, description="Health and metrics of scoring.")
    dependency_seconds: float = Field(
        default=60.0,
        gt=0,
        le=120,
        description="How long a consumer retries while a dependency is away, before it exits.",
    )
    batch_size: int = Field(
        default=500, ge=1, le=5000, description="Most events a transaction (SQLite: 100)."
    )

    @field_validator("broker_url")
    @classmethod
    def _known_broker(cls, value: str) -> str:
        if value.startswith(KAFKA_SCHEME) and len(value) > len(KAFKA_SCHEME):
            return value
        if value == EMBEDDED_SCHEME:
            return value
        raise ValueError("use embedded:// or kafka://host:port[,host:port…]")

    @model_validator(mode="before")
    @classmethod
    def _defaults_from_data_dir(cls, values: dict[str, object]) -> dict[str, object]:
        data = Path(str(values.get("data_dir") or "var")).absolute()
        values["data_dir"] = data
        values["database_url"] = values.get("database_url") or f"sqlite:///{data / 'tanggap.db'}"
        values["gazetteer"] = values.get("gazetteer") or str(data / "gazetteer")
        values["files_url"] = values.get("files_url") or (data / "files").as_uri()
        return values

    @model_validator(mode="after")
    def _no_placeholder_secret(self) -> Self:
        for secret in (self.master_key, self.broker_password):
            if secret and secret.get_secret_value() == "changethis" and not self.demo:
                raise ValueError("a secret still reads 'changethis': set a real one")
        return self

    def neighbour(self, url: str, port: int) -> str:
        """Address of the service on `port`, as who came by `url` reaches it; no slash at the end.

        The reverse proxy joins all under one name; without one the host stays and the port changes.
        """
        if self.public_url:
            return self.public_url.rstrip("/")
        parts = urlsplit(url)
        host = parts.hostname or self.host
        return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    @property
    def bootstrap_servers(self) -> list[str]:
        """Addresses of the brokers; an embedded broker is named by the supervisor beforehand."""
        return self.broker_url.removeprefix(KAFKA_SCHEME).split(",")

    def topic(self, name: str) -> str:
        """The topic's (or group's) name on this installation's broker."""
        return f"{self.topic_prefix}{name}"

    def master_key_bytes(self) -> bytes:
        """The master key; raises `ValueError` with the remedy when it is missing or malformed."""
        if self.master_key is None:
            raise ValueError("TANGGAP_MASTER_KEY is not set: 32 random bytes in base64")
        try:
            key = base64.b64decode(self.master_key.get_secret_value(), validate=True)
        except binascii.Error as error:
            raise ValueError("TANGGAP_MASTER_KEY is not base64") from error
        if len(key) != 32:
            raise ValueError("TANGGAP_MASTER_KEY must hold exactly 32 bytes")
        return key
