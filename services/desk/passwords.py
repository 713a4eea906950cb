"""Argon2id passwords: hashing costs the same whether the account exists or not."""

from threading import BoundedSemaphore

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 10
MAX_LENGTH = 200
_AT_ONCE = 4


class Passwords:
    """Hashes and checks; at most a few at once, since each takes tens of megabytes."""

    def __init__(self, *, memory_kib: int = 32 * 1024, rounds: int = 3) -> None:
        self._hasher = PasswordHasher(
            time_cost=rounds, memory_cost=memory_kib, parallelism=1, type=Type.ID
        )
        self._slots = BoundedSemaphore(_AT_ONCE)
        self._of_nobody = self._hasher.hash("of no account")

    def hash(self, password: str) -> str:
        """A hash with its own salt and parameters in it."""
        with self._slots:
            return self._hasher.hash(password)

    def check(self, stored: str | None, password: str) -> bool:
        """Whether the password fits; `stored` is none for an unknown account."""
        with self._slots:
            try:
                self._hasher.verify(stored or self._of_nobody, password)
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)
