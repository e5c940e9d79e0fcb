"""Payees: accounts that a customer has sent money to, with a second factor the first time."""

from __future__ import annotations

from datetime import datetime

from pymongo import ASCENDING, DESCENDING, IndexModel

from app.models.database import Database, Shape, closed

NAME = "payees"
_TEXT = {"bsonType": "string"}

SHAPE = Shape(
    NAME,
    validator={
        "$jsonSchema": closed(
            {"_id": _TEXT, "user": _TEXT, "account": _TEXT, "since": {"bsonType": "date"}}
        )
    },
    indexes=[IndexModel([("user", ASCENDING), ("since", ASCENDING)], name="user")],
)


def known(database: Database, user: str, account: str) -> bool:
    """Whether the customer has proved before that money is to go there."""
    return database.collection(NAME).find_one({"_id": _id(user, account)}) is not None


def newest(database: Database, user: str, limit: int) -> list[str]:
    """The account numbers of the customer's payees, those that were proved last first."""
    rows = database.collection(NAME).find({"user": {"$eq": user}}, {"account": 1})
    return [row["account"] for row in rows.sort("since", DESCENDING).limit(limit)]


def remember(database: Database, user: str, account: str, now: datetime) -> None:
    """Note that the customer has proved it; a second time changes nothing."""
    row = {"user": user, "account": account, "since": now}
    database.collection(NAME).update_one(
        {"_id": _id(user, account)}, {"$setOnInsert": row}, upsert=True
    )


def _id(user: str, account: str) -> str:
    return f"{user}:{account}"
