"""Giving money back: noted with the order first, then asked of the bank until it says that it is
done, always under the same Idempotency-Key."""

from __future__ import annotations

import logging
from dataclasses import replace

from bank_client import Problem, Refused
from money import Money
from shop.controllers import letters
from shop.controllers.shop import Shop
from shop.controllers.till import trouble
from shop.errors import WrongState
from shop.models import orders
from shop.models.ids import secret_id
from shop.models.orders import Order, Refund

_log = logging.getLogger(__name__)


def new_refund(amount: int, reason: str) -> Refund:
    """A refund that is due."""
    return Refund("due", amount, reason, secret_id(), None, None)


def send(shop: Shop, order: Order) -> Order:
    """Have the bank give the money back that is due. Raises BankUnreachable, BankRefused."""
    refund = order.refund
    if refund is None or refund.status != "due" or order.intent is None:
        return order
    try:
        id = _asked(shop, order.intent, Money(refund.amount, order.currency), refund)
    except Problem as problem:
        orders.note_refund(shop.database, order, problem.title)
        _log.warning("no refund yet", extra={"order": order.number, "error": problem.kind})
        raise trouble(problem) from problem
    return _done(shop, order, replace(refund, status="done", id=id, error=None))


def _asked(shop: Shop, intent: str, amount: Money, refund: Refund) -> str:
    try:
        return shop.till.refund(
            intent, amount, reason="requested_by_customer", key=refund.key
        ).refund.id
    except Refused:
        # The shop's own people may have given it back at the bank already.
        given = shop.till.intent(intent)
        if not given.refunds or given.refunded != given.captured:
            raise
        return given.refunds[-1].id


def _done(shop: Shop, order: Order, refund: Refund) -> Order:
    def work() -> Order:
        after = orders.change(shop.database, order, shop.now(), "money back", refund=refund)
        shop.post.put(order.email, letters.refunded(shop.config, after))
        return after

    try:
        return shop.database.atomically(work)
    except WrongState:  # somebody else has noted it
        return orders.latest(shop.database, order)
