"""All collections of the shop."""

from __future__ import annotations

from shop.models import arrivals, carts, customers, orders, outbox, products

SHAPES = (
    products.SHAPE, carts.SHAPE, customers.SHAPE, orders.SHAPE, arrivals.SHAPE, outbox.SHAPE,
)  # fmt: skip
