"""The one way in which a document is written down before it is hashed, and the hash of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def canonical(document: Mapping[str, Any]) -> bytes:
    """The document without `hash` as canonical JSON: sorted keys, no white space, UTF-8.

    Integers and text only; a time is RFC 3339 text in UTC with milliseconds.
    """
    content = {name: value for name, value in document.items() if name != "hash"}
    # surrogatepass: a tampered document must still have a hash, if a wrong one.
    return _ENCODER.encode(content).encode("utf-8", "surrogatepass")


def hash_of(document: Mapping[str, Any]) -> str:
    """SHA-256, in hex, over every field of a document but `hash`."""
    return hashlib.sha256(canonical(document)).hexdigest()


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    return f"{type(value).__name__}:{value!r}"


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_text
)
