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


CUSTOMER, ENTRANCE, CART, _ORDERS = "customer", "entrance", "cart", "orders"
"""What the signed cookie holds: after the log-in the customer's id and the token of the entrance;
the id of the cart; the links of the orders that were placed last."""

_REMEMBERED = 10
