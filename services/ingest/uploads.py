"""How much of uploads is held in memory at once, over all requests (pure bookkeeping)."""

import threading


class UploadBudget:
    """Bytes that may be in memory; a slow sender holds only what it has sent so far."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes held now."""
        return self._held

    def take(self, size: int) -> bool:
        """Hold `size` more bytes, unless that is too much."""
        with self._lock:
            if self._held + size > self._most:
                return False
            self._held += size
            return True

    def give_back(self, size: int) -> None:
        """Let go of what was taken."""
        with self._lock:
            self._held -= size
