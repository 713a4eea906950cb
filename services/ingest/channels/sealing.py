"""A message as it is kept: sealed under a key of its own row, whole, with the sender in it."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson

from services.ingest.channels.message import Media, MediaKind, Message, Part, Point
from shared.privacy.vault import Vault


def seal(vault: Vault, message: Message, context: str) -> tuple[bytes, bytes]:
    """The row's wrapped key and its sealed bytes; they open under the same context only."""
    wrapped, key = vault.new_key()
    return wrapped, vault.seal(key, _dumped(message), _place(context))


def unseal(vault: Vault, wrapped: bytes, sealed: bytes, context: str) -> Message:
    """What was sealed; raises `UnsealError` when it is not this row's."""
    return _message(orjson.loads(vault.open(vault.unwrap(wrapped), sealed, _place(context))))


def _place(context: str) -> str:
    return f"message:{context}"


def _dumped(message: Message) -> bytes:
    try:
        return orjson.dumps(message)
    except TypeError:  # half of a pair of code points: somebody sent it, so it is kept as a mark
        return orjson.dumps(_whole(asdict(message)))


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, tuple | list) else value


def _message(doc: dict[str, Any]) -> Message:
    point, part, sent_at = doc["point"], doc["part"], doc["sent_at"]
    rest = {name: value for name, value in doc.items() if name not in _NESTED}
    return Message(
        **rest,
        sent_at=datetime.fromisoformat(sent_at) if sent_at else None,
        media=tuple(Media(**item | {"kind": MediaKind(item["kind"])}) for item in doc["media"]),
        point=Point(**point) if point else None,
        part=Part(**part) if part else None,
    )


_NESTED = frozenset({"sent_at", "media", "point", "part"})
