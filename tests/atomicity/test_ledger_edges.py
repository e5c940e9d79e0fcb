"""The rules at the door to the last unit: what is just allowed, and what a refusal says."""

from __future__ import annotations

from typing import Any

import pytest

from app.controllers.bank import Bank
from app.controllers.ledger import Claim, Ledger, Line, Posting, opposite
from app.errors import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    AlreadyClaimed,
    AlreadyReversed,
    BalanceLimitExceeded,
    BankError,
    CurrencyMismatch,
    InsufficientFunds,
    PostingLimitExceeded,
)
from app.models import accounts
from app.models.accounts import Account
from money import MAX_MINOR
from tests import make
from tests.conftest import Clock

THOUSAND_MILLIONS = 10**12
"""As many minor units as one posting may move at all."""


def one(kind: str, account: Account, minor: int, contra: str, **more: Any) -> Posting:
    """A posting with one entry, against one of the bank's own accounts."""
    return Posting(
        kind=kind, currency=account.currency, entries=(Line(account.number, minor),),
        contra=(Line(contra, -minor),), actor="tests", **more,
    )  # fmt: skip


def deposit(account: Account, minor: int, **more: Any) -> Posting:
    return one("deposit", account, minor, "cash", **more)


def change(bank: Bank, account: Account, **values: Any) -> Account:
    """Change the stored account past the ledger's door, as another revision of it."""
    update = {"$set": values, "$inc": {"revision": 1}}
    bank.database.collection(accounts.NAME).update_one({"_id": account.number}, update)
    return accounts.get_account(bank.database, account.number)


def refusal(bank: Bank, posting: Posting, ledger: Ledger | None = None) -> BankError:
    """How the ledger refuses the posting."""
    with pytest.raises(BankError) as refused:
        (ledger or bank.ledger).post(posting)
    return refused.value


def said(error: BankError) -> tuple[type[BankError], str, dict[str, object]]:
    """What a refusal says: its kind, its detail and its facts."""
    return type(error), error.detail, error.facts


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


@pytest.mark.parametrize("minor", [1, THOUSAND_MILLIONS])
def test_the_least_and_the_most_that_one_posting_moves(bank: Bank, minor: int) -> None:
    account = make.account(bank)
    made = bank.ledger.post(make.interest(account, minor)).transaction
    assert made.entries[0].balance_minor == minor


@pytest.mark.tampers
@pytest.mark.parametrize("minor", [THOUSAND_MILLIONS + 1, -(THOUSAND_MILLIONS + 1)])
def test_one_unit_above_the_most_is_refused_with_the_limit(bank: Bank, minor: int) -> None:
    account = change(bank, make.account(bank), balance=2 * THOUSAND_MILLIONS)
    assert said(refusal(bank, one("adjustment", account, minor, "suspense"))) == (
        PostingLimitExceeded,
        "at most 10000000000.00 USD at once",
        {"limit": usd("10000000000.00")},
    )


@pytest.mark.tampers
def test_an_account_is_filled_to_its_last_unit_and_no_further(bank: Bank) -> None:
    account = change(bank, make.account(bank), balance=MAX_MINOR - 1)
    made = bank.ledger.post(make.interest(account, 1)).transaction
    assert made.entries[0].balance_minor == MAX_MINOR
    assert said(refusal(bank, make.interest(account, 1))) == (
        BalanceLimitExceeded,
        "split the money over several accounts",
        {"account": account.number, "limit": usd("10000000000000.00")},
    )


def test_the_last_unit_leaves_and_one_more_is_told_with_what_is_available(bank: Bank) -> None:
    account = make.account(bank, balance=100)
    assert said(refusal(bank, make.withdrawal(account, 101))) == (
        InsufficientFunds,
        "1.00 USD is available",
        {"account": account.number, "available": usd("1.00"), "requested": usd("1.01")},
    )
    assert bank.ledger.post(make.withdrawal(account, 100)).transaction.entries[0].balance_minor == 0


def test_a_stranger_s_number_is_told_as_nobody_s(bank: Bank) -> None:
    ghost = accounts.new_account(
        owner="", username="", customer="", name="", currency="USD", now=bank.now()
    )
    assert said(refusal(bank, make.interest(ghost, 1))) == (
        AccountNotFound, "nobody at this bank has that number", {"account": ghost.number},
    )  # fmt: skip


def test_another_currency_is_told_with_the_one_that_the_account_keeps(bank: Bank) -> None:
    account = make.account(bank)
    posting = Posting(
        kind="interest", currency="EUR", entries=(Line(account.number, 1),),
        contra=(Line("interest", -1),), actor="tests",
    )  # fmt: skip
    assert said(refusal(bank, posting)) == (
        CurrencyMismatch, f"account {account.number} keeps USD", {"currency": "USD"},
    )  # fmt: skip


def test_a_frozen_account_receives_and_does_not_send(bank: Bank) -> None:
    account = change(bank, make.account(bank, balance=100), status="frozen")
    bank.ledger.post(make.interest(account, 1))
    assert said(refusal(bank, make.withdrawal(account, 1))) == (
        AccountFrozen, "ask the bank why", {"account": account.number},
    )  # fmt: skip


@pytest.mark.parametrize("minor", [1, -1])
def test_a_closed_account_neither_receives_nor_sends(bank: Bank, minor: int) -> None:
    account = change(bank, make.account(bank), status="closed")
    assert said(refusal(bank, one("adjustment", account, minor, "suspense"))) == (
        AccountClosed, "choose an open account", {"account": account.number},
    )  # fmt: skip


def test_a_claim_that_is_taken_is_told_with_its_id(bank: Bank) -> None:
    account = make.account(bank)
    claim = Claim("test_vouchers", "v0", when="good", then="used")
    assert said(refusal(bank, make.interest(account, 1, claims=(claim,)))) == (
        AlreadyClaimed, "it is not good any more", {"id": "v0"},
    )  # fmt: skip


def test_a_second_reversal_is_told_with_the_transaction(bank: Bank) -> None:
    sent = bank.ledger.post(make.interest(make.account(bank), 40)).transaction
    bank.ledger.post(opposite(sent, actor="tests", memo="a mistake"))
    again = refusal(bank, opposite(sent, actor="tests", memo="again"))
    assert said(again) == (AlreadyReversed, "", {"transaction": sent.id})


def test_a_transaction_is_as_young_as_the_youngest_account_it_touches(
    bank: Bank, clock: Clock
) -> None:
    old, young = make.account(bank, balance=100), make.account(bank)
    clock.forward(hours=5)
    last = bank.ledger.post(make.interest(young, 1)).transaction
    clock.forward(hours=-3)
    assert bank.ledger.post(make.move(old, young, 1)).transaction.at == last.at
    assert bank.ledger.post(make.move(old, young, 1)).transaction.at == last.at
