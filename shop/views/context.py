"""What a view finds in its request: the shop, and who is looking."""

from __future__ import annotations

import secrets
from typing import cast

from flask import current_app, g, request, session

from shop.controllers.shop import Shop

CUSTOMER, ENTRANCE, CART, _ORDERS = "customer", "entrance", "cart", "orders"
"""What the signed cookie holds: after the log-in the customer's id and the token of the entrance;
the id of the cart; the links of the orders that were placed last."""

_REMEMBERED = 10


def shop() -> Shop:
    """The shop that this application serves."""
    return cast(Shop, current_app.extensions["shop"])


def request_id() -> str:
    """The name of this request in logs and on error pages."""
    return cast(str, g.get("request_id", "-"))


def cart_id() -> str:
    """The id of the visitor's cart; made, and kept in the cookie, where there is none."""
    if CART not in session:
        session[CART] = secrets.token_hex(16)
        # Or the cart would be forgotten with the window.
        session.permanent = True
    return str(session[CART])


def known_cart() -> str | None:
    """The id of the visitor's cart, if there is one."""
    return session.get(CART)


def begin_anew(customer: str = "", token: str = "") -> None:
    """Forget the cookie, at log-in and log-out: forms from before are worth nothing.

    Whoever logs in still finds the orders of this browser.
    """
    orders = remembered_orders()
    session.clear()
    if customer:
        session[CUSTOMER], session[ENTRANCE], session[CART] = customer, token, customer
        session[_ORDERS] = orders
        session.permanent = True


def visitor() -> str:
    """Who tries something, as far as the network tells."""
    return request.remote_addr or "?"


def remember_order(link: str) -> None:
    """Let this browser find the order again when it comes back from the bank."""
    session[_ORDERS] = [link, *remembered_orders()][:_REMEMBERED]


def remembered_orders() -> list[str]:
    """The links of the orders that this browser has placed, newest first."""
    return list(session.get(_ORDERS, []))
