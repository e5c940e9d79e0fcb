"""Products, for the shop's own people."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from money import Money
from shop.controllers import catalogue, stocking
from shop.errors import ChangedMeanwhile, InvalidFields
from shop.views import guards
from shop.views.context import shop
from shop.views.html import page, see
from shop.views.languages import _

shelf = guards.admins(Blueprint("shelf", __name__, url_prefix="/admin/products"))


@shelf.get("")
def products() -> Response:
    """Every product with its price and stock."""
    return page("admin/products.html", products=stocking.shelf(shop()))


@shelf.get("/<id>")
def product(id: str) -> Response:
    """One product, to be changed."""
    return _form(id, {}, {})


@shelf.post("/<id>")
def edit(id: str) -> AnyResponse:
    """Change price, stock, words, and whether it is shown."""
    try:
        stocking.edit(shop(), id, request.form)
    except InvalidFields as error:
        return _form(id, dict(request.form), error.errors, 422)
    except ChangedMeanwhile as error:
        kept = {name: text for name, text in request.form.items() if name != "stock_before"}
        return _form(id, kept, {"stock": f"{_(error.title())} {error.detail.capitalize()}."}, 409)
    flash(_("The product was saved."), "good")
    return see(url_for("shelf.products"))


def _form(id: str, typed: dict[str, str], errors: dict[str, str], status: int = 200) -> Response:
    found = catalogue.any_product(shop(), id)
    shown = {
        "price": Money(found.price, shop().config.currency).amount, "stock": str(found.stock),
        "short": found.short, "long": found.long,
        **({"pick": "yes"} if found.pick else {}), **({"hidden": "yes"} if found.hidden else {}),
    }  # fmt: skip
    return page(
        "admin/product.html", status, product=found, typed=typed or shown, errors=errors,
        currency=shop().config.currency,
    )  # fmt: skip
