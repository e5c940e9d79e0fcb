"""Checkpoints of the books: how far each account was verified, how far the bank's own are summed.

They only save work. A full verification and a full sum read none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bson import Int64
from pymongo import ReplaceOne

from app.models.accounts import Account
from app.models.database import Database, Shape
from app.models.transactions import sum_of_contra

VERIFIED = "verified_accounts"
ROLLUPS = "system_balances"
_LONG = {"bsonType": "long"}
_TEXT = {"bsonType": "string"}

# A transaction gets its id before it commits. One that is older than this is in or never will be:
# MongoDB ends a transaction after transactionLifetimeLimitSeconds (5 s here, 60 s by default).
_SETTLED_AFTER = timedelta(minutes=5)

SHAPES = (
    Shape(
        VERIFIED,
        validator={
            "$jsonSchema": {
                "bsonType": "object",
                "additionalProperties": False,
                "required": ["_id", "seq", "balance", "head"],
                "properties": {"_id": _TEXT, "seq": _LONG, "balance": _LONG, "head": _TEXT},
            }
        },
    ),
    Shape(
        ROLLUPS,
        validator={
            "$jsonSchema": {
                "bsonType": "object",
                "additionalProperties": False,
                "required": ["_id", "minor", "upto"],
                "properties": {"_id": _TEXT, "minor": _LONG, "upto": _TEXT},
            }
        },
    ),
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An account as it was when its history up to `seq` was verified."""

    account: str
    seq: int
    balance_minor: int
    head: str


def find_checkpoints(database: Database, accounts: Iterable[str]) -> dict[str, Checkpoint]:
    """The checkpoints of those accounts that have one, by account."""
    cursor = database.collection(VERIFIED).find({"_id": {"$in": list(accounts)}})
    return {
        row["_id"]: Checkpoint(row["_id"], int(row["seq"]), int(row["balance"]), row["head"])
        for row in cursor
    }


def save_checkpoints(database: Database, accounts: Sequence[Account]) -> None:
    """Remember accounts as verified, as they were read."""
    operations = [
        ReplaceOne(
            {"_id": account.number},
            {
                "_id": account.number,
                "seq": Int64(account.seq),
                "balance": Int64(account.balance_minor),
                "head": account.head,
            },
            upsert=True,
        )
        for account in accounts
    ]
    if operations:
        database.collection(VERIFIED).bulk_write(operations, ordered=False)


def system_balance(database: Database, account: str, currency: str, now: datetime) -> int:
    """The balance of one of the bank's own accounts in minor units, rolled up as it is read."""
    id = f"{account}:{currency}"
    row = database.collection(ROLLUPS).find_one({"_id": id}) or {"minor": 0, "upto": ""}
    settled = max(_id_at(now - _SETTLED_AFTER), row["upto"])
    rolled = int(row["minor"]) + sum_of_contra(
        database, account, currency, from_id=row["upto"], to_id=settled
    )
    if settled != row["upto"]:
        _advance(database, id, row["upto"], rolled, settled)
    return rolled + sum_of_contra(database, account, currency, from_id=settled, to_id="g")


def _advance(database: Database, id: str, seen: str, minor: int, upto: str) -> None:
    """Move a roll-up on, unless another process did so meanwhile."""
    collection = database.collection(ROLLUPS)
    values = {"minor": Int64(minor), "upto": upto}
    if not seen:
        collection.update_one({"_id": id}, {"$setOnInsert": values}, upsert=True)
    else:
        collection.update_one({"_id": id, "upto": seen}, {"$set": values})


def _id_at(moment: datetime) -> str:
    """The smallest sortable id (UUIDv7 as text) of that moment."""
    milliseconds = f"{int(moment.timestamp() * 1000):012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}"
