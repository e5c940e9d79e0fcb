"""PINs of accounts: a hash, and how often in a row somebody was wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bson import Int64
from pymongo import ReturnDocument

from app.models.database import Database, Document, Shape, closed, patiently, settled

NAME = "pins"

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed(
            {
                "_id": {"bsonType": "string", "pattern": "^[0-9]{12}$"},
                "hash": {"bsonType": "string", "pattern": "^($|\\$argon2id\\$)"},
                "kid": {"bsonType": "string"},
                "wrong": {"bsonType": "long", "minimum": 0},
                "set_at": {"bsonType": "date"},
                "locked_at": {"bsonType": ["date", "null"]},
                "revision": {"bsonType": "long", "minimum": 1},
            }
        )
    },
)


@dataclass(frozen=True, slots=True)
class Pin:
    """The PIN of an account, hashed under the key named `kid`. `revision` counts how often the
    owner has set it; `wrong` includes the tries that are being looked at."""

    number: str
    hash: str
    kid: str
    wrong: int
    set_at: datetime
    locked_at: datetime | None
    revision: int


def set_pin(database: Database, number: str, hash: str, kid: str, now: datetime) -> None:
    """Give the account this PIN, open and never tried."""
    values = {"hash": hash, "kid": kid, "wrong": Int64(0), "set_at": now, "locked_at": None}
    change = {"$set": values, "$inc": {"revision": Int64(1)}}
    database.collection(NAME).update_one({"_id": number}, change, upsert=True)


def forget_pin(database: Database, number: str) -> None:
    """Leave the account without a PIN: no key made this one, so nothing is right."""
    values = {"hash": "", "kid": "", "wrong": Int64(0), "locked_at": None}
    change = {"$set": values, "$inc": {"revision": Int64(1)}}
    database.collection(NAME).update_one({"_id": number}, change)


def find_pin(database: Database, number: str) -> Pin | None:
    """The account's PIN, if it has one."""
    document = database.collection(NAME).find_one({"_id": {"$eq": number}})
    return _pin(document) if document else None


def reserve_try(
    database: Database, number: str, kids: Iterable[str], now: datetime, *, tries: int
) -> Pin | None:
    """Count one more try as a wrong one before it is looked at, and shut the PIN with the last of
    `tries`. None when there is none to be had: no PIN of these keys, or too many were wrong."""
    criterion = {"_id": number, "kid": {"$in": list(kids)}, "wrong": {"$lt": tries}}
    shut = {"$cond": [{"$gte": ["$wrong", tries]}, now, None]}
    change: list[Document] = [
        {"$set": {"wrong": {"$add": ["$wrong", 1]}}},
        {"$set": {"locked_at": shut}},
    ]
    document = database.collection(NAME).find_one_and_update(
        criterion, change, return_document=ReturnDocument.AFTER
    )
    return _pin(document) if document else None


def give_back(database: Database, pin: Pin) -> None:
    """Take one try back: it was not looked at."""
    criterion = {"_id": pin.number, "revision": pin.revision, "wrong": {"$gt": 0}}
    change = {"$inc": {"wrong": Int64(-1)}, "$set": {"locked_at": None}}
    settled(lambda: database.collection(NAME).update_one(criterion, change))


def accept(database: Database, pin: Pin) -> bool:
    """Begin to count anew, for it was right; False when the owner has set another one meanwhile."""
    change = {"$set": {"wrong": Int64(0), "locked_at": None}}
    criterion = {"_id": pin.number, "revision": pin.revision}
    # Three right PINs that were not accepted in time would lock it.
    return (
        settled(lambda: database.collection(NAME).update_one(criterion, change)).matched_count == 1
    )


def rehash(database: Database, pin: Pin, hash: str, kid: str) -> None:
    """Keep the same PIN under another key, unless the owner has set another one meanwhile."""
    criterion = {"_id": pin.number, "revision": pin.revision}
    database.collection(NAME).update_one(criterion, {"$set": {"hash": hash, "kid": kid}})


def count_by_key(database: Database) -> dict[str, int]:
    """How many PINs are hashed under each key, by the key's name; forgotten ones under none."""
    pipeline: list[Document] = [
        {"$match": {"kid": {"$ne": ""}}},
        {"$group": {"_id": "$kid", "pins": {"$sum": 1}}},
    ]
    with patiently():
        rows = database.collection(NAME).aggregate(pipeline)
        return {row["_id"]: int(row["pins"]) for row in rows}


def _pin(document: Document) -> Pin:
    return Pin(
        number=document["_id"],
        hash=document["hash"],
        kid=document["kid"],
        wrong=int(document["wrong"]),
        set_at=document["set_at"],
        locked_at=document["locked_at"],
        revision=int(document["revision"]),
    )
