"""Reading history: one account's by exact ranges of `seq`, the whole bank's by keyset."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pymongo import DESCENDING
from pymongo.cursor import Cursor

from app.models.database import Database, Document
from app.models.transactions import KINDS, NAME, Transaction, from_document

_WIDEST = 20_000
_BATCH = 1000
_BUDGET = 100_000
"""How many lines one page may look at when filters match few of them."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a line must be like; amounts in minor units without their sign."""

    kind: str | None = None
    least_minor: int | None = None
    most_minor: int | None = None
    words: str | None = None

    @property
    def any(self) -> bool:
        """Whether anything is filtered at all."""
        return self != Filters()


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the bank's history: newest first, ties by id."""

    at: datetime
    id: str


def page(
    database: Database, account: str, *, below: int, lowest: int, limit: int, filters: Filters
) -> tuple[list[Transaction], int | None]:
    """Up to `limit` transactions with lowest < seq <= below, newest first, and where to go on.

    Each window is one exact index range. With filters a page may be short and still go on.
    """
    found: list[Transaction] = []
    width = limit if not filters.any else max(limit, 200)
    looked_at = 0
    while below > lowest and len(found) < limit and looked_at < _BUDGET:
        floor = max(below - width, lowest)
        window = _window(database, account, floor, below, limit - len(found), filters)
        found += window
        looked_at += below - floor
        full = len(found) >= limit
        below = found[-1].entry(account).seq - 1 if full else floor
        width = min(width * 4, _WIDEST) if filters.any else limit
    return found, below if below > lowest else None


def stream(
    database: Database, account: str, *, below: int, lowest: int, filters: Filters
) -> Iterator[Transaction]:
    """All transactions with lowest < seq <= below that match, newest first, without holding
    them."""
    place: int | None = below
    while place is not None:
        found, place = page(
            database, account, below=place, lowest=lowest, limit=_BATCH, filters=filters
        )
        yield from found


def sums(database: Database, account: str, *, lowest: int, highest: int) -> tuple[int, int]:
    """What came and what went with lowest < seq <= highest, both in minor units without a sign."""
    in_range = {"account": account, "seq": {"$gt": lowest, "$lte": highest}}
    own = {"$filter": {"input": "$entries", "cond": {"$eq": ["$$this.account", account]}}}
    pipeline: list[Document] = [
        {"$match": {"entries": {"$elemMatch": in_range}}},
        {"$set": {"own": {"$first": own}}},
        {
            "$group": {
                "_id": None,
                "came": {"$sum": {"$max": ["$own.amount", 0]}},
                "went": {"$sum": {"$max": [{"$multiply": ["$own.amount", -1]}, 0]}},
            }
        },
    ]
    for row in database.collection(NAME).aggregate(pipeline, hint="account_seq"):
        return int(row["came"]), int(row["went"])
    return 0, 0


def _window(
    database: Database, account: str, floor: int, below: int, limit: int, filters: Filters
) -> list[Transaction]:
    in_range = {"account": account, "seq": {"$gt": floor, "$lte": below}}
    match: Document = {"entries": {"$elemMatch": in_range | _amounts(filters)}}
    if filters.kind:
        match["kind"] = filters.kind
    if filters.words:
        words = {"$regex": re.escape(filters.words), "$options": "i"}
        match["$or"] = [{"memo": words}, {"reference": words}]
    own = {"$filter": {"input": "$entries", "cond": {"$eq": ["$$this.account", account]}}}
    pipeline: list[Document] = [
        {"$match": match},
        {"$set": {"own": {"$first": own}}},
        {"$sort": {"own.seq": DESCENDING}},
        {"$limit": limit},
    ]
    rows = database.collection(NAME).aggregate(pipeline, hint="account_seq")
    return [from_document(row) for row in rows]


def _amounts(filters: Filters) -> Document:
    """Amounts of that size, in or out."""
    least, most = filters.least_minor, filters.most_minor
    if least is None and most is None:
        return {}
    inward: Document = {} if least is None else {"$gte": least}
    outward: Document = {} if least is None else {"$lte": -least}
    if least is None:
        inward["$gte"], outward["$lte"] = 0, 0
    if most is not None:
        inward["$lte"], outward["$gte"] = most, -most
    return {"$or": [{"amount": inward}, {"amount": outward}]}


@dataclass(frozen=True, slots=True)
class BankFilters(Filters):
    """What a transaction of any customer must be like."""

    account: str | None = None
    actor: str | None = None
    currency: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def bank_page(
    database: Database, filters: BankFilters, after: Place | None, limit: int
) -> list[Transaction]:
    """Up to `limit` transactions of the whole bank after a place, newest first."""
    return [from_document(row) for row in _found(database, filters, after).limit(limit)]


def bank_stream(database: Database, filters: BankFilters) -> Iterator[Transaction]:
    """All transactions of the whole bank that match, newest first, without holding them."""
    for row in _found(database, filters, None).batch_size(1000):
        yield from_document(row)


def _found(database: Database, filters: BankFilters, after: Place | None) -> Cursor[Document]:
    cursor = database.collection(NAME).find(bank_criterion(filters, after))
    if filters.account:
        # Else MongoDB may walk the whole bank for what one account never had.
        cursor = cursor.hint("account_newest")
    return cursor.sort([("at", DESCENDING), ("_id", DESCENDING)])


def bank_criterion(filters: BankFilters, after: Place | None) -> Document:
    """The query behind a page of the bank's history; public so that a test can explain it."""
    at: Document = {}
    if filters.since:
        at["$gte"] = filters.since
    if filters.until:
        at["$lt"] = filters.until
    criteria: list[Document] = [{"at": at}] if at else []
    exact = {
        "entries.account": filters.account,
        "kind": filters.kind,
        "actor": filters.actor,
        "currency": filters.currency,
    }
    criteria += [{field: {"$eq": value}} for field, value in exact.items() if value is not None]
    if amounts := _amounts(filters):
        # Inwards and outwards apart, and every kind by its name: so that MongoDB finds exactly
        # the matches by its index of currency, kind and amount.
        criteria.append({"$or": [{"entries": {"$elemMatch": way}} for way in amounts["$or"]]})
        if filters.kind is None:
            criteria.append({"kind": {"$in": list(KINDS)}})
    if after:
        later = {"at": after.at, "_id": {"$lt": after.id}}
        criteria += [{"at": {"$lte": after.at}}, {"$or": [{"at": {"$lt": after.at}}, later]}]
    return {"$and": criteria} if criteria else {}
