"""Forged requests: every form of a page carries a token, and comes from our own pages.

The token is bound to the customer and to a random text in the shop's own signed cookie.
"""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from flask import request, session

from shop.errors import ForgedForm
from shop.views.context import CUSTOMER, shop

FIELD = "csrf_token"
_RANDOM = "random"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def form_token() -> str:
    """What every form has to bring back."""
    if _RANDOM not in session:
        session[_RANDOM] = secrets.token_urlsafe(16)
    return _token()


def check() -> None:
    """Refuse a request that changes something and was not sent by one of our pages.

    Raises ForgedForm.
    """
    if request.method in _SAFE:
        return
    if not _own_origin():
        raise ForgedForm("open the shop's own page and send the form from there")
    given = request.form.get(FIELD, "").encode("utf-8", "replace")
    if _RANDOM not in session or not hmac.compare_digest(given, _token().encode()):
        raise ForgedForm("reload the page and send the form once more")


def _own_origin() -> bool:
    """Whether the browser says that the request comes from a page of ours."""
    origin = request.headers.get("Origin")
    if origin is not None:
        return origin in {_origin_of(request.host_url), _origin_of(shop().config.address)}
    return request.headers.get("Sec-Fetch-Site") in ("same-origin", "none")


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _token() -> str:
    text = f"{session.get(CUSTOMER, '')}\n{session[_RANDOM]}".encode()
    return hmac.digest(shop().config.key("forms"), text, "sha256").hex()
