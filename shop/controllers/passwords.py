"""Passwords of the shop's customers: argon2id, with a bound on how many are hashed at once."""

from __future__ import annotations

import unicodedata
from threading import BoundedSemaphore

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from shop.errors import Unavailable

SHORTEST, LONGEST = 8, 128
_WAIT_SECONDS = 3.0
# OWASP's second choice of parameters: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, type=Type.ID)
_RUNNING = BoundedSemaphore(4)
_NOBODY = _HASHER.hash("nobody has this password")
_COMMON = frozenset(FREQUENCY_LISTS["passwords"])


def hashed(password: str) -> str:
    """The password's hash as PHC text."""
    with _Turn():
        return _HASHER.hash(_normal(password))


def fits(password: str, stored: str | None) -> bool:
    """Whether the password is the stored one; for nobody (None) it works as hard."""
    with _Turn():
        try:
            matched = _HASHER.verify(stored or _NOBODY, _normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return matched and stored is not None


def weakness(password: str, *personal: str) -> str:
    """What is wrong with a new password, or nothing."""
    normal = _normal(password)
    if not SHORTEST <= len(normal) <= LONGEST:
        return f"Use {SHORTEST} to {LONGEST} characters, for example four random words."
    lowered = normal.casefold()
    if lowered in _COMMON or len(set(lowered)) < 4:
        return "It is on every list of common passwords; choose another one."
    if any(len(word) >= 4 and word.casefold() in lowered for word in personal):
        return "It contains your own name or address; choose another one."
    return ""


class _Turn:
    """A place at the hasher, whose work takes memory."""

    def __enter__(self) -> None:
        if not _RUNNING.acquire(timeout=_WAIT_SECONDS):
            raise Unavailable("too many people are logging in")

    def __exit__(self, *exc: object) -> None:
        _RUNNING.release()


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
