"""Merchants: shops that are paid through the bank, each onto one account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import Int64
from pymongo import ASCENDING, DESCENDING, IndexModel

from app.errors import MerchantNotFound
from app.models.database import Database, Document, Shape, closed
from app.models.ids import random_id

NAME = "merchants"
MOST_RETURN_URLS = 10
LIVE_KEYS = 2
"""A key and the one that follows it: more would only be more to lose."""

STATUSES = ("active", "paused", "closed")
_TEXT = {"bsonType": "string"}

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed({
            "_id": {"bsonType": "string", "pattern": "^m_"},
            "name": _TEXT,
            "account": {"bsonType": "string", "pattern": "^[0-9]{12}$"},
            "owner": _TEXT,
            "currency": {"bsonType": "string", "pattern": "^[A-Z]{3}$"},
            "status": {"enum": list(STATUSES)},
            "return_urls": {"bsonType": "array", "items": _TEXT, "maxItems": MOST_RETURN_URLS},
            "direct_pin": {"bsonType": "bool"},
            "live_keys": {"bsonType": "long", "minimum": 0, "maximum": LIVE_KEYS},
            "created_at": {"bsonType": "date"},
            "revision": {"bsonType": "long", "minimum": 1},
        })
    },
    indexes=[
        IndexModel([("owner", ASCENDING)], name="owner"),
        IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)], name="newest"),
    ],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Merchant:
    """A shop. `account` is credited with what is paid, and is `owner`'s, a customer; `return_urls`
    are where a browser may be sent back to; `direct_pin` lets its own pages take PINs.

    `live_keys` says how many of its keys open anything.
    """

    id: str
    name: str
    account: str
    owner: str
    currency: str
    status: str
    return_urls: tuple[str, ...]
    direct_pin: bool
    live_keys: int
    created_at: datetime
    revision: int


def new_merchant(
    *, name: str, account: str, owner: str, currency: str, return_urls: Iterable[str],
    now: datetime, direct_pin: bool = False,
) -> Merchant:  # fmt: skip
    """A shop that may be paid from now on."""
    return Merchant(
        id=random_id("m"), name=name, account=account, owner=owner, currency=currency,
        status="active", return_urls=tuple(return_urls), direct_pin=direct_pin, live_keys=0,
        created_at=now, revision=1,
    )  # fmt: skip


def insert_merchant(database: Database, merchant: Merchant) -> None:
    """Store a new one."""
    database.collection(NAME).insert_one(_document(merchant))


def get_merchant(database: Database, id: str, owner: str | None = None) -> Merchant:
    """The merchant of that id, of that customer or of anyone. Raises MerchantNotFound."""
    criterion: Document = {"_id": {"$eq": id}}
    if owner is not None:
        criterion["owner"] = {"$eq": owner}
    if document := database.collection(NAME).find_one(criterion):
        return _merchant(document)
    raise MerchantNotFound()


def find_merchant(database: Database, id: str) -> Merchant | None:
    """The merchant of that id, if there is one."""
    document = database.collection(NAME).find_one({"_id": {"$eq": id}})
    return _merchant(document) if document else None


def merchants_of(database: Database, owner: str) -> list[Merchant]:
    """All shops of a customer, oldest first."""
    rows = database.collection(NAME).find({"owner": {"$eq": owner}}).sort("created_at", ASCENDING)
    return [_merchant(row) for row in rows]


def page(
    database: Database, status: str | None, below: tuple[datetime, str] | None, limit: int
) -> list[Merchant]:
    """Up to `limit` merchants, newest first, after a place."""
    criterion: Document = {"status": {"$eq": status}} if status else {}
    if below:
        at, id = below
        criterion["$or"] = [
            {"created_at": {"$lt": at}}, {"created_at": at, "_id": {"$lt": id}}
        ]  # fmt: skip
    order = [("created_at", DESCENDING), ("_id", DESCENDING)]
    return [
        _merchant(row) for row in database.collection(NAME).find(criterion).sort(order).limit(limit)
    ]


def names_of(database: Database, ids: Iterable[str]) -> dict[str, str]:
    """What the merchants among those ids are called."""
    rows = database.collection(NAME).find({"_id": {"$in": list(ids)}}, {"name": 1})
    return {row["_id"]: row["name"] for row in rows}


def change(database: Database, merchant: Merchant, **facts: object) -> bool:
    """Give a merchant other values; False when somebody has changed it since it was read."""
    values = {name: list(value) if isinstance(value, tuple) else value
              for name, value in facts.items()}  # fmt: skip
    update = {"$set": values, "$inc": {"revision": Int64(1)}}
    criterion = {"_id": merchant.id, "revision": Int64(merchant.revision)}
    return database.collection(NAME).update_one(criterion, update).modified_count == 1


def add_key(database: Database, id: str) -> bool:
    """Count one more live key; False when the merchant has all that it may have, or is closed."""
    criterion = {"_id": id, "status": {"$ne": "closed"}, "live_keys": {"$lt": LIVE_KEYS}}
    change = {"$inc": {"live_keys": Int64(1)}}
    return database.collection(NAME).update_one(criterion, change).modified_count == 1


def take_key(database: Database, id: str) -> None:
    """Count one live key less, in the transaction that revokes it."""
    change = {"$inc": {"live_keys": Int64(-1)}}
    database.collection(NAME).update_one({"_id": id, "live_keys": {"$gt": 0}}, change)


def _document(merchant: Merchant) -> Document:
    values = {name: getattr(merchant, name) for name in Merchant.__slots__ if name != "id"}
    return {
        "_id": merchant.id,
        **values,
        "return_urls": list(merchant.return_urls),
        "live_keys": Int64(merchant.live_keys),
        "revision": Int64(merchant.revision),
    }


def _merchant(document: Mapping[str, Any]) -> Merchant:
    values = {name: document[name] for name in Merchant.__slots__ if name != "id"}
    return Merchant(
        id=document["_id"],
        **{
            **values,
            "return_urls": tuple(document["return_urls"]),
            "live_keys": int(document["live_keys"]),
            "revision": int(document["revision"]),
        },
    )
