"""A hasher of passwords that is quick at what was asked before."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError


class Remembering:
    """The bank's own hasher, which need not work the same out again: most people of the tests have
    one password. What it says of a password and a hash, the real one has said."""

    def __init__(self, real: PasswordHasher) -> None:
        self.real = real
        self.hash = cache(real.hash)
        self._right = cache(self._ask)

    def verify(self, stored: str, password: str) -> bool:
        """As the real one: True, or an error."""
        if not self._right(stored, password):
            raise VerifyMismatchError
        return True

    def _ask(self, stored: str, password: str) -> bool:
        try:
            return self.real.verify(stored, password)
        except VerifyMismatchError:
            return False
