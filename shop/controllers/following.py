"""Following a payment: the bank is asked what became of it, and the order goes along.

Whatever says that something happened (a webhook, somebody who comes back, the clock), the bank is
asked, and nothing but its answer counts. To follow twice, late, or two at a time does no harm:
every step names the state that it starts from.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bank_client import Conflict, Intent, Problem
from shop.controllers import letters, refunds
from shop.controllers.paying import attach
from shop.controllers.shop import Shop
from shop.controllers.till import due, is_for, trouble
from shop.errors import BankRefused, BankUnreachable, WrongState
from shop.models import orders, stock
from shop.models.orders import Order

_GRACE = timedelta(minutes=5)
"""How long goods wait for a bank that cannot be reached, after the time to pay is over."""

_LEASE = timedelta(minutes=1)
_LATE = timedelta(hours=1)
_log = logging.getLogger(__name__)


def follow(shop: Shop, order: Order) -> Order:
    """The order as the bank's answer makes it. Raises BankUnreachable, BankRefused."""
    try:
        intent = _intent(shop, order)
        if intent is not None:
            order = settle(shop, attach(shop, order, intent), intent)
        elif order.status == "placed" and shop.now() >= order.expires_at:
            order = expire(shop, order)
        return refunds.send(shop, order) if order.wants_money_back else order
    except WrongState:  # somebody else has followed it meanwhile
        return orders.latest(shop.database, order)
    except Problem as problem:
        raise trouble(problem) from problem


def settle(shop: Shop, order: Order, intent: Intent) -> Order:
    """The order as its payment at the bank makes it. Raises WrongState, Problem."""
    whole = intent.status != "succeeded" or intent.captured == due(order)
    if not is_for(order, intent) or not whole or intent.status == "requires_capture":
        orders.note(shop.database, order, trouble="the bank's payment is not the order's")
        _log.error("a payment is not the order's", extra={"order": order.number})
        raise BankRefused("its payment is not the one that was asked for")
    if intent.status == "succeeded":
        return _with_money(shop, order, intent)
    if intent.status == "requires_customer":
        over = order.status != "placed" or shop.now() >= order.expires_at
        return _give_up(shop, order, intent) if over else order
    if order.status != "placed":
        return order
    late = intent.status != "canceled" or shop.now() >= order.expires_at
    return expire(shop, order) if late else close(shop, order, "cancelled", "payment given up")


def expire(shop: Shop, order: Order) -> Order:
    """The time to pay is over: others may have the goods."""
    return close(shop, order, "expired", "not paid in time")


def close(shop: Shop, order: Order, to: str, what: str) -> Order:
    """End an order that was not paid, and free its goods."""

    def work() -> Order:
        now = shop.now()
        after = orders.step(shop.database, order, to, now, what, closed_at=now, look_at=now)
        stock.free(shop.database, order.lines)
        return after

    return shop.database.atomically(work)


def look_next(shop: Shop) -> bool:
    """Follow the order that is due for longest; False when none is."""
    order = orders.claim_due(shop.database, shop.now(), _LEASE)
    if order is None:
        return False
    try:
        after = follow(shop, order)
    except (BankUnreachable, BankRefused):
        after = _without_the_bank(shop, order)
        orders.look_again(shop.database, after, shop.now() + _pause(shop, order))
    else:
        orders.look_again(shop.database, after, _next_look(shop, after))
    return True


def _intent(shop: Shop, order: Order) -> Intent | None:
    """The order's payment at the bank; None where there is none."""
    if order.intent:
        return shop.till.intent(order.intent)
    if order.asked_at is None:
        return None
    return next(iter(shop.till.intents(order=order.number)), None)


def _with_money(shop: Shop, order: Order, intent: Intent) -> Order:
    if order.status == "placed":
        return _paid(shop, order, intent)
    if order.status in ("cancelled", "expired") and order.paid == 0:
        return _too_late(shop, order, intent)
    return order


def _paid(shop: Shop, order: Order, intent: Intent) -> Order:
    def work() -> Order:
        after = orders.step(
            shop.database, order, "paid", shop.now(), "paid",
            paid=intent.captured.minor, paid_at=intent.paid_at or shop.now(),
        )  # fmt: skip
        stock.sell(shop.database, order.lines)
        shop.post.put(order.email, letters.paid(shop.config, after))
        return after

    return shop.database.atomically(work)


def _too_late(shop: Shop, order: Order, intent: Intent) -> Order:
    """The money came when the goods were free for others already: it goes back."""
    refund = refunds.new_refund(intent.captured.minor, "paid too late")
    return orders.change(
        shop.database, order, shop.now(), "paid too late",
        paid=intent.captured.minor, paid_at=intent.paid_at or shop.now(), refund=refund,
    )  # fmt: skip


def _give_up(shop: Shop, order: Order, intent: Intent) -> Order:
    """Nobody is to pay for it any more. Whoever was quicker has paid: the bank knows."""
    try:
        given_up = shop.till.cancel(intent.id, reason="abandoned")
    except Conflict:
        given_up = shop.till.intent(intent.id)
        if given_up.status == "requires_customer":
            raise
    return settle(shop, order, given_up)


def _without_the_bank(shop: Shop, order: Order) -> Order:
    """Goods do not wait for ever for a bank that cannot be reached."""
    order = orders.latest(shop.database, order)
    if order.status == "placed" and shop.now() >= order.expires_at + _GRACE:
        try:
            return expire(shop, order)
        except WrongState:
            return orders.latest(shop.database, order)
    return order


def _next_look(shop: Shop, order: Order) -> datetime | None:
    """When its payment is worth another look; None when nothing can happen to it any more."""
    now = shop.now()
    if order.wants_money_back:
        return now + _pause(shop, order)
    if order.status == "placed":
        return min(now + _pause(shop, order), max(order.expires_at, now + timedelta(seconds=1)))
    lost = order.intent is None and order.asked_at is not None and order.closed_at is not None
    if lost and now < order.placed_at + _LATE:
        return now + _pause(shop, order)  # a payment that was asked for may still come to light
    return None


def _pause(shop: Shop, order: Order) -> timedelta:
    """Twice as long after each look, up to a minute; after an hour, an hour."""
    longest = 60 if shop.now() < order.placed_at + _LATE else 3600
    return timedelta(seconds=min(5 * 2 ** min(order.looks, 10), longest))
