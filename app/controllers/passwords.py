"""Passwords: argon2id with a bound on how many run at once, and the rule for good ones."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import BoundedSemaphore, Semaphore

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from app.errors import Overloaded, WeakPassword
from worker import every_processor

MAX_LENGTH = 128
_WAIT_SECONDS = 2.0


class Passwords:
    """The one place where passwords are hashed. An unknown user costs the same as a known one."""

    def __init__(self, *, at_once: int = 4, queue: int = 32) -> None:
        # Threads of its own: each thread that has hashed keeps the memory of a hash for good.
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="hash")
        # OWASP's second choice of parameters: 19 MiB, two passes, one lane.
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, type=Type.ID)
        self._running = BoundedSemaphore(at_once)
        self._places = Semaphore(at_once + queue)
        self._dummy = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """The password's hash as PHC text. Raises Overloaded when too many wait."""
        with _Place(self._places, self._running):
            return self._threads.submit(self._hash, _normal(password)).result()

    def verify(self, password: str, stored: str | None) -> bool:
        """Whether the password is the stored one; for nobody (None) it works as hard."""
        with _Place(self._places, self._running):
            matched = self._threads.submit(
                self._matches, stored or self._dummy, _normal(password)
            ).result()
        return matched and stored is not None

    def _hash(self, password: str) -> str:
        with every_processor():
            return self._hasher.hash(password)

    def _matches(self, stored: str, password: str) -> bool:
        with every_processor():
            try:
                return self._hasher.verify(stored, password)
            except (VerificationError, InvalidHashError):
                return False


class _Place:
    """A place in the queue and then at the hasher, or Overloaded."""

    def __init__(self, places: Semaphore, running: Semaphore) -> None:
        self._places = places
        self._running = running

    def __enter__(self) -> None:
        if not self._places.acquire(blocking=False):
            raise Overloaded("too many people are logging in")
        if not self._running.acquire(timeout=_WAIT_SECONDS):
            self._places.release()
            raise Overloaded("too many people are logging in")

    def __exit__(self, *exc: object) -> None:
        self._running.release()
        self._places.release()


def check_strength(
    password: str, *, min_length: int, personal: Iterable[str], field: str = "password"
) -> None:
    """Refuse a password that is short, common, or made of what everybody knows of its owner.

    `field` is what the order calls it.
    """
    normal = _normal(password)
    if not min_length <= len(normal) <= MAX_LENGTH:
        raise WeakPassword(
            f"use {min_length} to {MAX_LENGTH} characters, for example four random words",
            field=field, min_length=min_length, max_length=MAX_LENGTH,
        )  # fmt: skip
    lowered = normal.casefold()
    if lowered in _common() or len(set(lowered)) < 4:
        raise WeakPassword("it is on every list of common passwords", field=field)
    known = {word.casefold() for word in personal if len(word) >= 4}
    if any(word in lowered and len(lowered) - len(word) < 4 for word in known):
        raise WeakPassword("it is made of your own name or address", field=field)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


@cache
def _common() -> frozenset[str]:
    return frozenset(FREQUENCY_LISTS["passwords"])
