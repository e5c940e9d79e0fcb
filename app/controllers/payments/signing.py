"""Signed calls of merchants: who has the secret, said it now, and says it for the first time.

The signature covers the method, the path with its query, the time, the nonce, the body as it was
received and the Idempotency-Key. Whatever is wrong, the answer is the same one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.controllers.bank import Actor, Bank
from app.controllers.payments.keys import secret_of
from app.errors import InvalidSignature, ShopNotActive
from app.models import merchant_keys, merchant_nonces
from app.models.merchants import find_merchant

SCHEME = "Strongroom-HMAC-SHA256"
TOLERANCE = timedelta(seconds=300)
"""How far the clocks of a shop and of the bank may be apart, either way."""

_HEADER = re.compile(
    rf"\A{SCHEME} key=(?P<key>mk_[A-Za-z0-9_-]{{22}}), timestamp=(?P<timestamp>[1-9][0-9]{{0,10}}),"
    r" nonce=(?P<nonce>[A-Za-z0-9_-]{16,64}), signature=(?P<signature>[0-9a-f]{64})\Z"
)


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it was received: `target` is the path with its query, `authorization` the header
    that signs all the rest."""

    method: str
    target: str
    idempotency_key: str
    body: bytes
    authorization: str


def authenticate(bank: Bank, call: Call, *, request_id: str = "", address: str = "") -> Actor:
    """The merchant who has signed a call, with the key's scopes as roles.

    Raises InvalidSignature, and ShopNotActive where only that is wrong.
    """
    given = _HEADER.match(call.authorization)
    if given is None:
        raise _invalid(bank)
    key = merchant_keys.find_key(bank.database, given["key"])
    # The same work for a key that nobody has: what it takes tells nothing.
    merchant = find_merchant(bank.database, key.merchant if key else "")
    secret = secret_of(bank, given["key"], key.kid if key else "")
    expected = hmac.digest(
        secret.encode(), message(call, given["timestamp"], given["nonce"]), "sha256"
    )
    right = hmac.compare_digest(expected, bytes.fromhex(given["signature"]))
    timely = _timely(bank, int(given["timestamp"]))
    if not (right and timely and key and key.status == "live" and merchant):
        raise _invalid(bank)
    # Last, and only of calls that are right: nobody else can fill the database with nonces.
    if not merchant_nonces.use(bank.database, key.id, given["nonce"], bank.now()):
        raise _invalid(bank)
    if merchant.status != "active":
        raise ShopNotActive("ask the bank why", status_of_shop=merchant.status)
    return Actor(
        merchant.id, key.id, "merchant", frozenset(key.scopes), request_id=request_id,
        address=address,
    )  # fmt: skip


def message(call: Call, timestamp: str, nonce: str) -> bytes:
    """What is signed: seven lines, without an end of the last one."""
    body = hashlib.sha256(call.body).hexdigest()
    lines = ("v1", call.method, call.target, timestamp, nonce, body, call.idempotency_key)
    return "\n".join(lines).encode("utf-8", "replace")


def _timely(bank: Bank, timestamp: int) -> bool:
    return abs(bank.now() - datetime.fromtimestamp(timestamp, UTC)) <= TOLERANCE


def _invalid(bank: Bank) -> InvalidSignature:
    return InvalidSignature(
        "the header, the key, the signature or the time is wrong, or the nonce was used",
        server_time=int(bank.now().timestamp()),
    )
