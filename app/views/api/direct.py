"""Payments whose number and PIN were typed at the shop: there only with ALLOW_DIRECT_PIN."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.controllers.orders import PayDirectly, PayDirectlySchema
from app.controllers.payments import direct as controller
from app.controllers.payments import intents
from app.errors import IntentNotFound, PaymentRefused, SecondFactorNeeded, TooManyTries, WrongState
from app.views import guards
from app.views.api import representations
from app.views.api.describe import operation
from app.views.context import actor, bank, needed_key
from app.views.scopes import scope

direct = guards.merchants(Blueprint("direct", __name__))


@direct.post("/payments")
@scope("payments:direct")
@operation(
    body=PayDirectlySchema,
    answer=representations.PaymentIntent,
    problems=(IntentNotFound, WrongState, PaymentRefused, SecondFactorNeeded, TooManyTries),
    needs_key=True,
)
def pay(order: PayDirectly) -> Any:
    """Pay one of your intents with an account number and a PIN that were typed at your shop.

    For little money alone, and customers who have paid you at the bank's page before; anybody else
    is to be sent to `pay_url`. Keep neither number nor PIN, and log neither: docs/direct_pin.md.
    """
    needed_key()
    (shown,) = intents.show(bank(), [controller.pay(bank(), actor(), order)])
    return shown
