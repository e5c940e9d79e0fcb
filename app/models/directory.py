"""The bankers' lists of accounts and customers: search, filters, sorting, keyset pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.cursor import Cursor

from app.models import accounts, users
from app.models.accounts import Account
from app.models.accounts import account_from_document as to_account
from app.models.database import Database, Document
from app.models.users import User
from app.models.users import from_document as to_user

_SORTS: dict[str, tuple[str, int]] = {
    "newest": ("opened_at", DESCENDING),
    "oldest": ("opened_at", ASCENDING),
    "balance": ("balance", ASCENDING),
    "-balance": ("balance", DESCENDING),
    "name": ("holder.name", ASCENDING),
    "number": ("_id", ASCENDING),
}


@dataclass(frozen=True, slots=True)
class AccountFilters:
    """Which accounts; a balance between `least_minor` and `most_minor`, both included."""

    words: tuple[str, ...] = ()
    status: str | None = None
    currency: str | None = None
    least_minor: int | None = None
    most_minor: int | None = None


@dataclass(frozen=True, slots=True)
class After:
    """The last row of the page before: the value it was sorted by, and its id."""

    value: str | int | datetime
    id: str


def accounts_page(
    database: Database, filters: AccountFilters, sort: str, after: After | None, limit: int
) -> list[Account]:
    """Up to `limit` accounts after a place, in the order of `sort`."""
    criterion = accounts_criterion(filters, sort, after)
    cursor = database.collection(accounts.NAME).find(criterion).sort(accounts_order(sort))
    return [to_account(row) for row in cursor.limit(limit)]


def accounts_stream(database: Database, filters: AccountFilters, sort: str) -> Iterator[Account]:
    """All accounts that match, without holding them."""
    criterion = accounts_criterion(filters, sort, None)
    cursor = database.collection(accounts.NAME).find(criterion).sort(accounts_order(sort))
    # No index has the order of balances.
    for row in cursor.allow_disk_use(True).batch_size(1000):
        yield to_account(row)


def accounts_order(sort: str) -> list[tuple[str, int]]:
    """The order of a list, ties by id."""
    field, direction = _SORTS[sort]
    return [(field, direction)] if field == "_id" else [(field, direction), ("_id", direction)]


def accounts_criterion(filters: AccountFilters, sort: str, after: After | None) -> Document:
    """The query behind a page of accounts; public so that a test can explain it."""
    criteria: list[Document] = [_beginning(word) for word in filters.words]
    for field, value in (("status", filters.status), ("currency", filters.currency)):
        if value is not None:
            criteria.append({field: {"$eq": value}})
    balance: Document = {}
    if filters.least_minor is not None:
        balance["$gte"] = filters.least_minor
    if filters.most_minor is not None:
        balance["$lte"] = filters.most_minor
    if balance:
        criteria.append({"balance": balance})
    if after:
        criteria += _beyond(*_SORTS[sort], after)
    return {"$and": criteria} if criteria else {}


def place_of(account: Account, sort: str) -> After:
    """Where a page that ends with this account ends."""
    values: dict[str, Any] = {
        "opened_at": account.opened_at,
        "balance": account.balance_minor,
        "holder.name": account.customer,
        "_id": account.number,
    }
    return After(values[_SORTS[sort][0]], account.number)


def customers_page(
    database: Database, words: tuple[str, ...], after: After | None, limit: int
) -> list[User]:
    """Up to `limit` customers after a place, newest first."""
    return [to_user(row) for row in _customers(database, words, after).limit(limit)]


def customers_stream(database: Database, words: tuple[str, ...]) -> Iterator[User]:
    """All customers that match, newest first, without holding them."""
    for row in _customers(database, words, None).batch_size(1000):
        yield to_user(row)


def _customers(database: Database, words: tuple[str, ...], after: After | None) -> Cursor[Document]:
    criteria: list[Document] = [{"plane": "customer"}, *map(_beginning, words)]
    if after:
        criteria += _beyond("created_at", DESCENDING, after)
    order = [("created_at", DESCENDING), ("_id", DESCENDING)]
    return database.collection(users.NAME).find({"$and": criteria}).sort(order)


def _beginning(word: str) -> Document:
    """Some search word starts like this one: an anchored pattern, which an index can follow."""
    return {"search": {"$regex": "^" + re.escape(word.casefold())}}


def _beyond(field: str, direction: int, after: After) -> list[Document]:
    operator = "$gt" if direction == ASCENDING else "$lt"
    if field == "_id":
        return [{"_id": {operator: after.id}}]
    tie = {field: after.value, "_id": {operator: after.id}}
    return [
        {field: {f"{operator}e": after.value}},
        {"$or": [{field: {operator: after.value}}, tie]},
    ]
