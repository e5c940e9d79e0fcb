"""What is held: as accounts say it, and as the payment intents do for which it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pymongo import ASCENDING

from app.models import accounts, payment_intents
from app.models.database import Database, Document, patiently
from app.models.intent import Intent

_OPEN = {"status": "requires_capture", "held": {"$gt": 0}}


def on_accounts(database: Database, number: str | None = None) -> dict[str, int]:
    """What the accounts that hold anything say, or one of them, in minor units by number."""
    criterion: Document = {"held": {"$ne": 0}}
    if number is not None:
        criterion["_id"] = {"$eq": number}
    with patiently():
        rows = database.collection(accounts.NAME).find(criterion, {"held": 1})
        return {str(row["_id"]): int(row["held"]) for row in rows}


def for_intents(database: Database, number: str | None = None) -> dict[str, int]:
    """What the open intents hold on each account, or on one, in minor units by number."""
    criterion: Document = dict(_OPEN)
    if number is not None:
        criterion["payer_account"] = {"$eq": number}
    pipeline: list[Document] = [
        {"$match": criterion},
        {"$group": {"_id": "$payer_account", "minor": {"$sum": "$held"}}},
    ]
    with patiently():
        rows = database.collection(payment_intents.NAME).aggregate(pipeline, hint="holding")
        return {str(row["_id"]): int(row["minor"]) for row in rows}


def all_intents(database: Database, *, but: Collection[object] = ()) -> Iterator[Intent]:
    """Every intent, in order of id, but those of some ids."""
    criterion: Document = {"_id": {"$nin": list(but)}} if but else {}
    cursor = database.collection(payment_intents.NAME).find(criterion).sort("_id", ASCENDING)
    for document in cursor.batch_size(1000):
        yield payment_intents.from_document(document)


def existing(database: Database, ids: Collection[str]) -> set[str]:
    """Those of the ids that are an intent's."""
    criterion = {"_id": {"$in": list(ids)}}
    rows = database.collection(payment_intents.NAME).find(criterion, {"_id": 1})
    return {row["_id"] for row in rows}
