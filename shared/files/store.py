"""Where sealed files lie: a folder or a bucket behind one URL (`file://`, `s3://`).

The store sees sealed bytes under random names; it knows neither tickets nor keys.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from shared.errors import TransientError

_PRIVATE_DIRECTORY = 0o700
EVIDENCE = "evidence/"
"""Objects of desk; whatever has another name is of the intake. Each sweeps only its own."""


class MissingFileError(LookupError):
    """The store holds no object of that name."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as the store lists it."""

    name: str
    size: int
    modified_at: datetime


class FileStore:
    """Puts, gets, lists and deletes objects; a store that is away raises `TransientError`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._folder = Path(unquote(parts.path)) if parts.scheme == "file" else None
        self._store = _open(url, self._folder)

    def put(self, name: str, content: bytes) -> None:
        """Write an object; when this returns it survives a crash of the machine."""
        try:
            obstore.put(self._store, name, content)
            self._sync(name)
        except (OSError, BaseError) as error:
            raise TransientError(f"file store: {type(error).__name__}") from error

    def get(self, name: str) -> bytes:
        """The object's bytes, or `MissingFileError`."""
        try:
            return bytes(obstore.get(self._store, name).bytes())
        except FileNotFoundError as error:
            raise MissingFileError(name) from error
        except (OSError, BaseError) as error:
            raise TransientError(f"file store: {type(error).__name__}") from error

    def delete(self, name: str) -> None:
        """Remove an object; one that is not there is no error."""
        try:
            with suppress(FileNotFoundError):
                obstore.delete(self._store, name)
        except (OSError, BaseError) as error:
            raise TransientError(f"file store: {type(error).__name__}") from error

    def list(self, prefix: str | None = None) -> Iterator[StoredObject]:
        """Every object (below a folder, if `prefix` names one), in no particular order."""
        try:
            for batch in obstore.list(self._store, prefix):
                for item in batch:
                    yield StoredObject(item["path"], item["size"], item["last_modified"])
        except (OSError, BaseError) as error:
            raise TransientError(f"file store: {type(error).__name__}") from error

    def ready(self) -> bool | str:
        """Whether the store answers (for `/readyz`)."""
        if self._folder is not None:
            return os.access(self._folder, os.W_OK) or "not writable"
        try:
            next(iter(obstore.list(self._store, chunk_size=1)), None)
        except (OSError, BaseError) as error:
            return f"failed: {type(error).__name__}"
        return True

    def _sync(self, name: str) -> None:
        # A local put ends with a rename: without these the file could be gone after a power
        # cut although its row is there.
        if self._folder is None:
            return
        path = self._folder / name
        for target in (path, path.parent):
            descriptor = os.open(target, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _open(url: str, folder: Path | None) -> ObjectStore:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_DIRECTORY)
        return LocalStore(folder)
    return from_url(url)
