"""Titles: whose an account is and in which currency it is kept. Neither ever changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from cachetools import LRUCache

from app.models.accounts import Account


@dataclass(frozen=True, slots=True)
class Title:
    """What never changes about an account."""

    number: str
    owner: str
    currency: str


class Titles:
    """Finds titles and remembers them. What is remembered cannot be stale: whether the account
    exists still, is open and has money is asked at the ledger's door."""

    def __init__(self, find: Callable[[str], Account | None], *, size: int = 100_000) -> None:
        """`find` gives the account of a number."""
        self._find = find
        self._known: LRUCache[str, Title] = LRUCache(size)
        self._lock = Lock()

    def find(self, number: str) -> Title | None:
        """The title of the account of that number, if there is one."""
        with self._lock:
            title = self._known.get(number)
        if title is None and (account := self._find(number)):
            title = Title(account.number, account.owner, account.currency)
            with self._lock:
                self._known[number] = title
        return title
