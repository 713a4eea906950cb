"""Keyed hashes by which messages, their senders and receipts are found; without any address.

They are of no use without the master key, and one kind of hash never equals another.
"""

from shared.contracts.enums import Channel
from shared.privacy.vault import Vault


def message_hash(vault: Vault, channel: Channel, provider_id: str) -> str:
    """What tells a message from every other one: `ingest_messages.key_hash`."""
    return vault.keyed_hash(f"message:{channel.value}:{provider_id}")


def sender_hash(vault: Vault, channel: Channel, sender: str) -> str:
    """Who wrote, on that channel: the same in messages, talks and deliveries."""
    return vault.keyed_hash(f"sender:{channel.value}:{sender}")


def group_hash(vault: Vault, channel: Channel, sender: str, group: str) -> str:
    """An album, or the pieces of a long SMS, of one sender."""
    return vault.keyed_hash(f"group:{channel.value}:{sender}:{group}")


def provider_hash(vault: Vault, channel: Channel, provider_id: str) -> str:
    """A message of ours by the provider's id: receipts name it."""
    return vault.keyed_hash(f"sent:{channel.value}:{provider_id}")
