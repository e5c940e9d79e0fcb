"""What a browser without JavaScript does on the shop's pages: follow links, send forms."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shop.controllers.accounts import Customer, enter

ORIGIN = {"Origin": "http://localhost"}
DATA = {
    "delivery": "standard", "email": "ada@example.com", "name": "Ada Byron",
    "street": "Serpentine 1", "postcode": "10115", "city": "Berlin", "country": "DE",
}  # fmt: skip


def hidden(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that goes to that address."""
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        if f'action="{action}"' in form:
            return {
                name: unescape(value)
                for name, value in re.findall(r'type="hidden" name="(\w+)" value="(.*?)"', form)
            }
    raise AssertionError(f"the page has no form for {action}")


def send(visitor: FlaskClient, page: str, action: str, **typed: Any) -> TestResponse:
    """Send the page's form."""
    return visitor.post(action, data={**hidden(page, action), **typed}, headers=ORIGIN)


def with_cart(visitor: FlaskClient, cart: str) -> FlaskClient:
    """The visitor with that cart."""
    with visitor.session_transaction() as session:
        session["cart"] = cart
    return visitor


def as_customer(visitor: FlaskClient, customer: Customer) -> FlaskClient:
    """The visitor, logged in."""
    token = enter(visitor.application.extensions["shop"], customer)
    with visitor.session_transaction() as session:
        session.update(customer=customer.id, entrance=token, cart=customer.id)
    return visitor


def checked_out(visitor: FlaskClient, **changes: str) -> TestResponse:
    """The answer to the checkout's form, filled in."""
    page = visitor.get("/checkout").text
    return send(visitor, page, "/checkout", **{**DATA, **changes})
