"""A customer's history."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.controllers import statements
from app.controllers.orders import HistoryQuery, HistoryQuerySchema
from app.errors import AccountNotFound, TransactionNotFound
from app.views import guards
from app.views.api import representations
from app.views.api.cursors import page, read_cursor
from app.views.api.describe import operation
from app.views.context import actor, bank

transactions = guards.customers(Blueprint("transactions", __name__))


@transactions.get("/transactions")
@operation(
    query=HistoryQuerySchema, answer=representations.Transactions, problems=(AccountNotFound,)
)
def list_transactions(query: HistoryQuery) -> Any:
    """The transactions of one account, newest first, each with the balance after it.

    With filters a page may hold fewer than `limit`; go on while `next` is not null.
    """
    of = f"transactions {query.account}"
    place = read_cursor(query.cursor, of)
    found = statements.history(bank(), actor(), query, int(place[0]) if place else None)
    return page(found.items, None if found.below is None else [found.below], of)


@transactions.get("/transactions/<id>")
@operation(answer=representations.Transaction, problems=(TransactionNotFound,))
def show_transaction(id: str) -> Any:
    """One transaction on one of your accounts."""
    return statements.transaction(bank(), actor(), id)
