"""Where the bank tells the shop that something happened to a payment."""

from __future__ import annotations

from flask import Blueprint, Response, request

from shop.controllers.webhooks import take
from shop.errors import ShopError
from shop.views import guards
from shop.views.context import shop
from shop.views.problems import status_of

webhooks = guards.signed(Blueprint("webhooks", __name__))


@webhooks.post("/webhooks/strongroom")
def told() -> Response:
    """Verify its signature, then ask the bank what happened."""
    try:
        take(shop(), request.headers, request.get_data())
    except ShopError as error:
        return Response(f"{error}\n", status_of(error), mimetype="text/plain")
    return Response(status=204)
