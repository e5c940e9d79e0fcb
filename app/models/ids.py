"""Names for new documents: time-ordered where an index grows by them, random where guessed at."""

from __future__ import annotations

import hashlib
import secrets

import uuid_utils


def sortable_id() -> str:
    """A UUIDv7 (RFC 9562) as text: later ones sort after earlier ones."""
    return str(uuid_utils.uuid7())


def secret_id() -> str:
    """128 random bits as text, for what must not be guessed."""
    return secrets.token_hex(16)


def random_id(prefix: str) -> str:
    """A name of 128 random bits that says what it names: "pi_" for a payment intent."""
    return f"{prefix}_{secrets.token_urlsafe(16)}"


def digest_of(secret: str) -> str:
    """What is kept of a random secret of 128 bits or more, in place of it.

    As good as a slow hash: nobody tries so many.
    """
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
