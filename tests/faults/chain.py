"""The chain of hashes a second time: written from the design of the ledger, not from its code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def hash_of(transaction: Mapping[str, Any]) -> str:
    """SHA-256 over every field but `hash`, in hex."""
    content = {name: value for name, value in transaction.items() if name != "hash"}
    return hashlib.sha256(_canonical(content).encode()).hexdigest()


def genesis(account: Mapping[str, Any]) -> str:
    """What the first entry of an account follows on: a hash of how it was opened."""
    opened = _time(account["opened_at"])
    text = f"strongroom account {account['_id']} {account['currency']} {opened}"
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: object) -> str:
    """JSON with sorted names and without white space: integers, text, and times as text."""
    if isinstance(value, Mapping):
        members = (f"{_canonical(name)}:{_canonical(value[name])}" for name in sorted(value))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, datetime):
        return f'"{_time(value)}"'
    # A type that the ledger does not write makes a text, and so a wrong hash.
    return json.dumps(
        value if isinstance(value, int | str | None) else repr(value), ensure_ascii=False
    )


def _time(moment: datetime) -> str:
    """2026-01-31T12:00:00.000+00:00; what comes without a zone is in UTC."""
    aware = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return f"{aware:%Y-%m-%dT%H:%M:%S}.{aware.microsecond // 1000:03}+00:00"
