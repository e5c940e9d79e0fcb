"""The cart's page."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.controllers import carts
from shop.errors import SoldOut
from shop.views import guards
from shop.views.context import cart_id, known_cart, shop
from shop.views.html import page, see
from shop.views.languages import _

cart = guards.visitors(Blueprint("cart", __name__, url_prefix="/cart"))


@cart.get("")
def contents() -> Response:
    """What lies in the cart."""
    return page("cart.html", cart=carts.contents(shop(), known_cart() or ""))


@cart.post("/add")
def add() -> AnyResponse:
    """Put something into the cart."""
    wanted = max(_quantity(), 1)
    product = request.form.get("product", "")
    before = carts.quantity_of(shop(), cart_id(), product)
    try:
        held = carts.add(shop(), cart_id(), product, wanted)
    except SoldOut as error:
        flash(_(error.detail.capitalize()) + ".", "problem")
        return see(url_for("cart.contents"))
    _say_added(held, held - before, wanted)
    return see(url_for("cart.contents"))


@cart.post("/change")
def change() -> AnyResponse:
    """Another quantity of something that lies there; 0 takes it out."""
    wanted = _quantity()
    held = carts.set_quantity(shop(), cart_id(), request.form.get("product", ""), wanted)
    if held < wanted:
        flash(_("There are only %(held)s of it now.", held=held), "problem")
    else:
        flash(_("Your cart was changed."), "good")
    return see(url_for("cart.contents"))


def _say_added(held: int, more: int, wanted: int) -> None:
    if more >= wanted:
        flash(_("It is in your cart."), "good")
    elif more > 0:
        flash(_("There are only %(held)s of it; all of them are in your cart.", held=held), "good")
    else:
        flash(_("All %(held)s that we have of it are in your cart already.", held=held), "problem")


def _quantity() -> int:
    text = request.form.get("quantity", "1").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
