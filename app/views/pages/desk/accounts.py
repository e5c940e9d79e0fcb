"""All customers' accounts, and one of them with what may be done about it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for

from app.controllers import desk as controller
from app.controllers import dossiers, proposals
from app.controllers.desk import After
from app.controllers.dossiers import AccountDossier
from app.controllers.orders import (
    AccountLimitsSchema,
    AdjustSchema,
    DeskAccountsQuery,
    DeskAccountsQuerySchema,
    HistoryQuery,
    HistoryQuerySchema,
    ProposalSchema,
    ReasonSchema,
)
from app.views import guards, html
from app.views.api import exports
from app.views.api.cursors import next_page, read_cursor
from app.views.context import actor, bank
from app.views.forms import Query
from app.views.languages import lazy
from app.views.pages.desk import words
from app.views.pages.desk.acts import Acts, shown_revision
from app.views.pages.desk.lists import look

accounts = guards.desk_pages(Blueprint("desk_accounts", __name__, url_prefix="/desk/accounts"))


@accounts.get("")
def listed() -> Any:
    """All accounts: search, filter, sort, page, or take them all as a file."""
    filters: Query[DeskAccountsQuery] = Query(DeskAccountsQuerySchema)
    query = filters.read()
    if query.csv and not filters.errors:
        return exports.accounts(controller.export_accounts(bank(), query))

    def find(place: list[Any] | None) -> controller.Page[controller.Account, After]:
        return controller.list_accounts(bank(), query, After(*place) if place else None)

    found = look(filters, query, f"desk accounts {query.sort}", find)
    currencies = [(name, name) for name in bank().config.currencies]
    return html.page(
        "desk/accounts.html", filters.status, form=filters, found=found, words=words,
        currencies=currencies,
    )  # fmt: skip


@accounts.route("/<number>", methods=["GET", "POST"])
def one(number: str) -> Any:
    """One account, its history, and what may be done about it."""
    acts = _acts(number)
    if done := acts.attempt():
        return done
    dossier = dossiers.of_account(bank(), actor(), number)
    number = dossier.account.number
    asked: Query[HistoryQuery] = Query(HistoryQuerySchema)
    query = asked.read()
    of = f"desk history {number}"
    place = read_cursor(query.cursor, of)
    history = _history(dossier, query, int(place[0]) if place else None)
    onward = next_page(None if history.below is None else [history.below], of)
    first = url_for(".one", number=number) if place else None
    return html.page(
        "desk/account.html", acts.status, shown=dossier, account=dossier.account, acts=acts,
        history=history.items, onward=onward, first=first, words=words,
    )  # fmt: skip


def _history(dossier: AccountDossier, query: HistoryQuery, below: int | None) -> Any:
    return dossiers.history(bank(), dossier, query, below)


def _acts(number: str) -> Acts:
    who, revision = (bank(), actor()), shown_revision()
    acts = Acts(url_for(".one", number=number), number)
    acts.add(
        "freeze", ReasonSchema, lambda order: controller.freeze(*who, number, revision, order),
        lazy("The account is frozen: no money leaves it."),
    )  # fmt: skip
    acts.add(
        "close", ReasonSchema, lambda order: controller.close(*who, number, revision, order),
        lazy("The account is closed for good."),
    )  # fmt: skip
    acts.add(
        "limits", AccountLimitsSchema,
        lambda order: proposals.set_limits(*who, number, revision, order),
        lazy("The limits are lowered."),
    )  # fmt: skip
    acts.add(
        "unfreeze", ProposalSchema,
        lambda order: proposals.unfreeze(*who, number, revision, order),
    )  # fmt: skip
    acts.add("reset_pin", ProposalSchema, lambda order: proposals.reset_pin(*who, number, order))
    acts.add("adjustment", AdjustSchema, lambda order: proposals.adjust(*who, number, order))
    return acts
