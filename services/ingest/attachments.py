"""Attachments on their way in: inspected, cleaned, sealed, then written before their rows.

The object comes first and the row in the submission's transaction, so a row never points at
nothing; objects without a row are orphans and are swept.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from services.ingest.ports import Files
from services.ingest.refusals import Flaw, Refusal, RefusedError, invalid
from services.ingest.settings import IngestSettings
from shared.db.engine import Database
from shared.db.read.intake import FILE_CONTEXT, sealed_context
from shared.db.tables.ingest import ingest_files
from shared.files.inspection import CleanFile, ImageLimits, RejectedFileError, clean
from shared.files.recordings import clean_recording
from shared.files.store import EVIDENCE, FileStore
from shared.privacy.vault import Vault

FIELD = "files"
_MEGABYTE = 1024 * 1024
_ORPHAN_AGE = timedelta(hours=6)
# Decoding is what takes memory: never more than two images at once.
_decoders = threading.Semaphore(2)


@dataclass(frozen=True, slots=True)
class FileRules:
    """What a submission may carry."""

    max_count: int
    max_bytes: int
    images: ImageLimits

    @classmethod
    def of(cls, settings: IngestSettings) -> "FileRules":
        """The rules that the settings state."""
        return cls(
            settings.files_max_count,
            settings.files_max_bytes,
            ImageLimits(max_pixels=settings.files_max_pixels),
        )


def cleaned(contents: Sequence[bytes], rules: FileRules) -> list[CleanFile]:
    """The files to keep, or a refusal that names the one at fault."""
    if len(contents) > rules.max_count:
        raise invalid(Flaw(FIELD, "files_count", {"max": rules.max_count}))
    for place, content in enumerate(contents):
        if len(content) > rules.max_bytes:
            raise RefusedError(
                Refusal.TOO_LARGE,
                [Flaw(f"{FIELD}.{place}", "file_size", {"max": rules.max_bytes // _MEGABYTE})],
            )
    return [_cleaned_one(place, content, rules) for place, content in enumerate(contents)]


def keepable(contents: Sequence[bytes], rules: FileRules) -> tuple[tuple[CleanFile, ...], int]:
    """The files that can be kept, and how many cannot: a message is never lost for one.

    Messages also bring voice notes and videos; forms do not.
    """
    found: list[CleanFile] = []
    for content in contents[: rules.max_count]:
        with suppress(RefusedError, RejectedFileError):
            recording = clean_recording(content) if len(content) <= rules.max_bytes else None
            found += [recording] if recording else cleaned([content], rules)
    return tuple(found), len(contents) - len(found)


def _cleaned_one(place: int, content: bytes, rules: FileRules) -> CleanFile:
    try:
        with _decoders:
            return clean(content, rules.images)
    except RejectedFileError as error:
        raise invalid(Flaw(f"{FIELD}.{place}", f"file_{error.reason}")) from error


class Shelf:
    """Puts the files of one submission on the shelf; `clear` takes them back if it fails."""

    def __init__(self, files: Files, vault: Vault) -> None:
        self._files = files
        self._vault = vault
        self._names: list[str] = []

    def put(
        self,
        key: bytes,
        ticket: str,
        clean_files: Sequence[CleanFile],
        now: datetime,
        act_id: str | None = None,
    ) -> list[dict[str, Any]]:
        """Seal and write the files; returns their rows."""
        rows = []
        for position, file in enumerate(clean_files):
            file_id = uuid4().hex
            name = f"{now:%Y/%m/%d}/{uuid4().hex}"
            self._names.append(name)
            sealed = self._vault.seal(key, file.content, sealed_context(FILE_CONTEXT, file_id))
            self._files.put(name, sealed)
            rows.append(
                {
                    "file_id": file_id,
                    "ticket": ticket,
                    "act_id": act_id,
                    "position": position,
                    "object_name": name,
                    "media_type": file.media_type,
                    "size": len(file.content),
                    "width": file.width,
                    "height": file.height,
                    "created_at": now,
                }
            )
        return rows

    def clear(self) -> None:
        """Remove what was put: the submission was not accepted."""
        for name in self._names:
            self._files.delete(name)
        self._names.clear()


def sweep_orphans(database: Database, store: FileStore, now: datetime) -> int:
    """Remove objects that no row names and that are too old to be on their way; how many."""
    old = [
        item.name
        for item in store.list()
        if item.modified_at < now - _ORPHAN_AGE and not item.name.startswith(EVIDENCE)
    ]
    removed = 0
    for start in range(0, len(old), 500):
        chunk = old[start : start + 500]
        with database.read() as conn:
            known = set(
                conn.execute(
                    select(ingest_files.c.object_name).where(ingest_files.c.object_name.in_(chunk))
                ).scalars()
            )
        for name in chunk:
            if name not in known:
                store.delete(name)
                removed += 1
    return removed
