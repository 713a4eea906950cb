"""What the pages say, by key and language; the sentences are data (`words.toml`)."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from services.ingest.words import Lang


@cache
def words() -> Mapping[str, tuple[str, str]]:
    """Every key with its Indonesian and English sentence."""
    text = Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
    return {key: (pair[0], pair[1]) for key, pair in tomllib.loads(text).items()}


def word(key: str, lang: Lang) -> str:
    """The sentence of a key."""
    indonesian, english = words()[key]
    return english if lang == "en" else indonesian
