"""How a merchant signs a call: HMAC-SHA256 over seven lines, in the Authorization header.

v1
<METHOD>
<path with query, as it is sent>
<unix seconds>
<nonce, used once>
<hex SHA-256 of the body>
<Idempotency-Key, or nothing>
"""

from __future__ import annotations

import hashlib
import hmac

SCHEME = "Strongroom-HMAC-SHA256"


def sign(
    key: str,
    secret: str,
    method: str,
    target: str,
    body: bytes = b"",
    *,
    timestamp: int,
    nonce: str,
    idempotency_key: str = "",
) -> str:
    """The Authorization header of one call; `target` is path and query exactly as sent."""
    signed = message(
        method, target, body, timestamp=timestamp, nonce=nonce, idempotency_key=idempotency_key
    )
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"{SCHEME} key={key}, timestamp={timestamp}, nonce={nonce}, signature={digest}"


def message(
    method: str,
    target: str,
    body: bytes = b"",
    *,
    timestamp: int,
    nonce: str,
    idempotency_key: str = "",
) -> bytes:
    """What is signed. Raises ValueError for a line break in a part: calls could look alike."""
    digest = hashlib.sha256(body).hexdigest()
    lines = ("v1", method.upper(), target, str(timestamp), nonce, digest, idempotency_key)
    if any("\n" in line for line in lines):
        raise ValueError("no part of a signed call has a line break")
    return "\n".join(lines).encode()
