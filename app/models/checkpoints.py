"""Checkpoints of the books: how far each account was verified, how far the bank's own are summed.

They only save work. A full verification and a full sum read none of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bson import Int64
from pymongo import UpdateOne

from app.models.accounts import Account
from app.models.database import Database, Document, Shape, closed
from app.models.transactions import sum_of_contra

VERIFIED = "verified_accounts"
ROLLUPS = "system_balances"
_ROLLUP = "all"
_AFTER_ALL_IDS = "g"
_NOTHING: Document = {"upto": "", "lines": []}
_LONG = {"bsonType": "long"}
_TEXT = {"bsonType": "string"}

Line = tuple[str, str]
"""One of the bank's own accounts, and a currency."""

# A transaction gets its id before it commits. One that is older than this is in or never will be:
# MongoDB ends a transaction after transactionLifetimeLimitSeconds (5 s here, 60 s by default).
_SETTLED_AFTER = timedelta(minutes=5)

SHAPES = (
    Shape(
        VERIFIED,
        validator={
            "$jsonSchema": closed({"_id": _TEXT, "seq": _LONG, "minor": _LONG, "head": _TEXT})
        },
    ),
    Shape(
        ROLLUPS,
        validator={
            "$jsonSchema": closed(
                {
                    "_id": _TEXT,
                    "upto": _TEXT,
                    "lines": {
                        "bsonType": "array",
                        "items": closed({"account": _TEXT, "currency": _TEXT, "minor": _LONG}),
                    },
                }
            )
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
        row["_id"]: Checkpoint(row["_id"], int(row["seq"]), int(row["minor"]), row["head"])
        for row in cursor
    }


def save_checkpoints(database: Database, accounts: Sequence[Account]) -> None:
    """Remember accounts as verified, as they were read."""
    operations: list[UpdateOne] = []
    for account in accounts:
        values = {
            "seq": Int64(account.seq),
            "minor": Int64(account.balance_minor),
            "head": account.head,
        }
        own = {"_id": account.number}
        operations.append(UpdateOne(own, {"$setOnInsert": values}, upsert=True))
        # Another verification may have come further meanwhile; its checkpoint stays.
        operations.append(UpdateOne({**own, "seq": {"$lt": account.seq}}, {"$set": values}))
    if operations:
        database.collection(VERIFIED).bulk_write(operations, ordered=True)


def system_balances(database: Database) -> Counter[Line]:
    """The balances of the bank's own accounts, in minor units, by account and currency.

    What was rolled up is taken from there, so that only the youngest transactions are summed.
    """
    upto, rolled = _rolled(database)
    rolled.update(sum_of_contra(database, from_id=upto, to_id=_AFTER_ALL_IDS))
    return rolled


def roll_up(database: Database, now: datetime, *, afresh: bool = False) -> None:
    """Add up what has settled since the last time; two who do it at once do not add it twice.

    `afresh` adds everything up again, whatever was remembered: clocks of processes may differ
    by more than the time after which a transaction counts as settled.
    """
    if afresh:
        database.collection(ROLLUPS).update_one({"_id": _ROLLUP}, {"$set": _NOTHING})
    upto, rolled = _rolled(database)
    settled = max(_id_at(now - _SETTLED_AFTER), upto)
    rolled.update(sum_of_contra(database, from_id=upto, to_id=settled))
    lines = [
        {"account": account, "currency": currency, "minor": Int64(minor)}
        for (account, currency), minor in sorted(rolled.items())
    ]
    collection = database.collection(ROLLUPS)
    values = {"upto": settled, "lines": lines}
    collection.update_one({"_id": _ROLLUP}, {"$setOnInsert": _NOTHING}, upsert=True)
    collection.update_one({"_id": _ROLLUP, "upto": upto}, {"$set": values})


def _rolled(database: Database) -> tuple[str, Counter[Line]]:
    row = database.collection(ROLLUPS).find_one({"_id": _ROLLUP}) or _NOTHING
    lines = {(line["account"], line["currency"]): int(line["minor"]) for line in row["lines"]}
    return row["upto"], Counter(lines)


def _id_at(moment: datetime) -> str:
    """The smallest sortable id (UUIDv7 as text) of that moment."""
    milliseconds = f"{int(moment.timestamp() * 1000):012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}"
