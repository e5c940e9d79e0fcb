"""Nonces of merchants' calls: each is used once under its key, and forgotten when no call that
carried it could pass any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from app.models.database import Database, Shape, closed

NAME = "merchant_nonces"
KEPT = timedelta(minutes=15)

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed({
            "_id": closed({"key": {"bsonType": "string"}, "nonce": {"bsonType": "string"}}),
            "expires_at": {"bsonType": "date"},
        })
    },
    indexes=[IndexModel([("expires_at", ASCENDING)], name="expired", expireAfterSeconds=0)],
)  # fmt: skip


def use(database: Database, key: str, nonce: str, now: datetime) -> bool:
    """Take a nonce; False when it was taken before. Outside of transactions only."""
    document = {"_id": {"key": key, "nonce": nonce}, "expires_at": now + KEPT}
    try:
        database.collection(NAME).insert_one(document)
    except DuplicateKeyError:
        return False
    return True
