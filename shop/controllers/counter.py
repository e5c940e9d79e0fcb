"""Orders as people look for them: by the link of an order, a customer's own, the shop's list."""

from __future__ import annotations

from dataclasses import dataclass

from shop.controllers.shop import Shop
from shop.errors import OrderNotFound
from shop.models import orders
from shop.models.orders import STATUSES, Event, Order, OrderLine, Refund

__all__ = ["STATUSES", "Event", "Order", "OrderLine", "Page", "Refund"]
_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Page:
    """Some orders, newest first; `below` is where the older ones begin, if there are any."""

    orders: list[Order]
    below: str | None


def by_link(shop: Shop, link: str) -> Order:
    """The order at that secret address. Raises OrderNotFound."""
    return orders.get_order(shop.database, link=link)


def by_number(shop: Shop, number: str) -> Order:
    """The order of that number, for the shop's own people. Raises OrderNotFound."""
    return orders.get_order(shop.database, number=number.strip().upper())


def by_intent(shop: Shop, intent: str, links: list[str], customer: str | None) -> Order:
    """The order of that payment, for whoever placed it: an intent's id is no secret.

    Raises OrderNotFound.
    """
    order = orders.get_order(shop.database, intent=intent)
    if order.link in links or (customer is not None and order.customer == customer):
        return order
    raise OrderNotFound()


def of_customer(shop: Shop, customer: str, below: str | None = None) -> Page:
    """A customer's orders."""
    found = orders.page(shop.database, customer=customer, below=below, limit=_AT_ONCE + 1)
    return _page(found)


def listed(shop: Shop, status: str | None, below: str | None = None) -> Page:
    """All orders, or those of a state."""
    chosen = status if status in STATUSES else None
    return _page(orders.page(shop.database, status=chosen, below=below, limit=_AT_ONCE + 1))


def _page(found: list[Order]) -> Page:
    shown = found[:_AT_ONCE]
    return Page(shown, shown[-1].id if len(found) > _AT_ONCE else None)
