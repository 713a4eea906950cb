"""Sealing what must stay private: one data key a ticket, wrapped by the master key.

Destroying the wrapped key makes everything sealed with it unreadable for ever (erasure). The
module knows keys and bytes, not where either is stored.
"""

import base64
import binascii
import hmac
import os
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.errors import TanggapError

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = b"\x01"
_WRAP_CONTEXT = "tanggap/data-key"


class UnsealError(TanggapError):
    """The sealed bytes cannot be opened: wrong key, wrong context or changed bytes."""


class Vault:
    """Seals with AES-256-GCM; `context` binds sealed bytes to the place they belong to."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) < KEY_BYTES:
            raise TanggapError(f"the master key must have at least {KEY_BYTES} bytes")
        self._wrap_key = _derive(master_key, b"tanggap/wrap/1")
        self._hash_key = _derive(master_key, b"tanggap/hash/1")

    @classmethod
    def from_text(cls, master_key: str) -> "Vault":
        """A vault from the key as it stands in settings: base64 or hexadecimal."""
        return cls(master_key_bytes(master_key))

    def new_key(self) -> tuple[bytes, bytes]:
        """A fresh data key: (wrapped, to be stored; plain, to be used and forgotten)."""
        key = AESGCM.generate_key(KEY_BYTES * 8)
        return self.seal(self._wrap_key, key, _WRAP_CONTEXT), key

    def unwrap(self, wrapped: bytes) -> bytes:
        """The data key of a stored wrapped key."""
        return self.open(self._wrap_key, wrapped, _WRAP_CONTEXT)

    def seal(self, key: bytes, plaintext: bytes, context: str) -> bytes:
        """Encrypt; the same plaintext never gives the same bytes twice."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + AESGCM(key).encrypt(nonce, plaintext, context.encode())

    def open(self, key: bytes, sealed: bytes, context: str) -> bytes:
        """Decrypt what `seal` made with the same key and context, else raise `UnsealError`."""
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if sealed[:1] != _VERSION or len(body) < 16:
            raise UnsealError("sealed bytes are of an unknown form")
        try:
            return AESGCM(key).decrypt(nonce, body, context.encode())
        except InvalidTag as error:
            raise UnsealError("sealed bytes do not open with this key and context") from error

    def keyed_hash(self, value: str) -> str:
        """A hash to look a value up by, of no use to anyone without the master key."""
        return hmac.new(self._hash_key, value.encode(), sha256).hexdigest()


def new_master_key() -> str:
    """A fresh master key as it is written to a key file (base64)."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def master_key_bytes(text: str) -> bytes:
    """The bytes of a master key written as hexadecimal or base64 (standard or URL-safe)."""
    cleaned = "".join(text.split())
    try:
        if len(cleaned) >= 2 * KEY_BYTES and not set(cleaned.lower()) - set("0123456789abcdef"):
            key = bytes.fromhex(cleaned)
        else:
            key = base64.b64decode(
                cleaned.replace("-", "+").replace("_", "/") + "=" * (-len(cleaned) % 4),
                validate=True,
            )
    except (ValueError, binascii.Error) as error:
        raise TanggapError("the master key is neither base64 nor hexadecimal") from error
    if len(key) < KEY_BYTES:
        raise TanggapError(f"the master key must have at least {KEY_BYTES} bytes")
    return key


def _derive(master_key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(master_key)
