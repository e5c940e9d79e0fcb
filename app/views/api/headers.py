"""The headers that operations take, and the ways to say who is calling, as OpenAPI has them."""

from __future__ import annotations

from app.controllers.payments.signing import SCHEME

BEARER = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Makes a repeat harmless: the same key and request get the first answer again.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{16,64}$"},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of what you read; 412 when somebody changed it meanwhile.",
    "schema": {"type": "string", "pattern": '^(W/)?"r[0-9]{1,18}"$'},
    "example": '"r1"',
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag you have; 304 when it is still the present one.",
    "schema": {"type": "string"},
}
SIGNATURE = {
    "type": "http",
    "scheme": SCHEME.lower(),
    "description": f"For shops. `Authorization: {SCHEME} key=mk_..., timestamp=<Unix seconds>, "
    "nonce=<16 to 64 letters, digits, hyphens or underscores, new for each call>, "
    "signature=<hex>`, where the signature is the HMAC-SHA256, with the key's secret, of seven "
    "lines: `v1`, the method, the path with its query, the timestamp, the nonce, the hex SHA-256 "
    "of the body, and the Idempotency-Key or nothing; no line end after the last. The scopes that "
    "an operation names are those of keys.",
}
