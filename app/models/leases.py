"""Leases: who does what waits in a collection, so that no two do one thing at one time.

A document that waits has `status`, `next_at` and `fence`. Whoever claims it has it for a while; its
fencing number grows by each claim, so whoever comes back late finds it changed, and marks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bson import Int64
from pymongo import ASCENDING, IndexModel, ReturnDocument

from app.models.database import Database, Document

WAITING = IndexModel(
    [("next_at", ASCENDING)], name="waiting", partialFilterExpression={"status": "waiting"}
)
"""The index by which the next one is found."""


def claim(
    database: Database,
    name: str,
    now: datetime,
    lease: timedelta,
    only: Mapping[str, Any] | None = None,
) -> Document | None:
    """The document that is due for longest, for one process alone until the lease is over."""
    return database.collection(name).find_one_and_update(
        {"status": "waiting", "next_at": {"$lte": now}, **(only or {})},
        {"$set": {"next_at": now + lease}, "$inc": {"fence": Int64(1)}},
        sort=[("next_at", ASCENDING)],
        return_document=ReturnDocument.AFTER,
    )


def settle(database: Database, name: str, id: str, fence: int, change: Document) -> bool:
    """Note what became of it; False when somebody else has claimed it since."""
    criterion = {"_id": id, "status": "waiting", "fence": Int64(fence)}
    return database.collection(name).update_one(criterion, change).modified_count == 1


def reopen(
    database: Database, name: str, id: str, fence: int, only: Document, values: Document
) -> bool:
    """Let it wait again where it is as `only` says; False when somebody was faster.

    Its fencing number grows: a sender from before who comes back late marks nothing.
    """
    criterion = {"_id": id, "fence": Int64(fence), **only}
    change = {"$set": {"status": "waiting", **values}, "$inc": {"fence": Int64(1)}}
    return database.collection(name).update_one(criterion, change).modified_count == 1
