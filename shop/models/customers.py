"""Customers: people with a log-in at the shop, some of whom are its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from shop.models.database import Database, Duplicate, Shape, closed

NAME = "customers"
_TEXT = {"bsonType": "string", "minLength": 1}

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed(
            {
                "_id": _TEXT,
                "email": {"bsonType": "string", "pattern": "^[^@\\s]+@[^@\\s]+$"},
                "name": _TEXT,
                "password": {"bsonType": "string", "pattern": "^\\$argon2id\\$"},
                "admin": {"bsonType": "bool"},
                "created_at": {"bsonType": "date"},
            },
            optional={
                "address": {
                    "bsonType": "object",
                    "additionalProperties": {"bsonType": "string"},
                    "maxProperties": 8,
                }
            },
        )
    },
    indexes=[IndexModel([("email", ASCENDING)], name="email", unique=True)],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody with a log-in at the shop; `admin` is one of the shop's own people."""

    id: str
    name: str
    email: str
    admin: bool
    password: str = field(default="", repr=False)
    address: Mapping[str, str] = field(default_factory=dict)


def find_customer(database: Database, id: str) -> Customer | None:
    """The customer of that id, or None."""
    return _customer(database.collection(NAME).find_one({"_id": {"$eq": id}}))


def find_by_email(database: Database, email: str) -> Customer | None:
    """The customer of that address, or None."""
    return _customer(database.collection(NAME).find_one({"email": {"$eq": email}}))


def add(database: Database, customer: Customer, now: datetime) -> None:
    """Make the customer. Raises Duplicate for an address that somebody has."""
    document = {
        "_id": customer.id, "email": customer.email, "name": customer.name,
        "password": customer.password, "admin": customer.admin, "created_at": now,
    }  # fmt: skip
    try:
        database.collection(NAME).insert_one(document)
    except DuplicateKeyError:
        raise Duplicate("email") from None


def set_profile(database: Database, id: str, name: str, address: Mapping[str, str]) -> None:
    """Change name and address."""
    database.collection(NAME).update_one(
        {"_id": {"$eq": id}}, {"$set": {"name": name, "address": dict(address)}}
    )


def set_password(database: Database, id: str, password: str, *, admin: bool | None = None) -> None:
    """Change the password's hash; with `admin`, also whether it is one of the shop's people."""
    change: dict[str, object] = {"password": password}
    if admin is not None:
        change["admin"] = admin
    database.collection(NAME).update_one({"_id": {"$eq": id}}, {"$set": change})


def _customer(document: Mapping[str, Any] | None) -> Customer | None:
    if document is None:
        return None
    return Customer(
        id=document["_id"], name=document["name"], email=document["email"],
        admin=bool(document["admin"]), password=document["password"],
        address=document.get("address", {}),
    )  # fmt: skip
