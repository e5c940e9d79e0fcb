"""Tries to pay an intent: counted before they are looked at, one at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from bson import Int64
from pymongo import ReturnDocument

from app.models.database import Database, Document, settled
from app.models.intent import Intent
from app.models.payment_intents import NAME, from_document

_LEASE = timedelta(seconds=15)
"""Longer than a try takes: one that is not settled by then died with its process."""


def reserve_try(
    database: Database, intent: Intent, browser: str | None, now: datetime, *, tries: int
) -> Intent | None:
    """Count one more try as a refused one; the intent belongs to that browser from then on. None
    when there is none to be had: it is over, another browser's, being looked at, or was tried too
    often."""
    document = database.collection(NAME).find_one_and_update(
        {
            "_id": intent.id,
            "status": "requires_customer",
            "expires_at": {"$gt": now},
            "tries": {"$lt": tries},
            "browser": {"$in": [None, browser]},
            **_not_looked_at(now),
        },
        {
            "$inc": {"tries": Int64(1)},
            "$set": {"browser": browser, "looking_until": now + _LEASE},
        },
        return_document=ReturnDocument.AFTER,
    )
    return from_document(document) if document else None


def settle_try(database: Database, intent: Intent, *, refused: bool) -> None:
    """Nobody looks at it any more; a try that was not refused is taken back."""
    criterion = {"_id": intent.id, "tries": {"$gt": 0}}
    change = {"$set": {"looking_until": None}, "$inc": {"tries": Int64(0 if refused else -1)}}
    settled(lambda: database.collection(NAME).update_one(criterion, change))


def find_used_up(database: Database, id: str, now: datetime, *, tries: int) -> Intent | None:
    """The intent, if it waits in vain: so many tries were refused, or died with their process."""
    criterion = {"_id": {"$eq": id}, "status": "requires_customer", "tries": {"$gte": tries}}
    document = database.collection(NAME).find_one(criterion | _not_looked_at(now))
    return from_document(document) if document else None


def has_paid(database: Database, payer: str, merchant: str) -> bool:
    """Whether the customer has paid that shop before."""
    # The index is of payers alone, and used where the criterion says so; any other one that fits
    # leads through all that the shop has ever asked for.
    criterion = {"payer": {"$eq": payer, "$type": "string"}, "merchant": {"$eq": merchant}}
    return database.collection(NAME).find_one(criterion, {"_id": 1}, hint="payer") is not None


def _not_looked_at(now: datetime) -> Document:
    return {"$or": [{"looking_until": None}, {"looking_until": {"$lte": now}}]}
