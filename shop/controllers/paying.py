"""Asking the bank for an order's payment.

The Idempotency-Key is the order's, and is stored with it before the bank is asked: when the answer
is lost, asking again gives the same payment.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bank_client import Conflict, Intent, Problem, Unavailable
from shop.controllers.checkout import PAY_WITHIN, names_of
from shop.controllers.shop import Shop
from shop.controllers.till import due, is_for, trouble
from shop.errors import BankRefused, WrongState
from shop.models import orders
from shop.models.orders import Order

BACK = "/back"
"""Where the bank sends people back to; one address for all orders, as the bank has it in a list."""

_FIRST_LOOK = timedelta(seconds=5)
_log = logging.getLogger(__name__)


def begin(shop: Shop, order: Order) -> Order:
    """The order with its payment at the bank, for which it is asked if it has none.

    Raises BankUnreachable, BankRefused, WrongState.
    """
    if order.intent:
        return order
    if order.status != "placed":
        raise WrongState("order again", status=order.status)
    orders.asked(shop.database, order, shop.now())
    try:
        intent = _ask(shop, order)
    except Problem as problem:
        _log.warning("no payment", extra={"order": order.number, "error": problem.kind})
        refused = None if isinstance(problem, Unavailable) else problem.title
        orders.note(shop.database, order, refused=refused)
        raise trouble(problem) from problem
    return attach(shop, order, intent)


def attach(shop: Shop, order: Order, intent: Intent) -> Order:
    """Note the payment with the order. Raises BankRefused where it is not the order's."""
    if order.intent == intent.id:
        return order
    pages = shop.config.pay_pages
    if not is_for(order, intent) or not intent.pay_url.startswith(f"{pages}/"):
        orders.note(shop.database, order, trouble="the bank's payment is not the order's")
        _log.error("a payment is not the order's", extra={"order": order.number})
        raise BankRefused("its payment is not the one that was asked for")
    try:
        return orders.attach(
            shop.database, order, intent.id, intent.pay_url, _until(shop, order, intent),
            shop.now() + _FIRST_LOOK,
        )  # fmt: skip
    except WrongState:  # somebody else has noted it
        return orders.latest(shop.database, order)


def _ask(shop: Shop, order: Order) -> Intent:
    try:
        return shop.till.create_intent(
            due(order),
            order=order.number,
            return_url=f"{shop.config.address}{BACK}",
            description=names_of(order.lines),
            expires_in=int(PAY_WITHIN.total_seconds()),
            key=order.key,
        )
    except Conflict as problem:
        if id := problem.facts.get("intent"):  # made before, under a key that the bank forgot
            return shop.till.intent(str(id))
        raise


def _until(shop: Shop, order: Order, intent: Intent) -> datetime:
    """How long the goods wait: as long as it can be paid, but not for ever; and no longer where the
    payment came to light too late."""
    if shop.now() >= order.expires_at:
        return order.expires_at
    return min(intent.expires_at, order.placed_at + 3 * PAY_WITHIN)
