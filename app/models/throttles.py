"""Throttles: how often something was tried, counted before it is tried, in one atomic write.

A count that is looked at first and raised afterwards lets a burst through while the slow check
runs. All processes share these counts. An entry goes by itself when nobody has tried for long.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from app.models.database import Database, Document, Shape, closed

NAME = "throttles"

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed(
            {
                "_id": {"bsonType": "string"},
                "tries": {"bsonType": ["int", "long"], "minimum": 0},
                "until": {"bsonType": ["date", "null"]},
                "expires_at": {"bsonType": "date"},
            }
        )
    },
    indexes=[IndexModel([("expires_at", ASCENDING)], name="expired", expireAfterSeconds=0)],
)


def reserve(
    database: Database, id: str, now: datetime, *, free: int, waits: Sequence[timedelta]
) -> datetime | None:
    """Count one more try, and let nobody else in for a while from the try numbered `free` on: for
    the first of `waits`, then the next. None when it may be done; else when to come again."""
    longest = max(waits)
    over = {"$min": [{"$subtract": ["$tries", free]}, len(waits) - 1]}
    pauses = [int(wait.total_seconds() * 1000) for wait in waits]
    until = {"$add": [now, {"$arrayElemAt": [pauses, over]}]}
    change: list[Document] = [
        {"$set": {"tries": {"$add": [{"$ifNull": ["$tries", 0]}, 1]}}},
        {
            "$set": {
                "until": {"$cond": [{"$gte": ["$tries", free]}, until, None]},
                "expires_at": now + longest + timedelta(days=1),
            }
        },
    ]
    while True:
        try:
            criterion = {"_id": id, "until": {"$not": {"$gt": now}}}
            database.collection(NAME).update_one(criterion, change, upsert=True)
        except DuplicateKeyError:
            # Either it is shut, or somebody else made the entry just now.
            found = database.collection(NAME).find_one({"_id": {"$eq": id}})
            if found and found["until"] and found["until"] > now:
                until_then: datetime = found["until"]
                return until_then
        else:
            return None


def forgive(database: Database, id: str) -> None:
    """Take one try back, and open at once: it was none of those that count."""
    change = [
        {"$set": {"tries": {"$max": [{"$subtract": ["$tries", 1]}, 0]}, "until": None}},
    ]
    database.collection(NAME).update_one({"_id": {"$eq": id}}, change)


def forget(database: Database, id: str) -> None:
    """Begin to count anew: who was meant has come in."""
    change = {"$set": {"tries": 0, "until": None}}
    database.collection(NAME).update_one({"_id": {"$eq": id}}, change)
