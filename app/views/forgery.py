"""Forged requests: every form of a page carries a token, and comes from our own pages.

The token is bound to the session and to a random text in the page's own signed cookie, so neither
another site nor another log-in can make one.
"""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from flask import request, session

from app.errors import ForgedForm
from app.views.context import bank

FIELD = "csrf_token"
_RANDOM, _OWNER = "random", "owner"
WITHOUT_TOKEN = frozenset({"renewal.customers", "renewal.bankers"})
"""What only renews tokens: the form that the browser sends along is checked where it goes on to."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def form_token() -> str:
    """What every form has to bring back."""
    if _RANDOM not in session:
        session[_RANDOM] = secrets.token_urlsafe(16)
    return _tokens()[0]


def begin_anew(owner: str = "") -> None:
    """Forget the page's session, at log-in and log-out: forms from before are worth nothing."""
    kept = {name: session[name] for name in ("language", "theme") if name in session}
    session.clear()
    session.update(kept, **{_RANDOM: secrets.token_urlsafe(16), _OWNER: owner})


def check(*, token: bool = True) -> None:
    """Refuse a request that changes something and was not sent by one of our pages.

    Raises ForgedForm.
    """
    if request.method in _SAFE:
        return
    if not _own_origin():
        raise ForgedForm("open the bank's own page and send the form from there")
    if token and not _carries_token():
        raise ForgedForm("reload the page and send the form once more")


def _own_origin() -> bool:
    """Whether the browser says that the request comes from a page of ours."""
    origin = request.headers.get("Origin")
    if origin is not None:
        # Behind a proxy that ends TLS, the request itself may look as if it had come without.
        return origin in {_origin_of(request.host_url), _origin_of(bank().config.address)}
    return request.headers.get("Sec-Fetch-Site") in ("same-origin", "none")


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _carries_token() -> bool:
    given = request.form.get(FIELD, "").encode("utf-8", "replace")
    if _RANDOM not in session:
        return False
    return any([hmac.compare_digest(given, good.encode()) for good in _tokens()])  # noqa: C419


def _tokens() -> list[str]:
    text = f"{session.get(_OWNER, '')}\n{session[_RANDOM]}".encode()
    return [hmac.digest(key, text, "sha256").hex() for key in bank().config.keys("forms")]
