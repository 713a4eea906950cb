"""The common base of every wire event: frozen; producers forbid extra fields, consumers ignore."""

from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

OPDCode = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9]{1,15}/[a-z0-9][a-z0-9-]{0,47}$", max_length=64)
]
RegionCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{1,15}$")]
Instant = AwareDatetime


class WireModel(BaseModel):
    """Base of all that travels: built strictly by producers, read leniently by consumers."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_timedelta="iso8601")

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Read a value as a consumer does: fields of a newer producer are ignored.

        Raises `pydantic.ValidationError` when the value is not of this model.
        """
        return cls.model_validate_json(value, extra="ignore")

    def encode(self) -> bytes:
        """JSON bytes of the value; the envelope is not part of it."""
        return self.model_dump_json().encode()

    def as_json(self) -> dict[str, Any]:
        """The value as plain JSON types."""
        return self.model_dump(mode="json")
