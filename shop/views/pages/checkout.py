"""The checkout: whom to send to, how, and the order itself."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress

from flask import Blueprint, flash, g, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.controllers.addresses import COUNTRIES, LENGTHS, form_id, recipient, total_seen
from shop.controllers.checkout import Wish, basket, place
from shop.controllers.counter import Order
from shop.controllers.deliveries import deliveries
from shop.controllers.paying import begin
from shop.errors import (
    BankRefused,
    BankUnreachable,
    CartChanged,
    EmptyCart,
    InvalidFields,
    PricesChanged,
    ProductNotFound,
    SoldOut,
)
from shop.views import guards, wording
from shop.views.context import cart_id, remember_order, shop, visitor
from shop.views.html import page, see

checkout = guards.visitors(Blueprint("checkout", __name__))
_CART = "/cart"


@checkout.get("/checkout")
def start() -> AnyResponse:
    """The form."""
    person = g.customer
    typed = {"email": person.email, "name": person.name, **person.address} if person else {}
    return _form(typed, {})


@checkout.post("/checkout")
def order() -> AnyResponse:
    """Place the order, ask the bank for its payment, and go on to where it is paid."""
    typed = request.form
    try:
        wish = Wish(
            form=form_id(typed), cart=cart_id(), customer=g.customer.id if g.customer else None,
            recipient=recipient(typed), shown=total_seen(typed), visitor=visitor(),
        )  # fmt: skip
        placed = place(shop(), wish)
    except InvalidFields as error:
        return _form(typed, error.errors, 422)
    except (SoldOut, PricesChanged, CartChanged, EmptyCart, ProductNotFound) as error:
        flash(wording.say(error), "problem")
        return see(_CART if isinstance(error, EmptyCart) else url_for("checkout.start"))
    remember_order(placed.link)
    return to_pay(placed)


def to_pay(placed: Order) -> AnyResponse:
    """On to the payment; to the order, which tells why, where the bank cannot be asked for it."""
    with suppress(BankUnreachable, BankRefused):
        begin(shop(), placed)
        return see(url_for("ordering.pay", link=placed.link))
    return see(url_for("ordering.shown", link=placed.link))


def _form(typed: Mapping[str, str], errors: Mapping[str, str], status: int = 200) -> AnyResponse:
    try:
        found = basket(shop(), cart_id())
    except (EmptyCart, ProductNotFound) as error:
        flash(wording.say(error), "problem")
        return see(_CART)
    return page(
        "checkout.html", status, basket=found, typed=typed, errors=errors, countries=COUNTRIES,
        ways=deliveries(shop().config.currency), lengths=LENGTHS, names=wording.FIELDS,
        delivery_names=wording.DELIVERIES, form=secrets.token_hex(16),
    )  # fmt: skip
