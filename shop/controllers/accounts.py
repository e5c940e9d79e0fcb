"""People with a log-in at the shop."""

from __future__ import annotations

from shop.controllers.shop import Shop
from shop.models import customers
from shop.models.customers import Customer

__all__ = ["Customer", "find_customer"]


def find_customer(shop: Shop, id: str) -> Customer | None:
    """Who that is, or None."""
    return customers.find_customer(shop.database, id)
