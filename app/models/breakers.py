"""Breakers: whether so much goes wrong with PINs, at one shop or everywhere, that somebody must be
trying many of them; in one atomic write for each look.

A try takes a place before the PIN is looked at, and is settled afterwards. When too many were wrong
the breaker trips: no places for a while, then it begins anew. Like the throttles, these are notes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from app.models.database import Database, Document, Shape, closed

NAME = "breakers"
Place = Literal["free", "busy", "tripped"]
_NUMBER = {"bsonType": ["int", "long"], "minimum": 0}
_DATE = {"bsonType": "date"}
_DATE_OR_NOT = {"bsonType": ["date", "null"]}
_LEASE = timedelta(minutes=1)
"""Longer than any look takes."""

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed(
            {"_id": {"bsonType": "string"}, "expires_at": _DATE},
            optional={
                "tried": {
                    "bsonType": "array",
                    "items": closed({"at": _DATE, "wrong": {"bsonType": "bool"}}),
                },
                "looking": _NUMBER,
                "leased_until": _DATE_OR_NOT,
                "place": {"enum": ["free", "busy", "tripped"]},
                "until": _DATE_OR_NOT,
                "trips": _NUMBER,
            },
        )
    },
    indexes=[IndexModel([("expires_at", ASCENDING)], name="expired", expireAfterSeconds=0)],
)


@dataclass(frozen=True, slots=True)
class Breaker:
    """Trips for the length of `pause` when more than `most` were wrong of the last `of` tries
    within `span`. `at_once` may be looked at however many were wrong; `right_too` counts the right
    ones among the tries."""

    id: str
    most: int
    of: int
    span: timedelta
    pause: timedelta
    at_once: int = 1
    right_too: bool = False


def reserve(database: Database, breaker: Breaker, now: datetime) -> Place:
    """Take a place for one more try: "free" when there was one, "busy" where those that are being
    looked at may trip it yet."""
    stale = {"$lt": [{"$ifNull": ["$leased_until", now]}, now]}
    wrong = {"$size": {"$filter": {"input": "$tried", "cond": "$$this.wrong"}}}
    room = {"$max": [{"$subtract": [breaker.most + 1, wrong]}, breaker.at_once]}
    busy = {"$cond": [{"$lt": ["$looking", room]}, "free", "busy"]}
    free = {"$eq": ["$place", "free"]}
    document = _changed(database, breaker, now, [
        {"$set": {
            "tried": _recent(breaker, now),
            "looking": {"$cond": [stale, 0, {"$ifNull": ["$looking", 0]}]},
            "until": {"$ifNull": ["$until", None]},
        }},
        {"$set": {"place": {"$cond": [{"$gt": ["$until", now]}, "tripped", busy]}}},
        {"$set": {
            "looking": {"$add": ["$looking", {"$cond": [free, 1, 0]}]},
            "leased_until": {"$cond": [free, now + _LEASE, "$leased_until"]},
        }},
    ])  # fmt: skip
    place: Place = document["place"]
    return place


def settle(database: Database, breaker: Breaker, now: datetime, *, wrong: bool) -> bool:
    """Settle a try; whether this one has tripped the breaker."""
    count = wrong or breaker.right_too
    more = [{"at": now, "wrong": wrong}] if count else []
    tried = {"$slice": [{"$concatArrays": [_recent(breaker, now), more]}, -breaker.of]}
    many = {"$gt": [{"$size": {"$filter": {"input": "$tried", "cond": "$$this.wrong"}}},
                    breaker.most]}  # fmt: skip
    document = _changed(database, breaker, now, [
        {"$set": {
            "tried": tried,
            "looking": {"$max": [{"$subtract": [{"$ifNull": ["$looking", 0]}, 1]}, 0]},
            "trips": {"$ifNull": ["$trips", 0]},
            "until": {"$ifNull": ["$until", None]},
        }},
        {"$set": {"place": {"$cond": [many, "tripped", "free"]}}},
        {"$set": {
            "tried": {"$cond": [many, [], "$tried"]},
            "trips": {"$add": ["$trips", {"$cond": [many, 1, 0]}]},
            "until": {"$cond": [many, now + breaker.pause, "$until"]},
        }},
    ])  # fmt: skip
    return bool(document["place"] == "tripped")


def forgive(database: Database, breaker: Breaker) -> None:
    """Give a place back: nothing was looked at."""
    less = {"$max": [{"$subtract": [{"$ifNull": ["$looking", 0]}, 1]}, 0]}
    database.notes(NAME).update_one({"_id": breaker.id}, [{"$set": {"looking": less}}])


def _recent(breaker: Breaker, now: datetime) -> Document:
    """The tries that are not too old."""
    young = {"$gt": ["$$this.at", now - breaker.span]}
    return {"$filter": {"input": {"$ifNull": ["$tried", []]}, "cond": young}}


def _changed(
    database: Database, breaker: Breaker, now: datetime, change: Sequence[Document]
) -> Mapping[str, Any]:
    """The entry after a change; made where there is none."""
    kept = {"$set": {"expires_at": now + max(breaker.span, breaker.pause) + timedelta(days=1)}}
    while True:
        try:
            return database.noted(NAME, breaker.id, [kept, *change])
        except DuplicateKeyError:
            continue  # somebody else made the entry just now
