"""The masker's word lists, read once from `words.toml`."""

import tomllib
from importlib.resources import files

_LISTS: dict[str, str] = tomllib.loads((files(__package__) / "words.toml").read_text("utf-8"))


def words(name: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(_LISTS[name].split())
