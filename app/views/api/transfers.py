"""Customers move their money. Send an Idempotency-Key, and a repeat can never pay twice."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.controllers import transfers as controller
from app.controllers.ledger import Receipt
from app.controllers.orders import (
    Deposit,
    DepositSchema,
    Transfer,
    TransferSchema,
    Withdraw,
    WithdrawSchema,
)
from app.controllers.statements import View
from app.errors import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    BalanceLimitExceeded,
    CurrencyMismatch,
    DailyLimitExceeded,
    InsufficientFunds,
    KeyReused,
    PostingLimitExceeded,
    SameAccount,
)
from app.views import guards
from app.views.api import representations
from app.views.api.describe import operation
from app.views.context import actor, bank, idempotency_key

transfers = guards.customers(Blueprint("transfers", __name__))
_ALWAYS = (
    AccountNotFound,
    AccountClosed,
    CurrencyMismatch,
    PostingLimitExceeded,
    DailyLimitExceeded,
    KeyReused,
)


@transfers.post("/deposit")
@operation(
    status=201,
    body=DepositSchema,
    answer=representations.Transaction,
    problems=(*_ALWAYS, BalanceLimitExceeded),
    keyed=True,
)
def deposit(order: Deposit) -> Any:
    """Put money on one of your accounts."""
    return _receipt(controller.deposit(bank(), actor(), order, idempotency_key()))


@transfers.post("/withdraw")
@operation(
    status=201,
    body=WithdrawSchema,
    answer=representations.Transaction,
    problems=(*_ALWAYS, AccountFrozen, InsufficientFunds),
    keyed=True,
)
def withdraw(order: Withdraw) -> Any:
    """Take money from one of your accounts."""
    return _receipt(controller.withdraw(bank(), actor(), order, idempotency_key()))


@transfers.post("/transfer")
@operation(
    status=201,
    body=TransferSchema,
    answer=representations.Transaction,
    problems=(*_ALWAYS, AccountFrozen, InsufficientFunds, SameAccount),
    keyed=True,
)
def transfer(order: Transfer) -> Any:
    """Send money to another account, your own or somebody else's."""
    return _receipt(controller.transfer(bank(), actor(), order, idempotency_key()))


def _receipt(receipt: Receipt) -> Any:
    """The transaction from the side of the account that the caller named."""
    made = receipt.transaction
    headers = {"Location": f"/transactions/{made.id}"}
    if receipt.replayed:
        headers["Idempotency-Replayed"] = "true"
    return View(made, made.entries[0].account), headers
