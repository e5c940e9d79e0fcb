"""Pages: templates with what all of them show, and the policy under which a browser runs them."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from babel import Locale
from flask import Flask, Response, g, redirect, render_template, request
from flask_babel import format_currency, format_datetime, get_locale
from werkzeug.wrappers import Response as AnyResponse

from money import Money
from shop.config import Config
from shop.controllers.carts import pieces
from shop.controllers.catalogue import categories
from shop.views import forgery, languages
from shop.views.assets import address_of as address_of_asset
from shop.views.context import known_cart, request_id, shop
from shop.views.pictures import address_of as address_of_picture

POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; "
    "img-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)


def init_html(app: Flask, config: Config) -> None:
    """Give the templates what all of them use."""
    languages.init_languages(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(money=_money(config.currency), moment=moment)
    app.jinja_env.globals.update(
        form_token=forgery.form_token,
        FORM_TOKEN=forgery.FIELD,
        nonce=_nonce,
        shop_name=config.name,
        language=languages.language,
        asset=address_of_asset,
        picture_of=address_of_picture,
        person=lambda: g.get("customer"),
        categories=categories,
        cart_count=_cart_count,
        here=_here,
        request_id=request_id,
        territory=territory,
    )


def _cart_count() -> int:
    """How many pieces lie in the visitor's cart."""
    cart = known_cart()
    return pieces(shop(), cart) if cart else 0


def _here() -> str:
    """The address of the page itself, to come back to after a log-in."""
    return request.full_path.rstrip("?") if request.method == "GET" else "/"


def page(template: str, status: int = 200, **shown: Any) -> Response:
    """A template as an answer."""
    response = Response(render_template(template, **shown), status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY.format(nonce=_nonce())
    # With no-referrer, a browser says of its own forms that they come from "null".
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Content-Language"] = languages.language()
    response.vary.update(("Accept-Language", "Cookie"))
    return response


def see(address: str) -> AnyResponse:
    """After a form was sent: look there, so that a reload sends nothing again."""
    return redirect(address, 303)


def local(address: str | None, otherwise: str) -> str:
    """An address of our own to go on to; never one of somebody else's."""
    parts = urlsplit(address or "")
    plain = address and address.startswith("/") and not address.startswith(("//", "/\\"))
    odd = any(ord(c) < 33 or c == "\\" for c in address or "")
    return address if address and plain and not odd and not parts.netloc else otherwise


def moment(at: datetime) -> str:
    """A date and a time, as the visitor's language writes them, in UTC."""
    return f"{format_datetime(at, 'medium')} UTC"


def territory(code: str) -> str:
    """A country by its name in the visitor's language."""
    return str((get_locale() or Locale("en")).territories.get(code, code))


def _money(currency: str) -> Any:
    def shown(minor: int) -> str:
        """Minor units of the shop's currency, as the visitor's language writes money."""
        return str(format_currency(Money(minor, currency).amount, currency))

    return shown


def _nonce() -> str:
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)
