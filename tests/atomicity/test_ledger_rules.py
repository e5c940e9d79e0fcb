"""The rules at the door: kinds, claims, reversals, and what no posting can be."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from app.controllers.bank import Bank
from app.controllers.ledger import Claim, Line, Posting, Receipt, opposite
from app.errors import (
    AccountNotFound,
    AlreadyClaimed,
    AlreadyReversed,
    BalanceLimitExceeded,
    CurrencyMismatch,
    InsufficientFunds,
    PostingLimitExceeded,
)
from app.models import accounts, transactions
from money import MAX_MINOR
from tests import make
from tests.atomicity.conftest import errors, together


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "gift"},
        {"entries": ()},
        {"entries": (Line("1", 5), Line("1", -5))},
        {"entries": (Line("1", 0),), "contra": ()},
        {"entries": (Line("1", 5),), "contra": (Line("cash", -4),)},
        {"entries": (Line("1", 5),), "contra": (Line("pocket", -5),)},
    ],
)
def test_a_posting_that_is_no_double_entry_cannot_be_made(broken: dict[str, Any]) -> None:
    sound: dict[str, Any] = {
        "kind": "interest", "currency": "USD", "entries": (Line("1", 5),),
        "contra": (Line("interest", -5),), "actor": "tests",
    }  # fmt: skip
    Posting(**sound)
    with pytest.raises(ValueError, match=r"posting|entr|contra|kind"):
        Posting(**{**sound, **broken})


@pytest.mark.parametrize(
    ("kind", "minor", "contra"),
    [
        ("deposit", 500, "cash"),
        ("withdrawal", -500, "cash"),
        ("fee", -25, "fees"),
        ("interest", 12, "interest"),
        ("adjustment", -3, "suspense"),
    ],
)
def test_every_kind_moves_the_account_and_its_counterpart(
    bank: Bank, kind: str, minor: int, contra: str
) -> None:
    account = make.account(bank, balance=1000)
    posting = Posting(
        kind=kind, currency="USD", entries=(Line(account.number, minor),),
        contra=(Line(contra, -minor),), actor="tests",
    )  # fmt: skip
    made = bank.ledger.post(posting).transaction
    assert (made.kind, made.entries[0].balance_minor) == (kind, 1000 + minor)
    assert made.contra[0] == transactions.Contra(contra, -minor)


def test_history_is_gap_free_and_each_transaction_names_the_one_before(bank: Bank) -> None:
    account = make.account(bank)
    made = [bank.ledger.post(make.interest(account, 1)).transaction for _ in range(5)]
    assert [each.entries[0].seq for each in made] == [1, 2, 3, 4, 5]
    heads = [account.head, *(each.hash for each in made)]
    assert [each.entries[0].prev for each in made] == heads[:-1]
    assert accounts.get_account(bank.database, account.number).head == heads[-1]


def test_an_unknown_account_is_not_found(bank: Bank) -> None:
    ghost = accounts.new_account(
        owner="", username="", customer="", name="", currency="USD", now=bank.now()
    )
    with pytest.raises(AccountNotFound):
        bank.ledger.post(make.interest(ghost, 1))


def test_currencies_do_not_mix(bank: Bank) -> None:
    account = make.account(bank)
    posting = Posting(
        kind="interest", currency="EUR", entries=(Line(account.number, 1),),
        contra=(Line("interest", -1),), actor="tests",
    )  # fmt: skip
    with pytest.raises(CurrencyMismatch):
        bank.ledger.post(posting)


def test_more_than_a_posting_may_move_is_refused(bank: Bank) -> None:
    account = make.account(bank)
    with pytest.raises(PostingLimitExceeded):
        bank.ledger.post(make.interest(account, 10**12 + 1))


@pytest.mark.tampers
def test_more_than_an_account_may_hold_is_refused(bank: Bank) -> None:
    account = make.account(bank)
    bank.database.collection(accounts.NAME).update_one(
        {"_id": account.number}, {"$inc": {"balance": MAX_MINOR}}
    )
    with pytest.raises(BalanceLimitExceeded):
        bank.ledger.post(make.interest(account, 1))


@pytest.mark.tampers
def test_an_overdraft_goes_to_its_floor_and_no_further(bank: Bank) -> None:
    account = make.account(bank)
    bank.database.collection(accounts.NAME).update_one(
        {"_id": account.number}, {"$inc": {"floor": -500}}
    )
    bank.ledger.post(make.withdrawal(account, 500))
    with pytest.raises(InsufficientFunds):
        bank.ledger.post(make.withdrawal(account, 1))


@pytest.mark.tampers
def test_held_money_is_not_available(bank: Bank) -> None:
    account = make.account(bank, balance=500)
    bank.database.collection(accounts.NAME).update_one(
        {"_id": account.number}, {"$inc": {"held": 200, "revision": 1}}
    )
    with pytest.raises(InsufficientFunds) as refused:
        bank.ledger.post(make.withdrawal(account, 301))
    assert refused.value.facts["available"] == {"amount": "3.00", "currency": "USD"}
    bank.ledger.post(make.withdrawal(account, 300))


def test_a_reversal_takes_a_transaction_back_once(bank: Bank) -> None:
    one, two = make.account(bank, balance=100), make.account(bank)
    sent = bank.ledger.post(make.move(one, two, 40)).transaction
    bank.ledger.post(opposite(sent, actor="tests", memo="sent by mistake"))
    with pytest.raises(AlreadyReversed):
        bank.ledger.post(opposite(sent, actor="tests", memo="again"))
    assert accounts.get_account(bank.database, one.number).balance_minor == 100


def test_of_50_reversals_at_once_one_is_made(bank: Bank) -> None:
    one, two = make.account(bank, balance=100), make.account(bank, balance=4000)
    sent = bank.ledger.post(make.move(one, two, 40)).transaction
    back = opposite(sent, actor="tests", memo="sent by mistake")
    outcomes = together([partial(bank.ledger.post, back)] * 50)
    assert sum(isinstance(outcome, Receipt) for outcome in outcomes) == 1
    assert errors(outcomes) == ["AlreadyReversed"] * 49


def voucher(bank: Bank, id: str = "v1") -> Claim:
    """A small document that can be claimed: a voucher, good once."""
    vouchers = bank.database.collection("test_vouchers")
    vouchers.replace_one({"_id": id}, {"_id": id, "status": "good"}, upsert=True)
    return Claim("test_vouchers", id, when="good", then="used", facts={"by": "tests"})


def test_a_claim_changes_with_the_money(bank: Bank) -> None:
    account, claim = make.account(bank), voucher(bank)
    bank.ledger.post(make.interest(account, 10, claims=(claim,)))
    found = bank.database.collection("test_vouchers").find_one({"_id": "v1"})
    assert found == {"_id": "v1", "status": "used", "by": "tests"}


def test_of_50_postings_with_one_claim_one_is_made(bank: Bank) -> None:
    claim = voucher(bank)
    some = [make.account(bank) for _ in range(5)]
    calls = [
        partial(bank.ledger.post, make.interest(some[n % 5], 10, claims=(claim,)))
        for n in range(50)
    ]
    outcomes = together(calls)
    assert sum(isinstance(outcome, Receipt) for outcome in outcomes) == 1
    assert errors(outcomes) == [AlreadyClaimed.__name__] * 49


def test_a_refused_posting_leaves_its_claim_good(bank: Bank) -> None:
    account, claim = make.account(bank), voucher(bank)
    with pytest.raises(InsufficientFunds):
        bank.ledger.post(make.withdrawal(account, 10, claims=(claim,)))
    bank.ledger.post(make.interest(account, 10, claims=(claim,)))


def test_a_claim_on_what_does_not_exist_is_refused(bank: Bank) -> None:
    account = make.account(bank)
    claim = Claim("test_vouchers", "no such voucher", when="good", then="used")
    with pytest.raises(AlreadyClaimed):
        bank.ledger.post(make.interest(account, 10, claims=(claim,)))
