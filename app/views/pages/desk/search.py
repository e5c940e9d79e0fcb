"""The search in the head of the desk: straight to the one thing, or to what it may be."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for

from app.controllers import finding
from app.controllers.finding import Account, Found, Transaction, User
from app.controllers.orders import FindQuery, FindQuerySchema
from app.views import guards, html
from app.views.api.representations import masked_email
from app.views.context import bank
from app.views.forms import Query
from app.views.pages.desk import words

search = guards.desk_pages(Blueprint("desk_search", __name__, url_prefix="/desk/search"))


@search.get("")
def found() -> Any:
    """What a number, a name, a user name or an id means."""
    asked: Query[FindQuery] = Query(FindQuerySchema)
    text = asked.read().q or ""
    meant = finding.find(bank(), text) if text else Found([], [])
    if meant.only:
        return html.see(_address(meant.only))
    return html.page(
        "desk/search.html", asked.status, form=asked, q=text, found=meant, words=words,
        masked_email=masked_email,
    )  # fmt: skip


def _address(thing: Account | User | Transaction) -> str:
    """The page about it."""
    if isinstance(thing, Account):
        return url_for("desk_accounts.one", number=thing.number)
    if isinstance(thing, User):
        return url_for("desk_customers.one", id=thing.id)
    return url_for("desk_transactions.one", id=thing.id)
