"""A customer's accounts and balances."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from flask import Blueprint, Response

from app.controllers import accounts as controller
from app.controllers import pins
from app.controllers.orders import (
    BalanceQuery,
    BalanceQuerySchema,
    OpenAccount,
    OpenAccountSchema,
    SetPin,
    SetPinSchema,
)
from app.errors import (
    AccountClosed,
    AccountNotFound,
    InvalidCode,
    NoSecondFactor,
    SecondFactorNeeded,
    TooManyAccounts,
    TooManyTries,
    WeakPin,
)
from app.views import guards
from app.views.api import representations
from app.views.api.describe import conditional, operation
from app.views.context import actor, bank

accounts = guards.customers(Blueprint("accounts", __name__))
_PIN_PROBLEMS = (
    AccountNotFound, AccountClosed, WeakPin, SecondFactorNeeded, NoSecondFactor, InvalidCode,
    TooManyTries,
)  # fmt: skip


@accounts.post("/accounts", endpoint="open_account")
@accounts.post("/create_account", endpoint="create_account")
@operation(
    status=201,
    body=OpenAccountSchema,
    answer=representations.Account,
    problems=(TooManyAccounts,),
)
def open_account(order: OpenAccount) -> Any:
    """Open another account."""
    account = controller.open_account(bank(), actor(), order)
    return account, {"Location": f"/accounts/{account.number}"}


@accounts.get("/accounts")
@operation(answer=representations.Accounts)
def list_accounts() -> Any:
    """All your accounts, oldest first."""
    return {"items": controller.own_accounts(bank(), actor()), "next": None}


@accounts.get("/accounts/<number>")
@operation(answer=representations.Account, problems=(AccountNotFound,), conditional=True)
def show_account(number: str) -> Any:
    """One of your accounts."""
    account = controller.own_account(bank(), actor(), number)
    known, headers = conditional(_tag(account))
    return Response(status=304, headers=headers) if known else (account, headers)


@accounts.put("/accounts/<number>/pin")
@operation(status=204, body=SetPinSchema, problems=_PIN_PROBLEMS)
def set_pin(order: SetPin, number: str) -> None:
    """Give an account a PIN to pay with, or another one.

    Takes a code of your second factor, for `set_pin` and this account. Three wrong PINs in a row
    lock it until it is set again.
    """
    pins.choose_pin(bank(), actor(), number, order)


@accounts.get("/accounts/<number>/pin")
@operation(answer=representations.PinState, problems=(AccountNotFound,))
def show_pin_state(number: str) -> Any:
    """Whether an account has a PIN, and whether it is locked."""
    return {"state": pins.own_pin_state(bank(), actor(), number)}


@accounts.get("/balance")
@operation(
    query=BalanceQuerySchema,
    answer=representations.Balance,
    problems=(AccountNotFound,),
    conditional=True,
)
def balance(query: BalanceQuery) -> Any:
    """The balance of an account, now or at a time.

    Shows the customer's name, the account number, the balance and what is available.
    """
    found = controller.balance(bank(), actor(), query)
    if query.at:
        return found
    known, headers = conditional(_tag(found.account))
    return Response(status=304, headers=headers) if known else (found, headers)


def _tag(account: controller.Account) -> str:
    """The version of everything that is shown of an account."""
    # The name changes without the account.
    name = crc32(account.customer.encode())
    held = f"{account.held_minor}-{account.floor_minor}"
    return f"{account.number}-{account.seq}-{account.revision}-{held}-{name:x}"
