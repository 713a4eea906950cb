"""Whether a live secret made a call: compared in constant time, over every live secret.

Knows neither a channel nor a body's meaning. Without any secret nothing passes.
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Sequence

from services.ingest.channels.message import HookKeys, HookRequest

# Where a gateway without a signature scheme may put the secret besides the path and Basic.
SECRET_HEADER = "x-tanggap-secret"  # noqa: S105 - the name of a header, not what is in it


def matches(expected: bytes | str, given: bytes | str | None) -> bool:
    """Whether both are the same, told in a time that says nothing of where they differ."""
    if given is None:
        return False
    return hmac.compare_digest(raw(expected), raw(given))


def signed(secrets: Sequence[str], given: str | None, sign: Callable[[bytes], bytes | str]) -> bool:
    """Whether one of the secrets made the signature; each is tried, whichever it is."""
    found = False
    for secret in secrets:
        if secret:
            found |= matches(sign(raw(secret)), given)
    return found


def known(secrets: Sequence[str], given: str | None) -> bool:
    """Whether what was given is itself one of the secrets."""
    return signed(secrets, given, bytes)


def hmac_hex(secret: bytes, signed_bytes: bytes, method: str = "sha256") -> str:
    """The HMAC in lower-case hexadecimal."""
    return hmac.new(secret, signed_bytes, method).hexdigest()


def hmac_base64(secret: bytes, signed_bytes: bytes, method: str = "sha256") -> str:
    """The HMAC in base64 with padding."""
    return base64.b64encode(hmac.new(secret, signed_bytes, method).digest()).decode()


def carries_secret(request: HookRequest, keys: HookKeys) -> bool:
    """Whether the call carries a live secret as gateways without signatures can.

    In the path; as the password of Basic, or as `user:password` of it where the secret is set so;
    in the header of `options["secret_header"]`. All places are looked at.
    """
    header = keys.options.get("secret_header", SECRET_HEADER).lower()
    user_and_password = _basic(request.headers.get("authorization", ""))
    password = user_and_password.partition(":")[2] if user_and_password else None
    found = False
    for given in (request.path_secret, user_and_password, password, request.headers.get(header)):
        found |= known(keys.secrets, given)
    return found


def raw(value: bytes | str) -> bytes:
    """The bytes of a text, also of one that is no proper Unicode."""
    return value if isinstance(value, bytes) else value.encode(*_CODEC)


def _basic(header: str) -> str | None:
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(raw(coded.strip()), validate=True).decode(*_CODEC)
    except (binascii.Error, UnicodeDecodeError):
        return None


_CODEC = ("utf-8", "surrogatepass")
