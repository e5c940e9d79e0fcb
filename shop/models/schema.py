"""All collections of the shop."""

from __future__ import annotations

from shop.models import (
    arrivals,
    attempts,
    carts,
    customers,
    entrances,
    orders,
    outbox,
    products,
)

SHAPES = (
    products.SHAPE, carts.SHAPE, customers.SHAPE, entrances.SHAPE, attempts.SHAPE, orders.SHAPE,
    arrivals.SHAPE, outbox.SHAPE,
)  # fmt: skip
