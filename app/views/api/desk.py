"""The bankers' desk: all customers, accounts and transactions, and the state of the books."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Blueprint

from app.controllers import books, dossiers
from app.controllers import desk as controller
from app.controllers.desk import After, Place
from app.controllers.names import usernames
from app.controllers.orders import (
    CustomersQuery,
    CustomersQuerySchema,
    DeskAccountsQuery,
    DeskAccountsQuerySchema,
    DeskDeliveriesQuery,
    DeskDeliveriesQuerySchema,
    DeskTransactionsQuery,
    DeskTransactionsQuerySchema,
    MailsQuery,
    MailsQuerySchema,
    Reason,
    ReasonSchema,
    VerifyQuery,
    VerifyQuerySchema,
)
from app.controllers.payments import webhooks
from app.errors import (
    AccountClosed,
    AccountNotEmpty,
    AccountNotFound,
    AlreadyInState,
    CustomerNotFound,
    Outdated,
    RoleMissing,
    TransactionNotFound,
)
from app.views import guards
from app.views.api import exports, representations
from app.views.api.cursors import page, read_cursor
from app.views.api.describe import operation
from app.views.context import actor, bank, expected_revision, revision_tag

desk = guards.bankers(Blueprint("desk", __name__, url_prefix="/banker"))
_EDIT: Mapping[str, Any] = {"body": ReasonSchema, "guarded_edit": True}
_ACCOUNT_EDIT: Mapping[str, Any] = {
    **_EDIT,
    "answer": representations.DeskAccount,
    "problems": (AccountNotFound, AccountClosed, AlreadyInState, Outdated, RoleMissing),
}
_CUSTOMER_EDIT: Mapping[str, Any] = {
    **_EDIT,
    "answer": representations.DeskCustomer,
    "problems": (CustomerNotFound, AlreadyInState, Outdated, RoleMissing),
}


@desk.get("/accounts")
@operation(query=DeskAccountsQuerySchema, answer=representations.DeskAccounts, csv=True)
def list_accounts(query: DeskAccountsQuery) -> Any:
    """All customers' accounts: search, filter, sort, page, or export as CSV.

    A balance range is in `currency`, by default the bank's first.
    """
    if query.csv:
        return exports.accounts(controller.export_accounts(bank(), query))
    of = f"accounts {query.sort}"
    place = read_cursor(query.cursor, of)
    found = controller.list_accounts(bank(), query, After(*place) if place else None)
    return page(found.items, [found.after.value, found.after.id] if found.after else None, of)


@desk.get("/accounts/<number>")
@operation(answer=representations.DeskAccount, problems=(AccountNotFound,))
def show_account(number: str) -> Any:
    """One account, with the ETag that an edit needs."""
    return _tagged(controller.one_account(bank(), number))


@desk.post("/accounts/<number>/freeze")
@operation(**_ACCOUNT_EDIT)
def freeze_account(order: Reason, number: str) -> Any:
    """Stop money from leaving an account, at once."""
    return _tagged(controller.freeze(bank(), actor(), number, expected_revision(), order))


@desk.post("/accounts/<number>/close")
@operation(
    **{**_ACCOUNT_EDIT, "problems": (*_ACCOUNT_EDIT["problems"], AccountNotEmpty)},
)
def close_account(order: Reason, number: str) -> Any:
    """Close an empty account for good."""
    return _tagged(controller.close(bank(), actor(), number, expected_revision(), order))


@desk.get("/transactions")
@operation(query=DeskTransactionsQuerySchema, answer=representations.DeskTransactions, csv=True)
def list_transactions(query: DeskTransactionsQuery) -> Any:
    """All customers' transactions, newest first: filter, page, or export as CSV.

    A range of amounts is in `currency`, by default the bank's first, and ignores the sign.
    """
    if query.csv:
        found = controller.export_transactions(bank(), query)
        return exports.transactions(found, partial(usernames, bank()))
    place = read_cursor(query.cursor, "desk transactions")
    listed = controller.list_transactions(bank(), query, Place(*place) if place else None)
    after = [listed.after.at, listed.after.id] if listed.after else None
    rows = exports.rows(listed.items, partial(usernames, bank()))
    return page(rows, after, "desk transactions")


@desk.get("/transactions/<id>")
@operation(answer=representations.DeskTransactionInFull, problems=(TransactionNotFound,))
def show_transaction(id: str) -> Any:
    """One transaction, with its place in the chains and what was taken back of it."""
    return exports.in_full(dossiers.of_transaction(bank(), actor(), id))


@desk.get("/customers")
@operation(query=CustomersQuerySchema, answer=representations.DeskCustomers, csv=True)
def list_customers(query: CustomersQuery) -> Any:
    """All customers, newest first, their addresses masked; or as CSV, masked as well."""
    if query.csv:
        return exports.customers(controller.export_customers(bank(), query))
    place = read_cursor(query.cursor, "customers")
    found = controller.list_customers(bank(), query, After(*place) if place else None)
    after = [found.after.value, found.after.id] if found.after else None
    return page(found.items, after, "customers")


@desk.get("/customers/<id>")
@operation(answer=representations.DeskCustomer, problems=(CustomerNotFound,))
def show_customer(id: str) -> Any:
    """One customer, with the ETag that an edit needs. Who looks is written into the audit."""
    return _tagged(controller.one_customer(bank(), actor(), id))


@desk.post("/customers/<id>/freeze")
@operation(**_CUSTOMER_EDIT)
def freeze_customer(order: Reason, id: str) -> Any:
    """Shut a customer out: all sessions end now, and no log-in succeeds."""
    return _tagged(controller.freeze_customer(bank(), actor(), id, expected_revision(), order))


@desk.get("/mails")
@operation(query=MailsQuerySchema, answer=representations.DeskMails)
def list_mails(query: MailsQuery) -> Any:
    """The bank's mails, newest first; those that were given up say why. Never their text."""
    place = read_cursor(query.cursor, "mails")
    found = controller.list_mails(bank(), query, str(place[0]) if place else None)
    return page(found.items, [found.after] if found.after else None, "mails")


@desk.get("/webhook_deliveries")
@operation(query=DeskDeliveriesQuerySchema, answer=representations.DeskWebhookDeliveries)
def list_webhook_deliveries(query: DeskDeliveriesQuery) -> Any:
    """What all shops were told of their payments, newest first, with the last tries of each."""
    place = read_cursor(query.cursor, "webhooks")
    below = str(place[0]) if place else None
    found = webhooks.list_deliveries(bank(), query, query.merchant, below)
    return page(found.items, [found.after] if found.after else None, "webhooks")


@desk.get("/ledger/verify")
@operation(query=VerifyQuerySchema, answer=representations.Verification)
def verify(query: VerifyQuery) -> Any:
    """The state of the books: every broken rule with its account and sequence number.

    Walks what is new since the last time; `full=true` walks everything again.
    """
    return books.verify_books(bank(), full=query.full)


def _tagged(thing: Any) -> Any:
    return thing, {"ETag": f'"{revision_tag(thing.revision)}"'}
