"""Balances of the past: what an account held at the ends of many days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pymongo import DESCENDING

from app.models.database import Database, Document
from app.models.transactions import NAME


def balances_at(database: Database, account: str, moments: Sequence[datetime]) -> list[int]:
    """The account's balance at each of those moments, in minor units; zero before its first
    transaction.

    Two queries, and one look into the index for each moment, however long the history is.
    """
    if not moments:
        return []
    first, *others = [_last_before(account, moment) for moment in moments]
    unions: list[Document] = [{"$unionWith": {"coll": NAME, "pipeline": each}} for each in others]
    rows = database.collection(NAME).aggregate([*first, *unions])
    last = {row["asked"]: row["at"] for row in rows}
    balances = _balances_after(database, account, list(last.values()))
    return [balances[last[moment]] if moment in last else 0 for moment in moments]


def _last_before(account: str, moment: datetime) -> list[Document]:
    """The time of the account's last transaction at or before that moment."""
    return [
        {"$match": {"entries.account": {"$eq": account}, "at": {"$lte": moment}}},
        {"$sort": {"at": DESCENDING, "_id": DESCENDING}},
        {"$limit": 1},
        {"$project": {"_id": 0, "at": 1, "asked": {"$literal": moment}}},
    ]


def _balances_after(
    database: Database, account: str, times: Sequence[datetime]
) -> dict[datetime, int]:
    """The balance after all transactions of each of those times, in minor units.

    Several may share the millisecond; the account's own sequence says which was last.
    """
    criterion: Document = {"entries.account": {"$eq": account}, "at": {"$in": list(times)}}
    found: dict[datetime, tuple[int, int]] = {}
    for row in database.collection(NAME).find(criterion, {"_id": 0, "at": 1, "entries": 1}):
        own = next(entry for entry in row["entries"] if entry["account"] == account)
        last = (int(own["seq"]), int(own["balance"]))
        found[row["at"]] = max(found.get(row["at"], last), last)
    return {at: balance for at, (_, balance) in found.items()}
