"""Lists of payment intents, newest first, each in the status that the clock gives it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo import DESCENDING

from app.models.database import Database, Document
from app.models.histories import Place
from app.models.intent import Intent
from app.models.merchants import NAME as MERCHANTS
from app.models.payment_intents import NAME, from_document


@dataclass(frozen=True, slots=True)
class IntentFilters:
    """Which intents: those of some merchants, for an order, in a status."""

    merchants: Sequence[str] | None = None
    order: str | None = None
    status: str | None = None


def intents_page(
    database: Database, filters: IntentFilters, now: datetime, after: Place | None, limit: int
) -> list[Intent]:
    """Up to `limit` intents after a place, newest first."""
    criterion = intents_criterion(filters, now, after)
    order = [("created_at", DESCENDING), ("_id", DESCENDING)]
    cursor = database.collection(NAME).find(criterion).sort(order).limit(limit)
    # Left to itself, MongoDB may sort all that has ended for the few that nobody has ended yet.
    return [from_document(row) for row in cursor.hint(index_for(filters))]


def index_for(filters: IntentFilters) -> str:
    """The index that has what is asked for in order, or that finds a few."""
    if filters.order is not None:
        return "order_newest"
    if filters.merchants is not None:
        return "merchant_newest"
    return "status_newest" if filters.status else "newest"


def find_intents(database: Database, ids: Iterable[str]) -> dict[str, Intent]:
    """Those of the intents that there are, by id."""
    rows = database.collection(NAME).find({"_id": {"$in": list(ids)}})
    return {row["_id"]: from_document(row) for row in rows}


def intents_criterion(filters: IntentFilters, now: datetime, after: Place | None) -> Document:
    """The query behind a page of intents; public so that a test can explain it."""
    criteria: list[Document] = []
    if filters.merchants is not None:
        criteria.append({"merchant": {"$in": list(filters.merchants)}})
    if filters.order is not None:
        criteria.append({"order": {"$eq": filters.order}})
    if filters.status:
        criteria.append(_status(filters.status, now))
    if after:
        tie = {"created_at": after.at, "_id": {"$lt": after.id}}
        criteria.append({"created_at": {"$lte": after.at}})
        criteria.append({"$or": [{"created_at": {"$lt": after.at}}, tie]})
    return {"$and": criteria} if criteria else {}


def merchants_like(database: Database, text: str, limit: int) -> list[str]:
    """The ids of merchants that are called so, or whose names begin so; there are never many."""
    begins = {"$regex": "^" + re.escape(text), "$options": "i"}
    criterion = {"$or": [{"_id": {"$eq": text}}, {"name": begins}]}
    return [row["_id"] for row in database.collection(MERCHANTS).find(criterion).limit(limit)]


def _status(status: str, now: datetime) -> Document:
    """In that status now, written down or not: what is over has ended, as it ends in STEPS."""
    if status == "requires_customer":
        return {"status": status, "expires_at": {"$gt": now}}
    if status == "requires_capture":
        return {"status": status, "held_until": {"$gt": now}}
    let_go = {"status": "requires_capture", "held_until": {"$lte": now}}
    over: list[Document] = []
    if status == "expired":
        unpaid = {"status": "requires_customer", "expires_at": {"$lte": now}}
        over = [unpaid, {**let_go, "captured": 0}]
    elif status == "succeeded":
        over = [{**let_go, "captured": {"$gt": 0}}]
    return {"$or": [{"status": status}, *over]} if over else {"status": status}
