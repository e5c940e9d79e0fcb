"""Carts: what somebody means to buy. A visitor's has a random id, a customer's the customer's own.

A cart promises nothing: only an order reserves. One that nobody touches goes after ninety days.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bson import Int64
from pymongo import ASCENDING, IndexModel

from shop.models.database import Database, Duplicate, Shape, closed

NAME = "carts"
_DAYS = 90

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed({
            "_id": {"bsonType": "string"},
            "lines": {
                "bsonType": "array",
                "maxItems": 50,
                "items": closed({
                    "product": {"bsonType": "string"},
                    "quantity": {"bsonType": "long", "minimum": 1, "maximum": 99},
                }),
            },
            "touched_at": {"bsonType": "date"},
        })
    },
    indexes=[
        IndexModel(
            [("touched_at", ASCENDING)], name="forgotten", expireAfterSeconds=_DAYS * 24 * 3600
        )
    ],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CartLine:
    """So many of a product."""

    product: str
    quantity: int


Lines = tuple[CartLine, ...]


def lines_of(database: Database, cart: str) -> Lines:
    """What lies in the cart; nothing where there is no such cart."""
    document = database.collection(NAME).find_one({"_id": {"$eq": cart}}) or {"lines": []}
    return tuple(CartLine(each["product"], int(each["quantity"])) for each in document["lines"])


def empty(database: Database, cart: str) -> None:
    """Take everything out; call it inside the transaction that places the order."""
    database.collection(NAME).update_one({"_id": {"$eq": cart}}, {"$set": {"lines": []}})


def fill(database: Database, cart: str, lines: Lines) -> None:
    """Put exactly these into the cart."""
    rows = [{"product": each.product, "quantity": Int64(each.quantity)} for each in lines]
    database.collection(NAME).update_one(
        {"_id": {"$eq": cart}},
        {"$set": {"lines": rows}, "$currentDate": {"touched_at": True}},
        upsert=True,
    )


def change(database: Database, cart: str, alter: Callable[[Lines], Lines]) -> Lines:
    """Put into the cart what `alter` makes of its lines; two changes at once both happen."""

    def work() -> Lines:
        lines = alter(lines_of(database, cart))
        fill(database, cart, lines)
        return lines

    while True:
        try:
            return database.atomically(work)
        except Duplicate:
            continue  # somebody else made the cart just now
