"""Stock: what is promised to orders, sold, and given back.

A product's `stock` lies on the shelf; `reserved` of it is promised to orders that are being paid.
That there is enough stands in the filter of the write itself, so the last item is promised once.
All of these run inside the transaction that changes the order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from bson import Int64

from shop.errors import SoldOut
from shop.models.database import Database, Document
from shop.models.products import NAME


class Portion(Protocol):
    """So many of a product."""

    @property
    def product(self) -> str:
        """The product's id."""

    @property
    def quantity(self) -> int:
        """How many of it."""


def reserve(database: Database, portions: Iterable[Portion]) -> None:
    """Promise them to an order. Raises SoldOut, which names the product, where too few are left."""
    for product, quantity in _counted(portions):
        left = {"$subtract": ["$stock", "$reserved"]}
        enough = {"hidden": {"$ne": True}, "$expr": {"$gte": [left, quantity]}}
        if not _change(database, product, enough, {"reserved": quantity}):
            raise SoldOut(product=product)


def free(database: Database, portions: Iterable[Portion]) -> None:
    """Take a promise back: others may order them."""
    for product, quantity in _counted(portions):
        _change(database, product, {"reserved": {"$gte": quantity}}, {"reserved": -quantity})


def sell(database: Database, portions: Iterable[Portion]) -> None:
    """What was promised leaves the stock."""
    for product, quantity in _counted(portions):
        there = {"reserved": {"$gte": quantity}, "stock": {"$gte": quantity}}
        _change(database, product, there, {"reserved": -quantity, "stock": -quantity})


def put_back(database: Database, portions: Iterable[Portion]) -> None:
    """What was sold and not sent lies on the shelf again."""
    for product, quantity in _counted(portions):
        _change(database, product, {}, {"stock": quantity})


def promised(database: Database) -> dict[str, int]:
    """What is promised, by product."""
    rows = database.collection(NAME).find({}, {"reserved": 1})
    return {row["_id"]: int(row["reserved"]) for row in rows}


def _counted(portions: Iterable[Portion]) -> list[tuple[str, int]]:
    """Each product once, always in the same order: two orders then meet at the first of them."""
    counted: Counter[str] = Counter()
    for each in portions:
        counted[each.product] += each.quantity
    return sorted(counted.items())


def _change(database: Database, product: str, given: Document, by: dict[str, int]) -> bool:
    change = {name: Int64(number) for name, number in by.items()}
    criterion = {"_id": {"$eq": product}, **given}
    return database.collection(NAME).update_one(criterion, {"$inc": change}).modified_count == 1
