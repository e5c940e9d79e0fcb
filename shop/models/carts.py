"""Carts, as far as orders need them: what lies in one, and how it is emptied by an order."""

from __future__ import annotations

from dataclasses import dataclass

from bson import Int64

from shop.models.database import Database, Shape, closed

NAME = "carts"

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed({
            "_id": {"bsonType": "string"},
            "lines": {
                "bsonType": "array",
                "items": closed({
                    "product": {"bsonType": "string"},
                    "quantity": {"bsonType": "long", "minimum": 1},
                }),
            },
        })
    },
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CartLine:
    """So many of a product."""

    product: str
    quantity: int


def lines_of(database: Database, cart: str) -> tuple[CartLine, ...]:
    """What lies in the cart; nothing where there is no such cart."""
    document = database.collection(NAME).find_one({"_id": {"$eq": cart}}) or {"lines": []}
    return tuple(CartLine(each["product"], int(each["quantity"])) for each in document["lines"])


def empty(database: Database, cart: str) -> None:
    """Take everything out; call it inside the transaction that places the order."""
    database.collection(NAME).update_one({"_id": {"$eq": cart}}, {"$set": {"lines": []}})


def fill(database: Database, cart: str, lines: tuple[CartLine, ...]) -> None:
    """Put exactly these into the cart."""
    rows = [{"product": each.product, "quantity": Int64(each.quantity)} for each in lines]
    database.collection(NAME).update_one(
        {"_id": {"$eq": cart}}, {"$set": {"lines": rows}}, upsert=True
    )
