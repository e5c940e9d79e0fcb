"""Whether a webhook comes from the bank, and what it says (https://www.standardwebhooks.com).

The library `standardwebhooks` is small and kept, and the tests use it as the referee. It is not
used here: it takes its own clock and one secret, forgives bytes that are not base64 in a
signature, and raises ValueError or IndexError for headers that are malformed, which a shop would
answer with 500. Those few lines are stricter here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from bank_client.reading import moment, money
from money import Money

TOLERANCE_SECONDS = 300
_PREFIX = "whsec_"
_SECONDS = re.compile(r"\A[0-9]{1,12}\Z")
# Without dots: they separate what is signed.
_ID = re.compile(r"\A[A-Za-z0-9_-]{1,100}\Z")


class InvalidWebhook(Exception):
    """The webhook is not from the bank, was changed, or is too old: answer 400 and do nothing."""


class Headers(Protocol):
    """Any mapping of headers: a dict, or a web framework's own."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Names and values."""


@dataclass(frozen=True, slots=True)
class Event:
    """What a webhook tells of an intent. The same `id` may come twice: act on it once."""

    id: str
    type: str
    created_at: datetime
    intent: str
    order: str
    status: str
    amount: Money
    captured: Money
    refunded: Money


def verify(
    secrets: str | Sequence[str], headers: Headers, body: bytes, *, now: datetime | None = None
) -> Event:
    """The event of a webhook, when one of the secrets signed it within five minutes of `now`.

    `body` is what came, byte for byte. Raises InvalidWebhook; ValueError for a malformed secret.
    """
    keys = [_key(secret) for secret in ([secrets] if isinstance(secrets, str) else secrets)]
    if not keys:
        raise ValueError("give at least one secret")
    id, timestamp, signatures = _read(headers)
    age = (now or datetime.now(UTC)).timestamp() - int(timestamp)
    if abs(age) > TOLERANCE_SECONDS:
        raise InvalidWebhook("the webhook is too old, or the clocks differ")
    if not _signed(keys, id, timestamp, body, signatures):
        raise InvalidWebhook("no signature is right")
    return _event(id, body)


def signature(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """The signature of a webhook: "v1," and base64."""
    return _signature(_key(secret), id, str(timestamp), body)


def _signed(keys: list[bytes], id: str, timestamp: str, body: bytes, given: list[str]) -> bool:
    """Whether any signature is any key's; all pairs are compared, so that time tells nothing."""
    right = [_signature(key, id, timestamp, body).encode() for key in keys]
    told = [each.encode(errors="replace") for each in given]
    found = [hmac.compare_digest(each, one) for one in right for each in told]
    return any(found)


def _signature(key: bytes, id: str, timestamp: str, body: bytes) -> str:
    digest = hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or len(key) < 24:
        # Not the secret itself: errors end up in logs.
        raise ValueError("a webhook's secret is whsec_ and base64 of 24 bytes or more")
    return key


def _read(headers: Headers) -> tuple[str, str, list[str]]:
    """Id, time and signatures as the headers have them."""
    found = {name.lower(): value for name, value in headers.items()}
    id, timestamp, signatures = (
        found.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
    )
    if not _ID.match(id) or not signatures:
        raise InvalidWebhook("webhook-id and webhook-signature are needed")
    if not _SECONDS.match(timestamp):
        raise InvalidWebhook("webhook-timestamp is needed, in whole seconds")
    return id, timestamp, signatures.split(" ")


def _event(id: str, body: bytes) -> Event:
    try:
        told: dict[str, Any] = json.loads(body)
        about = told["data"]
        return Event(
            id,
            str(told["type"]),
            moment(told["created_at"]),
            str(about["intent"]),
            str(about["order"]),
            str(about["status"]),
            money(about["amount"]),
            money(about["captured"]),
            money(about["refunded"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidWebhook("the webhook is signed, but cannot be read") from error
