"""Access tokens: one algorithm, a key for each plane, every claim required, a short life.

flask-jwt-extended alone accepts a signed token without exp, jti or type and keys of 5 bytes; what
it leaves open is closed here. A token only names a session: the session row says what it is worth.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import Any

from cachetools import LRUCache
from flask import Flask, Response, current_app, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    decode_token,
    get_jwt,
    verify_jwt_in_request,
)
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError

from app.config import Config, key_id
from app.controllers.access import Entered, access_seconds
from app.errors import InvalidToken
from app.views.problems import problem

_ISSUER = "strongroom"
_TYPE = "at+jwt"
_LEEWAY_SECONDS = 10
_VERIFIED = "verified tokens"
_KEY_IDS = "ids of token keys"
_PLANES = ("customer", "banker")
_REQUIRED = ("iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp", "type", "auth_time", "amr")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says: who, in which session and plane, and from when to when (Unix
    time in seconds)."""

    user: str
    session: str
    plane: str
    not_before: int
    expires: int


def init_tokens(app: Flask, config: Config) -> None:
    """Set up flask-jwt-extended for the bank's profile of tokens."""
    app.config.update(
        JWT_SECRET_KEY=config.key("access token customer").hex(),
        JWT_ALGORITHM="HS256",
        JWT_DECODE_ALGORITHMS=["HS256"],
        JWT_TOKEN_LOCATION=["headers"],
        JWT_ENCODE_ISSUER=_ISSUER,
        JWT_DECODE_ISSUER=_ISSUER,
        JWT_DECODE_AUDIENCE=[_audience(plane) for plane in _PLANES],
        JWT_DECODE_LEEWAY=_LEEWAY_SECONDS,
    )
    app.extensions[_VERIFIED] = VerifiedTokens()
    manager = JWTManager(app)
    keys = {plane: config.keys(f"access token {plane}") for plane in _PLANES}
    ids = {plane: [key_id(plane, key) for key in keys[plane]] for plane in _PLANES}
    app.extensions[_KEY_IDS] = {plane: ids[plane][0] for plane in _PLANES}
    _set_keys(manager, keys)
    seconds = {plane: access_seconds(config, plane) for plane in _PLANES}
    manager.token_verification_loader(lambda header, claims: _sound(header, claims, ids, seconds))
    _set_answers(manager)


def access_token(entered: Entered) -> str:
    """A short-lived token that names the session, for the plane the person belongs to."""
    session = entered.session
    token: str = create_access_token(
        identity=session,
        expires_delta=timedelta(seconds=entered.access_seconds),
        additional_claims={
            "sid": session.id,
            "aud": _audience(session.plane),
            "auth_time": int(session.created_at.timestamp()),
            "amr": ["pwd", "otp"] if session.proved else ["pwd"],
        },
        additional_headers={"kid": current_app.extensions[_KEY_IDS][session.plane], "typ": _TYPE},
    )
    # Whoever gets it will be back soon: its first use need not cost more than the others.
    verified: VerifiedTokens = current_app.extensions[_VERIFIED]
    verified.remember(token, decode_token(token))
    return token


def verified_claims() -> Claims:
    """What the request's bearer token says; any token that is not in order is answered with 401."""
    # The name of the scheme is case-insensitive (RFC 9110), which the library does not know.
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    verified: VerifiedTokens = current_app.extensions[_VERIFIED]
    if scheme.lower() == "bearer":
        if claims := verified.find(token):
            return claims
        request.environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    verify_jwt_in_request()
    return verified.remember(token, get_jwt())


def claims_of(token: str) -> Claims:
    """What a token says that did not come as a bearer's. Raises InvalidToken."""
    request.environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    try:
        return verified_claims()
    except (JWTExtendedException, PyJWTError):
        raise InvalidToken() from None


class VerifiedTokens:
    """Tokens that were verified before, by their exact text: their signature need not be computed
    again. Their times are looked at on each use, and the session row still decides. The keys are
    read once, at the start of the process, so a token cannot outlive its key in here."""

    def __init__(self, *, size: int = 20_000) -> None:
        self._known: LRUCache[str, Claims] = LRUCache(size)
        self._lock = Lock()

    def find(self, token: str) -> Claims | None:
        """What a token says that was verified before and is good at this moment."""
        with self._lock:
            claims = self._known.get(token)
        now = time.time()
        if claims and claims.not_before - _LEEWAY_SECONDS <= now < claims.expires + _LEEWAY_SECONDS:
            return claims
        return None

    def remember(self, token: str, verified: Mapping[str, Any]) -> Claims:
        """The claims of a token that the library has just verified."""
        claims = Claims(
            user=verified["sub"],
            session=verified["sid"],
            plane=_plane_of(verified["aud"]),
            not_before=int(verified["nbf"]),
            expires=int(verified["exp"]),
        )
        with self._lock:
            self._known[token] = claims
        return claims


def _plane_of(audience: str) -> str:
    """The plane that a token's audience stands for."""
    return audience.rpartition(":")[2]


def _set_keys(manager: JWTManager, keys: Mapping[str, Sequence[bytes]]) -> None:
    """`keys` of each plane: the first signs, all of them verify."""
    by_id = {key_id(plane, key): key for plane, own in keys.items() for key in own}

    @manager.user_identity_loader
    def _subject(session: Any) -> str:
        return str(session.user)

    @manager.encode_key_loader
    def _encode_key(session: Any) -> bytes:
        return keys[session.plane][0]

    @manager.decode_key_loader
    def _decode_key(header: Mapping[str, Any], claims: Mapping[str, Any]) -> bytes:
        kid = header.get("kid")
        # Here the claims are still as sent: later the library fills in a missing type and jti.
        lacking = any(claims.get(name) is None for name in _REQUIRED)
        if not isinstance(kid, str) or kid not in by_id or lacking:
            raise InvalidToken()
        return by_id[kid]


def _sound(
    header: Mapping[str, Any],
    claims: Mapping[str, Any],
    ids: Mapping[str, Sequence[str]],
    seconds: Mapping[str, int],
) -> bool:
    """Whether a token with a right signature is one that this bank makes."""
    if header.get("typ") != _TYPE:
        return False
    plane = _plane_of(str(claims["aud"]))
    if claims["type"] != "access" or header.get("kid") not in ids.get(plane, ()):
        return False
    times = (claims["iat"], claims["exp"])
    if not all(isinstance(moment, int) for moment in times):
        return False
    texts = (claims["sub"], claims["sid"], claims["aud"])
    lives = claims["exp"] - claims["iat"]
    return all(isinstance(text, str) for text in texts) and lives <= seconds[plane]


def _set_answers(manager: JWTManager) -> None:
    """Whatever is wrong with a token, the answer is one and the same 401."""

    def _refuse(*_: Any) -> Response:
        return problem(InvalidToken())

    manager.unauthorized_loader(_refuse)
    manager.invalid_token_loader(_refuse)
    manager.expired_token_loader(_refuse)
    manager.revoked_token_loader(_refuse)
    manager.needs_fresh_token_loader(_refuse)
    manager.token_verification_failed_loader(_refuse)
    manager.user_lookup_error_loader(_refuse)


def _audience(plane: str) -> str:
    return f"strongroom:{plane}"
