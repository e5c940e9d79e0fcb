"""A customer's history: a list to search, the same as a file, and receipts."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import Any

from flask import Blueprint, request, url_for

from app.controllers import accounts, receipts, statements
from app.controllers.orders import HistoryFiltersSchema, HistoryQuery
from app.controllers.statements import HistoryPage
from app.errors import InvalidField
from app.views import guards, html
from app.views.api import exports
from app.views.api.cursors import page, read_cursor
from app.views.context import actor, bank
from app.views.forms import Query
from app.views.kinds import BOOKS, KINDS

history = guards.customer_pages(Blueprint("my_history", __name__, url_prefix="/my"))
_FILTERS = ("q", "kind", "from", "to", "min", "max")


@history.get("/transactions")
def transactions() -> Any:
    """What happened on one account, newest first."""
    asked: Query[HistoryQuery] = Query(HistoryFiltersSchema)
    query = asked.read()
    account = accounts.own_account(bank(), actor(), query.account)
    of = f"my transactions {account.number}"
    found = _found(asked, query, read_cursor(query.cursor, of))
    body, _ = page(found.items, None if found.below is None else [found.below], of)
    filters = {name: text for name in _FILTERS if (text := asked.values.get(name))}
    here: dict[str, Any] = {"account": account.number, **filters}
    days = groupby(found.items, lambda view: view.transaction.at.date())
    return html.page(
        "my/transactions.html",
        asked.status,
        form=asked,
        account=account,
        accounts=accounts.own_accounts(bank(), actor()),
        days=[(day, list(views)) for day, views in days],
        parties=receipts.parties(bank(), actor(), found.items),
        kinds=KINDS,
        filters=filters,
        begun=query.cursor is not None,
        older=url_for(".transactions", **here, cursor=body["next"]) if body["next"] else None,
        file=url_for(".download", **here),
    )


def _found(asked: Query[HistoryQuery], query: HistoryQuery, place: list[Any] | None) -> HistoryPage:
    """What is like the filters; nothing, where the account's currency refuses one of them."""
    try:
        return statements.history(bank(), actor(), query, int(place[0]) if place else None)
    except InvalidField as error:
        asked.refuse(error)
        return HistoryPage([], None)


@history.get("/transactions.csv")
def download() -> Any:
    """Everything that matches, as a file for a spreadsheet."""
    asked: Query[HistoryQuery] = Query(HistoryFiltersSchema)
    found = statements.whole_history(bank(), actor(), asked.load())
    return exports.history(found, partial(receipts.parties, bank(), actor()))


@history.get("/transactions/<id>")
def transaction(id: str) -> Any:
    """The receipt of one transaction."""
    return html.page(
        "my/transaction.html",
        receipt=receipts.receipt(bank(), actor(), id),
        kinds=KINDS,
        books=BOOKS,
        new=request.args.get("new") == "1",
    )
