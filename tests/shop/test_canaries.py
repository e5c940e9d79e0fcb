"""What the shop has no place for is nowhere in it, even when somebody types it into its forms."""

from __future__ import annotations

import logging
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.controllers.following import follow
from shop.controllers.shop import Shop
from shop.models import orders
from tests.shop import make
from tests.shop.browser import checked_out, with_cart
from tests.shop.fake_bank import FakeBank

PIN, ACCOUNT = "739164", "4918273645102938"
SECRET = re.compile(r"account|number|pin|card|iban|cvc", re.IGNORECASE)


def everything(shop: Shop) -> str:
    """All that the shop has stored, as text."""
    database = shop.database
    names = ("orders", "carts", "customers", "outbox", "arrivals", "entrances", "attempts")
    return "".join(str(list(database.collection(name).find({}))) for name in names)


def test_no_form_on_the_way_to_the_bank_has_a_field_for_an_account_or_a_pin(
    shop: Shop, visitor: FlaskClient
) -> None:
    with_cart(visitor, make.cart(shop, (make.product(shop), 1)))
    pages = [visitor.get("/checkout").text]
    answer = checked_out(visitor)
    (order,) = orders.every(shop.database)
    pages += [visitor.get(answer.location).text, visitor.get(f"/order/{order.link}").text]
    fields = {
        name for page in pages for name in re.findall(r'<(?:input|select)[^>]* name="(\w+)"', page)
    }
    assert "email" in fields
    assert [name for name in fields if SECRET.search(name)] == []


def test_what_somebody_sends_as_account_and_pin_is_stored_logged_and_mailed_nowhere(
    shop: Shop,
    shop_app: Flask,
    visitor: FlaskClient,
    fake_bank: FakeBank,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG, "shop")
    # The next shop that is made gives the log a handler of its own again.
    logging.getLogger("shop").addHandler(caplog.handler)
    with_cart(visitor, make.cart(shop, (make.product(shop), 1)))
    assert checked_out(visitor, email=f"{PIN} {ACCOUNT}").status_code == 422
    checked_out(visitor, account=ACCOUNT, pin=PIN)
    (order,) = orders.every(shop.database)
    fake_bank.pay(str(order.intent))
    visitor.get(f"/back?payment_intent={order.intent}&pin={PIN}&account={ACCOUNT}")
    visitor.get(f"/order/{PIN}{ACCOUNT}")
    follow(shop, order)
    while shop.post.send_next():
        pass
    told = "".join(str(record.__dict__) for record in caplog.records)
    said = capsys.readouterr()
    assert "/order/<link>" in told
    for text in (everything(shop), told, said.out, said.err):
        assert PIN not in text
        assert ACCOUNT not in text
    assert order.link not in told
