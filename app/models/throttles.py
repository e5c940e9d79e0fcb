"""Throttles: how often something was tried, counted before it is tried, in one atomic write.

A count that is looked at first and raised afterwards lets a burst through while the slow check
runs. So a try takes one of the places that are left, and gives it back when it is settled: a wrong
one stays counted. All processes share these counts. An entry goes by itself when nobody has tried
for long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import Int64
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from app.models.database import Database, Document, Shape, closed

NAME = "throttles"
_NUMBER = {"bsonType": ["int", "long"], "minimum": 0}
_DATE_OR_NOT = {"bsonType": ["date", "null"]}
_TRIED = {
    "tries": _NUMBER,
    "looking": _NUMBER,
    "leased_until": _DATE_OR_NOT,
    "until": _DATE_OR_NOT,
    "names": {"bsonType": "array", "items": {"bsonType": "string"}},
    "told": _NUMBER,
    "told_shut": {"bsonType": "bool"},
}
_WINDOW = closed({"number": _NUMBER, "count": _NUMBER})

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed(
            {"_id": {"bsonType": "string"}, "expires_at": {"bsonType": "date"}},
            optional={
                **_TRIED,
                "admitted": {"bsonType": "bool"},
                "windows": {"bsonType": "array", "items": _WINDOW},
            },
        )
    },
    indexes=[IndexModel([("expires_at", ASCENDING)], name="expired", expireAfterSeconds=0)],
)

_LEASE = timedelta(minutes=1)
"""Longer than any look takes. What is not settled by then died with its process: it was wrong."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where tries are counted. From `free` wrong ones on it is shut, for the first of `waits`.

    After that it takes one more at a time and is shut for the next of them; a `window` is shut
    until it is over. With a `name`, only different names count, each of them once.
    """

    id: str
    free: int
    waits: tuple[timedelta, ...]
    window: bool = False
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What a bucket holds: wrong tries since the last good one, and until when it is shut."""

    tries: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` in each `seconds` of the clock."""

    limit: int
    seconds: int

    def number(self, now: datetime) -> int:
        """Which of these windows it is, since 1970."""
        return int(now.timestamp()) // self.seconds

    def ends_in(self, now: datetime) -> float:
        """The seconds until the next one begins."""
        return self.seconds - now.timestamp() % self.seconds


def reserve(database: Database, bucket: Bucket, now: datetime) -> datetime | None:
    """Take a place for one more try. None when there was one; else when to come again: `now` itself
    where only tries that are being looked at stand in the way."""
    document = _changed(database, bucket.id, _reserving(bucket, now))
    if document["admitted"]:
        return None
    until: datetime | None = document["until"]
    if until and until > now:
        return until
    return now + max(bucket.waits) if bucket.window and document["tries"] >= bucket.free else now


def _reserving(bucket: Bucket, now: datetime) -> list[Document]:
    stale = {"$lt": [{"$ifNull": ["$leased_until", now]}, now]}
    looking = {"$ifNull": ["$looking", 0]}
    left: Document = {"$subtract": [bucket.free, "$tries"]}
    room: Document = {"$lt": ["$looking", left if bucket.window else {"$max": [left, 1]}]}
    admitted: Document = {"$and": [{"$not": [{"$gt": ["$until", now]}]}, room]}
    if bucket.name:
        admitted = {"$or": [{"$in": [bucket.name, _NAMES]}, admitted]}
    return [
        {"$set": {
            "tries": {"$add": [{"$ifNull": ["$tries", 0]}, {"$cond": [stale, looking, 0]}]},
            "looking": {"$cond": [stale, 0, looking]},
            "until": {"$ifNull": ["$until", None]},
        }},
        {"$set": {"admitted": admitted}},
        {"$set": {
            "looking": {"$add": ["$looking", {"$cond": ["$admitted", 1, 0]}]},
            "leased_until": {"$cond": ["$admitted", now + _LEASE, "$leased_until"]},
            "expires_at": now + max(bucket.waits) + timedelta(days=1),
        }},
    ]  # fmt: skip


def fail(database: Database, bucket: Bucket, now: datetime) -> Tried:
    """Settle a try: it was wrong and stays counted; `now` is the moment it was reserved."""
    known = {"$in": [bucket.name, _NAMES]} if bucket.name else False
    over = {"$subtract": ["$tries", bucket.free]}
    pauses = [int(wait.total_seconds() * 1000) for wait in bucket.waits]
    pause = {"$arrayElemAt": [pauses, {"$min": [over, len(pauses) - 1]}]}
    until = {"$max": ["$until", {"$add": [now, pause]}]}
    more = {"$cond": [known, 0, 1]}
    change: list[Document] = [
        {"$set": {
            "tries": {"$add": [{"$ifNull": ["$tries", 0]}, more]},
            "looking": _ONE_LESS,
            "expires_at": now + max(bucket.waits) + timedelta(days=1),
        }},
        {"$set": {"until": {"$cond": [{"$gte": [over, 0]}, until, {"$ifNull": ["$until", None]}]}}},
    ]  # fmt: skip
    if bucket.name:
        change.append({"$set": {"names": {"$setUnion": [_NAMES, [bucket.name]]}}})
    return _tried(_changed(database, bucket.id, change))


def forgive(database: Database, bucket: Bucket) -> None:
    """Settle a try: it was none of those that count, and neither does its name."""
    change: Document = {"looking": _ONE_LESS}
    if bucket.name:
        known = {"$in": [bucket.name, _NAMES]}
        change |= {
            "tries": {"$max": [{"$subtract": ["$tries", {"$cond": [known, 1, 0]}]}, 0]},
            "names": {"$setDifference": [_NAMES, [bucket.name]]},
            "until": {"$cond": [known, None, "$until"]},
        }
    database.notes(NAME).update_one({"_id": {"$eq": bucket.id}}, [{"$set": change}])


def forget(database: Database, bucket: Bucket) -> int:
    """Begin to count anew: who was meant has come in. How many wrong tries nobody was told of."""
    change = {"tries": 0, "until": None, "told": 0, "told_shut": False}
    found = database.notes(NAME).find_one_and_update({"_id": {"$eq": bucket.id}}, {"$set": change})
    return _not_told(found)


def untold(database: Database, bucket: Bucket, least: int) -> int:
    """How many wrong tries nobody was told of, when they are `least` or more, else 0; they are told
    with this."""
    more = {"$subtract": ["$tries", {"$ifNull": ["$told", 0]}]}
    found = database.notes(NAME).find_one_and_update(
        {"_id": {"$eq": bucket.id}, "$expr": {"$gte": [more, least]}},
        [{"$set": {"told": "$tries"}}],
    )
    return _not_told(found)


def tell_shut(database: Database, bucket: Bucket) -> bool:
    """Whether this is the first time since somebody came in that it is to be told of the wait."""
    result = database.notes(NAME).update_one(
        {"_id": {"$eq": bucket.id}, "told_shut": {"$ne": True}}, {"$set": {"told_shut": True}}
    )
    return result.modified_count == 1


def count(
    database: Database, id: str, windows: Sequence[Window], now: datetime
) -> tuple[bool, list[int]]:
    """Count one where all the windows have room: whether they had, and what is left in each.

    Who is refused is not counted, or impatience would use up the day.
    """
    document = _changed(database, id, _counting(windows, now))
    counts = [int(each["count"]) for each in document["windows"]]
    left = [max(each.limit - n, 0) for each, n in zip(windows, counts, strict=True)]
    return bool(document["admitted"]), left


def _counting(windows: Sequence[Window], now: datetime) -> list[Document]:
    rolled, raised, room = [], [], []
    for place, window in enumerate(windows):
        number = {"$ifNull": [{"$arrayElemAt": ["$windows.number", place]}, -1]}
        held = {"$ifNull": [{"$arrayElemAt": ["$windows.count", place]}, 0]}
        present = Int64(window.number(now))
        # Clocks differ a little: who is behind counts in the window that others have begun.
        rolled.append({
            "number": {"$max": [number, present]},
            "count": {"$cond": [{"$gte": [number, present]}, held, 0]},
        })  # fmt: skip
        one_more = {"$add": [held, {"$cond": ["$admitted", 1, 0]}]}
        raised.append({"number": number, "count": one_more})
        room.append({"$lt": [held, window.limit]})
    longest = max(window.seconds for window in windows)
    return [
        {"$set": {"windows": rolled, "expires_at": now + timedelta(seconds=2 * longest)}},
        {"$set": {"admitted": {"$and": room}}},
        {"$set": {"windows": raised}},
    ]


_NAMES: Document = {"$ifNull": ["$names", []]}
_ONE_LESS: Document = {"$max": [{"$subtract": [{"$ifNull": ["$looking", 0]}, 1]}, 0]}


def _changed(database: Database, id: str, change: Sequence[Document]) -> Mapping[str, Any]:
    """The entry after a change; made where there is none."""
    while True:
        try:
            return database.noted(NAME, id, change)
        except DuplicateKeyError:
            continue  # somebody else made the entry just now


def _tried(document: Mapping[str, Any]) -> Tried:
    return Tried(int(document["tries"]), document["until"])


def _not_told(found: Mapping[str, Any] | None) -> int:
    return int(found["tries"]) - int(found.get("told", 0)) if found else 0
