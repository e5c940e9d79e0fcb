"""A customer's own orders."""

from __future__ import annotations

from flask import Blueprint, Response, g, request

from shop.controllers import counter
from shop.views import guards, wording
from shop.views.context import shop
from shop.views.html import page

my_orders = guards.customers(Blueprint("my_orders", __name__, url_prefix="/my"))


@my_orders.get("/orders")
def listed() -> Response:
    """All of them, newest first."""
    found = counter.of_customer(shop(), g.customer.id, request.args.get("below"))
    return page("my_orders.html", found=found, statuses=wording.STATUSES)
