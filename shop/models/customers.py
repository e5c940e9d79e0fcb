"""Customers of the shop, as far as guards and orders need them."""

from __future__ import annotations

from dataclasses import dataclass

from shop.models.database import Database, Shape

NAME = "customers"
SHAPE = Shape(NAME)


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody with a log-in at the shop; `admin` is one of the shop's own people."""

    id: str
    name: str
    email: str
    admin: bool


def find_customer(database: Database, id: str) -> Customer | None:
    """The customer of that id, or None."""
    document = database.collection(NAME).find_one({"_id": {"$eq": id}})
    if document is None:
        return None
    return Customer(id, document["name"], document["email"], bool(document.get("admin")))
