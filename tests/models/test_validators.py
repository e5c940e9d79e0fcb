"""The last line of defence: MongoDB itself refuses books that cannot be right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from bson import Int64
from pymongo.errors import DuplicateKeyError, WriteError

from app.controllers.bank import Bank
from app.models import accounts, idempotency, transactions, users
from app.models.accounts import Account
from app.models.database import Database
from app.models.ids import sortable_id
from app.models.schema import SHAPES
from app.models.transactions import Contra, Entry, Transaction
from tests import make

VALIDATION_FAILED = 121
DUPLICATE_KEY = 11000
Change = Callable[[dict[str, Any]], object]


def a_transaction(account: Account, minor: int = 500) -> Transaction:
    entry = Entry(account.number, minor, minor, 1, account.head)
    return transactions.seal(
        Transaction(
            id=sortable_id(), kind="deposit", at=account.opened_at, actor=account.owner,
            currency="USD", entries=(entry,), contra=(Contra("cash", -minor),), memo="",
            reference="", key=None, reverses=None, hash="0" * 64,
        )
    )  # fmt: skip


TRANSACTIONS: dict[str, Change] = {
    "unbalanced": lambda d: d["entries"][0].update(amount=Int64(501)),
    "without its other side": lambda d: d.update(contra=[]),
    "a float amount": lambda d: d["entries"][0].update(amount=500.0),
    "a small integer amount": lambda d: d["entries"][0].update(amount=500),
    "an amount as text": lambda d: d["entries"][0].update(amount="500"),
    "a float on the bank's side": lambda d: d["contra"][0].update(amount=-500.0),
    "an unknown field": lambda d: d.update(note="hello"),
    "an unknown field in a line": lambda d: d["entries"][0].update(note="hello"),
    "no lines": lambda d: d.update(entries=[], contra=[]),
    "an unknown account of the bank": lambda d: d["contra"][0].update(account="petty cash"),
    "an unknown kind": lambda d: d.update(kind="gift"),
    "no time": lambda d: d.pop("at"),
    "a time as text": lambda d: d.update(at="2026-03-01"),
    "no hash": lambda d: d.update(hash=""),
    "a link that is none": lambda d: d["entries"][0].update(prev="start"),
    "a currency that is none": lambda d: d.update(currency="dollars"),
}


@pytest.mark.parametrize("what", TRANSACTIONS)
def test_a_transaction_that_cannot_be_right_is_refused(bank: Bank, what: str) -> None:
    document = transactions.to_document(a_transaction(make.account(bank)))
    TRANSACTIONS[what](document)
    with pytest.raises(WriteError) as refused:
        bank.database.collection(transactions.NAME).insert_one(document)
    assert refused.value.code == VALIDATION_FAILED


ACCOUNTS: dict[str, dict[str, object]] = {
    "a balance below the floor": {"balance": Int64(-1)},
    "less than what is held": {"balance": Int64(5), "held": Int64(6)},
    "a float balance": {"balance": 5.0},
    "a small integer balance": {"balance": 5},
    "holding less than nothing": {"held": Int64(-1)},
    "a floor above zero": {"floor": Int64(1)},
    "a sequence below zero": {"seq": Int64(-1)},
    "an unknown status": {"status": "asleep"},
    "an unknown field": {"is_banker": True},
    "an unknown field of the day": {"today.gifts": Int64(1)},
    "a head that is none": {"head": "start"},
    "a currency that is none": {"currency": "usd"},
    "no date of opening": {"opened_at": None},
}


@pytest.mark.parametrize("what", ACCOUNTS)
def test_an_account_that_cannot_be_right_is_refused(bank: Bank, what: str) -> None:
    account = make.account(bank)
    with pytest.raises(WriteError) as refused:
        bank.database.collection(accounts.NAME).update_one(
            {"_id": account.number}, {"$set": ACCOUNTS[what]}
        )
    assert refused.value.code == VALIDATION_FAILED
    assert accounts.get_account(bank.database, account.number) == account


@pytest.mark.tampers
def test_a_floor_below_zero_lets_the_balance_go_so_far_and_no_further(bank: Bank) -> None:
    account = make.account(bank)
    books = bank.database.collection(accounts.NAME)
    criterion = {"_id": account.number}
    books.update_one(criterion, {"$set": {"floor": Int64(-100), "balance": Int64(-100)}})
    with pytest.raises(WriteError) as refused:
        books.update_one(criterion, {"$set": {"balance": Int64(-101)}})
    assert refused.value.code == VALIDATION_FAILED


@pytest.mark.parametrize("name", [shape.name for shape in SHAPES])
def test_no_collection_takes_a_document_without_its_fields(database: Database, name: str) -> None:
    with pytest.raises(WriteError) as refused:
        database.collection(name).insert_one({"_id": "x"})
    assert refused.value.code == VALIDATION_FAILED


@pytest.mark.tampers
def test_a_place_in_an_account_s_history_is_taken_once(bank: Bank) -> None:
    account = make.account(bank)
    first, second = a_transaction(account), a_transaction(account, 700)
    transactions.append(bank.database, [first])
    with pytest.raises(DuplicateKeyError) as refused:
        bank.database.collection(transactions.NAME).insert_one(transactions.to_document(second))
    assert refused.value.code == DUPLICATE_KEY
    assert set(refused.value.details["keyPattern"]) == {"entries.account", "entries.seq"}


@pytest.mark.tampers
def test_a_transaction_is_reversed_once(bank: Bank) -> None:
    made = [replace(a_transaction(make.account(bank)), reverses="one") for _ in range(2)]
    transactions.append(bank.database, made[:1])
    with pytest.raises(DuplicateKeyError) as refused:
        bank.database.collection(transactions.NAME).insert_one(transactions.to_document(made[1]))
    assert set(refused.value.details["keyPattern"]) == {"reverses"}


def test_a_key_has_one_outcome(bank: Bank) -> None:
    record = idempotency.Record("dana:0123456789abcdef", "f", bank.now(), None, {"type": "x"})
    idempotency.insert_records(bank.database, [record])
    with pytest.raises(Exception, match="E11000"):
        idempotency.insert_records(bank.database, [record])
    assert idempotency.find_records(bank.database, [record.key]) == {record.key: record}


@pytest.mark.parametrize("field", ["role", "roles", "is_banker", "password"])
def test_a_person_has_no_field_for_a_role_or_a_bare_password(bank: Bank, field: str) -> None:
    account = make.account(bank)
    with pytest.raises(WriteError) as refused:
        bank.database.collection(users.NAME).update_one(
            {"_id": account.owner}, {"$set": {field: "admin"}}
        )
    assert refused.value.code == VALIDATION_FAILED
