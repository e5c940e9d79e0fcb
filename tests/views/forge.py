"""Tokens that the bank never made, for tests that offer them to it."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt

from app.config import Config
from tests.make import Person

GONE: Any = object()
"""The value of a claim or header field that is to be left out."""


def claims_of(person: Person) -> dict[str, Any]:
    """The claims of the token that somebody holds."""
    found: dict[str, Any] = jwt.decode(
        person.tokens["access_token"], options={"verify_signature": False}
    )
    return found


def header_of(person: Person) -> dict[str, Any]:
    """The header of the token that somebody holds."""
    return dict(jwt.get_unverified_header(person.tokens["access_token"]))


def signed(
    person: Person,
    config: Config,
    *,
    header: dict[str, Any] | None = None,
    key: bytes | None = None,
    alg: str = "HS256",
    **changes: Any,
) -> str:
    """Somebody's token with changes, signed as the bank would sign it unless `key` is given."""
    claims = {n: v for n, v in (claims_of(person) | changes).items() if v is not GONE}
    plane = "banker" if str(claims.get("aud")).endswith("banker") else "customer"
    wanted = header_of(person) | {"alg": alg} | (header or {})
    parts = [_part({n: v for n, v in wanted.items() if v is not GONE}), _part(claims)]
    secret = key if key is not None else config.key(f"access token {plane}")
    mac = jwt.get_algorithm_by_name(alg).sign(".".join(parts).encode(), secret)
    return ".".join([*parts, base64.urlsafe_b64encode(mac).decode().rstrip("=")])


def raw(header: bytes, claims: bytes, mac: bytes = b"") -> str:
    """A token of any three parts."""
    parts = (header, claims, mac)
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def expired(person: Person, config: Config) -> str:
    """A token of somebody's that was good an hour ago."""
    now = int(time.time())
    return signed(person, config, iat=now - 4200, nbf=now - 4200, exp=now - 3600)


def _part(fields: dict[str, Any]) -> str:
    text = json.dumps(fields, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
