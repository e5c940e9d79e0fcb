"""All collections of the shop."""

from __future__ import annotations

from shop.models import carts, customers, products

SHAPES = (products.SHAPE, carts.SHAPE, customers.SHAPE)
