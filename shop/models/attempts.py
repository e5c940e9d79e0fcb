"""Attempts: how often something was tried lately, counted before it is tried."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from bson import Int64
from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from shop.models.database import Database, Shape, closed

NAME = "attempts"

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed({
            "_id": {"bsonType": "string"},
            "count": {"bsonType": "long", "minimum": 0},
            "expires_at": {"bsonType": "date"},
        })
    },
    indexes=[IndexModel([("expires_at", ASCENDING)], name="expired", expireAfterSeconds=0)],
)  # fmt: skip


def count(database: Database, of: str, seconds: int, now: datetime) -> tuple[int, datetime]:
    """Count one attempt: how many there were in this stretch of time, and when it ends."""
    number = int(now.timestamp()) // seconds
    ends = datetime.fromtimestamp((number + 1) * seconds, UTC)
    change = {
        "$inc": {"count": Int64(1)},
        "$setOnInsert": {"expires_at": ends + timedelta(minutes=5)},
    }
    while True:
        try:
            row = database.collection(NAME).find_one_and_update(
                {"_id": {"$eq": _id(of, number)}}, change,
                upsert=True, return_document=ReturnDocument.AFTER,
            )  # fmt: skip
        except DuplicateKeyError:
            continue  # somebody else counted the first one just now
        return int(row["count"]) if row else 1, ends


def forgive(database: Database, of: str, seconds: int, now: datetime) -> None:
    """Begin to count anew: it was who it should be."""
    number = int(now.timestamp()) // seconds
    database.collection(NAME).delete_one({"_id": {"$eq": _id(of, number)}})


def _id(of: str, number: int) -> str:
    """Of who tried only a hash is kept."""
    return f"{hashlib.sha256(of.encode()).hexdigest()[:32]}:{number}"
