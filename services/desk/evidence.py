"""Evidence files: inspected, written anew, each sealed with a key of its own, then listed.

The object comes first and the row that names it in the entry's transaction, so a row never points
at nothing; objects without a row are orphans and are swept.
"""

import threading
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from services.desk.api.inputs import is_plain
from services.desk.evaluation import MAX_FILES, EvaluationError
from shared.db.engine import Database
from shared.db.tables.evaluation import desk_assessments, desk_followups
from shared.files.inspection import CleanFile, RejectedFileError, clean
from shared.files.store import EVIDENCE, FileStore
from shared.privacy.mask import mask
from shared.privacy.vault import Vault

MAX_FILE_BYTES = 5 * 1024 * 1024
_ORPHAN_AGE = timedelta(hours=6)
_LONGEST_NAME = 80
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
_REJECTED = {
    "empty": "Berkas ini kosong. Pilih berkas lain.",
    "type": "Jenis berkas ini tidak diterima. Unggah foto (JPEG, PNG, WebP) atau PDF.",
    "pixels": "Gambar ini terlalu besar. Perkecil dahulu.",
    "damaged": "Berkas ini rusak atau bukan yang dikatakan namanya. Simpan ulang, lalu unggah.",
    "active": "PDF ini memuat skrip atau lampiran. Cetak ulang menjadi PDF biasa.",
    "encrypted": "PDF ini terkunci kata sandi. Unggah yang tidak terkunci.",
}
# Decoding is what takes memory: never more than two images at once.
_decoders = threading.Semaphore(2)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent."""

    name: str
    content: bytes


class EvidenceShelf:
    """Puts the files of one entry on the shelf; `clear` takes them back when it is refused.

    After any other trouble they are left to the sweep: the commit may have gone through.
    """

    def __init__(self, files: FileStore | None, vault: Vault | None, now: datetime) -> None:
        self._files = files
        self._vault = vault
        self._now = now
        self._names: list[str] = []

    def put(self, uploads: Sequence[Upload]) -> list[dict[str, Any]]:
        """Clean, seal and write the files; their pieces of evidence, or `EvaluationError`."""
        if not uploads:
            return []
        if self._files is None or self._vault is None:
            raise EvaluationError(
                "files", "Berkas tidak dapat disimpan di sini sekarang. Isi tautan sebagai bukti."
            )
        kept = _cleaned(uploads)
        return [
            self._put(file, upload.name, self._files, self._vault)
            for upload, file in zip(uploads, kept, strict=True)
        ]

    def _put(self, file: CleanFile, name: str, files: FileStore, vault: Vault) -> dict[str, Any]:
        object_name = f"{EVIDENCE}{self._now:%Y/%m}/{uuid4().hex}"
        wrapped, key = vault.new_key()
        self._names.append(object_name)
        files.put(object_name, vault.seal(key, file.content, object_name))
        return {
            "kind": "file",
            "name": _shown_name(name, file.media_type),
            "object": object_name,
            "type": file.media_type,
            "size": len(file.content),
            "sha256": sha256(file.content).hexdigest(),
            "key": b64encode(wrapped).decode(),
        }

    def clear(self) -> None:
        """Remove what was put."""
        for name in self._names:
            if self._files is not None:
                self._files.delete(name)
        self._names.clear()


def open_piece(piece: Mapping[str, Any], files: FileStore, vault: Vault) -> bytes:
    """The content of a stored file; raises `MissingFileError` or `UnsealError`."""
    name = str(piece["object"])
    key = vault.unwrap(b64decode(piece["key"]))
    return vault.open(key, files.get(name), name)


def shown(evidence: Sequence[Mapping[str, Any]], url: str) -> list[dict[str, Any]]:
    """The pieces as staff see them: neither keys nor names of objects; files below `url`."""
    pieces: list[dict[str, Any]] = []
    for number, piece in enumerate(evidence):
        found: dict[str, Any] = {"n": number, "kind": piece["kind"]}
        if piece["kind"] == "link":
            found["url"] = piece["url"]
        else:
            found |= {name: piece[name] for name in ("name", "type", "size", "sha256")}
            found["url"] = f"{url}/{number}"
        pieces.append(found)
    return pieces


def sweep(database: Database, store: FileStore, now: datetime) -> int:
    """Remove evidence that no row names and that is too old to be on its way; how many."""
    old = [item.name for item in store.list(EVIDENCE) if item.modified_at < now - _ORPHAN_AGE]
    if not old:
        return 0
    known: set[str] = set()
    with database.read() as conn:
        for table in (desk_assessments, desk_followups):
            for evidence in conn.execute(select(table.c.evidence)).scalars():
                known |= {piece["object"] for piece in evidence if piece["kind"] == "file"}
    orphans = [name for name in old if name not in known]
    for name in orphans:
        store.delete(name)
    return len(orphans)


def _cleaned(uploads: Sequence[Upload]) -> list[CleanFile]:
    if len(uploads) > MAX_FILES:
        raise EvaluationError("files", f"Terlalu banyak berkas. Unggah paling banyak {MAX_FILES}.")
    if any(len(upload.content) > MAX_FILE_BYTES for upload in uploads):
        most = MAX_FILE_BYTES // (1024 * 1024)
        raise EvaluationError(
            "files", f"Berkas terlalu besar. Paling besar {most} MB setiap berkas."
        )
    found = []
    for upload in uploads:
        try:
            with _decoders:
                found.append(clean(upload.content))
        except RejectedFileError as error:
            raise EvaluationError("files", _REJECTED[error.reason]) from error
    return found


def _shown_name(name: str, media_type: str) -> str:
    """The name to show: no folders, no personal data, and the ending of what it really is."""
    base = name.replace("\\", "/").rpartition("/")[2]
    stem = base.rpartition(".")[0] or base
    plain = stem if is_plain(stem) else ""
    words = " ".join(mask(plain[:_LONGEST_NAME]).text.split())
    return f"{words or 'bukti'}.{_ENDINGS.get(media_type, 'bin')}"
