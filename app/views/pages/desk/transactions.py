"""All customers' transactions, and one of them in full."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, url_for

from app.controllers import desk as controller
from app.controllers import dossiers, proposals
from app.controllers.desk import Page, Place
from app.controllers.names import usernames
from app.controllers.orders import (
    DeskTransactionsFiltersSchema,
    DeskTransactionsQuery,
    ReverseSchema,
)
from app.views import guards, html
from app.views.api import exports
from app.views.context import actor, bank
from app.views.forms import Query
from app.views.pages.desk import words
from app.views.pages.desk.acts import Acts
from app.views.pages.desk.lists import look

transactions = guards.desk_pages(
    Blueprint("desk_transactions", __name__, url_prefix="/desk/transactions")
)


@transactions.get("")
def listed() -> Any:
    """All transactions, newest first: filter, page, or take them all as a file."""
    filters: Query[DeskTransactionsQuery] = Query(DeskTransactionsFiltersSchema)
    query = filters.read()
    names = partial(usernames, bank())
    if query.csv and not filters.errors:
        return exports.transactions(controller.export_transactions(bank(), query), names)

    def find(place: list[Any] | None) -> Page[dict[str, Any], Place]:
        found = controller.list_transactions(bank(), query, Place(*place) if place else None)
        return Page(exports.rows(found.items, names), found.after)

    found = look(filters, query, "desk transactions", find)
    return html.page(
        "desk/transactions.html", filters.status, form=filters, found=found, words=words,
        currencies=[(name, name) for name in bank().config.currencies],
    )  # fmt: skip


@transactions.route("/<id>", methods=["GET", "POST"])
def one(id: str) -> Any:
    """One transaction with all its lines and its places in the chains; take it back."""
    acts = Acts(url_for(".one", id=id), id)
    acts.add("reversal", ReverseSchema, lambda order: proposals.reverse(bank(), actor(), id, order))
    if done := acts.attempt():
        return done
    dossier = dossiers.of_transaction(bank(), actor(), id)
    return html.page(
        "desk/transaction.html", acts.status, shown=dossier, made=dossier.transaction, acts=acts,
        words=words,
    )  # fmt: skip
