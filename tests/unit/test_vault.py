"""The vault: what it seals opens only with the right key in the right place."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import TanggapError
from shared.privacy.vault import UnsealError, Vault, master_key_bytes, new_master_key

VAULT = Vault(bytes(range(32)))


@given(st.binary(max_size=2000), st.text(max_size=40))
def test_open_gives_back_what_seal_took(plain: bytes, context: str) -> None:
    _, key = VAULT.new_key()
    sealed = VAULT.seal(key, plain, context)
    assert VAULT.open(key, sealed, context) == plain
    assert sealed != VAULT.seal(key, plain, context)


def test_nothing_opens_with_another_key_context_or_changed_bytes() -> None:
    wrapped, key = VAULT.new_key()
    _, other = VAULT.new_key()
    sealed = VAULT.seal(key, b"rahasia", "complaint/text:A")
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for attempt in (
        (other, sealed, "complaint/text:A"),
        (key, sealed, "complaint/text:B"),
        (key, changed, "complaint/text:A"),
        (key, b"", "complaint/text:A"),
        (key, b"\x02" + sealed[1:], "complaint/text:A"),
    ):
        with pytest.raises(UnsealError):
            VAULT.open(*attempt)
    assert VAULT.unwrap(wrapped) == key
    with pytest.raises(UnsealError):
        Vault(bytes(32)).unwrap(wrapped)


def test_a_keyed_hash_needs_the_master_key() -> None:
    assert VAULT.keyed_hash("+628123456789") == VAULT.keyed_hash("+628123456789")
    assert VAULT.keyed_hash("+628123456789") != Vault(bytes(32)).keyed_hash("+628123456789")


def test_master_keys_are_read_in_both_spellings_and_weak_ones_refused() -> None:
    raw = bytes(range(32))
    assert master_key_bytes(base64.b64encode(raw).decode()) == raw
    assert master_key_bytes(base64.urlsafe_b64encode(raw).decode().rstrip("=")) == raw
    assert master_key_bytes(raw.hex()) == raw
    assert len(master_key_bytes(new_master_key())) == 32
    for weak in ("", "changethis", "not base64 at all!", base64.b64encode(b"short").decode()):
        with pytest.raises(TanggapError):
            Vault.from_text(weak)
