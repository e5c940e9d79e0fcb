"""Webhooks that were dealt with, so that one that comes again is not dealt with again."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from shop.models.database import Database, Shape, closed

NAME = "arrivals"
_KEPT_SECONDS = 40 * 24 * 3600  # the bank gives up after four days

SHAPE = Shape(
    NAME,
    validator={"$jsonSchema": closed({"_id": {"bsonType": "string"}, "at": {"bsonType": "date"}})},
    indexes=[IndexModel([("at", ASCENDING)], name="at", expireAfterSeconds=_KEPT_SECONDS)],
)


def known(database: Database, id: str) -> bool:
    """Whether the webhook of that id was dealt with."""
    return database.collection(NAME).find_one({"_id": {"$eq": id}}) is not None


def dealt_with(database: Database, id: str, at: datetime) -> None:
    """Note that it was; two at one moment do no harm. Outside of transactions only."""
    with suppress(DuplicateKeyError):
        database.collection(NAME).insert_one({"_id": id, "at": at})
