"""Reads the policy files once, checks them and answers which rules hold on a day.

Any fault in a file stops the start with one line that names the file and the field.
"""

import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import TanggapError
from shared.policy.instrument import Instrument
from shared.policy.model import (
    DayOff,
    DeadlinePolicy,
    IndexPolicy,
    PolicyNames,
    SKMPolicy,
)

FOLDER = Path(__file__).parent


class PolicyError(TanggapError):
    """A policy file is wrong; the message names the file and the field."""


class PolicySet:
    """The rules in force together, under one name."""

    __slots__ = ("deadlines", "index", "instrument", "names", "skm")

    def __init__(
        self,
        names: PolicyNames,
        deadlines: DeadlinePolicy,
        index: IndexPolicy,
        skm: SKMPolicy,
        instrument: Instrument,
    ) -> None:
        self.names = names
        self.deadlines = deadlines
        self.index = index
        self.skm = skm
        self.instrument = instrument

    @property
    def name(self) -> str:
        """The version: what a case remembers and a score names."""
        return self.names.name

    def versions(self) -> dict[str, str]:
        """The version of every part, for explanations."""
        return self.names.model_dump(include={"name", "deadlines", "index", "skm", "pekppp"})


class PolicyBook:
    """All versions, and the days off of all regions."""

    def __init__(self, sets: Sequence[PolicySet], days_off: Sequence[DayOff]) -> None:
        self._sets = sorted(sets, key=lambda found: found.names.effective_from)
        self._starts = [found.names.effective_from for found in self._sets]
        self._by_name = {found.name: found for found in sets}
        self.days_off = tuple(days_off)

    def at(self, day: date) -> PolicySet:
        """The set in force on a local day; before the first one, the first."""
        return self._sets[max(bisect_right(self._starts, day) - 1, 0)]

    def version(self, name: str) -> PolicySet | None:
        """The set of that name, or none."""
        return self._by_name.get(name)

    def for_case(self, name: str, received: date) -> PolicySet:
        """The set a case keeps; an unknown name falls back on the day of receipt."""
        return self._by_name.get(name) or self.at(received)

    def speed_hours(self) -> tuple[int, ...]:
        """The limits in hours of every instrument's response speed."""
        levels = (level for found in self._sets for level in found.instrument.response_speed.levels)
        return tuple(sorted({level.within_hours for level in levels}))

    def days_off_of(self, region: str, received: date) -> tuple[date, ...]:
        """Days off that count for a case received on that day in the region."""
        return tuple(
            found.date
            for found in self.days_off
            if found.region in (None, region)
            and (found.published is None or found.published <= received)
        )

    def published_days(self, region: str) -> tuple[date, ...]:
        """Days on which the region's calendar changed for cases received from then on."""
        changes = {d.published for d in self.days_off if d.region in (None, region) and d.published}
        return tuple(sorted(changes))


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Deadlines(_File):
    deadlines: tuple[DeadlinePolicy, ...]


class _Index(_File):
    index: tuple[IndexPolicy, ...]


class _SKM(_File):
    skm: tuple[SKMPolicy, ...]


class _PEKPPP(_File):
    instrument: tuple[Instrument, ...]


class _Sets(_File):
    sets: tuple[PolicyNames, ...] = Field(alias="set")


class _Calendar(_File):
    day: tuple[DayOff, ...] = ()


_FileT = TypeVar("_FileT", bound=_File)


def _read(path: Path, shape: type[_FileT]) -> _FileT:
    where = f"{path.parent.name}/{path.name}"
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(), parse_float=Decimal)
        return shape.model_validate(values)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise PolicyError(f"{where}: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise PolicyError(f"{where}: {field}: {first['msg']}") from error


_Named = TypeVar("_Named", DeadlinePolicy, IndexPolicy, SKMPolicy, Instrument)


def _named(found: Iterable[_Named], file: str) -> dict[str, _Named]:
    by_name: dict[str, _Named] = {}
    for policy in found:
        if policy.name in by_name:
            raise PolicyError(f"{file}: {policy.name} is there twice")
        by_name[policy.name] = policy
    return by_name


def _pick(versions: dict[str, _Named], name: str, file: str) -> _Named:
    if name not in versions:
        raise PolicyError(f"policies.toml names {name}, which {file} does not hold")
    return versions[name]


def read_policies(folder: Path) -> PolicyBook:
    """Read and check every policy file of a folder; raises `PolicyError` at the first fault."""
    deadlines = _named(_read(folder / "deadlines.toml", _Deadlines).deadlines, "deadlines.toml")
    index = _named(_read(folder / "index.toml", _Index).index, "index.toml")
    skm = _named(_read(folder / "skm.toml", _SKM).skm, "skm.toml")
    instruments = _named(_read(folder / "pekppp.toml", _PEKPPP).instrument, "pekppp.toml")
    sets = [
        PolicySet(
            names,
            _pick(deadlines, names.deadlines, "deadlines.toml"),
            _pick(index, names.index, "index.toml"),
            _pick(skm, names.skm, "skm.toml"),
            _pick(instruments, names.pekppp, "pekppp.toml"),
        )
        for names in _read(folder / "policies.toml", _Sets).sets
    ]
    if not sets:
        raise PolicyError("policies.toml holds no set")
    if len({found.name for found in sets}) < len(sets):
        raise PolicyError("policies.toml: two sets have one name")
    if len({found.names.effective_from for found in sets}) < len(sets):
        raise PolicyError("policies.toml: two sets begin on one day")
    return PolicyBook(sets, _days_off(folder / "calendar"))


def _days_off(folder: Path) -> list[DayOff]:
    days: list[DayOff] = []
    seen: set[tuple[date, str | None]] = set()
    for path in sorted(folder.glob("*.toml")):
        for day in _read(path, _Calendar).day:
            if (day.date, day.region) in seen:
                raise PolicyError(f"{path.name}: {day.date} is there twice")
            if path.stem.isdigit() and day.date.year != int(path.stem):
                raise PolicyError(f"{path.name}: {day.date} is of another year")
            seen.add((day.date, day.region))
            days.append(day)
    return days


@lru_cache(maxsize=1)
def load_policies() -> PolicyBook:
    """The committed policies, read once a process."""
    return read_policies(FOLDER)
