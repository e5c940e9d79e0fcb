"""What people do to orders: the customer cancels, the shop ships, cancels or gives money back."""

from __future__ import annotations

from contextlib import suppress

from shop.controllers import letters, refunds
from shop.controllers.following import close, follow
from shop.controllers.shop import Shop
from shop.errors import BankRefused, BankUnreachable, WrongState
from shop.models import orders, stock
from shop.models.orders import Order


def cancel(shop: Shop, order: Order, what: str) -> Order:
    """Cancel an order that is not shipped; what was paid goes back, at the latest when the bank can
    be reached again. Raises WrongState."""
    if order.status == "paid":
        order = _take_back(shop, order, what)
    elif order.status == "placed":
        order = close(shop, order, "cancelled", what)
    else:
        raise WrongState(f"it is {order.status}", status=order.status)
    return _told(shop, order)


def ship(shop: Shop, order: Order) -> Order:
    """The goods leave. Raises WrongState for an order that is not paid."""

    def work() -> Order:
        now = shop.now()
        after = orders.step(shop.database, order, "shipped", now, "shipped", shipped_at=now)
        shop.post.put(order.email, letters.shipped(shop.config, after))
        return after

    return shop.database.atomically(work)


def give_back(shop: Shop, order: Order) -> Order:
    """Give the money of a shipped order back, as when goods were returned. Raises WrongState."""
    if order.status != "shipped" or order.refund:
        raise WrongState("only what is shipped and not refunded yet", status=order.status)
    refund = refunds.new_refund(order.paid, "given back by the shop")
    now = shop.now()
    after = orders.change(shop.database, order, now, "refund asked", refund=refund, look_at=now)
    return _told(shop, after)


def _take_back(shop: Shop, order: Order, what: str) -> Order:
    def work() -> Order:
        now = shop.now()
        refund = refunds.new_refund(order.paid, what)
        after = orders.step(
            shop.database, order, "cancelled", now, what, refund=refund, closed_at=now, look_at=now
        )
        stock.put_back(shop.database, order.lines)
        return after

    return shop.database.atomically(work)


def _told(shop: Shop, order: Order) -> Order:
    """Let the bank know now if it can be reached; if not, the next round will."""
    with suppress(BankUnreachable, BankRefused):
        return follow(shop, order)
    return orders.latest(shop.database, order)
