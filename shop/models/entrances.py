"""Entrances: who is logged in. The browser holds a random token, the database its hash alone."""

from __future__ import annotations

import hashlib
from datetime import datetime

from pymongo import ASCENDING, IndexModel

from shop.models.database import Database, Shape, closed

NAME = "entrances"

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed({
            "_id": {"bsonType": "string", "pattern": "^[0-9a-f]{64}$"},
            "customer": {"bsonType": "string"},
            "expires_at": {"bsonType": "date"},
        })
    },
    indexes=[
        IndexModel([("expires_at", ASCENDING)], name="expired", expireAfterSeconds=0),
        IndexModel([("customer", ASCENDING)], name="customer"),
    ],
)  # fmt: skip


def open_entrance(database: Database, token: str, customer: str, expires_at: datetime) -> None:
    """Let whoever brings the token be that customer."""
    row = {"_id": _hash(token), "customer": customer, "expires_at": expires_at}
    database.collection(NAME).insert_one(row)


def whose(database: Database, token: str, now: datetime) -> str | None:
    """The id of the customer who entered with the token, or None."""
    wanted = {"_id": {"$eq": _hash(token)}, "expires_at": {"$gt": now}}
    row = database.collection(NAME).find_one(wanted)
    return str(row["customer"]) if row else None


def shut(database: Database, token: str) -> None:
    """The token opens nothing any more."""
    database.collection(NAME).delete_one({"_id": {"$eq": _hash(token)}})


def shut_all(database: Database, customer: str) -> None:
    """No token of that customer opens anything any more."""
    database.collection(NAME).delete_many({"customer": {"$eq": customer}})


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
