"""What this process remembers of its own postings, so that the next ones need not ask for it.

Nothing rests on the memory being right. An account that is written must still have the head and
the revision that are remembered, or the batch runs again from fresh reads; a refusal is never
decided from memory; and whether a key was used is decided by a unique index.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from threading import Lock

from cachetools import LRUCache

from app.models.accounts import Account

_MISTRUST_SECONDS = 30.0


class Memory:
    """Accounts as this process left them, and keys that it has seen. Threads share it.

    Where other processes write to the same accounts it would be wrong again and again: once it
    was, nothing is remembered for half a minute.
    """

    def __init__(self, *, size: int = 50_000) -> None:
        self._accounts: LRUCache[str, Account] = LRUCache(size)
        self._keys: LRUCache[str, bool] = LRUCache(size)
        self._mistrust_until = 0.0
        self._lock = Lock()

    def accounts(self, numbers: Iterable[str]) -> dict[str, Account]:
        """Those of the accounts that are remembered, by number."""
        with self._lock:
            return {n: account for n in numbers if (account := self._accounts.get(n))}

    def seen(self, keys: Iterable[str]) -> bool:
        """Whether one of the keys is known to be used."""
        with self._lock:
            return any(key in self._keys for key in keys)

    def keep(self, accounts: Iterable[Account], keys: Iterable[str]) -> None:
        """Remember what was just committed."""
        with self._lock:
            self._keys.update((key, True) for key in keys)
            if time.monotonic() >= self._mistrust_until:
                self._accounts.update((account.number, account) for account in accounts)

    def drop(self, numbers: Iterable[str]) -> None:
        """Forget accounts of which nobody knows how they were left."""
        with self._lock:
            for number in numbers:
                self._accounts.pop(number, None)

    def mistrust(self) -> None:
        """Somebody else writes to the same accounts: forget them, and learn none for a while."""
        with self._lock:
            self._accounts.clear()
            self._mistrust_until = time.monotonic() + _MISTRUST_SECONDS
