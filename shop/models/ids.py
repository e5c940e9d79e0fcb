"""Names for new documents: time-ordered where an index grows by them, random where guessed at."""

from __future__ import annotations

import secrets

import uuid_utils


def sortable_id() -> str:
    """A UUIDv7 (RFC 9562) as text: later ones sort after earlier ones."""
    return str(uuid_utils.uuid7())


def secret_id() -> str:
    """128 random bits as text, for what must not be guessed."""
    return secrets.token_hex(16)
